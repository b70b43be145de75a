"""From candidates to an interval: a small seeded version of the simulations."""

import numpy as np
import pytest

from analysis import Survey, estimate
from sampling import Plan, design, draw, strategy_from

PLANS = [
    ("random", {}, 80, 80),
    ("mixture", {}, 160, 80),
    ("confidence", {}, 80, 80),
    ("feedback_weighted", {}, 80, 80),
    ("stratified", {"allocation": "proportional"}, 120, 120),
    ("error_triggered", {"floor_size": 40}, None, None),
]


@pytest.fixture(scope="module")
def traffic(candidates):
    """2,000 candidates of which about 12 % fail, more often where confidence is low."""
    frame = candidates(2000, seed=1)
    doubt = 1 - frame["confidence"].fillna(0.5)
    fails = np.random.default_rng(2).random(2000) < 0.02 + 0.2 * doubt**2 + 0.1 * frame["flagged"]
    return frame, dict(zip(frame["interaction"], fails.astype(float), strict=True))


@pytest.mark.parametrize(("name", "params", "size", "served"), PLANS)
def test_intervals_cover_the_truth(name, params, size, served, traffic, said, labelled):
    frame, fails = traffic
    truth = np.mean(list(fails.values()))
    covered, values, count = 0, [], 100
    for seed in range(count):
        drawn = draw(Plan(strategy_from(name, params), size=size, seed=seed), lambda: [frame])
        rows = said({1: drawn}, frame)
        done = drawn.picked["interaction"].head(served)
        found = design([(1, drawn.record())], rows, labelled(rows, done), added=[2000])
        table = found.tasks[found.tasks["counted"]]
        survey = Survey(
            population=found.population,
            kind=found.kind,
            strata=found.strata,
            random_share=found.random_share,
            skipped=found.skipped,
        )
        figure = estimate(table.assign(y=table["task"].map(fails)), survey)
        covered += figure.low <= truth <= figure.high
        values.append(figure.value)
    # 95 % less three Monte-Carlo errors of 100 repetitions
    assert covered / count > 0.885
    assert np.mean(values) == pytest.approx(truth, rel=0.12)


def test_the_plain_mean_of_a_targeted_draw_is_wrong(traffic):
    frame, fails = traffic
    plan = Plan(strategy_from("confidence", {"gamma": 2, "floor": 0.02}), size=200, seed=1)
    picked = draw(plan, lambda: [frame]).picked["interaction"]
    assert picked.map(fails).mean() > 1.3 * np.mean(list(fails.values()))
