"""What is said of a person beside the others: right, with honest intervals, and not from noise."""

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from analysis import (
    accuracy,
    beside_others,
    concordance,
    share_contrasts,
    shrunken,
    standing_out,
    tags_beside_others,
    task_contrasts,
    with_others,
)
from bench.annotators import accuracy_coverage, coverage, false_flags, labels, loop

SCALE = [1, 2, 3, 4, 5]


def long(rows: list[tuple[object, object, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def table(counts: list[list[int]]) -> pd.DataFrame:
    """Two people, `a` in the rows."""
    cells = [(i, j) for i, row in enumerate(counts) for j, n in enumerate(row) for _ in range(n)]
    return long(
        [
            (t, who, said)
            for t, pair in enumerate(cells)
            for who, said in zip("ab", pair, strict=True)
        ]
    )


def test_agreement_and_leniency_are_those_of_a_loop_over_people() -> None:
    frame = labels(np.random.default_rng(3), people=7, tasks=150, overlap=3)
    frame = frame.drop(index=frame.index[::7])
    found = beside_others(frame, SCALE, SCALE)
    for who, (same, apart) in loop(frame).items():
        assert found.agreement[who].value == pytest.approx(same)
        assert found.plain_leniency[who].value == pytest.approx(apart)


def test_with_one_other_kappa_is_the_published_one() -> None:
    figure = beside_others(table([[80, 10], [5, 5]]), [0, 1]).kappa["a"]
    assert figure.value == pytest.approx(0.3182, abs=1e-4)
    # 0.1335 is its published standard error; the interval is wide on Fisher's scale
    half = 1.984 * 0.1335 / (1 - 0.3182**2)
    assert figure.low == pytest.approx(np.tanh(np.arctanh(0.3182) - half), abs=2e-3)


def test_with_one_other_concordance_is_quadratic_kappa() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(1, 6, 200)
    b = np.clip(a + rng.integers(-1, 2, 200), 1, 5)
    frame = long(
        [
            (t, who, int(v))
            for t, pair in enumerate(zip(a, b, strict=True))
            for who, v in zip("ab", pair, strict=True)
        ]
    )
    expected = cohen_kappa_score(a, b, labels=SCALE, weights="quadratic")
    found = beside_others(frame, SCALE, SCALE)
    assert found.kappa["a"].value == pytest.approx(expected)
    assert found.kappa["b"].value == pytest.approx(expected)


def test_concordance_interval_holds_the_truth() -> None:
    inside = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=80)
        pair = np.stack([x, 0.5 * x + 0.6 * rng.normal(size=80)], axis=1)
        frame = long(
            [(t, who, v) for t, both in enumerate(pair) for who, v in zip("ab", both, strict=True)]
        )
        beside = with_others(frame)
        figure = concordance(beside, frame["label"].to_numpy()[beside.row])["a"]
        inside.append(figure.low <= 2 * 0.5 / (1 + 0.25 + 0.36) <= figure.high)
    assert 0.92 <= np.mean(inside) <= 0.98


def test_rows_in_another_order_and_people_by_other_names_change_nothing() -> None:
    frame = labels(np.random.default_rng(5), people=6, tasks=120, overlap=2)
    one = beside_others(frame, SCALE, SCALE)
    mixed = frame.sample(frac=1, random_state=2).assign(annotator=lambda f: 100 - f["annotator"])
    two = beside_others(mixed, SCALE, SCALE)
    for who in one.agreement:
        for name in ("agreement", "kappa", "leniency"):
            own, other = getattr(one, name)[who], getattr(two, name)[100 - who]
            assert (own.value, own.low) == pytest.approx((other.value, other.low))


def test_confusion_adds_up_to_the_tasks_shared() -> None:
    frame = long([(1, "a", 0), (1, "b", 1), (1, "c", 0), (2, "a", 1), (2, "b", 1), (3, "a", 0)])
    found = beside_others(frame, [0, 1]).confusion
    assert found["a"].tolist() == [[0.5, 0.5], [0, 1]]
    assert found["b"].tolist() == [[0, 0], [1, 1]]


def test_under_exchange_of_hands_mean_and_variance_are_those_of_all_permutations() -> None:
    said = [1, 3, 3, 5]
    frame = long([(1, who, value) for who, value in zip("abcd", said, strict=True)])
    beside = with_others(frame)
    for held, of in ((beside.apart(said), "apart"), (beside.alike([0, 1, 1, 2]), "alike")):
        values = []
        for order in itertools.permutations(said):
            own, rest = order[0], np.array(order[1:])
            values.append(own - rest.mean() if of == "apart" else (rest == own).mean())
        assert held.expected[0] == pytest.approx(np.mean(values))
        assert held.variance[0] == pytest.approx(np.var(values))


@pytest.mark.parametrize("design", [(4, 80, 2), (10, 200, 3)])
def test_people_who_label_alike_are_not_told_apart(design: tuple[int, int, int]) -> None:
    assert false_flags(*design, seeds=200) <= 0.08


def hard_for_some(rng: np.random.Generator, tasks: int, threes: int) -> pd.DataFrame:
    """Six people who label alike; two of them get most of the hard tasks. The first have three."""
    hard = rng.random(tasks)
    rows: list[tuple[object, object, object]] = []
    for task in range(tasks):
        who = rng.choice(6, 3 if task < threes else 2, replace=False)
        if hard[task] > 0.6 and rng.random() < 0.8:
            who[:2] = (0, 1)
            who[2:] = rng.integers(2, 6, len(who) - 2)
        truth = rng.integers(1, 6)
        guessed = rng.random(len(who)) < hard[task] * 0.6
        said = np.where(guessed, rng.integers(1, 6, len(who)), truth)
        rows += [(task, int(one), int(label)) for one, label in zip(who, said, strict=True)]
    return long(rows)


@pytest.mark.parametrize(("tasks", "threes"), [(1000, 0), (700, 200)])
def test_people_who_meet_on_hard_tasks_are_not_named_for_agreeing_less(
    tasks: int, threes: int
) -> None:
    rng, named, gaps = np.random.default_rng(2), 0, []
    for _ in range(40):
        found = beside_others(hard_for_some(rng, tasks, threes), SCALE, SCALE)
        told = [one for one in found.contrasts if one.measure == "agreement"]
        gaps += [one.difference.value for one in told if one.annotator in (0, 1)]
        assert all(np.isnan(one.p_value) for one in told) == (threes == 0)
        named += any(one.measure == "agreement" for one in standing_out(found.contrasts))
    assert np.mean(gaps) < -0.02  # the figure shows it, the test does not name it
    assert named <= 40 * 0.08


def test_agreeing_more_on_tasks_that_tell_is_not_named_for_meeting_on_hard_ones() -> None:
    """`a` agrees most where three label, and least in pairs, which do not tell who differs."""
    rows: list[tuple[object, object, object]] = []
    for task in range(60):
        rows += [(task, who, int(who == "bcde"[task % 4])) for who in ("a", *"bcde")]
    rows += [(100 + t, who, int(who == "a")) for t in range(200) for who in ("a", "bcde"[t % 4])]
    rows += [(400 + t, who, 0) for t in range(200) for who in ("bd"[t % 2], "ce"[t % 2])]
    found = beside_others(long(rows), [0, 1]).contrasts
    ours = next(one for one in found if (one.annotator, one.measure) == ("a", "agreement"))
    assert ours.difference.high < 0
    assert not ours.p_value < 1


def test_someone_stricter_and_someone_careless_stand_out_with_the_size_of_it() -> None:
    rng = np.random.default_rng(1)
    frame = labels(rng, people=8, tasks=400, overlap=3)
    strict, careless = frame["annotator"] == 3, frame["annotator"] == 6
    frame.loc[strict, "label"] = (frame.loc[strict, "label"] - 1).clip(lower=1)
    frame.loc[careless, "label"] = rng.integers(1, 6, careless.sum())
    found = {(one.annotator, one.measure): one for one in
             standing_out(beside_others(frame, SCALE, SCALE).contrasts)}  # fmt: skip
    assert found[3, "leniency"].difference.value == pytest.approx(-0.9, abs=0.2)
    assert found[3, "leniency"].difference.high < 0
    assert found[6, "agreement"].value < found[6, "agreement"].others
    below = {who for (who, measure), one in found.items()
             if measure == "agreement" and one.difference.value < 0}  # fmt: skip
    assert below in ({6}, {3, 6})


def test_one_strict_person_makes_nobody_else_stand_out() -> None:
    others = 0
    for seed in range(20):
        frame = labels(np.random.default_rng(seed), people=5, tasks=300, overlap=2)
        strict = frame["annotator"] == 3
        frame.loc[strict, "label"] = (frame.loc[strict, "label"] - 1).clip(lower=1)
        found = standing_out(beside_others(frame, SCALE, SCALE).contrasts)
        named = {one.annotator for one in found if one.measure == "leniency"}
        assert 3 in named
        assert all(one.aside == (3,) for one in found if one.annotator != 3 and one.aside)
        others += named != {3}
    assert others <= 3  # by chance one; compared with all, somebody would be named in each


def test_leaving_somebody_aside_is_as_if_they_had_not_labelled() -> None:
    frame = labels(np.random.default_rng(8), people=6, tasks=80, overlap=3)
    frame = frame.drop(index=frame.index[::5])
    less = with_others(frame).without([2, 4])
    kept = frame[~frame["annotator"].isin([2, 4])]
    plain = with_others(kept)
    assert less.annotators == plain.annotators
    assert frame.iloc[less.row].equals(kept.iloc[plain.row])
    number = frame["label"].to_numpy(dtype=float)
    again = kept["label"].to_numpy(dtype=float)
    assert less.apart(number[less.row]).value == pytest.approx(plain.apart(again[plain.row]).value)


def test_tags_are_held_against_the_others_tag_by_tag() -> None:
    rng = np.random.default_rng(2)
    frame = labels(rng, people=5, tasks=200, overlap=2)
    often = frame["annotator"] == 1
    has = rng.random(len(frame)) < np.where(often, 0.6, 0.2)
    frame["label"] = [["x"] if one else [] for one in has]
    found = tags_beside_others(frame, ["x", "y"])
    named = standing_out(found.contrasts)
    assert {(one.annotator, one.option) for one in named if one.measure == "option"} == {(1, "x")}
    gap = next(one for one in found.options if (one.annotator, one.option) == (1, "x"))
    assert gap.difference.low < 0.4 < gap.difference.high
    never = next(one for one in found.options if one.option == "y").difference
    assert (never.value, never.reason) == (0, "nobody ever differed")
    with pytest.raises(ValueError, match="not among the tags"):
        tags_beside_others(frame, ["y"])


@pytest.mark.parametrize(("people", "spread"), [(3, 0.15), (8, 0.0), (8, 0.15), (8, 0.3)])
def test_intervals_of_leniency_hold_the_truth(people: int, spread: float) -> None:
    drawn, plain = coverage(people, 25 * people, spread, seeds=120)
    assert 0.925 <= drawn <= 1.0
    assert 0.925 <= plain <= 0.98


@pytest.mark.parametrize(("n", "rate"), [(10, 0.9), (25, 0.8), (60, 0.95)])
def test_intervals_of_accuracy_hold_the_truth(n: int, rate: float) -> None:
    assert 0.92 <= accuracy_coverage(n, rate, 4000) <= 0.99


def test_below_the_minimum_a_figure_says_how_many_are_missing() -> None:
    found = beside_others(table([[4, 1], [1, 1]]), [0, 1], [0, 1])
    for figures in (found.agreement, found.kappa, found.leniency):
        assert figures["a"].reason == "too few: 7 of 20"
        assert not figures["a"].defined
    assert found.contrasts == ()
    lone = long([*table([[30, 5], [4, 20]]).itertuples(index=False), (0, "c", 1)])
    assert beside_others(lone, [0, 1], [0, 1]).leniency["c"].reason == "too few: 1 of 20"
    nine = accuracy(pd.Series([True] * 9), pd.Series(["a"] * 9))["a"]
    assert (nine.defined, nine.reason, nine.n) == (False, "too few: 9 of 10", 9)


def test_who_never_differs_has_no_certain_leniency_and_kappa_of_one_category_is_undefined() -> None:
    found = beside_others(table([[30, 0], [0, 0]]), [0, 1], [0, 1])
    assert found.leniency["a"].reason == "nobody ever differed"
    assert not np.isfinite(found.leniency["a"].low)
    assert found.kappa["a"].reason == "one category only"
    assert found.agreement["a"].low < 1
    assert all(np.isnan(one.p_value) for one in found.contrasts if one.measure == "leniency")


def test_no_task_with_two_labels_is_nothing_to_say() -> None:
    found = beside_others(long([(1, "a", 1), (2, "b", 1)]), SCALE, SCALE)
    assert found.agreement == found.leniency == {}
    assert standing_out(found.contrasts) == []


def test_a_flag_needs_the_correction_over_everything_looked_at() -> None:
    quiet = share_contrasts("gold", range(60), [45] * 60, [50] * 60)
    one = share_contrasts("repeats", ["eve", "all"], [38, 900], [50, 1000])[0]
    assert [found.annotator for found in standing_out([one])] == ["eve"]
    assert standing_out([one, *quiet]) == []


def test_few_tasks_on_which_people_differ_flag_nobody() -> None:
    points = [3.0, 3.0] * 20 + [5.0, 1.0] * 9
    frame = long([(t // 2, "ab"[t % 2], point) for t, point in enumerate(points)])
    beside = with_others(frame)
    found = task_contrasts("leniency", beside, beside.apart(points), points)
    assert [one.difference.n for one in found] == [29, 29]
    assert standing_out(found) == []


def test_noise_is_drawn_to_nothing_and_a_real_spread_hardly() -> None:
    noise = shrunken([0.1, -0.1, 0.05, -0.05, 0.0, 0.02], [0.1] * 6, [50] * 6)
    assert np.abs(noise.value).max() < 0.05
    real = shrunken([2.0, -2.0, 1.0, -1.0, 0.5, -0.5], [0.1] * 6, [50] * 6)
    assert real.value[0] == pytest.approx(2.0, rel=0.02)
    assert real.spread == pytest.approx(1.32, abs=0.02)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(1, "a", 1), (1, "a", 2)], "annotator a has two labels on task 1"),
        ([(1, None, 1)], "annotator is missing"),
        ([(1, "a", 9)], "not among the categories"),
    ],
)
def test_what_is_wrong_is_named(rows: list[tuple[object, object, object]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        beside_others(long(rows), SCALE)


def test_errors_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="errors must be above 0"):
        shrunken([1.0, 2.0], [0.1, 0.0], [9, 9])
