from math import inf, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import (
    Survey,
    effective_n,
    estimate,
    estimate_by,
    hajek_mean,
    label_worth,
    plain_mean,
    wilson,
)
from analysis.moments import moments, sampled

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


# Rates


def test_random_tasks_get_a_wilson_interval_of_their_effective_size() -> None:
    figure = estimate(tasks(rate(10, 50), 0.05), random_survey(1000))
    # simple random sampling: n* = (n - 1) / (1 - n / N), t with 49 degrees of freedom
    assert (figure.value, figure.low, figure.high) == pytest.approx(
        (0.2, *wilson(0.2, 49 / 0.95, df=49))
    )
    assert figure.n == 50


def test_unequal_chances_are_weighted() -> None:
    rng = np.random.default_rng(2)
    y, pi = (rng.random(80) < 0.3).astype(float), rng.uniform(0.05, 1, 80)
    figure = estimate(tasks(y, pi), Survey(900, random_share=0.5))
    mean = hajek_mean(y, pi)
    free = (1 / pi).sum() ** 2 / (1 / pi**2).sum()
    size = mean.value * (1 - mean.value) / mean.se**2
    assert figure.value == pytest.approx(mean.value)
    assert (figure.low, figure.high) == pytest.approx(wilson(mean.value, size, df=free - 1))


def test_no_failure_seen_still_leaves_an_upper_end() -> None:
    figure = estimate(tasks(rate(0, 60), 0.02), random_survey(3000))
    size = 59 / (1 - 0.02)
    assert (figure.value, figure.low) == (0, 0)
    assert figure.high == pytest.approx(wilson(0, size, df=59).high)
    assert figure.high == pytest.approx(3.8 / size, rel=0.1)


def light_failures(heavy: int) -> pd.DataFrame:
    """20 of 60 light tasks fail, and `heavy` of the 40 that stand for nearly everything."""
    return tasks([*rate(20, 60), *rate(heavy, 40)], [0.5] * 60 + [0.01] * 40)


def independent(pi: np.ndarray) -> tuple[float, float]:
    """Effective size if outcome and weight were unrelated, and degrees of freedom."""
    weight, n = 1 / pi, len(pi)
    size = (n - 1) / n * weight.sum() ** 2 / ((1 - pi) * weight**2).sum()
    return size, weight.sum() ** 2 / (weight**2).sum() - 1


def test_failures_seen_only_among_light_tasks_widen_the_interval() -> None:
    frame = light_failures(0)
    size, df = independent(frame["pi"].to_numpy())
    targeted = estimate(frame, Survey(4120, random_share=0.0))
    ends = wilson(targeted.value, size, df=df)
    assert (targeted.low, targeted.high) == pytest.approx(ends)
    assert "widened: fewer than 2 failures" in targeted.method
    mixture = estimate(frame, Survey(4120, random_share=0.3))
    ends = wilson(targeted.value, 2.5 * size, df=df)
    assert (mixture.low, mixture.high) == pytest.approx(ends)
    assert "widened: nearly all failures were seen where the draw looked harder" in mixture.method


def test_two_heavy_failures_need_no_widening() -> None:
    one, two = (estimate(light_failures(heavy), Survey(4120)) for heavy in (1, 2))
    assert "widened" in one.method
    assert "widened" not in two.method
    assert estimate(light_failures(2), Survey(4120, random_share=0.3)) == two


def test_a_large_share_of_the_population_is_looked_at_for_heavy_failures() -> None:
    frame = tasks([*rate(20, 60), *rate(1, 40)], [0.9] * 60 + [0.3] * 40)
    assert "fewer than 2" in estimate(frame, Survey(200, random_share=0.5)).method
    assert "fewer than 2" not in estimate(frame, Survey(2000, random_share=0.5)).method


