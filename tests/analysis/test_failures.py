import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis import Survey, estimate, failing, failure_patterns, failure_rate, q_value
from analysis.failures import fisher_greater


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
    assert set(told) == {"where", "lift", "rate", "q_value", "tasks", "failures"}
    assert told["where"] == {"model": "a"}
    assert told["tasks"] == 20


def test_failing_turns_outcomes_into_failures_and_leaves_the_frame_alone() -> None:
    frame = tasks([1, 2.5, 3, 5], within=[0.5, 0.5, 0, 0])
    turned = failing(frame, 3)
    assert turned["y"].tolist() == [1, 1, 0, 0]
    assert turned["within"].isna().all()
    assert frame["y"].tolist() == [1, 2.5, 3, 5]


def test_failure_rate_is_the_estimate_of_failing() -> None:
    frame = tasks([1, 2, 3, 4, 5] * 10, np.linspace(0.1, 0.9, 50))
    survey = Survey(200, random_share=0.5)
    assert failure_rate(frame, survey, failure_below=3) == estimate(failing(frame, 3), survey)


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


counts = st.integers(0, 60)


@given(counts, counts, counts, counts)
def test_fisher_agrees_with_scipy(hits, misses, other_hits, other_misses) -> None:
    found = fisher_greater(hits, hits + misses, other_hits, other_hits + other_misses)
    table = [[hits, misses], [other_hits, other_misses]]
    expected = stats.fisher_exact(table, alternative="greater").pvalue
    assert found == pytest.approx(expected, rel=1e-7)


@given(st.lists(st.floats(0, 1), max_size=30))
def test_q_values_agree_with_scipy(p_values) -> None:
    expected = stats.false_discovery_control(p_values) if p_values else []
    assert q_value(p_values).tolist() == pytest.approx(list(expected))
