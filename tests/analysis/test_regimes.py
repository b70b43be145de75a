"""Strata, certain sets and their floors: surveys made of parts."""

from math import isnan, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import (
    Survey,
    clopper_pearson,
    estimate,
    estimate_by,
    hajek_mean,
    stratified_mean,
    wilson,
)

STARS = (1.0, 5.0)


def tasks(y: Any, pi: Any = 0.1, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"y": np.asarray(y, dtype=float), "pi": pi, **columns})


def rate(hits: int, n: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [hits, n - hits])


def strata(**populations: int) -> pd.DataFrame:
    rows = [(name, size, name == "flagged") for name, size in populations.items()]
    return pd.DataFrame(rows, columns=["stratum", "population", "certain"])


def random_survey(population: int, **more: Any) -> Survey:
    return Survey(population, random_share=1.0, **more)


def test_strata_are_weighted_by_their_sizes() -> None:
    a, b = rate(12, 30), rate(3, 20)
    frame = tasks([*a, *b], 0.5, stratum=["a"] * 30 + ["b"] * 20)
    figure = estimate(frame, Survey(1000, "strata", strata(a=300, b=700)))
    mean = stratified_mean([a, b], [300, 700])
    size = mean.value * (1 - mean.value) / mean.se**2
    ends = (mean.value, *wilson(mean.value, size, df=48))
    assert (figure.value, figure.low, figure.high) == pytest.approx(ends)


def test_strata_without_failures() -> None:
    frame = tasks(rate(0, 50), 0.5, stratum=["a"] * 30 + ["b"] * 20)
    figure = estimate(frame, Survey(1000, "strata", strata(a=300, b=700)))
    size = 1 / (0.3**2 * (1 - 30 / 300) / 30 + 0.7**2 * (1 - 20 / 700) / 20)
    assert figure.high == pytest.approx(wilson(0, size, df=48).high)


def test_ratings_in_strata() -> None:
    a, b = [1, 2, 3, 4, 5] * 6, [3, 4] * 10
    frame = tasks([*a, *b], 0.5, stratum=["a"] * 30 + ["b"] * 20)
    figure = estimate(frame, Survey(1000, "strata", strata(a=300, b=700)), scale=STARS)
    mean = stratified_mean([a, b], [300, 700])
    assert figure.value == pytest.approx(mean.value)
    assert figure.high - figure.value == pytest.approx(2.0106 * mean.se, rel=1e-4)


def test_thin_strata_are_merged() -> None:
    frame = tasks([*rate(9, 30), *rate(2, 12), 1.0], 0.5, stratum=["a"] * 30 + ["b"] * 12 + ["c"])
    figure = estimate(frame, Survey(500, "strata", strata(a=300, b=150, c=40, d=10)))
    # c and the unseen d join b: 12 tasks stand for 150, one for 40, scaled to 200
    pooled = (150 * 2 / 12 + 40) / 190
    assert figure.value == pytest.approx(0.6 * 0.3 + 0.4 * pooled)
    assert "thin strata merged" in figure.method


def test_a_complete_stratum_of_one_is_not_thin() -> None:
    frame = tasks([*rate(9, 30), 1.0], 0.5, stratum=["a"] * 30 + ["c"])
    figure = estimate(frame, Survey(301, "strata", strata(a=300, c=1)))
    assert figure.value == pytest.approx((300 * 0.3 + 1) / 301)
    assert "merged" not in figure.method


def test_strata_labelled_in_full() -> None:
    frame = tasks(rate(3, 12), 1.0, stratum=["a"] * 8 + ["b"] * 4)
    figure = estimate(frame, Survey(12, "strata", strata(a=8, b=4)))
    assert (figure.low, figure.high) == pytest.approx((0.25, 0.25))


def flagged_and_floor(flagged: int, hits: int, floor: int, floor_hits: int) -> pd.DataFrame:
    y = [*rate(hits, flagged), *rate(floor_hits, floor)]
    certain = np.repeat([True, False], [flagged, floor])
    return tasks(y, np.where(certain, 1.0, 0.01), certain=certain)


def census(flagged: int, rest: int) -> Survey:
    return Survey(flagged + rest, "census", strata(flagged=flagged, rest=rest))


