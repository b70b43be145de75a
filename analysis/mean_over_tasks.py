"""The mean of one number per task, with an interval over tasks or clusters of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.agreement_of_all import LEAST_UNITS
from analysis.figure import Figure
from analysis.intervals import t_interval, wilson
from analysis.resampling import bca_ends, resampled, standard_error
from analysis.tally import SURE
from analysis.votes import clusters_of

Floats = NDArray[np.float64]
MOST_KINDS = 2_000
"""Different units above which the mean is as good as normal, and resampling only costs time."""


class Mean:
    """Of sums (..., 2): how many tasks, and what their numbers add up to."""

    def features(self, counts: Floats) -> Floats:
        """A one beside each number."""
        return np.column_stack([np.ones(len(counts)), counts])

    def value(self, sums: Floats) -> Floats:
        """The mean; NaN of nothing."""
        return np.asarray(sums[..., 1] / np.where(sums[..., 0] > 0, sums[..., 0], np.nan))

    def observed(self, sums: Floats) -> Floats:
        """The mean."""
        return self.value(sums)

    def room(self, sums: Floats) -> Floats:
        """All of it."""
        return np.ones(sums.shape[:-1])


def mean_over_tasks(
    numbers: Mapping[Any, float],
    method: str,
    *,
    cluster: pd.Series[Any] | None = None,
    lowest: float = 0.0,
    missing: str = "no task has two labels",
) -> Figure:
    """Mean of numbers in [lowest, 1], one per task, with a bootstrap interval over tasks."""
    if not numbers:
        return Figure.undefined(missing)
    y = np.array(list(numbers.values()), dtype=float)
    n, mean = len(y), float(y.mean())
    each, over = Mean().features(y), "tasks"
    if cluster is not None:
        codes = clusters_of(list(numbers), cluster)
        each = np.column_stack([np.bincount(codes, weights=column) for column in each.T])
        over = f"{len(each)} clusters"
    kinds, times = np.unique(each, axis=0, return_counts=True)
    units = len(each)
    left_out = Mean().value(times @ kinds - kinds)
    se = standard_error(left_out, times)
    if se <= SURE:
        share = (mean - lowest) / (1 - lowest)
        low, high = (lowest + end * (1 - lowest) for end in wilson(min(share, 1.0), units))
        return Figure(mean, min(low, mean), max(high, mean), n, f"{method}; Wilson")
    if units < LEAST_UNITS:
        reason = f"too few {over.split()[-1]} ({units}; an interval needs {LEAST_UNITS})"
        return Figure.without_interval(mean, n, method, reason)
    if len(kinds) > MOST_KINDS:
        low, high = t_interval(mean, se**2, df=units - 1)
        return Figure(mean, max(low, lowest), min(high, 1.0), n, f"{method}; t over {over}")
    drawn = resampled({"mean": (Mean(), kinds)}, times)["mean"]
    low, high = bca_ends(mean, drawn, left_out, times, units)
    return Figure(mean, low, high, n, f"{method}; bootstrap over {over}, bias-corrected")