@pytest.mark.parametrize("n", [0, 1, 19])
def test_few_labels_give_counts_only(n: int) -> None:
    figure = estimate(tasks(rate(n // 2, n)), random_survey(500))
    assert figure.to_json()["value"] is None
    assert figure.n == n
    assert figure.reason == (
        f"fewer than 20 labels drawn by chance ({n})" if n else "no labels yet"
    )


def test_labels_that_are_worth_little_give_counts_only() -> None:
    frame = tasks(rate(10, 40), [0.9] * 36 + [0.001] * 4)
    figure = estimate(frame, Survey(5000))
    assert not figure.defined
    assert "40 labels drawn by chance are worth 4." in str(figure.reason)


def test_shares_between_0_and_1_are_rates_too() -> None:
    halves = estimate(tasks([0.5] * 20 + [0.0] * 20), random_survey(400))
    assert halves.value == pytest.approx(0.25)
    assert halves.high < estimate(tasks(rate(10, 40)), random_survey(400)).high


# Ratings


def test_ratings_get_a_t_interval() -> None:
    y = np.array([1, 2, 3, 4, 5] * 8, dtype=float)
    figure = estimate(tasks(y, 0.04), random_survey(1000), scale=STARS)
    error = sqrt(0.96 * y.var(ddof=1) / 40)
    assert figure.value == pytest.approx(3)
    assert figure.high - 3 == pytest.approx(2.0227 * error, rel=1e-4)
    assert 3 - figure.low == pytest.approx(figure.high - 3)


def test_a_variance_of_few_terms_has_few_degrees_of_freedom() -> None:
    y, pi = [3, 4] * 20 + [5, 1, 4], [0.5] * 40 + [0.01] * 3
    figure = estimate(tasks(y, pi), Survey(500), scale=STARS)
    # three terms carry the variance: t(2) or less, not t(42)
    assert figure.high - figure.low > 3.5 * 2 * hajek_mean(y, pi).se or figure.low == 1


def test_rating_intervals_end_with_the_scale() -> None:
    y = [5.0] * 30 + [1.0]
    figure = estimate(tasks(y, [0.5] * 30 + [0.05]), Survey(100), scale=STARS)
    assert 1 <= figure.low < figure.value < figure.high <= 5


def test_equal_ratings_do_not_mean_certainty() -> None:
    figure = estimate(tasks([5.0] * 40, 0.04), random_survey(1000), scale=STARS)
    other = wilson(0, 39 / 0.96, df=39).high
    assert (figure.value, figure.high) == (5, 5)
    assert figure.low == pytest.approx(5 - 4 * other)


def test_few_ratings_give_a_mean_without_interval() -> None:
    figure = estimate(tasks([3, 4, 5]), random_survey(100), scale=STARS)
    assert figure.to_json()["value"] == pytest.approx(4)
    assert figure.to_json()["ci"] is None
    assert "fewer than 20" in str(figure.reason)


# Everything labelled, noise of labels, skips


def test_a_population_labelled_in_full_has_no_sampling_error() -> None:
    figure = estimate(tasks(rate(3, 15), 1.0), random_survey(15))
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.2, 0.2, 0.2))
    assert "everything labelled" in figure.method
    stars = estimate(tasks([1, 5, 3], 1.0), random_survey(3), scale=STARS)
    assert (stars.low, stars.high) == (3, 3)


def test_second_labels_measure_the_noise_that_is_left() -> None:
    y = [0.5] * 4 + [1.0] * 3 + [0.0] * 13
    frame = tasks(y, 1.0, labels=2, within=[0.5] * 4 + [0.0] * 16)
    figure = estimate(frame, random_survey(20))
    # pooled variance within tasks 0.1; of the mean 0.1 / 2 / 20; 20 second labels
    size = 0.25 * 0.75 / (0.1 / 2 / 20)
    assert (figure.low, figure.high) == pytest.approx(wilson(0.25, size, df=20))


def test_noise_is_added_to_the_error_of_a_sample() -> None:
    y = rate(10, 50)
    plain = estimate(tasks(y, 0.5), random_survey(100))
    noisy = estimate(tasks(y, 0.5, labels=1.0, within=np.nan), random_survey(100))
    assert noisy == plain
    doubled = tasks(y, 0.5, labels=[2] * 10 + [1] * 40, within=[0.5] * 2 + [0] * 8 + [np.nan] * 40)
    wider = estimate(doubled, random_survey(100))
    # s^2 = 0.1; sum(w / r) / (sum w)^2 = (10 * 2 / 2 + 40 * 2) / 100^2
    variance = 0.5 * 0.16 / 49 + 0.1 * 90 / 100**2
    assert (wider.low, wider.high) == pytest.approx(wilson(0.2, 0.16 / variance, df=49))


def test_what_was_settled_adds_no_noise_and_hides_none() -> None:
    y = [1.0] * 4 + [0.0] * 16
    settled = [inf] * 4 + [2.0] * 16
    frame = tasks(y, 1.0, labels=2, within=[0.5] * 4 + [0.0] * 16, averaged=settled)
    found = moments(sampled(frame, random_survey(20)))
    # pooled variance within tasks 0.1, in the mean of two labels on 16 of 20 tasks
    assert found.noise == pytest.approx(0.1 * 16 / 2 / 20**2)
    assert found.repeats == 20


@pytest.mark.parametrize("n", [600, 400])
def test_intervals_cover_where_all_that_people_differed_on_was_settled(n) -> None:
    rng, size = np.random.default_rng(2), 600
    truth = (np.arange(size) < 60).astype(float)
    chance = np.where(truth == 1, 0.85, 0.05)
    found = []
    for _ in range(400):
        chosen = rng.permutation(size)[:n]
        one, two = ((rng.random(n) < chance[chosen]).astype(float) for _ in range(2))
        twice = np.arange(n) < n // 5
        differ = twice & (one != two)
        frame = tasks(
            np.where(differ, truth[chosen], one),
            n / size,
            labels=np.where(twice, 2, 1),
            within=np.where(twice, (one - two) ** 2 / 2, np.nan),
            averaged=np.where(differ, inf, np.where(twice, 2.0, 1.0)),
        )
        found.append(estimate(frame, random_survey(size)))
    middle = np.mean([one.value for one in found])
    assert np.mean([one.low <= middle <= one.high for one in found]) >= 0.91


def test_skips_count_as_lost_at_random() -> None:
    y = rate(10, 45)
    lost = estimate(tasks(y, 1.0), random_survey(50, skipped=5))
    drawn = estimate(tasks(y, 45 / 50), random_survey(50))
    assert (lost.value, lost.low, lost.high) == pytest.approx((drawn.value, drawn.low, drawn.high))
    assert "skipped" not in lost.method
    many = estimate(tasks(y, 0.1), random_survey(500, skipped=15))
    assert "25% skipped, taken to be at random" in many.method


def test_a_segment_tells_the_skips_of_all() -> None:
    frame = tasks(rate(10, 50), 0.05, model=["a"] * 25 + ["b"] * 25)
    figures = estimate_by(frame, "model", random_survey(1000, skipped=10))
    assert all("17% skipped, taken to be at random" in one.method for one in figures.values())
    few = estimate_by(frame, "model", random_survey(1000, skipped=5))
    assert all("skipped" not in one.method for one in few.values())


def test_skips_made_good_for_by_cell_are_told_so() -> None:
    frame = tasks(rate(20, 50), 0.1, response=[0.5] * 25 + [0.9] * 25)
    survey = random_survey(1000, skipped=25)
    assert estimate(frame, survey).method.endswith(
        "skipped, taken to be at random among those alike"
    )
    assert estimate(frame.assign(response=0.7), survey).method.endswith("taken to be at random")


# Refusals and bad input


def test_a_refusal_takes_the_interval_and_leaves_the_value() -> None:
    survey = random_survey(500, refusal="the order was changed")
    figure = estimate(tasks(rate(10, 50)), survey)
    assert figure.to_json()["ci"] is None
    assert (figure.value, figure.reason) == (0.2, "the order was changed")
    assert estimate(tasks([]), survey).reason == "the order was changed"


def test_a_refused_estimate_tells_only_of_the_covered_part() -> None:
    survey = Survey(500, refusal="the least confident only", refuse_estimate=True)
    figure = estimate(tasks(rate(30, 50), 1.0), survey)
    assert not figure.defined
    assert figure.reason == ("the least confident only; the mean of the 50 of 500 labelled is 0.6")
    assert not estimate_by(tasks([1], model="a"), "model", survey)["a"].defined


def test_certain_tasks_do_not_speak_for_those_without_a_chance() -> None:
    figure = estimate(tasks(rate(10, 50), 1.0), Survey(500))
    assert not figure.defined
    assert "the rest had no chance" in str(figure.reason)


@pytest.mark.parametrize(
    ("frame", "survey", "scale", "message"),
    [
        (tasks([1.5]), {}, None, "outcome 1.5 lies outside 0.0 to 1.0"),
        (tasks([6.0]), {}, STARS, "outcome 6.0 lies outside"),
        (tasks([1.0]), {}, (5.0, 1.0), "scale must rise"),
        (tasks([np.nan]), {}, None, "missing or infinite"),
        (tasks([1.0], 0.0), {}, None, "pi must lie"),
        (tasks([1.0]).drop(columns="pi"), {}, None, r"lacks columns \['pi'\]"),
        (tasks([1.0]), {"kind": "strata"}, None, r"lacks columns \['stratum'\]"),
        (tasks([1.0]), {"kind": "census"}, None, r"lacks columns \['certain'\]"),
        (tasks([1.0], labels=0), {}, None, "labels must count from 1"),
        (
            tasks([1.0], stratum="x"),
            {"kind": "strata", "strata": strata(a=5)},
            None,
            r"strata \['x'\] are unknown; known: \['a'\]",
        ),
        (
            tasks([1.0, 0.0], stratum="a"),
            {"kind": "strata", "strata": strata(a=1)},
            None,
            r"more labels than members in strata \['a'\]",
        ),
        (
            tasks([0.0] * 5, certain=True),
            {"kind": "census", "strata": strata(flagged=4, rest=6)},
            None,
            "5 certain and 0 other labels do not fit",
        ),
    ],
)
def test_bad_frames_are_named(frame, survey, scale, message) -> None:
    with pytest.raises(ValueError, match=message):
        estimate(frame, Survey(10, **survey), scale=scale)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"population": 5, "kind": "magic"}, "kind must be"),
        ({"population": 5, "refuse_estimate": True}, "needs a refusal"),
        ({"population": -1}, "count from 0"),
        ({"population": 5, "skipped": -1}, "count from 0"),
    ],
)
def test_an_impossible_survey_is_refused(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        Survey(**arguments)


# Domains, plain means, effective size


def test_a_domain_of_a_weighted_draw_is_its_own_survey() -> None:
    rng = np.random.default_rng(6)
    frame = tasks((rng.random(90) < 0.3), rng.uniform(0.05, 0.4, 90), model=["a", "b", None] * 30)
    figures = estimate_by(frame, "model", Survey(800))
    assert list(figures) == ["a", "b"]
    alone = estimate(frame[frame["model"] == "a"], Survey(300))
    assert figures["a"].value == pytest.approx(alone.value)
    assert figures["a"].low == pytest.approx(alone.low)


def test_a_small_domain_gives_counts_only() -> None:
    frame = tasks(rate(10, 50), model=["a"] * 45 + ["b"] * 5)
    figures = estimate_by(frame, "model", random_survey(500))
    assert figures["a"].defined
    assert figures["b"].reason == "fewer than 20 labels drawn by chance (5)"


def test_a_domain_of_certain_tasks_only_is_not_known() -> None:
    frame = tasks(rate(20, 60), [1.0] * 10 + [0.1] * 50, model=["a"] * 10 + ["b"] * 50)
    figure = estimate_by(frame, "model", Survey(510))["a"]
    assert not figure.defined
    assert figure.n == 10


def test_domains_of_a_population_labelled_in_full_are_exact() -> None:
    frame = tasks(rate(3, 10), 1.0, model=["a"] * 5 + ["b"] * 5)
    figures = estimate_by(frame, "model", random_survey(10))
    assert (figures["a"].low, figures["a"].value, figures["a"].high) == (0.6, 0.6, 0.6)


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(ValueError, match=r"lacks columns \['modell'\]"):
        estimate_by(tasks([1.0]), "modell", Survey(5))


def test_the_plain_mean_is_unweighted() -> None:
    figure = plain_mean([1, 1, 0, 0])
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.5, *wilson(0.5, 4)))
    stars = plain_mean([3, 4, 5], scale=STARS)
    assert (stars.value, stars.high) == (4, 5)
    assert plain_mean([]).reason == "no labels yet"
    assert plain_mean([4], scale=STARS).to_json()["ci"] is None
    with pytest.raises(ValueError, match="lies outside"):
        plain_mean([7], scale=STARS)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=40))
