"""Who labelled the same task as whom: pairs of labels, aligned by task and nothing else."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]

BLOCK_CELLS = 4_000_000
"""Largest number of table cells held at once: bounds memory when pairs or categories are many."""


@dataclass(frozen=True)
class Coded:
    """Labels as whole numbers, sorted by task, then annotator."""

    task: Ints
    """(N,) index into `tasks`."""
    annotator: Ints
    """(N,) index into `annotators`."""
    label: Ints
    """(N,) index of the category."""
    tasks: list[Any]
    """Every task, in order of appearance."""
    annotators: list[Any]
    """Everybody with a label, sorted."""
    size: int
    """Number of declared categories, K."""


@dataclass(frozen=True)
class Block:
    """Some pairs of annotators, their tables, and the matches the tables were counted from."""

    first: Ints
    """(P,) index of the annotator of the rows."""
    second: Ints
    """(P,) index of the annotator of the columns."""
    tables: Ints
    """(P, K, K) counts of tasks by both labels."""
    pair: Ints
    """(C,) pair of each match, 0..P-1."""
    cell: Ints
    """(C,) cell of each match in the flattened table."""
    task: Ints
    """(C,) task of each match."""


@dataclass(frozen=True)
class Pairing:
    """Every two labels that different annotators gave to the same task.

    A task with r labels gives r (r - 1) / 2 matches; a task with one label gives none.
    """

    annotators: list[Any]
    """Annotators with at least one match, sorted."""
    size: int
    """Number of declared categories, K."""
    tasks: int
    """Number of tasks with at least two labels."""
    labels: int
    """Number of labels on those tasks."""
    first: Ints
    """(C,) index of the annotator of the first label; always below `second`."""
    second: Ints
    """(C,) index of the annotator of the second label."""
    cell: Ints
    """(C,) category of the first label times K plus category of the second."""
    task: Ints
    """(C,) task of the match, 0..tasks-1."""
    origin: Ints
    """(tasks,) where each of these tasks stands among all that were coded."""

    def blocks(self) -> Iterator[Block]:
        """Yield the pairs with their tables, by annotator, as many at once as memory allows."""
        names = len(self.annotators)
        codes, uniques = pd.factorize(self.first * names + self.second)
        order = np.argsort(uniques)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        pair, keys = rank[codes], uniques[order]
        cells = self.size**2
        step = max(1, BLOCK_CELLS // cells)
        for start in range(0, len(keys), step):
            block = keys[start : start + step]
            inside = (pair >= start) & (pair < start + step)
            local, cell = pair[inside] - start, self.cell[inside]
            counts = np.bincount(local * cells + cell, minlength=len(block) * cells)
            tables = counts.reshape(len(block), self.size, self.size)
            yield Block(block // names, block % names, tables, local, cell, self.task[inside])


def paired(labels: pd.DataFrame, categories: Sequence[Hashable]) -> Pairing:
    """Align labels by task and match every two of them.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `annotator`, `label`; one row per label, in any order.
    categories : sequence
        All categories that could be given, in scale order, used or not.

    Returns
    -------
    Pairing
        Independent of the order of the rows.

    Raises
    ------
    ValueError
        If a column is missing, a label is missing or not among the categories, categories
        repeat, or one annotator has two labels on one task.

    Examples
    --------
    >>> frame = pd.DataFrame({"task": [1, 1, 2], "annotator": ["a", "b", "a"], "label": [5, 4, 3]})
    >>> int(paired(frame, [1, 2, 3, 4, 5]).cell[0])
    23
    """
    return matched(coded(labels, categories))


def coded(labels: pd.DataFrame, categories: Sequence[Hashable]) -> Coded:
    """Bring labels into one order as whole numbers; the errors are those of `paired`."""
    check_columns(labels, ("task", "annotator", "label"))
    codes = category_codes(labels["label"], categories)
    size = len(categories)
    task, tasks = pd.factorize(labels["task"], use_na_sentinel=False)
    annotator, names = pd.factorize(labels["annotator"], sort=True)
    if len(annotator) and annotator.min() < 0:
        raise ValueError("annotator is missing in some rows: give every label its annotator")
    # One sort of plain integers orders by task, then annotator, and carries the label along.
    key = np.sort((task.astype(np.int64) * max(len(names), 1) + annotator) * size + codes)
    owner, label = np.divmod(key, size)
    if (owner[1:] == owner[:-1]).any():
        raise _duplicates(labels)
    task, annotator = np.divmod(owner, max(len(names), 1))
    return Coded(task, annotator, label, list(tasks), list(names), size)


def matched(rows: Coded) -> Pairing:
    """Match every two labels of a task."""
    task, annotator, label, size = rows.task, rows.annotator, rows.label, rows.size
    names = rows.annotators
    left, right = [], []
    start = np.arange(len(task))
    distance = 1
    while True:
        start = start[start + distance < len(task)]
        start = start[task[start] == task[start + distance]]
        if not len(start):
            break
        left.append(start)
        right.append(start + distance)
        distance += 1
    one = np.concatenate(left) if left else np.empty(0, dtype=np.int64)
    two = np.concatenate(right) if right else np.empty(0, dtype=np.int64)
    is_used = np.zeros(len(names), dtype=bool)
    is_used[annotator[one]] = is_used[annotator[two]] = True
    new_index = np.cumsum(is_used) - 1
    has_match = np.zeros(len(task), dtype=bool)
    has_match[one] = has_match[two] = True
    dense, origin = pd.factorize(task[one])
    return Pairing(
        annotators=[name for name, used in zip(names, is_used, strict=True) if used],
        size=size,
        tasks=int(dense.max()) + 1 if len(dense) else 0,
        labels=int(has_match.sum()),
        first=new_index[annotator[one]],
        second=new_index[annotator[two]],
        cell=label[one] * size + label[two],
        task=dense.astype(np.int64),
        origin=np.asarray(origin, dtype=np.int64),
    )


def category_codes(labels: pd.Series[Any], categories: Sequence[Hashable]) -> Ints:
    """Position of each label among the declared categories; ValueError names the strangers."""
    if not len(categories):
        raise ValueError("categories is empty: declare the whole scale in order")
    index = pd.Index(list(categories), dtype=object)
    if not index.is_unique:
        raise ValueError(f"categories repeat: {list(categories)}")
    if labels.isna().any():
        raise ValueError(f"{int(labels.isna().sum())} labels are missing: drop those rows first")
    seen, uniques = pd.factorize(labels)
    known = index.get_indexer(pd.Index(uniques, dtype=object))
    strangers = [value for value, code in zip(uniques, known, strict=True) if code < 0]
    if strangers:
        raise ValueError(f"labels {strangers[:5]} are not among the categories {list(categories)}")
    return np.asarray(known, dtype=np.int64)[seen]


def check_columns(frame: pd.DataFrame, needed: Sequence[str]) -> None:
    """Raise ValueError naming the columns a frame lacks and those it has."""
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise ValueError(f"frame lacks columns {missing}; it has {list(frame.columns)}")


def _duplicates(labels: pd.DataFrame) -> ValueError:
    twice = labels[labels.duplicated(["task", "annotator"])].iloc[0]
    return ValueError(
        f"annotator {twice['annotator']} has two labels on task {twice['task']}: "
        "keep one revision per task and annotator"
    )
