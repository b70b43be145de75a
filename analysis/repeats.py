"""How alike people answer when they meet the same task again."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.coefficients import cohen_kappa, cohen_kappa_quadratic
from analysis.figure import Figure
from analysis.minima import MIN_CHECKS, too_few
from analysis.pairs import category_codes, check_columns
from analysis.shares import accuracy
from analysis.tally import CONSTANT, ONE_CATEGORY, is_constant, kappa_ends


@dataclass(frozen=True)
class Consistency:
    """How far people agree with themselves; figures by annotator."""

    same: Mapping[Any, Figure]
    """Share of repeats answered with the same label, 0..1."""
    kappa: Mapping[Any, Figure]
    """The same beyond chance, -1..1; for ratings with quadratic weights."""


def repeat_consistency(
    repeats: pd.DataFrame, categories: Sequence[Hashable], values: Sequence[float] | None = None
) -> Consistency:
    """How far each person agrees with themselves on tasks that they labelled twice.

    Parameters
    ----------
    repeats : DataFrame
        Columns `annotator`, `first`, `second`: two labels of one person on one task.
    categories : sequence (K,)
        All categories that could be given, in scale order, used or not.
    values : sequence (K,), optional
        The number each category of a rating stands for; kappa then has quadratic weights.

    Returns
    -------
    Consistency
        Undefined below 10 repeats; kappa also where only one category was ever used.

    Raises
    ------
    ValueError
        If a column is missing, or a label is not among the categories.

    Examples
    --------
    >>> twice = pd.DataFrame({"annotator": "a", "first": [1, 2] * 6, "second": [1, 2] * 5 + [2, 2]})
    >>> found = repeat_consistency(twice, [1, 2])
    >>> round(found.same["a"].value, 3), round(found.kappa["a"].value, 3)
    (0.917, 0.833)
    """
    check_columns(repeats, ("annotator", "first", "second"))
    first = category_codes(repeats["first"], categories)
    second = category_codes(repeats["second"], categories)
    same = accuracy(pd.Series(first == second), repeats["annotator"])
    person, names = pd.factorize(repeats["annotator"], sort=True)
    size = len(categories)
    cells = (person * size + first) * size + second
    tables = np.bincount(cells, minlength=len(names) * size**2).reshape(-1, size, size)
    weighted = values is not None
    kappa = cohen_kappa_quadratic(tables, values) if weighted else cohen_kappa(tables)
    plain = cohen_kappa(tables)
    n = tables.sum(axis=(1, 2))
    low, high = kappa_ends(kappa.value, kappa.se, plain.observed, plain.chance, n)
    constant = is_constant(tables)
    how = f"{'quadratically weighted' if weighted else 'Cohen'} kappa with oneself; linearised"
    told: dict[Any, Figure] = {}
    for place, name in enumerate(names):
        value, of = float(kappa.value[place]), int(n[place])
        if of < MIN_CHECKS:
            told[name] = too_few(of, MIN_CHECKS)
        elif not np.isfinite(value):
            told[name] = Figure.undefined(ONE_CATEGORY, n=of)
        elif constant[place]:
            told[name] = Figure.without_interval(value, of, how, CONSTANT)
        else:
            told[name] = Figure(value, float(low[place]), float(high[place]), of, how)
    return Consistency(same, told)
