"""Who stands out: a person held against the others, corrected for how many are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.failures import fisher_greater, q_value
from analysis.figure import Figure
from analysis.intervals import t_interval, wilson
from analysis.others import Held, Others

INFORMATIVE = 10
"""Tasks that could tell a person from the others, below which nobody stands out."""
FALSE_DISCOVERIES = 0.05
BORROWED = 5
"""Tasks of the whole team that each person's spread is mixed with: no spread seen is not none."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """One measure of one person beside the others."""

    annotator: Any
    measure: str
    value: float
    """Of the person."""
    others: float
    """Of the others; where tasks are shared, on the same tasks."""
    difference: Figure
    """Of the person above the others: the size of what stands out."""
    p_value: float
    """Two-sided; NaN where too little could tell them apart."""
    q_value: float = nan
    """The same, corrected for all people and measures that were looked at."""
    option: Any = None
    """The category whose share is compared, where it is one of several."""

    @property
    def clear(self) -> bool:
        """Whether the person stands out: by the corrected test, and by the interval."""
        excludes = self.difference.low > 0 or self.difference.high < 0
        return bool(self.q_value <= FALSE_DISCOVERIES) and excludes


def standing_out(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Those contrasts that chance does not explain, over everything that was looked at.

    Parameters
    ----------
    contrasts : sequence of Contrast
        Every measure of every person, remarkable or not: what is left out here is not corrected
        for. Those without p-value are no tests and count for nothing.

    Returns
    -------
    list of Contrast
        With their q-value, in the order given: nobody is ranked. Among people who label alike,
        anybody is named in about one of twenty such reports.

    References
    ----------
    Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.

    Examples
    --------
    >>> found = share_contrasts("gold", ["ann", "ben", "eve"], [49, 48, 20], [50, 50, 50])
    >>> [one.annotator for one in standing_out(found)]
    ['ann', 'ben', 'eve']
    >>> found = share_contrasts("gold", ["ann", "ben", "eve"], [46, 48, 45], [50, 50, 50])
    >>> standing_out(found)
    []
    """
    tested = [one for one in contrasts if np.isfinite(one.p_value)]
    q_values = q_value([one.p_value for one in tested])
    marked = [replace(one, q_value=float(q)) for one, q in zip(tested, q_values, strict=True)]
    return [one for one in marked if one.clear]


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


def task_contrasts(
    measure: str,
    beside: Others,
    held: Held,
    value: ArrayLike,
    *,
    least: int = 20,
    option: Any = None,
) -> list[Contrast]:
    """Hold each person against those who labelled the same tasks.

    Parameters
    ----------
    measure : str
        What is compared.
    beside : Others
        The labels, N of them.
    held : Held
        The measure of each label.
    value : array (N,)
        What the person's own value is the mean of.
    least : int
        People with fewer shared tasks are not compared.
    option : optional
        The category that it is the share of.

    Returns
    -------
    list of Contrast
        The p-value answers: could the labels of each task have changed hands? It is exact but for
        the normal approximation of a sum over at least 10 tasks on which hands matter; with fewer
        it is NaN. Hard and easy tasks make no difference to it.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.others import with_others
    >>> names = ["ann", "ben", "eve"]
    >>> frame = pd.DataFrame({"task": sorted([*range(20)] * 3), "annotator": names * 20})
    >>> beside = with_others(frame)
    >>> points = [3.0, 3.0, 4.0] * 20
    >>> found = task_contrasts("leniency", beside, beside.apart(points), points)
    >>> [(one.annotator, one.value, one.others) for one in standing_out(found)][-1]
    ('eve', 4.0, 3.0)
    """
    n, own = beside.tasks, np.asarray(value, dtype=float)
    excess = held.value - held.expected
    mean, se = mean_and_error(beside, excess)
    spread = beside.sums(held.variance)
    telling = beside.sums((held.variance > 0).astype(float))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = beside.sums(excess) / np.sqrt(spread)
        values = beside.sums(own) / n
    p_values = np.where(telling >= INFORMATIVE, 2 * special.ndtr(-np.abs(z)), nan)
    found = []
    for place in np.flatnonzero(n >= least):
        low, high = t_interval(mean[place], se[place] ** 2, df=n[place] - 1)
        how = "mean difference to the others on the same tasks; t"
        found.append(
            Contrast(
                annotator=beside.annotators[place],
                measure=measure,
                value=float(values[place]),
                others=float(values[place] - mean[place]),
                difference=Figure(float(mean[place]), low, high, int(n[place]), how),
                p_value=float(p_values[place]),
                option=option,
            )
        )
    return found


def mean_and_error(beside: Others, numbers: ArrayLike) -> tuple[Any, Any]:
    """Mean of a number of each label by person, and its standard error: two arrays (J,).

    The spread of each person is mixed with that of five labels of the whole team, so that twenty
    equal numbers do not pass for certainty.
    """
    number = np.asarray(numbers, dtype=float)
    n = beside.tasks
    mean = beside.sums(number) / np.maximum(n, 1)
    squares = beside.sums((number - mean[beside.person]) ** 2)
    team = squares.sum() / max(len(number) - len(n), 1)
    variance = (squares + BORROWED * team) / np.maximum(n - 1 + BORROWED, 1)
    return mean, np.sqrt(variance / np.maximum(n, 1))
