"""How often each category was given to each task; tasks with the same counts are told once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.pairs import Coded, Ints

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Votes:
    """Tasks by their counts of labels. Who gave a label plays no part here."""

    counts: Floats
    """(P, K) labels of each category on a task, one row per distinct count vector."""
    times: Ints
    """(P,) how many tasks have these counts."""
    pattern: Ints
    """(N,) the row of each task."""
    cluster: Ints | None = None
    """(N,) the cluster of each task; None: every task stands for itself."""

    @property
    def tasks(self) -> int:
        """Number of tasks with at least two labels."""
        return int(self.times[self.counts.sum(axis=1) >= 2].sum())

    @property
    def units(self) -> int:
        """Number of clusters (or tasks) that hold a task with at least two labels."""
        if self.cluster is None:
            return self.tasks
        shared = self.counts.sum(axis=1) >= 2
        return len(np.unique(self.cluster[shared[self.pattern]]))

    def sums(self, features: Floats) -> tuple[Floats, Ints]:
        """(U, F) what each unit to be resampled adds up to, and (U,) how many such units there are.

        `features` are (P, F), one row per pattern.
        """
        if self.cluster is None:
            return features, self.times
        clusters = int(self.cluster.max(initial=-1)) + 1
        summed = np.zeros((clusters, features.shape[1]))
        np.add.at(summed, self.cluster, features[self.pattern])
        # A fixed direction puts them into an order that does not depend on that of the rows.
        order = np.argsort(summed @ np.sqrt(np.arange(2.0, summed.shape[1] + 2)), kind="stable")
        return summed[order], np.ones(clusters, dtype=np.int64)


def votes_of(rows: Coded, cluster: pd.Series[Any] | None = None) -> Votes:
    """Count the labels of every task.

    `cluster` maps a task to what it belongs to; a task that belongs to nothing stands alone.
    """
    tasks = len(rows.tasks)
    size = np.bincount(rows.task, minlength=tasks)
    by_label = np.sort(rows.task * rows.size + rows.label) % max(rows.size, 1)
    start = np.cumsum(size) - size
    pattern = np.zeros(tasks, dtype=np.int64)
    for place in range(int(size.max(initial=0))):
        # Tasks are alike so far if they were before, and their next label (or end) is the same.
        going = size > place
        following = np.zeros(tasks, dtype=np.int64)
        following[going] = by_label[start[going] + place] + 1
        pattern = pd.factorize(pattern * (rows.size + 1) + following)[0].astype(np.int64)
    _, first = np.unique(pattern, return_index=True)
    counts = np.zeros((len(first), rows.size))
    shown = size[first]
    row = np.repeat(np.arange(len(first)), shown)
    within = np.arange(shown.sum()) - np.repeat(np.cumsum(shown) - shown, shown)
    np.add.at(counts, (row, by_label[np.repeat(start[first], shown) + within]), 1.0)
    order = np.lexsort(counts.T)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    pattern = rank[pattern]
    times = np.bincount(pattern, minlength=len(first)).astype(np.int64)
    found = Votes(counts[order], times, pattern)
    return found if cluster is None else replace(found, cluster=clusters_of(rows.tasks, cluster))


def clusters_of(tasks: list[Any], cluster: pd.Series[Any]) -> Ints:
    """Whole numbers for clusters; each task without one gets one of its own."""
    belongs = cluster.reindex(tasks)
    codes = pd.factorize(belongs)[0].astype(np.int64)
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    return codes
