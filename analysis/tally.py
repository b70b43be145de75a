"""What all matches say together of one coefficient, and how far it can be trusted."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.coefficients import Coefficient, Floats
from analysis.figure import Figure
from analysis.intervals import t_quantile, wilson, wilson_ends
from analysis.pairs import Block, Ints

NO_PAIR = "no task has two labels"
ONE_CATEGORY = "one category only"
CONSTANT = "one annotator used one category only"
MOSTLY_CONSTANT = "most shared tasks are of pairs in which one used one category only"
THIN = 30
"""Shared tasks per pair below which the bias of kappa, up to about 0.5 / n, may outweigh se."""
LEAST_CLUSTERS = 5
"""Clusters below which their spread says too little for an interval of percent agreement."""
SURE = 1e-9
"""A standard error below this is rounding: every task moves the coefficient alike."""


class Tally:
    """Sums per task of what its matches say of one coefficient; enough for value and interval.

    `cluster` tells which tasks belong together; None: every task stands for itself.
    """

    def __init__(self, tasks: int, cluster: Ints | None = None) -> None:
        self.cluster = cluster
        self.total = np.zeros(tasks)
        self.matches = np.zeros(tasks)
        self.pairs = self.defined = self.varied = 0
        self.value = self.observed = self.chance = 0.0

    def add(self, block: Block, found: Coefficient, plain: Coefficient) -> None:
        """Add the matches of a block of pairs; undefined pairs count for nothing."""
        n, tasks = block.tables.sum(axis=(1, 2)), len(self.total)
        defined = np.isfinite(found.value)
        said = np.where(defined[:, None, None], found.influence + found.value[:, None, None], 0.0)
        cells = said[0].size
        per_match = said.reshape(-1)[block.pair * cells + block.cell]
        self.total += np.bincount(block.task, weights=per_match, minlength=tasks)
        self.matches += np.bincount(block.task, weights=defined[block.pair], minlength=tasks)
        self.pairs += len(n)
        self.defined += int(defined.sum())
        self.varied += int(n[defined & ~is_constant(block.tables)].sum())
        self.value += float(n[defined] @ found.value[defined])
        self.observed += float(n[defined] @ plain.observed[defined])
        self.chance += float(n[defined] @ plain.chance[defined])

    def squares(self, per_task: Floats) -> float:
        """Sum over clusters of the square of what their tasks add up to, for that few clusters."""
        if self.cluster is None:
            return float((per_task**2).sum())
        units = self.units(self.matches > 0)
        squares = float((np.bincount(self.cluster, weights=per_task) ** 2).sum())
        return squares * units / max(units - 1, 1)

    def units(self, inside: NDArray[np.bool_]) -> int:
        """How many tasks, or clusters of them, are inside."""
        return int(inside.sum() if self.cluster is None else len(np.unique(self.cluster[inside])))


def overall_share(tally: Tally) -> Figure:
    """Mean over tasks of the share of agreeing pairs."""
    tasks = len(tally.total)
    if not tasks:
        return Figure.undefined(NO_PAIR)
    shares = tally.total / tally.matches
    mean = min(float(shares.mean()), 1.0)
    variance = tally.squares(shares - shares.mean()) / tasks**2
    units = tally.units(tally.matches > 0)
    size = mean * (1 - mean) / variance if variance > SURE**2 else units
    method = "mean over tasks of the share of agreeing pairs; Wilson"
    if tally.cluster is None:
        return Figure(mean, *wilson(mean, size), tasks, method)
    method += f", {units} clusters"
    if units < LEAST_CLUSTERS:
        return Figure.without_interval(mean, tasks, method, too_few_clusters(units))
    return Figure(mean, *wilson(mean, size, df=units - 1), tasks, method)


def too_few_clusters(units: int, least: int = LEAST_CLUSTERS) -> str:
    """Why there is no interval."""
    return f"too few clusters ({units}; an interval needs {least})"


def overall_kappa(tally: Tally) -> Figure:
    """Mean over defined pairs, weighted by shared tasks; interval linearised over tasks."""
    if not tally.pairs:
        return Figure.undefined(NO_PAIR)
    if not tally.defined:
        return Figure.undefined(ONE_CATEGORY, n=len(tally.total))
    matches = float(tally.matches.sum())
    value = tally.value / matches
    se = sqrt(tally.squares(tally.total - tally.matches * value)) / matches
    n, units = int((tally.matches > 0).sum()), tally.units(tally.matches > 0)
    method = f"mean over {tally.defined} of {tally.pairs} pairs by shared tasks; linearised"
    if tally.cluster is not None:
        method += f" over {units} clusters"
    if 2 * tally.varied <= matches:
        reason = MOSTLY_CONSTANT if tally.varied else CONSTANT
        return Figure.without_interval(value, n, method, reason)
    shared = matches / tally.defined
    if tally.defined > 1 and shared < THIN and 0.5 / shared > max(se, SURE):
        reason = f"pairs share {shared:.1f} tasks on average: so few bias kappa"
        return Figure.without_interval(value, n, method, reason)
    observed, chance = np.array([tally.observed / matches]), np.array([tally.chance / matches])
    low, high = kappa_ends(np.array([value]), np.array([se]), observed, chance, np.array([units]))
    return Figure(value, float(low[0]), float(high[0]), n, method)


def kappa_ends(
    value: Floats, se: Floats, observed: Floats, chance: Floats, n: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Interval on Fisher's z scale; without spread, that of the share of equal labels rescaled.

    `observed` and `chance` are those of unweighted kappa: a disagreement nobody has seen yet is
    taken to be one between labels at random.
    """
    quantile = special.stdtrit(np.maximum(n - 1, 1), 0.975)
    inner = np.clip(value, SURE - 1, 1 - SURE)
    centre, half = np.arctanh(inner), quantile * se / (1 - inner**2)
    low, high = wilson_ends(np.clip(observed, 0, 1), n, t_quantile())
    room = np.where(chance < 1, 1 - chance, np.nan)
    low, high = np.minimum((low - chance) / room, value), np.maximum((high - chance) / room, value)
    low = np.where(se > SURE, np.tanh(centre - half), low)
    high = np.where(se > SURE, np.tanh(centre + half), high)
    return np.clip(low, -1, 1), np.clip(high, -1, 1)


def is_constant(tables: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pairs in which one annotator used a single category: kappa is 0 whatever the other did."""
    n = tables.sum(axis=(1, 2))
    lone: NDArray[np.bool_] = (tables.sum(axis=1).max(axis=1) == n) | (
        tables.sum(axis=2).max(axis=1) == n
    )
    return lone
