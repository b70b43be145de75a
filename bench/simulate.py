"""Coverage of every interval, by drawing, labelling and estimating over and over.

Uses `sampling` and `analysis` as the product does: draw, chances as the labeling stands, estimate.
GOLDLOOP_DATA names a folder with real data; without it only the synthetic population is used.
Exits 1 when a bound is violated.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis import Figure, Survey, estimate, ht_mean, plain_mean
from bench.populations import Population, evouna, synthetic
from sampling import Drawn, Plan, design, draw, replay, strategy_from

REPETITIONS = 2000
PROCESSES = 2
WILSON = (0.93, 0.98)
"""Where a Wilson interval must lie that no rule has widened."""
RATING = (0.93, 0.975)
LEAST = 0.92
"""What the rule must reach, less two Monte-Carlo errors."""


@dataclass(frozen=True)
class Design:
    """Draws into one queue, how it is labelled, and which bounds its coverage has to meet."""

    name: str
    draws: tuple[tuple[str, dict[str, Any], int | None], ...]
    """Strategy, parameters, size of each draw."""
    wilson: bool = False
    """Whether the interval of rates must meet WILSON without any widening."""
    labelled: int | None = None
    """Label only so many, in serving order."""
    skipped: float = 0.0
    """Share of tasks skipped at random."""
    refused: bool = False
    """Whether an estimate has to be refused."""


def one(
    title: str, strategy: str, size: int | None, /, *, wilson: bool = False, **params: Any
) -> Design:
    return Design(title, ((strategy, params, size),), wilson)


SHARPER = {"gamma": 2.0, "floor": 0.02}
DESIGNS = (
    one("random, 30", "random", 30, wilson=True),
    one("random, 200", "random", 200, wilson=True),
    one("mixture, 30", "mixture", 30, wilson=True),
    one("mixture, 200", "mixture", 200, wilson=True),
    Design("mixture, first 60 of 200", (("mixture", {}, 200),), True, labelled=60),
    Design("mixture, 200, 10 % skipped", (("mixture", {}, 200),), True, skipped=0.1),
    Design(
        "random and flagged, 100",
        (
            (
                "mixture",
                {
                    "parts": [
                        {"strategy": "random", "share": 0.5},
                        {
                            "strategy": "error_triggered",
                            "share": 0.5,
                            "params": {"mode": "capped", "floor": 0.0},
                        },
                    ]
                },
                100,
            ),
        ),
    ),
    one("feedback, 50", "feedback_weighted", 50, wilson=True),
    one("feedback, 200", "feedback_weighted", 200, wilson=True),
    one("stratified proportional, 120", "stratified", 120, wilson=True, allocation="proportional"),
    one("stratified equal, 120", "stratified", 120),
    one("confidence, 50", "confidence", 50),
    one("confidence, 200", "confidence", 200),
    one("confidence squared, 100", "confidence", 100, **SHARPER),
    one("score, 50", "score", 50, name="judge", fails_at=1.0, passes_at=0.0, floor=0.05),
    one("score, 200", "score", 200, name="judge", fails_at=1.0, passes_at=0.0, floor=0.05),
    one("flagged and floor of 30", "error_triggered", None, floor_size=30),
    one("flagged and floor of 100", "error_triggered", None, floor_size=100),
    one("flagged capped, 100", "error_triggered", 100, mode="capped"),
    Design(
        "union: random, confidence, mixture, 40 each",
        (("random", {}, 40), ("confidence", {}, 40), ("mixture", {}, 40)),
    ),
    Design(
        "union: flagged and floor of 40, confidence 60",
        (("error_triggered", {"floor_size": 40}, None), ("confidence", {}, 60)),
    ),
    Design("random, 15", (("random", {}, 15),), refused=True),
    Design("lowest confidence, 200", (("confidence", {"mode": "lowest"}, 200),), refused=True),
    Design("flagged only", (("error_triggered", {}, None),), refused=True),
    Design("flagged and floor of 5", (("error_triggered", {"floor_size": 5}, None),), refused=True),
)


class Queue(NamedTuple):
    """Labelled tasks with their chances, and how they came about."""

    tasks: pd.DataFrame
    survey: Survey


def queue(population: Population, plan: Design, seed: int) -> Queue:
    """Draw, label, and take the chances as the labeling stands."""
    frame = population.frame
    drawn = [
        draw(
            Plan(strategy_from(name, params), size=size, seed=seed + 7919 * index), lambda: [frame]
        )
        for index, (name, params, size) in enumerate(plan.draws)
    ]
    rows = eligible_rows(frame, drawn)
    state = labelling(rows, plan, seed)
    found = design(
        [(index, one.record()) for index, one in enumerate(drawn)],
        rows,
        state,
        added=news(drawn, len(frame)),
    )
    survey = Survey(
        population=found.population,
        kind=found.kind,
        strata=found.strata,
        random_share=found.random_share,
        skipped=found.skipped,
        refusal=found.refusal,
        refuse_estimate=found.refuse_estimate,
    )
    return Queue(found.tasks[found.tasks["counted"]], survey)


def news(drawn: Sequence[Drawn], population: int) -> list[int]:
    """How many candidates each draw added, all being over one population."""
    first = drawn[0].eligible
    return [first, population - first, *[0] * len(drawn)][: len(drawn)]


def eligible_rows(frame: pd.DataFrame, drawn: Sequence[Drawn]) -> pd.DataFrame:
    """One row per draw and task of the queue eligible in it, as storage keeps them."""
    tasks = np.unique(np.concatenate([one.picked["interaction"] for one in drawn]).astype(int))
    parts = []
    for index, one in enumerate(drawn):
        picked = one.picked.rename(columns={"interaction": "task"}).assign(picked=True)
        others = np.setdiff1d(tasks, picked["task"])
        if len(others):
            said = replay(one.record(), frame.iloc[others])
            said = said[said["eligible"]].rename(columns={"interaction": "task"})
            picked = pd.concat([picked, said.assign(picked=False, position=np.nan)])
        parts.append(picked.assign(draw=index))
    return pd.concat(parts, ignore_index=True)


def labelling(rows: pd.DataFrame, plan: Design, seed: int) -> pd.DataFrame:
    """State of every task: all labelled, or the first ones, or all but some skipped."""
    tasks = rows.loc[rows["picked"], ["task", "position"]].drop_duplicates("task")
    reached = tasks["position"].to_numpy() < (plan.labelled or np.inf)
    rng = np.random.default_rng(seed)
    answered = rng.random(len(tasks)) >= plan.skipped
    return pd.DataFrame(
        {
            "task": tasks["task"].to_numpy(),
            "labelled": reached & answered,
            "claimed": reached,
            "open_lease": False,
        }
    )


@dataclass
class Tally:
    """What the repetitions of one design said of one outcome."""

    population: str
    plan: Design
    outcome: str
    scale: tuple[float, float] | None
    truth: float
    given: int = 0
    covered: int = 0
    covered_unwidened: int = 0
    covered_plain: int = 0
    width: float = 0.0
    total: float = 0.0
    labels: int = 0
    repetitions: int = 0

    def add(self, figure: Figure, unwidened: Figure, plain: Figure) -> None:
        self.repetitions += 1
        self.labels += plain.n
        self.covered_plain += plain.low <= self.truth <= plain.high
        if not figure.low <= figure.high:
            return
        self.given += 1
        self.covered += figure.low <= self.truth <= figure.high
        self.covered_unwidened += unwidened.low <= self.truth <= unwidened.high
        self.width += figure.high - figure.low
        self.total += figure.value

    def share(self, hits: int) -> float:
        return hits / self.given if self.given else float("nan")

    def problems(self, slack: float = 0.0) -> Iterator[str]:
        """Bounds this cell violates; `slack` in Monte-Carlo errors loosens them."""
        if self.plan.refused:
            if self.given:
                yield f"{self.given} estimates given that should be refused"
            return
        if self.given < self.repetitions / 2:
            yield f"only {self.given} of {self.repetitions} estimates given"
            return
        error = sqrt(0.05 * 0.95 / self.given)
        coverage, bare = self.share(self.covered), self.share(self.covered_unwidened)
        if self.scale is not None:
            if not RATING[0] - slack * error <= coverage <= RATING[1] + slack * error:
                yield f"rating covers {coverage:.1%}"
            return
        if self.plan.wilson and not WILSON[0] - slack * error <= bare <= WILSON[1] + slack * error:
            yield f"W covers {bare:.1%}"
        if coverage < LEAST - (2 + slack) * error:
            yield f"the rule covers {coverage:.1%}"


@cache
def population(name: str) -> Population:
    return synthetic() if name == "synthetic" else evouna(Path(os.environ["GOLDLOOP_DATA"]))


def simulate(
    people: Population, plan: Design, repetitions: int, first_seed: int = 0
) -> list[Tally]:
    """One tally per outcome of a population under one design."""
    outcomes = {name: (y, None) for name, y in people.rates.items()}
    outcomes |= {name: (y, people.scale) for name, y in people.ratings.items()}
    tallies = {
        name: Tally(people.name, plan, name, scale, float(y.mean()))
        for name, (y, scale) in outcomes.items()
    }
    for repetition in range(repetitions):
        tasks, survey = queue(people, plan, first_seed + repetition)
        # W without the rule that may widen it: as if half of every draw were random.
        trusting = replace(survey, random_share=max(survey.random_share, 0.5))
        for name, (y, scale) in outcomes.items():
            seen = tasks.assign(y=y[tasks["task"]])
            figure = estimate(seen, survey, scale=scale)
            bare = figure
            if "widened" in figure.method:
                bare = estimate(seen, trusting, scale=scale)
            tallies[name].add(figure, bare, plain_mean(seen["y"], scale=scale))
    return list(tallies.values())


def job(arguments: tuple[str, Design, int]) -> list[Tally]:
    name, plan, repetitions = arguments
    return simulate(population(name), plan, repetitions)


def union_totals(repetitions: int, draws: int = 10, size: int = 5) -> tuple[float, float, float]:
    """Relative bias of the HT mean over a union, its Monte-Carlo error, and with one threshold."""
    people = synthetic(size=1000, seed=3)
    y = people.ratings["rating 1 to 5"]
    plan = Design("union", (("confidence", {}, size),) * draws)
    right, naive = np.empty(repetitions), np.empty(repetitions)
    for repetition in range(repetitions):
        drawn = [
            draw(
                Plan(strategy_from("confidence", {}), size=size, seed=repetition * draws + index),
                lambda: [people.frame],
            )
            for index in range(draws)
        ]
        rows = eligible_rows(people.frame, drawn)
        state = labelling(rows, plan, repetition)
        records = [(index, one.record()) for index, one in enumerate(drawn)]
        tasks = design(records, rows, state, added=news(drawn, len(y))).tasks
        right[repetition] = ht_mean(y[tasks["task"]], tasks["pi"], len(y)).value
        line = np.array([one.strata[0].tau_in for _, one in records])[rows["draw"]]
        out = (1 - np.minimum(1, rows["weight"] / line)).groupby(rows["task"]).prod()
        naive[repetition] = ht_mean(y[out.index], 1 - out, len(y)).value
    error = right.std(ddof=1) / sqrt(repetitions) / y.mean()
    return right.mean() / y.mean() - 1, error, naive.mean() / y.mean() - 1


def prefix_differences(people: Population, seeds: int = 20) -> list[str]:
    """Strategies whose first 60 labels of 200 are not exactly a draw of 60."""
    found = []
    for name, params in (("random", {}), ("confidence", {}), ("mixture", {})):
        whole = Design(name, ((name, params, 200),), labelled=60)
        part = Design(name, ((name, params, 60),))
        for seed in range(seeds):
            one, two = (queue(people, plan, seed).tasks for plan in (whole, part))
            if not one.reset_index(drop=True).equals(two.reset_index(drop=True)):
                found.append(f"{name}, seed {seed}")
    return found


HEADS = ("population", "design", "labels", "outcomes", "truth", "bias", "coverage", "W")
HEADS += ("plain mean covers", "width", "given")


def summary(tallies: Sequence[Tally]) -> Iterator[str]:
    """Two rows of a design on a population: ranges over its rates, and its rating."""
    for cells in ([one for one in tallies if not one.scale], [one for one in tallies if one.scale]):
        first = cells[0]
        given = [one for one in cells if one.given]
        bare = between([one.share(one.covered_unwidened) for one in given], ".1%")
        columns = (
            first.population,
            first.plan.name,
            f"{first.labels / first.repetitions:.0f}",
            "rating" if first.scale else f"{len(cells)} rates",
            between([one.truth for one in cells], ".2f"),
            between([one.total / one.given - one.truth for one in given], "+.3f"),
            between([one.share(one.covered) for one in given], ".1%") or "refused",
            "" if first.scale else bare,
            between([one.covered_plain / one.repetitions for one in cells], ".1%"),
            between([one.width / one.given for one in given], ".3f"),
            between([one.given / one.repetitions for one in cells], ".0%"),
        )
        yield f"| {' | '.join(columns)} |"


def between(values: Sequence[float], form: str) -> str:
    """Smallest to largest value."""
    low, high = (f"{end:{form}}" for end in (min(values, default=0), max(values, default=0)))
    if not values:
        return ""
    return low if low == high else f"{low} to {high}"


def checks_of_draws(repetitions: int) -> list[str]:
    """Print what unions and prefixes say; return the bounds that were violated."""
    bias, error, naive = union_totals(repetitions)
    print(
        f"\nHT mean over a union of 10 draws of 5: bias {bias:+.2%} (Monte-Carlo error "
        f"{error:.2%}); with one threshold for all: {naive:+.1%}"
    )
    different = prefix_differences(synthetic())
    print(f"First 60 labels of 200 against a draw of 60: {different or 'equal, bit for bit'}")
    return different + ([f"union: HT mean off by {bias:+.2%}"] if abs(bias) > 3 * error else [])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    parser.add_argument("--only", default="", help="part of the name of the designs to run")
    options = parser.parse_args()
    names = ["synthetic"] + (["EVOUNA"] if os.environ.get("GOLDLOOP_DATA") else [])
    jobs = [
        (name, plan, 20 if plan.refused else options.repetitions)
        for name in names
        for plan in DESIGNS
        if options.only in plan.name
    ]
    problems, cells = [], 0
    print(f"| {' | '.join(HEADS)} |\n{'|---' * len(HEADS)}|")
    with ProcessPoolExecutor(PROCESSES) as pool:
        for tallies in pool.map(job, jobs):
            print("\n".join(summary(tallies)), flush=True)
            cells += len(tallies)
            problems += [
                f"{one.population}, {one.plan.name}, {one.outcome}: {problem}"
                for one in tallies
                for problem in one.problems()
            ]
    problems += checks_of_draws(max(options.repetitions // 4, 40))
    print(f"\n{cells} outcomes of designs, {options.repetitions} repetitions each")
    for problem in problems:
        print(f"VIOLATED: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
