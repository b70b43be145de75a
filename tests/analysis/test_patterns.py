import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import Support, Survey, failing, failure_patterns, failure_slices


def tasks(y, pi=1.0, **columns) -> pd.DataFrame:
    return pd.DataFrame({"y": np.asarray(y, dtype=float), "pi": pi, **columns})


def rate(hits: int, n: int) -> list[float]:
    return [1.0] * hits + [0.0] * (n - hits)


def labelled_in_full() -> pd.DataFrame:
    """Model a fails 12 of 20, b 6 of 60; billing 9 of 40, the rest of the categories unknown."""
    category = ["billing"] * 9 + [None] * 3 + ["billing"] * 8 + [None] * 6
    category += ["billing"] * 23 + [None] * 31
    return tasks([*rate(12, 20), *rate(6, 60)], model=["a"] * 20 + ["b"] * 60, category=category)


def test_a_pattern_by_hand() -> None:
    patterns = failure_patterns(labelled_in_full(), ["model"], Survey(80))
    worst = patterns[0]
    assert (worst.where, worst.tasks, worst.failures) == ({"model": "a"}, 20, 12)
    assert worst.lift == pytest.approx((12 / 20) / (18 / 80))
    expected = stats.fisher_exact([[12, 8], [6, 54]], alternative="greater").pvalue
    assert worst.p_value == pytest.approx(expected)
    assert worst.q_value == pytest.approx(2 * expected)
    assert (worst.rate.value, worst.rate.low, worst.rate.high) == pytest.approx((0.6, 0.6, 0.6))


def test_every_segment_of_every_column_is_tested_together() -> None:
    patterns = failure_patterns(labelled_in_full(), ["category", "model"], Survey(80))
    assert [pattern.where for pattern in patterns] == [
        {"model": "a"},
        {"category": "billing"},
        {"model": "b"},
    ]
    assert patterns[0].q_value == pytest.approx(3 * patterns[0].p_value)


def test_thin_segments_are_not_even_tested() -> None:
    frame = tasks(
        [*rate(9, 9), *rate(2, 30), *rate(5, 40)], model=["few"] * 9 + ["good"] * 30 + ["c"] * 40
    )
    patterns = failure_patterns(frame, ["model"], Survey(79))
    assert [pattern.where["model"] for pattern in patterns] == ["c"]
    everything = failure_patterns(frame, ["model"], Survey(79), min_tasks=1, min_failures=0)
    assert everything[0].where == {"model": "few"}
    assert len(everything) == 3


def test_weights_decide_over_lift_and_labels_over_the_evidence() -> None:
    # Model a was looked at on purpose: 30 of its 60 failures were nearly certain to be drawn.
    pi = [0.9] * 30 + [0.05] * 30 + [0.05] * 60
    y = [*rate(30, 30), *rate(2, 30), *rate(4, 60)]
    frame = tasks(y, pi, model=["a"] * 60 + ["b"] * 60)
    weighted = failure_patterns(frame, ["model"], Survey(1900, random_share=0.1))
    plain = failure_patterns(frame.assign(pi=1.0), ["model"], Survey(120))
    raw = (32 / 60) / (36 / 120)
    true = (30 / 0.9 + 2 / 0.05) / (30 / 0.9 + 30 / 0.05)
    whole = (30 / 0.9 + 6 / 0.05) / (30 / 0.9 + 90 / 0.05)
    assert plain[0].lift == pytest.approx(raw)
    assert weighted[0].where == {"model": "a"}
    assert weighted[0].lift == pytest.approx(true / whole)
    assert weighted[0].rate.value == pytest.approx(true)
    assert weighted[0].p_value > 100 * plain[0].p_value
    assert weighted[0].failures == 32


