"""Shares of each person by themselves: of checks, repeats, quick answers; and beside the others."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.discovery import fisher_greater
from analysis.figure import Figure
from analysis.intervals import wilson
from analysis.minima import MIN_CHECKS, too_few
from analysis.standouts import Contrast


def accuracy(right: pd.Series[Any], annotators: pd.Series[Any]) -> dict[Any, Figure]:
    """Share of answers that were right, by person, with Wilson's interval.

    Parameters
    ----------
    right : Series of bool
        One per answer: whether it was as agreed.
    annotators : Series
        Whose it was.

    Returns
    -------
    dict of annotator to Figure
        Shares in [0, 1]; undefined below 10 answers.

    Examples
    --------
    >>> found = accuracy(pd.Series([True] * 9 + [False]), pd.Series(["ann"] * 10))
    >>> round(found["ann"].low, 3), round(found["ann"].high, 3)
    (0.596, 0.982)
    """
    found = {}
    for name, marks in right.astype(bool).groupby(annotators.to_numpy(), sort=True):
        n, share = len(marks), float(marks.mean())
        told = Figure(share, *wilson(share, n), n, "share; Wilson")
        found[name] = told if n >= MIN_CHECKS else too_few(n, MIN_CHECKS)
    return found


def share_contrasts(
    measure: str, annotators: Sequence[Any], hits: ArrayLike, n: ArrayLike, *, least: int = 10
) -> list[Contrast]:
    """Hold each person's share against that of all others together.

    Parameters
    ----------
    measure : str
        What the share is of.
    annotators : sequence (J,)
        Who.
    hits, n : arrays (J,)
        How many of how many.
    least : int
        Fewer of one's own, or of all others, are not compared.

    Returns
    -------
    list of Contrast
        Differences in [-1, 1] with Newcombe's interval; p-values are Fisher's, doubled.

    Raises
    ------
    ValueError
        If the three do not have the same length.

    References
    ----------
    Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I,
    method 10. Fisher (1922), doi:10.2307/2340521.

    Examples
    --------
    >>> one = share_contrasts("gold", ["ann", "ben"], [56, 48], [70, 80])[0]
    >>> [round(end, 4) for end in (one.difference.value, one.difference.low, one.difference.high)]
    [0.2, 0.0524, 0.3339]
    """
    seen, of = np.asarray(hits, dtype=np.int64), np.asarray(n, dtype=np.int64)
    if not len(annotators) == len(seen) == len(of):
        raise ValueError(
            f"annotators, hits and n differ in length: {len(annotators)}, {seen}, {of}"
        )
    found = []
    for who, own, tasks in zip(annotators, seen.tolist(), of.tolist(), strict=True):
        rest, others = int(seen.sum()) - own, int(of.sum()) - tasks
        if tasks < least or others < least:
            continue
        p = min(
            fisher_greater(own, tasks, rest, others),
            fisher_greater(tasks - own, tasks, others - rest, others),
        )
        share, usual = own / tasks, rest / others
        difference = _newcombe(share, tasks, usual, others)
        found.append(Contrast(who, measure, share, usual, difference, min(1.0, 2 * p)))
    return found


def _newcombe(p: float, n: int, other: float, others: int) -> Figure:
    own, rest = wilson(p, n), wilson(other, others)
    gap = p - other
    low = gap - sqrt((p - own.low) ** 2 + (rest.high - other) ** 2)
    high = gap + sqrt((own.high - p) ** 2 + (other - rest.low) ** 2)
    return Figure(gap, low, high, n, "difference to all others together; Newcombe")
