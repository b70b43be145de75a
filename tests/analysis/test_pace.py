"""Pace and order: right medians, slopes inside sittings only, intervals that hold the truth."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from analysis import median_seconds, order_effects, repeat_consistency
from analysis.pace import sittings

START = pd.Timestamp("2026-01-05 09:00", tz="UTC")


def worked(sizes: list[int], minutes: int = 1) -> pd.DataFrame:
    """One person's labels: a sitting a day."""
    at = [
        START + pd.Timedelta(days=day, minutes=minutes * turn)
        for day, size in enumerate(sizes)
        for turn in range(size)
    ]
    return pd.DataFrame({"annotator": "ann", "at": at})


@pytest.mark.parametrize("n", [20, 21, 40, 75])
def test_ranks_of_the_median_are_the_tightest_that_hold(n: int) -> None:
    figure = median_seconds(pd.Series(np.arange(n, dtype=float)), pd.Series(["a"] * n))["a"]
    low, high = int(figure.low), int(figure.high)
    assert low == n - 1 - high
    held = stats.binom.cdf(high, n, 0.5) - stats.binom.cdf(low, n, 0.5)
    tighter = stats.binom.cdf(high - 1, n, 0.5) - stats.binom.cdf(low + 1, n, 0.5)
    assert tighter < 0.95 <= held
    assert figure.value == (n - 1) / 2


def test_the_median_interval_holds_the_truth_of_skewed_times() -> None:
    rng = np.random.default_rng(4)
    took = pd.Series(rng.lognormal(3, 1, 60_000))
    found = median_seconds(took, pd.Series(np.repeat(np.arange(2000), 30)))
    inside = np.mean([one.low <= np.exp(3) <= one.high for one in found.values()])
    assert 0.945 <= inside <= 0.985


def test_few_or_missing_times_say_so() -> None:
    took = pd.Series([5.0] * 19 + [np.nan] * 30)
    found = median_seconds(took, pd.Series(["a"] * 49))["a"]
    assert found.reason == "too few: 19 of 20"
    with pytest.raises(ValueError, match="seconds must be at least 0"):
        median_seconds(pd.Series([-1.0]), pd.Series(["a"]))


def test_a_gap_of_more_than_half_an_hour_and_another_person_begin_a_sitting() -> None:
    minutes = pd.Series([0, 30, 61, 62, 1])
    at = START + pd.to_timedelta(minutes, unit="min")
    sitting, position = sittings(pd.Series(at), np.array([0, 0, 0, 0, 1]))
    assert sitting.tolist() == [0, 0, 1, 1, 2]
    assert position.tolist() == [0, 1, 0, 1, 0]


def test_the_slope_is_that_of_a_regression_with_a_constant_for_each_sitting() -> None:
    rng = np.random.default_rng(2)
    sizes = [12, 20, 7, 25, 15, 9]
    work = worked(sizes)
    sitting = np.repeat(np.arange(len(sizes)), sizes)
    position = np.concatenate([np.arange(size) for size in sizes])
    work["apart"] = 0.02 * position + sitting + rng.normal(size=len(work))
    design = np.column_stack([position, np.eye(len(sizes))[sitting]])
    expected = np.linalg.lstsq(design, work["apart"], rcond=None)[0][0]
    told = order_effects(work)
    assert told.people["ann"]["apart"].value == pytest.approx(10 * expected)
    assert told.team["apart"].value == pytest.approx(10 * expected)


def test_days_and_people_that_differ_are_no_effect_of_order() -> None:
    short, long = worked([5] * 6), worked([40] * 6).assign(annotator="ben")
    work = pd.concat([short, long], ignore_index=True)
    work["apart"] = np.where(work["annotator"] == "ben", 2.0, 0.0)
    assert order_effects(work).team["apart"].value == pytest.approx(0)


def test_seconds_change_by_a_share() -> None:
    work = worked([20] * 6)
    work["seconds"] = 30 * 0.99 ** np.tile(np.arange(20), 6)
    assert order_effects(work).people["ann"]["seconds"].value == pytest.approx(0.99**10 - 1)


@pytest.mark.parametrize("sizes", [[20] * 6, [60, 50, 40, 30, 30, 30, 20, 20]])
def test_the_interval_holds_the_truth_where_days_have_slopes_of_their_own(sizes: list[int]) -> None:
    work, inside = worked(sizes), []
    sitting = np.repeat(np.arange(len(sizes)), sizes)
    position = np.concatenate([np.arange(size) for size in sizes])
    for seed in range(400):
        rng = np.random.default_rng(seed)
        slope = 0.01 + 0.01 * rng.normal(size=len(sizes))
        work["apart"] = slope[sitting] * position + rng.normal(size=len(work))
        told = order_effects(work).team["apart"]
        assert told.defined, told.reason
        inside.append(told.low <= 0.1 <= told.high)
    assert 0.92 <= np.mean(inside) <= 0.99


def test_few_labels_or_sittings_say_so() -> None:
    few = order_effects(worked([3] * 5).assign(seconds=9.0)).people["ann"]["seconds"]
    assert few.reason == "too few: 15 of 40 labels"
    lone = order_effects(worked([60, 2, 2, 2]).assign(seconds=9.0)).people["ann"]["seconds"]
    assert lone.reason == "too few: 4 of 5 sittings"


def test_repeats_agree_as_scikit_learn_says() -> None:
    rng = np.random.default_rng(6)
    first = rng.integers(1, 6, 80)
    second = np.clip(first + rng.choice([-1, 0, 0, 0, 1], 80), 1, 5)
    twice = pd.DataFrame({"annotator": "a", "first": first, "second": second})
    found = repeat_consistency(twice, range(1, 6), range(1, 6))
    assert found.same["a"].value == pytest.approx((first == second).mean())
    expected = cohen_kappa_score(first, second, labels=range(1, 6), weights="quadratic")
    assert found.kappa["a"].value == pytest.approx(expected)
    assert found.kappa["a"].low < expected < found.kappa["a"].high


def test_repeats_of_one_category_or_too_few_are_undefined() -> None:
    twice = pd.DataFrame({"annotator": ["a"] * 12 + ["b"] * 7, "first": 1, "second": 1})
    found = repeat_consistency(twice, [1, 2])
    assert found.same["a"].value == 1
    assert found.kappa["a"].reason == "one category only"
    assert found.same["b"].reason == found.kappa["b"].reason == "too few: 7 of 10"
