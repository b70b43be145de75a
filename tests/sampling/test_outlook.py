from math import sqrt

import pytest
from scipy import stats

from analysis import Survey, estimate, wilson
from sampling import Plan, design, draw, strategy_from


def outlook(frame, name="random", params=None, **asked):
    plan = Plan(strategy_from(name, params or {}), **asked)
    return draw(plan, lambda: [frame]).expected_half_width


def half(rate, size, df):
    low, high = wilson(rate, size, df=df)
    return (high - low) / 2


def test_random_worked_by_hand(candidates):
    found = outlook(candidates(10_000), size=385)
    # the classical 385 for +-5 points, a little better for the finite population
    assert found["value"] == pytest.approx(0.05, abs=0.001)
    assert found["n"] == 385
    assert found["ci"] is None
    assert found["method"] == "half of the 95 % interval of a rate of 50% when all are labelled"


def test_the_assumed_rate_can_be_told(candidates):
    frame = candidates(10_000)
    assert outlook(frame, size=385, assumed_rate=0.1)["value"] < 0.033
    assert "of a rate of 10%" in outlook(frame, size=385, assumed_rate=0.1)["method"]


def test_strata_worked_by_hand(candidates):
    frame = candidates(1000).assign(category=["a"] * 800 + ["b"] * 200)
    found = outlook(frame, "stratified", size=100)
    # 50 of 800 and 50 of 200
    spread = 0.8**2 * (1 - 50 / 800) / 50 + 0.2**2 * (1 - 50 / 200) / 50
    assert found["value"] == pytest.approx(half(0.5, 1 / spread, 98))


def test_floor_worked_by_hand(candidates):
    frame = candidates(1000).assign(flagged=[True] * 100 + [False] * 900)
    found = outlook(frame, "error_triggered", {"floor_size": 90})
    z = float(stats.t.ppf(0.975, 89))
    size = 90 / (1 - 90 / 900)
    # the 100 flagged are known, the floor stands for the other 900
    expected = 0.9 * z * sqrt(0.25 / size + z**2 / (4 * size**2)) / (1 + z**2 / size)
    assert found["value"] == pytest.approx(expected, rel=0.02)
    assert found["n"] == 190


@pytest.mark.parametrize(
    ("name", "params", "asked", "reason"),
    [
        ("random", {}, {"size": 19}, "19 by chance: an estimate needs 20 labels"),
        ("error_triggered", {"floor_size": 9}, {}, "9 by chance: an estimate needs 10 random"),
        ("error_triggered", {}, {}, "only flagged could be drawn"),
        ("confidence", {"mode": "lowest"}, {"size": 30}, "only lowest could be drawn"),
    ],
)
def test_it_is_refused_with_a_reason(name, params, asked, reason, candidates):
    found = outlook(candidates(1000), name, params, **asked)
    assert found["value"] is None
    assert found["ci"] is None
    assert reason in found["reason"]


def test_a_few_heavy_ones_are_worth_too_little(candidates):
    frame = candidates(3000).assign(confidence=[0.0] * 100 + [1.0] * 2900)
    found = outlook(frame, "confidence", {"gamma": 1, "floor": 0.01}, size=30)
    assert found["value"] is None
    # about a quarter of the 30 are light and stand for nearly everything
    assert found["reason"].startswith("30 labels, worth ")


def test_labelling_everything_leaves_nothing_to_chance(candidates):
    found = outlook(candidates(50), "error_triggered", {"floor_size": 1000})
    assert found["value"] == 0
    assert found["method"] == "everything that could be drawn will be labelled"


@pytest.mark.parametrize(
    ("name", "params", "asked"),
    [
        ("random", {}, {"size": 150}),
        ("mixture", {}, {"size": 150}),
        ("confidence", {}, {"size": 150}),
        ("stratified", {}, {"size": 150}),
        ("error_triggered", {"floor_size": 60}, {}),
    ],
)
def test_it_comes_true(name, params, asked, candidates, said, labelled):
    frame = candidates(3000, seed=2)
    drawn = draw(Plan(strategy_from(name, params), seed=6, **asked), lambda: [frame])
    rows = said({1: drawn}, frame)
    done = design([(1, drawn.record())], rows, labelled(rows, rows["task"]), added=[drawn.eligible])
    outcome = done.tasks.assign(
        y=(done.tasks["task"] % 2).astype(float),
        sparse=done.tasks["task"].isin(done.hardly_drawn.tasks),
    )
    figure = estimate(
        outcome,
        Survey(
            population=done.population,
            kind=done.kind,
            strata=done.strata,
            random_share=done.random_share,
            sparse=done.hardly_drawn.share,
            sparse_worth=done.hardly_drawn.worth,
        ),
    )
    got = (figure.high - figure.low) / 2
    assert drawn.expected_half_width["value"] == pytest.approx(got, rel=0.15)


def test_where_everybody_drawn_was_sure_to_be_nobody_speaks_for_the_rest(candidates):
    frame = candidates(23).assign(confidence=[0.0] * 22 + [1.0])
    found = outlook(frame, "confidence", {"floor": 0.0001}, size=22)
    assert found["value"] is None
    assert found["reason"] == "all 22 are sure to be drawn: none of them speaks for the rest"
