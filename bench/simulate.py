"""Coverage of every interval, by drawing, labelling and estimating over and over.

Uses `sampling` and `analysis` as the product does: draw, chances as the labeling stands, estimate.
GOLDLOOP_DATA names a folder with real data; without it only the synthetic population is used.
`--write` puts the table of each population that was run into docs/coverage.md.
Exits 1 when a bound is violated.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import (
    Figure,
    Judged,
    Survey,
    estimate,
    estimate_with_judge,
    ht_mean,
    plain_mean,
    poststratified,
    quartile_cuts,
)
from bench.designs import DESIGNS, Design, eligible_rows, labelling, news, queue
from bench.populations import REAL, Population, synthetic
from sampling import Plan, design, draw, strategy_from, uniform

REPETITIONS = 2000
PROCESSES = 2
WILSON = (0.93, 0.98)
"""Where a Wilson interval must lie that no rule has widened, two Monte-Carlo errors either way.

2,000 repetitions of XSTest, feedback, 200 give 92.8 %, 10,000 give 93.6 %. Few labels give few
intervals: 30 at random from the 1,319 of GSM8K hold the share that all systems have right (11.8 %)
in exactly 98.1 % of all samples, by enumeration.
"""
JUDGE = (0.925, 0.97)
"""Where the interval with a judge must lie, two Monte-Carlo errors either way."""
RATING = (0.93, 0.975)
"""Where the interval of a rating must lie; above it two Monte-Carlo errors are left: it is wide."""
LEAST = 0.92
"""What the rule must reach, less two Monte-Carlo errors."""
PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"
HALVES = 2**63 + 1


class Help:
    """A judge and the quarters of confidence of a population."""

    def __init__(self, people: Population, plan: Design) -> None:
        self.plan = plan
        frame = people.frame
        values = frame["score:judge"].to_numpy(dtype=float).copy()
        values[uniform(frame["sample_key"].to_numpy(), 11) <= plan.unscored] = np.nan
        known = values[np.isfinite(values)]
        self.values = values
        self.half = (uniform(frame["sample_key"].to_numpy(), HALVES) > 0.5).astype(int)
        self.judged = Judged(
            float(known.mean()), float(known.min()), float(known.max()), len(known)
        )
        points, counts = np.unique(frame["confidence"], return_counts=True)
        self.classes = np.searchsorted(quartile_cuts(points, counts), frame["confidence"])
        sizes = np.bincount(self.classes)
        self.totals = {int(one): float(size) for one, size in enumerate(sizes)}

    def estimate(
        self, seen: pd.DataFrame, survey: Survey, scale: tuple[float, float] | None
    ) -> tuple[Figure, bool]:
        """The estimate with help, and whether a judge was used."""
        tasks = seen["task"].to_numpy()
        if self.plan.poststratify:
            seen = seen.assign(**{"class": self.classes[tasks]})
            seen, survey = poststratified(seen, survey, self.totals)
        if not self.plan.judge:
            return estimate(seen, survey, scale=scale), False
        seen = seen.assign(judge=self.values[tasks], half=self.half[tasks])
        told = estimate_with_judge(seen, survey, self.judged, scale=scale)
        return told.figure, told.used


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
    plain_width: float = 0.0
    """Of labels alone, where the design has help."""
    used: int = 0
    """How often a judge was."""
    total: float = 0.0
    labels: int = 0
    repetitions: int = 0

    def add(self, figure: Figure, unwidened: Figure, plain: Figure) -> None:
        """Count one repetition; without help `unwidened` is what the rule did not touch."""
        self.repetitions += 1
        self.labels += plain.n
        self.covered_plain += plain.low <= self.truth <= plain.high
        if not figure.low <= figure.high:
            return
        self.given += 1
        self.covered += figure.low <= self.truth <= figure.high
        self.covered_unwidened += unwidened.low <= self.truth <= unwidened.high
        self.width += figure.high - figure.low
        self.plain_width += unwidened.high - unwidened.low
        self.total += figure.value

    def share(self, hits: int) -> float:
        return hits / self.given if self.given else float("nan")

    def problems(self, slack: float = 0.0) -> Iterator[str]:
        """Bounds this cell violates; `slack` in Monte-Carlo errors loosens them."""
        if self.plan.refused:
            if self.given:
                yield f"{self.given} estimates given that should be refused"
        elif self.given < self.repetitions / 2:
            yield f"only {self.given} of {self.repetitions} estimates given"
        else:
            yield from self._uncovered(slack)

    def _uncovered(self, slack: float) -> Iterator[str]:
        error = sqrt(0.05 * 0.95 / self.given)
        coverage, bare = self.share(self.covered), self.share(self.covered_unwidened)
        if self.plan.judge or self.plan.poststratify:
            low, high = JUDGE if self.plan.judge else (WILSON[0], 1.0)  # totals may be too wide
            low, high = low - (2 + slack) * error, high + (2 + slack) * error
            if coverage < low or (coverage > high and not self.plan.capped):
                yield f"with help it covers {coverage:.1%}"
        elif self.scale is not None:
            low, high = RATING[0] - slack * error, RATING[1] + (2 + slack) * error
            if coverage < low or bare > high:
                yield f"rating covers {coverage:.1%}, {bare:.1%} before any widening"
        else:
            low, high = (
                end + side * (2 + slack) * sqrt(end * (1 - end) / self.given)
                for end, side in zip(WILSON, (-1, 1), strict=True)
            )
            if self.plan.wilson and not low <= bare <= high:
                yield f"W covers {bare:.1%}"
            if coverage < LEAST - (2 + slack) * error:
                yield f"the rule covers {coverage:.1%}"


@cache
def population(name: str) -> Population:
    if name == "synthetic":
        return synthetic()
    return REAL[name](Path(os.environ["GOLDLOOP_DATA"]))


def simulate(
    people: Population, plan: Design, repetitions: int, first_seed: int = 0
) -> list[Tally]:
    """One tally per outcome of a population under one design."""
    return simulate_alike(people, [plan], repetitions, first_seed)


def simulate_alike(
    people: Population, plans: Sequence[Design], repetitions: int, first_seed: int = 0
) -> list[Tally]:
    """The same for several designs whose tasks are drawn and labelled alike."""
    outcomes = {name: (y, None) for name, y in people.rates.items()}
    outcomes |= {name: (y, people.scale) for name, y in people.ratings.items()}
    tallies = {
        (plan.name, name): Tally(people.name, plan, name, scale, float(y.mean()))
        for plan in plans
        for name, (y, scale) in outcomes.items()
    }
    helps = {plan.name: Help(people, plan) for plan in plans if plan.judge or plan.poststratify}
    for repetition in range(repetitions):
        tasks, survey = queue(people, plans[0], first_seed + repetition)
        # What the rules that widen start from: as if half of every draw were random, and nothing
        # was hardly drawn.
        trusting = replace(survey, random_share=max(survey.random_share, 0.5), sparse=0.0)
        for name, (y, scale) in outcomes.items():
            seen = tasks.assign(y=y[tasks["task"]])
            alone = estimate(seen, survey, scale=scale)
            plain = plain_mean(seen["y"], scale=scale)
            for plan in plans:
                figure = bare = alone
                if plan.name in helps:
                    figure, used = helps[plan.name].estimate(seen, survey, scale)
                    tallies[plan.name, name].used += used
                elif "widened" in alone.method:
                    bare = estimate(seen, trusting, scale=scale)
                tallies[plan.name, name].add(figure, bare, plain)
    return list(tallies.values())


def alike(plans: Sequence[Design]) -> list[list[Design]]:
    """Designs grouped by how their tasks are drawn and labelled."""
    groups: dict[str, list[Design]] = {}
    for plan in plans:
        key = repr((plan.draws, plan.labelled, plan.skipped, plan.refused))
        groups.setdefault(key, []).append(plan)
    return list(groups.values())


def job(arguments: tuple[str, list[Design], int]) -> list[Tally]:
    name, plans, repetitions = arguments
    return simulate_alike(population(name), plans, repetitions)


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


HEADS = ("design", "labels", "outcomes", "truth", "bias", "covers", "W alone", "plain mean covers")
HEADS += ("width", "width to labels alone", "judge used", "given")


def summary(tallies: Sequence[Tally]) -> Iterator[str]:
    """Two rows of a design on a population: ranges over its rates, and its rating."""
    for cells in ([one for one in tallies if not one.scale], [one for one in tallies if one.scale]):
        first, given = cells[0], [one for one in cells if one.given]
        aided = first.plan.judge or first.plan.poststratify
        bare = between([one.share(one.covered_unwidened) for one in given], ".1%")
        columns = (
            first.plan.name,
            f"{first.labels / first.repetitions:.0f}",
            "rating" if first.scale else f"{len(cells)} rates",
            between([one.truth for one in cells], ".2f"),
            between([one.total / one.given - one.truth for one in given], "+.3f"),
            between([one.share(one.covered) for one in given], ".1%") or "refused",
            "" if first.scale else bare,
            between([one.covered_plain / one.repetitions for one in cells], ".1%"),
            between([one.width / one.given for one in given], ".3f"),
            between([one.width / one.plain_width for one in given], ".2f") if aided else "",
            between([one.used / one.repetitions for one in cells], ".0%")
            if first.plan.judge
            else "",
            between([one.given / one.repetitions for one in cells], ".0%"),
        )
        yield f"| {' | '.join(columns)} |"


def between(values: Sequence[float], form: str) -> str:
    """Smallest to largest value."""
    low, high = (f"{end:{form}}" for end in (min(values, default=0), max(values, default=0)))
    if not values:
        return ""
    return low if low == high else f"{low} to {high}"


def write(name: str, rows: Sequence[str], told: str) -> None:
    """Put the table of a population into the page, in the place of the one before."""
    text = PAGE.read_text(encoding="utf-8")
    part = f"## {name}\n\n{told}\n\n" + "\n".join([*head(), *rows]) + "\n"
    found = re.search(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", text, re.M | re.S)
    if found:
        text = text[: found.start()] + part + "\n" + text[found.end() :]
    else:
        text = f"{text.rstrip()}\n\n{part}"
    PAGE.write_text(text.rstrip() + "\n", encoding="utf-8")


def head() -> list[str]:
    return [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]


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
    parser.add_argument("--only", action="append", help="part of the name of the designs to run")
    parser.add_argument("--population", action="append", help="one of those to run; default: all")
    parser.add_argument("--write", action="store_true", help="write docs/coverage.md")
    options = parser.parse_args()
    if options.write and options.repetitions < REPETITIONS:
        parser.error(f"the page is written of {REPETITIONS} repetitions or more")
    names = ["synthetic", *(REAL if os.environ.get("GOLDLOOP_DATA") else ())]
    problems, cells = [], 0
    for name in options.population or names:
        chosen = [
            plan for plan in DESIGNS if any(part in plan.name for part in options.only or ("",))
        ]
        jobs = [
            (name, plans, 20 if plans[0].refused else options.repetitions)
            for plans in alike(chosen)
        ]
        print(f"\n{name}\n" + "\n".join(head()))
        rows: list[str] = []
        with ProcessPoolExecutor(PROCESSES) as pool:
            for tallies in pool.map(job, jobs):
                for plan in dict.fromkeys(one.plan.name for one in tallies):
                    rows += summary([one for one in tallies if one.plan.name == plan])
                    print("\n".join(rows[-2:]), flush=True)
                cells += len(tallies)
                problems += [
                    f"{one.population}, {one.plan.name}, {one.outcome}: {problem}"
                    for one in tallies
                    for problem in one.problems()
                ]
        if options.write:
            size = len(population(name).frame)
            told = f"{options.repetitions:,} repetitions; {size:,} interactions."
            write(name, rows, told)
    if not options.only:
        problems += checks_of_draws(max(options.repetitions // 4, 40))
    print(f"\n{cells} outcomes of designs, {options.repetitions} repetitions each")
    for problem in problems:
        print(f"VIOLATED: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
