"""Coverage of the intervals of Kendall's tau and of passages' overlap, over few tasks."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.mean_over_tasks import mean_over_tasks

Floats = NDArray[np.float64]
Make = Callable[[np.random.Generator, Floats], Floats]
"""Numbers per task, from how hard each task is (0 as the others; higher is harder)."""
TRUTH = 400_000
UNITS = (5, 8, 10, 12, 20, 30, 60, 100)
HARDER = 0.8
"""Spread of how hard conversations are, in standard deviations of the noise or in logits."""
TASKS = 6
"""Mean number of tasks in a conversation; some have one, some dozens."""


def ranked(responses: int, noise: float) -> Make:
    """Tau of two people who rank responses of known order, each with noise."""

    def make(rng: np.random.Generator, hard: Floats) -> Floats:
        spread = noise * np.exp(hard)[:, None, None]
        seen = np.arange(responses) + spread * rng.normal(size=(len(hard), 2, responses))
        above = np.triu_indices(responses, 1)
        signs = np.sign(seen[:, :, above[0]] - seen[:, :, above[1]])
        return np.asarray((signs[:, 0] * signs[:, 1]).mean(axis=1))

    return make


def turned(responses: int, noise: float, share: float) -> Make:
    """The same, but one of the two now and then ranks from worst to best."""
    straight = ranked(responses, noise)

    def make(rng: np.random.Generator, hard: Floats) -> Floats:
        wrong = rng.random(len(hard)) < 1 / (1 + (1 - share) / share * np.exp(-hard))
        return np.where(wrong, -1, 1) * straight(rng, hard)

    return make


def marked(found: float, loose: float) -> Make:
    """Dice of two people who mark the same passage with that chance, its ends more or less so."""

    def make(rng: np.random.Generator, hard: Floats) -> Floats:
        same = rng.random(len(hard)) < 1 / (1 + (1 - found) / found * np.exp(hard))
        moved = np.rint(loose * rng.normal(size=(len(hard), 2, 2)))
        start, end = 40 + moved[:, :, 0], 60 + np.maximum(moved[:, :, 1], -15)
        shared = np.maximum(end.min(axis=1) - start.max(axis=1), 0)
        return np.where(same, 2 * shared / (end - start).sum(axis=1), 0.0)

    return make


POPULATIONS: dict[str, tuple[Make, float]] = {
    "2 responses, hardly alike": (ranked(2, 2.0), -1.0),
    "2 responses, mostly alike": (ranked(2, 0.5), -1.0),
    "2 responses, nearly always alike": (ranked(2, 0.36), -1.0),
    "3 responses": (ranked(3, 1.0), -1.0),
    "3 responses, nearly always alike": (ranked(3, 0.4), -1.0),
    "5 responses": (ranked(5, 1.0), -1.0),
    "5 responses, now and then the wrong way round": (turned(5, 0.4, 0.05), -1.0),
    "passages, nearly never the same": (marked(0.05, 2), 0.0),
    "passages, half missed": (marked(0.5, 3), 0.0),
    "passages, mostly found": (marked(0.8, 3), 0.0),
    "passages, nearly always found": (marked(0.95, 2), 0.0),
    "passages, nearly always found, to the letter": (marked(0.95, 0), 0.0),
}


def coverage(
    make: Make, lowest: float, units: int, *, clusters: bool, repeats: int
) -> tuple[float, float, float, float]:
    """Share of intervals that hold the truth, lie above, lie below it; and refused ones."""
    rng = np.random.default_rng(units + 1000 * clusters)
    hard = rng.normal(0, HARDER, TRUTH) if clusters else np.zeros(TRUTH)
    truth = make(rng, hard).mean()
    held = above = below = refused = 0
    for _ in range(repeats):
        sizes = rng.geometric(1 / TASKS, units) if clusters else np.ones(units, dtype=int)
        of = np.repeat(np.arange(units), sizes)
        numbers = make(rng, (rng.normal(0, HARDER, units) if clusters else np.zeros(units))[of])
        cluster = pd.Series(of) if clusters else None
        figure = mean_over_tasks(
            dict(enumerate(numbers.tolist())), "", cluster=cluster, lowest=lowest
        )
        if figure.reason:
            refused += 1
            continue
        held += figure.low <= truth <= figure.high
        above += figure.low > truth
        below += figure.high < truth
    given = max(repeats - refused, 1)
    return held / given, above / given, below / given, refused / repeats


def main() -> int:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    print(f"of {repeats} samples, % of intervals that hold the truth (refused in brackets)")
    for clusters in (False, True):
        print("conversations" if clusters else "tasks", *UNITS, sep="\t")
        for name, (make, lowest) in POPULATIONS.items():
            told = []
            for units in UNITS:
                held, _, _, none = coverage(make, lowest, units, clusters=clusters, repeats=repeats)
                refused = f" ({100 * none:.0f})" if none else ""
                told.append(f"{100 * held:.0f}{refused}" if none < 1 else "-")
            print(name, *told, sep="\t", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
