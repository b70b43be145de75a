"""Known totals: less error, right intervals, and thin classes joined."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import (
    Survey,
    estimate,
    estimate_by,
    poststratified,
    quartile_cuts,
    response_rates,
    stratified_mean,
)

SIZE = 3000


def classed(y: Any, classes: Any, pi: float = 0.05) -> pd.DataFrame:
    return pd.DataFrame({"y": np.asarray(y, float), "pi": pi, "class": classes})


def test_even_tasks_give_the_stratified_mean() -> None:
    rng = np.random.default_rng(1)
    parts = {"a": rng.random(40) < 0.9, "b": rng.random(60) < 0.4}
    frame = classed(np.concatenate(list(parts.values())), ["a"] * 40 + ["b"] * 60)
    totals = {"a": 1200, "b": 1800}
    figure = estimate(*poststratified(frame, Survey(SIZE, random_share=1.0), totals))
    mean = stratified_mean(list(parts.values()), list(totals.values()), fpc=False)
    assert figure.value == pytest.approx(mean.value)
    assert "known totals" in figure.method


def test_it_narrows_and_covers() -> None:
    rng = np.random.default_rng(2)
    sure = np.repeat([0, 1, 2, 3], SIZE // 4)
    y = (rng.random(SIZE) < np.array([0.35, 0.75, 0.9, 0.98])[sure]).astype(float)
    totals = dict.fromkeys(range(4), SIZE // 4)
    pi = np.array([0.1, 0.05, 0.04, 0.04])[sure]
    survey = Survey(SIZE, random_share=0.6)
    values, plain, covered = [], [], 0
    for _ in range(400):
        taken = rng.random(SIZE) < pi
        frame = classed(y[taken], sure[taken]).assign(pi=pi[taken])
        figure = estimate(*poststratified(frame, survey, totals))
        values.append(figure.value)
        plain.append(estimate(frame, survey).value)
        covered += figure.low <= y.mean() <= figure.high
    assert np.std(values) < 0.93 * np.std(plain)
    assert 0.925 <= covered / 400 <= 0.985
    assert np.mean(values) == pytest.approx(y.mean(), abs=0.005)


def test_thin_classes_are_joined_with_their_neighbour() -> None:
    frame = classed([1, 1, 0, 1, 0, 0], ["a", "b", "b", "b", "c", "d"])
    survey = Survey(100, random_share=1.0)
    _, met = poststratified(frame, survey, {"a": 10, "b": 40, "c": 30, "d": 20})
    assert met.poststrata == (50.0, 50.0)
    _, met = poststratified(frame, survey, {"a": 10, "b": 40, "c": 30, "d": 15, "e": 5})
    assert met.poststrata == (50.0, 50.0)
    alone = classed([1, 0], ["a", "a"])
    assert poststratified(alone, survey, {"a": 60, "b": 40})[1] is survey


def test_strata_and_certain_sets_stay_as_they_are() -> None:
    strata = pd.DataFrame([("x", 100, False)], columns=["stratum", "population", "certain"])
    survey = Survey(100, kind="strata", strata=strata)
    frame = classed([1, 0, 1, 0], ["a", "a", "b", "b"])
    assert poststratified(frame, survey, {"a": 50, "b": 50}) == (frame, survey)


def test_a_segment_is_no_better_than_its_own_labels_say() -> None:
    rng = np.random.default_rng(3)
    frame = classed(rng.random(200) < 0.7, rng.choice(["a", "b"], 200)).assign(
        model=rng.choice(["x", "y"], 200)
    )
    survey = Survey(4000, random_share=1.0)
    met = poststratified(frame, survey, {"a": 2000, "b": 2000})
    plain = estimate_by(frame, "model", survey)["x"]
    told = estimate_by(met[0], "model", met[1])["x"]
    assert told.high - told.low == pytest.approx(plain.high - plain.low, rel=0.1)


def test_skips_that_depend_on_the_class_are_weighted_back() -> None:
    rng = np.random.default_rng(4)
    values, plain = [], []
    hard = np.arange(SIZE) < SIZE // 2
    y = (rng.random(SIZE) < np.where(hard, 0.5, 0.9)).astype(float)
    for _ in range(100):
        taken = rng.random(SIZE) < 0.1
        answered = rng.random(SIZE) < np.where(hard, 0.6, 0.95)
        rates = response_rates(hard[taken], np.full(taken.sum(), 0.1), answered[taken])
        here = taken & answered
        frame = pd.DataFrame({"y": y[here], "pi": 0.1})
        survey = Survey(SIZE, random_share=1.0, skipped=int((taken & ~answered).sum()))
        plain.append(estimate(frame, survey).value)
        weighted = frame.assign(response=[rates[one] for one in hard[here]])
        values.append(estimate(weighted, survey).value)
        assert "skipped" in estimate(weighted, survey).method
    assert np.mean(values) == pytest.approx(y.mean(), abs=0.006)
    assert np.mean(plain) > y.mean() + 0.03


def test_quarters_of_a_population() -> None:
    values = np.linspace(0.01, 1, 100)
    assert quartile_cuts(values, np.ones(100)).tolist() == pytest.approx([0.25, 0.5, 0.75])
    assert quartile_cuts([0.2, 0.9], [99, 1]).tolist() == [0.2]
    assert quartile_cuts([0.5], [9]).tolist() == []
    assert quartile_cuts([], []).tolist() == []


def test_what_does_not_fit_is_named() -> None:
    survey = Survey(100, random_share=1.0)
    frame = classed([1, 0, 1, 0], ["a", "a", "b", "b"])
    with pytest.raises(ValueError, match="'b' has no total"):
        poststratified(frame, survey, {"a": 100})
    with pytest.raises(ValueError, match="more labels than members"):
        poststratified(frame, survey, {"a": 99, "b": 1})
    with pytest.raises(ValueError, match="at least 0"):
        poststratified(frame, survey, {"a": 99, "b": -1})
    with pytest.raises(ValueError, match="class"):
        poststratified(frame.drop(columns="class"), survey, {"a": 100})
    with pytest.raises(ValueError, match="shape"):
        quartile_cuts([1, 2], [1])