def test_under_no_difference_finds_are_rare() -> None:
    rng, found = np.random.default_rng(11), 0
    for _ in range(200):
        pi = rng.uniform(0.05, 0.9, 150)
        frame = tasks(rng.random(150) < 0.2, pi, model=rng.choice(list("abcd"), 150))
        patterns = failure_patterns(frame, ["model"], Survey(700, random_share=0.3))
        found += any(pattern.q_value <= 0.05 for pattern in patterns)
    assert found <= 200 * 0.05 + 3 * (200 * 0.05 * 0.95) ** 0.5


def test_a_segment_that_fails_always_is_found() -> None:
    frame = tasks([*rate(15, 15), *rate(3, 85)], 0.1, model=["a"] * 15 + ["b"] * 85)
    worst = failure_patterns(frame, ["model"], Survey(1000, random_share=1.0))[0]
    assert worst.where == {"model": "a"}
    assert worst.q_value < 1e-6
    # too few labels for a rate of its own, enough for a comparison
    assert worst.rate.to_json()["value"] is None


def test_the_only_segment_has_nothing_to_be_compared_with() -> None:
    frame = tasks(rate(6, 30), model="a")
    (only,) = failure_patterns(frame, ["model"], Survey(30))
    assert (only.lift, only.p_value, only.q_value) == (1, 1, 1)


def test_refusals_hold_for_patterns_too() -> None:
    frame = labelled_in_full()
    ordered = Survey(80, refusal="the order was changed")
    patterns = failure_patterns(frame, ["model"], ordered)
    assert len(patterns) == 2
    told = patterns[0].to_json()
    assert told["q_value"] is None
    assert told["rate"]["ci"] is None
    refused = Survey(500, refusal="the lowest only", refuse_estimate=True)
    assert failure_patterns(frame, ["model"], refused) == []
    assert failure_patterns(frame.assign(y=0.0), ["model"], Survey(80)) == []
    assert failure_patterns(frame.head(0), ["model"], Survey(80)) == []


