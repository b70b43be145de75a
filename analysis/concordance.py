"""Agreement of each person with the others beyond chance, linearised over tasks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.coefficients import cohen_kappa
from analysis.figure import Figure
from analysis.minima import MIN_SHARED, too_few
from analysis.others import Floats, Ints, Others
from analysis.tally import CONSTANT, ONE_CATEGORY, SURE, kappa_ends


def kappa_with_others(beside: Others, code: Ints, tables: Floats) -> dict[Any, Figure]:
    """Cohen's kappa of each person with the others, linearised over tasks."""
    size = tables.shape[-1]
    kappa = cohen_kappa(tables)
    moved = np.zeros(len(code))
    for theirs, share in enumerate(beside.said(code, size)):
        moved += share * np.nan_to_num(kappa.influence[beside.person, code, theirs])
    n = beside.tasks
    se = np.sqrt(beside.sums(moved**2)) / n
    low, high = kappa_ends(kappa.value, se, kappa.observed, kappa.chance, n)
    constant = np.maximum(tables.sum(axis=1).max(axis=1), tables.sum(axis=2).max(axis=1)) > n - SURE
    how = "Cohen's kappa with the others; linearised over tasks"
    return _told(beside, kappa.value, low, high, constant, how)


def concordance(beside: Others, number: ArrayLike) -> dict[Any, Figure]:
    """Quadratically weighted kappa of each person with the mean of the others.

    Parameters
    ----------
    beside : Others
        The labels, N of them.
    number : array (N,)
        The point of the scale that each stands for.

    Returns
    -------
    dict of annotator to Figure
        In [-1, 1]. Lin's concordance coefficient: what the weighted kappa becomes where one side
        is no point of the scale; with one other per task it is that kappa. Undefined below 20
        shared tasks and where only one point was ever used.

    References
    ----------
    Lin (1989), doi:10.2307/2532051.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.others import with_others
    >>> frame = pd.DataFrame({"task": [*range(20)] * 2, "annotator": ["a"] * 20 + ["b"] * 20})
    >>> beside = with_others(frame)
    >>> round(concordance(beside, [1, 2, 3, 4] * 5 + [2, 2, 3, 4] * 5)["a"].value, 3)
    0.875
    """
    x = np.asarray(number, dtype=float)
    y = x - beside.apart(x).value
    n, person = beside.tasks, beside.person
    mx, my = beside.sums(x) / n, beside.sums(y) / n
    x, y = x - mx[person], y - my[person]
    gap = mx - my
    room = (beside.sums(x**2) + beside.sums(y**2)) / n + gap**2
    with np.errstate(divide="ignore", invalid="ignore"):
        value = 2 * beside.sums(x * y) / n / room
        slope = 2 * x * y - value[person] * (x**2 + y**2 + gap[person] ** 2)
        slope -= 2 * value[person] * gap[person] * (x - y)
        se = np.sqrt(beside.sums((slope / room[person]) ** 2)) / n
        constant = np.minimum(beside.sums(x**2), beside.sums(y**2)) <= SURE * n
        inner = np.clip(value, SURE - 1, 1 - SURE)
        half = special.stdtrit(np.maximum(n - 1, 1), 0.975) * se / (1 - inner**2)
    low, high = np.tanh(np.arctanh(inner) - half), np.tanh(np.arctanh(inner) + half)
    how = "quadratically weighted kappa with the mean of the others; linearised over tasks"
    return _told(beside, value, low, high, constant, how)


def _told(
    beside: Others, value: Floats, low: Floats, high: Floats, constant: NDArray[np.bool_], how: str
) -> dict[Any, Figure]:
    found = {}
    for place, (name, n) in enumerate(zip(beside.annotators, beside.tasks.tolist(), strict=True)):
        one = float(value[place])
        if n < MIN_SHARED:
            found[name] = too_few(n, MIN_SHARED)
        elif not np.isfinite(one):
            found[name] = Figure.undefined(ONE_CATEGORY, n=n)
        elif constant[place]:
            found[name] = Figure.without_interval(one, n, how, CONSTANT)
        else:
            found[name] = Figure(one, float(low[place]), float(high[place]), n, how)
    return found
