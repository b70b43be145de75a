"""Labels of a frame as numbers, checked."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.consensus_em import Floats, Problem

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Coded:
    """Labels as numbers."""

    tasks: tuple[Any, ...]
    annotators: tuple[Any, ...]
    categories: tuple[Any, ...]
    task: NDArray[np.int64]
    annotator: NDArray[np.int64]
    label: NDArray[np.int64]

    def problem(self, prior: Floats, *, coin: bool = False) -> Problem:
        """The same for the engine."""
        from scipy.sparse import csr_array

        classes = len(self.categories)
        cell = self.annotator * classes + self.label
        shape = (len(self.tasks), len(prior) * classes)
        votes = csr_array((np.ones(len(cell)), (self.task, cell)), shape=shape)
        return Problem(votes, prior, coin)

    def counts(self) -> NDArray[np.int64]:
        """(N, K) labels of each category by task."""
        n, classes = len(self.tasks), len(self.categories)
        cells = np.bincount(self.task * classes + self.label, minlength=n * classes)
        return cells.reshape(n, classes).astype(np.int64)


def coded(labels: pd.DataFrame, categories: Sequence[Hashable]) -> Coded:
    """Labels as numbers; ValueError names what does not fit."""
    import pandas as pd

    missing = [name for name in ("task", "annotator", "label") if name not in labels]
    if missing:
        raise ValueError(f"labels need columns task, annotator, label; missing: {missing[0]}")
    if len(set(categories)) != len(categories) or len(categories) < 2:
        raise ValueError(f"categories must be at least two, each once; got {list(categories)}")
    place = {category: at for at, category in enumerate(categories)}
    found = labels["label"].map(place)
    if found.isna().any():
        stray = labels.loc[found.isna(), "label"].iloc[0]
        raise ValueError(
            f"column label holds {str(stray)!r}, which is none of {list(categories)}: "
            "drop such rows or add it to the categories"
        )
    for name in ("task", "annotator"):
        if labels[name].isna().any():
            raise ValueError(f"column {name} holds a missing value: drop such rows")
    task, tasks = pd.factorize(labels["task"])
    annotator, annotators = pd.factorize(labels["annotator"])
    return Coded(
        tuple(tasks.tolist()), tuple(annotators.tolist()), tuple(categories),
        task.astype(np.int64), annotator.astype(np.int64), found.to_numpy().astype(np.int64),
    )  # fmt: skip