@pytest.mark.parametrize("floor", [20, 60])
def test_the_flagged_are_known_and_the_floor_stands_for_the_rest(floor: int) -> None:
    figure = estimate(flagged_and_floor(150, 90, floor, 2), census(150, 1850))
    p, size = 2 / floor, floor / (1 - floor / 1850)
    ends = clopper_pearson(p, size) if floor < 30 else wilson(p, size, df=floor - 1)
    expected = [(150 * 0.6 + 1850 * end) / 2000 for end in (p, *ends)]
    assert [figure.value, figure.low, figure.high] == pytest.approx(expected)
    assert ("Clopper-Pearson" in figure.method) == (floor < 30)


def test_a_floor_without_failures_is_no_proof() -> None:
    figure = estimate(flagged_and_floor(150, 90, 49, 0), census(150, 1850))
    assert figure.value == pytest.approx(0.045)
    assert figure.high > 0.1


def test_unfinished_flagged_are_a_stratum_of_their_own() -> None:
    done, begun = (
        estimate(flagged_and_floor(taken, taken // 2, 60, 6), census(1500, 1500))
        for taken in (1500, 100)
    )
    assert done.value == pytest.approx(begun.value)
    assert begun.high - begun.low > done.high - done.low
    assert begun.low > 0.5 * 0.4


def test_a_floor_of_less_than_ten_gives_no_overall_rate() -> None:
    figure = estimate(flagged_and_floor(20, 12, 9, 1), census(20, 500))
    assert not figure.defined
    assert "9 random labels beside the certain ones, 10 needed" in str(figure.reason)
    assert "mean of the 20 of 520 labelled is 0.6" in str(figure.reason)


def test_flagged_without_labels_leave_the_population_unknown() -> None:
    figure = estimate(flagged_and_floor(0, 0, 40, 4), census(20, 500))
    assert figure.reason == "0 of 20 certain ones labelled"


def test_no_flagged_at_all_is_a_random_sample() -> None:
    figure = estimate(flagged_and_floor(0, 0, 40, 4), census(0, 500))
    assert figure.value == pytest.approx(0.1)
    size = 40 / (1 - 40 / 500)
    assert (figure.low, figure.high) == pytest.approx(wilson(0.1, size, df=39))


def test_everything_flagged_and_labelled() -> None:
    figure = estimate(flagged_and_floor(20, 5, 0, 0), census(20, 0))
    assert (figure.value, figure.low, figure.high) == (0.25, 0.25, 0.25)


def test_everything_flagged_and_some_labelled() -> None:
    figure = estimate(flagged_and_floor(40, 10, 0, 0), census(80, 0))
    assert (figure.low, figure.high) == pytest.approx(wilson(0.25, 80, df=39))


def test_a_floor_labelled_in_full() -> None:
    figure = estimate(flagged_and_floor(5, 5, 5, 0), census(5, 5))
    assert (figure.value, figure.low, figure.high) == (0.5, 0.5, 0.5)


def test_ratings_beside_a_certain_set() -> None:
    certain = np.repeat([True, False], [100, 25])
    frame = tasks([*[1, 2] * 50, *[3, 4, 5, 4, 4] * 5], 1.0, certain=certain)
    figure = estimate(frame, census(100, 900), scale=STARS)
    floor = np.array([3, 4, 5, 4, 4] * 5)
    error = 0.9 * sqrt((1 - 25 / 900) * floor.var(ddof=1) / 25)
    assert figure.value == pytest.approx(0.1 * 1.5 + 0.9 * 4)
    assert figure.high - figure.value == pytest.approx(2.0639 * error, rel=1e-4)
    few = estimate(frame.head(115), census(100, 900), scale=STARS)
    assert few.defined
    assert isnan(few.low)
    assert "fewer than 20 labels drawn by chance" in str(few.reason)


def test_a_census_joined_by_a_targeted_draw_weighs_the_rest() -> None:
    rng = np.random.default_rng(1)
    pi = rng.uniform(0.02, 0.5, 120)
    y = (rng.random(120) < 0.2).astype(float)
    certain = np.repeat([True, False], [50, 120])
    frame = tasks([*rate(25, 50), *y], [*[1.0] * 50, *pi], certain=certain)
    figure = estimate(frame, census(50, 950))
    assert figure.value == pytest.approx(0.05 * 0.5 + 0.95 * hajek_mean(y, pi).value)
    assert figure.low < figure.value < figure.high


def test_domains_across_strata_and_certain_sets_are_weighted() -> None:
    y = [*rate(15, 30), *rate(5, 30)]
    frame = tasks(y, 0.5, stratum=["a"] * 30 + ["b"] * 30, model=["x", "y"] * 30)
    figure = estimate_by(frame, "model", Survey(1000, "strata", strata(a=100, b=900)))["x"]
    # weights 100/30 and 900/30; x has 8 of 15 in a and 3 of 15 in b
    expected = (8 * 100 + 3 * 900) / (15 * 100 + 15 * 900)
    assert figure.value == pytest.approx(expected)
    assert figure.low < expected < figure.high
    frame = flagged_and_floor(40, 20, 60, 6).assign(model=["x", "y"] * 50)
    figure = estimate_by(frame, "model", census(40, 600))["x"]
    assert figure.value == pytest.approx((10 + 3 * 10) / (20 + 30 * 10))


def test_a_single_label_in_all_strata_is_no_estimate() -> None:
    frame = tasks([1.0], 0.5, stratum="a")
    figure = estimate(frame, Survey(20, "strata", strata(a=10, b=10)))
    assert figure.reason == "fewer than 20 labels drawn by chance (1)"


def test_an_empty_certain_set_and_a_short_floor() -> None:
    figure = estimate(flagged_and_floor(0, 0, 5, 1), census(0, 500))
    assert not figure.defined
    assert "none of them labelled" in str(figure.reason)


def test_noise_of_labels_adds_to_the_error_of_a_floor() -> None:
    plain = flagged_and_floor(100, 60, 100, 20)
    doubled = plain.assign(labels=2, within=0.1)
    narrow, wide = (estimate(frame, census(100, 110)) for frame in (plain, doubled))
    # the floor is nearly complete: what is left is mostly the noise, 0.1 / 2 per task
    size = 0.16 / (0.16 / (100 / (1 - 100 / 110)) + 0.05 / 110)
    floor = wilson(0.2, size, df=99)
    flagged = wilson(0.6, 0.24 / (0.05 / 100), df=200)
    above = sqrt((110 * (floor.high - 0.2)) ** 2 + (100 * (flagged.high - 0.6)) ** 2) / 210
    assert wide.high - wide.value == pytest.approx(above)
    assert wide.high > narrow.high


@pytest.mark.parametrize("survey", [census(5, 5), Survey(10, "strata", strata(a=4, b=6))])
def test_nothing_labelled_yet(survey: Survey) -> None:
    frame = flagged_and_floor(1, 0, 0, 0).assign(stratum="a").head(0)
    assert estimate(frame, survey).reason == "no labels yet"
    assert estimate(frame, survey, scale=STARS).reason == "no labels yet"


def certain_and_rest(rest: int, share: float) -> tuple[pd.DataFrame, Survey]:
    """All 60 flagged ones, a third of them bad, and some of the others drawn evenly."""
    flagged = tasks(rate(20, 60), 1.0, certain=True, part="flagged")
    others = tasks(rate(0, rest), share, certain=False, part="others")
    sizes = strata(flagged=60, others=round(rest / share))
    survey = Survey(int(sizes["population"].sum()), "census", sizes)
    return pd.concat([flagged, others], ignore_index=True), survey


def test_of_a_part_labelled_completely_nothing_by_chance_is_awaited() -> None:
    figure = estimate_by(*_with_part(certain_and_rest(100, 0.5)))["flagged"]
    assert figure.value == pytest.approx(1 / 3)
    # none of 100 is flagged: at most 4 % of the 200 others are, whatever they would be
    hidden = 200 * wilson(0, 100, df=99).high
    assert (figure.low, figure.high) == pytest.approx(
        (20 / (60 + hidden), (20 + hidden) / (60 + hidden)), abs=1e-9
    )
    assert "others not drawn" in figure.method


def test_where_the_rest_may_hide_more_than_was_labelled_the_figure_is_refused() -> None:
    figure = estimate_by(*_with_part(certain_and_rest(100, 0.01)))["flagged"]
    assert not figure.defined
    assert "all 60 labelled were certain to be drawn (their mean 0.333)" in str(figure.reason)
    assert "up to 379 others like them may not have been" in str(figure.reason)
    few = estimate_by(*_with_part(certain_and_rest(5, 0.5)))["flagged"]
    assert "too little was drawn of the rest" in str(few.reason)


def _with_part(found: tuple[pd.DataFrame, Survey]) -> tuple[pd.DataFrame, str, Survey]:
    return found[0], "part", found[1]