def test_effective_n_lies_between_one_and_n(pi) -> None:
    assert 1 - 1e-9 <= effective_n(pi) <= len(pi) + 1e-9


def test_effective_n_of_equal_chances_is_n() -> None:
    assert effective_n([0.2] * 7) == pytest.approx(7)
    assert effective_n([]) == 0


@given(st.data(), st.integers(20, 60))
def test_row_order_and_mirrored_outcomes(data, n) -> None:
    y = np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=n, max_size=n)))
    pi = np.array(data.draw(st.lists(st.floats(0.2, 0.9), min_size=n, max_size=n)))
    order = data.draw(st.permutations(range(n)))
    survey = Survey(500, random_share=0.1)
    one = estimate(tasks(y, pi), survey)
    shuffled = estimate(tasks(y[order], pi[order]), survey)
    mirrored = estimate(tasks(1 - y, pi), survey)
    if not one.defined:
        return
    ends = pytest.approx((one.value, one.low, one.high), abs=1e-9)
    assert (shuffled.value, shuffled.low, shuffled.high) == ends
    assert (1 - mirrored.value, 1 - mirrored.high, 1 - mirrored.low) == ends
    assert 0 <= one.low <= one.value <= one.high <= 1


def test_a_label_of_an_uneven_survey_is_worth_less() -> None:
    rng = np.random.default_rng(6)
    y, pi = rate(30, 100), rng.choice([0.02, 0.2], 100)
    worth = label_worth(tasks(y, pi), Survey(5000))
    assert worth == pytest.approx(effective_n(pi) / 100, rel=0.15)
    assert label_worth(tasks(y, 0.5), random_survey(200)) == pytest.approx(1)
    assert np.isnan(label_worth(tasks(y, 1.0), random_survey(100)))


@pytest.mark.parametrize("pi", [0.05, 0.3, 0.9])
def test_noise_of_labels_is_counted_once_in_what_a_label_is_worth(pi: float) -> None:
    rng = np.random.default_rng(7)
    one, two = (rng.random((2, 400)) < 0.3).astype(float)
    frame = tasks((one + two) / 2, pi, labels=2, within=(one - two) ** 2 / 2)
    worth = label_worth(frame, random_survey(int(400 / pi)))
    assert worth == pytest.approx(1, abs=0.02)


def test_a_list_of_values_counts_under_each() -> None:
    tags = [["a", "b"], ["b"], None, []] * 25
    figures = estimate_by(tasks(rate(40, 100), 0.05, tags=tags), "tags", random_survey(2000))
    assert {tag: figure.n for tag, figure in figures.items()} == {"a": 25, "b": 50}
