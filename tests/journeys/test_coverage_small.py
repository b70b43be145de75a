"""A small, seeded run of `make simulate`: draw, label, estimate, over and over."""

import pytest

from bench.designs import DESIGNS, Design
from bench.populations import Population, synthetic
from bench.simulate import prefix_differences, simulate, union_totals

REPETITIONS = 60
CHECKED = (
    "mixture, 30",
    "stratified proportional, 120",
    "confidence, 50",
    "flagged and floor of 30",
    "flagged capped, 100",
    "union: random, confidence, mixture, 40 each",
    "mixture, 100: judge",
    "mixture, 50: known totals",
)
BY_NAME = {plan.name: plan for plan in DESIGNS}


@pytest.fixture(scope="module")
def people() -> Population:
    return synthetic(size=1500)


@pytest.mark.parametrize("name", CHECKED)
def test_intervals_cover_the_truth(people: Population, name: str) -> None:
    tallies = simulate(people, BY_NAME[name], REPETITIONS)
    problems = [(one.outcome, problem) for one in tallies for problem in one.problems(slack=3)]
    assert not problems


def test_the_plain_mean_of_a_targeted_queue_misses(people: Population) -> None:
    tallies = simulate(people, BY_NAME["mixture, 200"], 40)
    rating = next(one for one in tallies if one.scale is not None)
    assert rating.covered_plain < 0.2 * rating.repetitions < 0.85 * rating.repetitions
    assert rating.covered > 0.85 * rating.repetitions


@pytest.mark.parametrize(
    "plan", [plan for plan in DESIGNS if plan.refused], ids=lambda one: one.name
)
def test_modes_that_cannot_speak_for_the_population_are_refused(
    people: Population, plan: Design
) -> None:
    assert all(one.given == 0 for one in simulate(people, plan, 3))


def test_totals_of_a_union_need_two_thresholds() -> None:
    bias, error, naive = union_totals(40, draws=6)
    assert abs(bias) < 3 * error
    assert naive < bias - 0.08


def test_the_first_labels_of_a_draw_are_a_smaller_draw(people: Population) -> None:
    assert prefix_differences(people, seeds=4) == []
