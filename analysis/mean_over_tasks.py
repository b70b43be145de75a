"""The mean of one number per task, with an interval over tasks or clusters of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.agreement_of_all import HIDDEN, LEAST_CLUSTERS, LEAST_UNITS
from analysis.figure import Figure
from analysis.intervals import t_interval, wilson
from analysis.resampling import bca_ends, resampled, standard_error
from analysis.tally import SURE, too_few_clusters
from analysis.votes import clusters_of

Floats = NDArray[np.float64]
MOST_KINDS = 2_000
"""Different units above which the mean is as good as normal, and resampling only costs time."""

SEEN = 3
"""Tasks in either half of the scale's room from which on resampling holds enough of that half."""


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
    """Mean of numbers in [lowest, 1], one per task, with a bootstrap interval over tasks.

    The interval is refused below 5 tasks, or 10 clusters of them: resampling so few holds the
    truth 78 to 88 times in 100 (bench/marks.py).
    """
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
    if cluster is not None and units < LEAST_CLUSTERS:
        reason = too_few_clusters(units, LEAST_CLUSTERS)
        return Figure.without_interval(mean, n, method, reason)
    left_out = Mean().value(times @ kinds - kinds)
    se = standard_error(left_out, times)
    if se <= SURE:
        share = (mean - lowest) / (1 - lowest)
        low, high = (lowest + end * (1 - lowest) for end in wilson(min(share, 1.0), units))
        return Figure(mean, min(low, mean), max(high, mean), n, f"{method}; Wilson")
    if units < LEAST_UNITS:
        reason = f"too few tasks ({units}; an interval needs {LEAST_UNITS})"
        return Figure.without_interval(mean, n, method, reason)
    if len(kinds) > MOST_KINDS:
        low, high = t_interval(mean, se**2, df=units - 1)
        return Figure(mean, max(low, lowest), min(high, 1.0), n, f"{method}; t over {over}")
    drawn = resampled({"mean": (Mean(), kinds)}, times)["mean"]
    low, high = _allowing_for_unseen(y, lowest, *bca_ends(mean, drawn, left_out, times, units))
    return Figure(mean, low, high, n, f"{method}; bootstrap over {over}, bias-corrected")


def _allowing_for_unseen(y: Floats, lowest: float, low: float, high: float) -> tuple[float, float]:
    """Ends that reach further where hardly a task lies far off: no resample holds such tasks.

    One passage in twenty that somebody overlooks halves nothing that was seen, and moves the mean
    by more than all that was. With fewer than three tasks nearer to an end of the scale than to
    the mean, as many more at that end are allowed for as can hide behind none.
    """
    n, mean = len(y), y.mean()
    if (y < (lowest + mean) / 2).sum() < SEEN:
        low = min(low, float((y.sum() + HIDDEN * lowest) / (n + HIDDEN)))
    if (y > (1 + mean) / 2).sum() < SEEN:
        high = max(high, float((y.sum() + HIDDEN) / (n + HIDDEN)))
    return low, high