def test_a_pattern_as_json() -> None:
    told = failure_patterns(labelled_in_full(), ["model"], Survey(80))[0].to_json()
    assert set(told) == {"where", "lift", "lift_ci", "rate", "q_value", "tasks", "failures"}
    assert told["where"] == {"model": "a"}
    assert told["tasks"] == 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: failing(tasks([1, np.nan]), 3), "y is missing in 1 rows"),
        (lambda: failing(pd.DataFrame({"rating": [1]}), 3), r"lacks columns \['y'\]"),
        (lambda: failure_patterns(tasks([1]), ["model"], Survey(1)), r"lacks columns \['model'\]"),
        (lambda: failure_patterns(tasks([3], model="a"), ["model"], Survey(1)), "lies outside"),
    ],
)
def test_bad_frames_are_named(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("depth", [0, 3])
def test_only_one_or_two_values_at_a_time(depth) -> None:
    with pytest.raises(ValueError, match=f"depth must be 1 or 2, got {depth}"):
        failure_slices(labelled_in_full(), ["model"], Survey(80), depth=depth)


def crossing(rng: np.random.Generator, n: int = 1200) -> pd.DataFrame:
    """Failures 8 % everywhere, 50 % where refunds meet m-2; flags and weeks mean nothing."""
    frame = pd.DataFrame(
        {
            "category": rng.choice(["refunds", "billing", "other"], n),
            "model": rng.choice(["m-1", "m-2", "m-3"], n),
            "week": rng.choice(["w1", "w2", "w3", "w4"], n),
            "pi": rng.choice([0.1, 0.4], n),
        }
    )
    frame["flags"] = [list(rng.choice(["a", "b", "c"], rng.integers(0, 3))) for _ in range(n)]
    bad = (frame["category"] == "refunds") & (frame["model"] == "m-2")
    return frame.assign(y=(rng.random(n) < np.where(bad, 0.5, 0.08)).astype(float))


BY = ["category", "model", "flags", "week"]


def test_a_pair_that_fails_is_found_and_cuts_of_its_parts_are_left_out() -> None:
    rng = np.random.default_rng(5)
    search = failure_slices(crossing(rng), BY, Survey(6000, random_share=0.5))
    found = [one.where for one in search.patterns if one.q_value <= 0.05]
    assert found[0] == {"category": "refunds", "model": "m-2"}
    pairs = [where for where in found if len(where) == 2]
    # refunds and m-2 fail more by what they share; most of their cuts say nothing new
    assert search.repeating >= 2 * (len(pairs) - 1) > 0
    assert search.tested > len(search.patterns)
    best = search.patterns[0]
    assert best.lift_ends.low < best.lift < best.lift_ends.high
    assert best.lift_ends.low > 1
    assert best.to_json()["lift_ci"] == list(best.lift_ends)


def test_what_is_returned_can_be_limited() -> None:
    frame = crossing(np.random.default_rng(5))
    survey = Survey(6000, random_share=0.5)
    three = failure_slices(frame, BY, survey, most=3)
    every = failure_slices(frame, BY, survey, most=None)
    assert three.patterns == every.patterns[:3]
    assert three.tested == every.tested


def test_slices_of_the_same_tasks_are_tested_once() -> None:
    frame = labelled_in_full()
    twice = frame.assign(release=frame["model"].map({"a": "r1", "b": "r2"}))
    once = failure_slices(frame, ["model", "category"], Survey(80))
    both = failure_slices(twice, ["model", "release", "category"], Survey(80))
    assert both.tested == once.tested
    assert [one.where for one in both.patterns] == [one.where for one in once.patterns]


def test_a_list_of_values_puts_a_task_into_the_slice_of_each() -> None:
    frame = tasks([*rate(12, 20), *rate(2, 40)])
    frame["flags"] = [["short", "late", "short"]] * 20 + [[]] * 20 + [["late"]] * 10 + [None] * 10
    told = {one.where["flags"]: one for one in failure_patterns(frame, ["flags"], Survey(60))}
    assert {name: one.tasks for name, one in told.items()} == {"short": 20, "late": 30}


def test_support_decides_what_is_tested() -> None:
    frame = labelled_in_full()
    wide = failure_slices(frame, ["model"], Survey(80), support=Support(tasks=21))
    assert [one.where for one in wide.patterns] == [{"model": "b"}]


def test_on_shuffled_labels_pairs_are_hardly_ever_found() -> None:
    """False finds among 200 shuffles: at most 16 at q = 0.05, with targeted weights."""
    rng = np.random.default_rng(17)
    frame, survey = crossing(rng, 450), Survey(2400, random_share=0.5)
    outcomes, shuffles = frame["y"].to_numpy(), 0
    for _ in range(200):
        shuffled = frame.assign(y=rng.permutation(outcomes))
        search = failure_slices(shuffled, BY, survey, most=1)
        shuffles += any(one.q_value <= 0.05 for one in search.patterns)
    assert shuffles <= 16


def test_intervals_of_the_lift_cover() -> None:
    """Truth 2: rates 0.4 in a fifth, 0.15 elsewhere, drawn with unequal chances."""
    rng, covered = np.random.default_rng(23), 0
    truth = 0.4 / (0.2 * 0.4 + 0.8 * 0.15)
    for _ in range(300):
        inside = rng.random(2000) < 0.2
        y = (rng.random(2000) < np.where(inside, 0.4, 0.15)).astype(float)
        pi = np.where(rng.random(2000) < 0.5, 0.1, 0.3)
        taken = rng.random(2000) < pi
        frame = tasks(y[taken], pi[taken], model=np.where(inside, "a", "b")[taken])
        told = failure_patterns(frame, ["model"], Survey(2000, random_share=0.4))
        ends = next(one.lift_ends for one in told if one.where == {"model": "a"})
        covered += ends.low <= truth <= ends.high
    assert 0.92 * 300 <= covered <= 300
