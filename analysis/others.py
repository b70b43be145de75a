"""What one person said of a task, held against what the others said of the same task."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.pairs import check_columns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Held(NamedTuple):
    """A measure of each label, with what it would be if the labels of a task changed hands."""

    value: Floats
    """(N,) the measure."""
    expected: Floats
    """(N,) its mean over all who labelled the task."""
    variance: Floats
    """(N,) its variance over them: 0 where it tells nobody apart."""


@dataclass(frozen=True)
class Others:
    """The labels of tasks that at least two people labelled; N of them, of J people."""

    annotators: list[Any]
    """(J,) everybody with such a label, sorted."""
    row: Ints
    """(N,) where each label stands in the frame."""
    person: Ints
    """(N,) index of its annotator."""
    task: Ints
    """(N,) its task, 0..T-1."""
    size: Ints
    """(N,) how many people labelled the task; at least 2."""

    def apart(self, numbers: ArrayLike) -> Held:
        """How far each label lies above the mean of the others; expected is 0.

        Parameters
        ----------
        numbers : array (N,)
            What the labels stand for: points of a scale, or 1 and 0.
        """
        number = np.asarray(numbers, dtype=float)
        mean, variance = self._within(number)
        stretch = self.size / (self.size - 1)
        return Held((number - mean) * stretch, np.zeros(len(number)), variance * stretch**2)

    def alike(self, codes: ArrayLike) -> Held:
        """Share of the others who gave the same label.

        On tasks of two people both agree alike, so what is expected is what pairs of two do in
        the whole frame. Pairs may have met on harder tasks than others, so such a task tells
        nobody apart: its variance is 0.

        Parameters
        ----------
        codes : array (N,)
            Equal whole numbers, at least 0, where the labels are the same.
        """
        code = np.asarray(codes, dtype=np.int64)
        _, cell = np.unique(self.task * (int(code.max(initial=0)) + 1) + code, return_inverse=True)
        share = (np.bincount(cell)[cell] - 1) / (self.size - 1)
        expected, variance = self._within(share)
        lone = self.size == 2
        if lone.any():
            expected = np.where(lone, float(share[lone].mean()), expected)
        return Held(share, expected, variance)

    def confusion(self, codes: ArrayLike, categories: int) -> Floats:
        """How often each person chose a category where the others chose another.

        Parameters
        ----------
        codes : array (N,)
            Category of each label, 0..K-1.
        categories : int
            K, used or not.

        Returns
        -------
        array (J, K, K)
            Rows: the person's category; columns: the others'. A task counts 1, shared among the
            others, so that a table adds up to the person's tasks.
        """
        code = np.asarray(codes, dtype=np.int64)
        tables = np.zeros((len(self.annotators), categories, categories))
        for theirs, share in enumerate(self.said(code, categories)):
            cell = self.person * categories + code
            counts = np.bincount(cell, weights=share, minlength=tables[:, :, 0].size)
            tables[:, :, theirs] = counts.reshape(-1, categories)
        return tables

    def said(self, code: Ints, categories: int) -> list[Floats]:
        """By category: (N,) share of the others who chose it."""
        cells = self.task * categories + code
        tasks = int(self.task.max(initial=-1)) + 1
        counts = np.bincount(cells, minlength=tasks * categories).reshape(-1, categories)
        return [
            (counts[self.task, one] - (code == one)) / (self.size - 1) for one in range(categories)
        ]

    def without(self, annotators: Collection[Any]) -> Others:
        """The same as if these people had not labelled; tasks with one label left drop out."""
        gone = np.array([name in annotators for name in self.annotators], dtype=bool)
        stay = np.flatnonzero(~gone[self.person])
        size = np.bincount(self.task[stay], minlength=int(self.task.max(initial=-1)) + 1)
        stay = stay[size[self.task[stay]] >= 2]
        task = self.task[stay]
        there, person = np.unique(self.person[stay], return_inverse=True)
        _, dense = np.unique(task, return_inverse=True)
        return Others(
            annotators=[self.annotators[one] for one in there],
            row=self.row[stay],
            person=person.astype(np.int64),
            task=dense.astype(np.int64),
            size=size[task].astype(np.int64),
        )

    def sums(self, numbers: Floats) -> Floats:
        """Sum of a number of each label by person: (J,)."""
        people = len(self.annotators)
        return np.bincount(self.person, weights=numbers, minlength=people).astype(float)

    @property
    def tasks(self) -> Ints:
        """(J,) how many tasks each person shares with others."""
        return np.bincount(self.person, minlength=len(self.annotators))

    def _within(self, number: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of a number inside the task of each label."""
        total = np.bincount(self.task, weights=number)[self.task]
        mean = total / self.size
        variance = np.bincount(self.task, weights=(number - mean) ** 2)[self.task] / self.size
        return mean, variance


def with_others(labels: pd.DataFrame) -> Others:
    """Find the labels that stand beside a label of somebody else on the same task.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `annotator`; one row per label, in any order.

    Returns
    -------
    Others
        Empty where no task has two labels.

    Raises
    ------
    ValueError
        If a column is missing, an annotator is missing, or one has two labels on one task.

    Examples
    --------
    >>> frame = pd.DataFrame({"task": [1, 1, 2], "annotator": ["a", "b", "a"], "label": [5, 3, 4]})
    >>> beside = with_others(frame)
    >>> beside.apart(frame["label"].to_numpy()[beside.row]).value.tolist()
    [2.0, -2.0]
    """
    check_columns(labels, ("task", "annotator"))
    if labels["annotator"].isna().any():
        raise ValueError("annotator is missing in some rows: give every label its annotator")
    task, _ = pd.factorize(labels["task"], use_na_sentinel=False)
    person, names = pd.factorize(labels["annotator"], sort=True)
    key = np.sort(task.astype(np.int64) * max(len(names), 1) + person)
    if (key[1:] == key[:-1]).any():
        twice = labels[labels.duplicated(["task", "annotator"])].iloc[0]
        raise ValueError(
            f"annotator {twice['annotator']} has two labels on task {twice['task']}: "
            "keep one revision per task and annotator"
        )
    size = np.bincount(task)[task] if len(task) else np.empty(0, dtype=np.int64)
    row = np.flatnonzero(size >= 2)
    dense, _ = pd.factorize(task[row])
    there, index = np.unique(person[row], return_inverse=True)
    return Others(
        annotators=[names[one] for one in there],
        row=row.astype(np.int64),
        person=index.astype(np.int64),
        task=dense.astype(np.int64),
        size=size[row].astype(np.int64),
    )
