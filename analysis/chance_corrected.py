"""Agreement beyond chance of any number of annotators, as plain numbers from counts of labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.vote_statistics import (
    Alpha,
    Corrected,
    Level,
    Statistic,
    Weights,
    alpha_of,
    weights_of,
)

Floats = NDArray[np.float64]


def fleiss_kappa(counts: ArrayLike) -> float:
    """Fleiss' kappa, generalised to tasks with different numbers of labels.

    With two labels on every task it is Scott's pi.

    Parameters
    ----------
    counts : array (N, K)
        How many labels of each declared category each task has. Tasks with one label count for
        how common categories are, tasks with none for nothing.

    Returns
    -------
    float
        In [-1, 1]: 1 perfect, 0 as by chance. NaN when no task has two labels or only one category
        was used.

    Raises
    ------
    ValueError
        If counts are not two-dimensional, or some are negative.

    References
    ----------
    Fleiss (1971), doi:10.1037/h0031619; missing labels as Gwet (2014), Handbook of Inter-Rater
    Reliability, 4th edition, chapter 2.

    Examples
    --------
    >>> round(fleiss_kappa([[3, 0], [0, 3], [2, 1], [1, 1]]), 4)
    0.1608
    """
    return _value(Corrected(np.eye(_size(counts)), gwet=False), counts)


def gwet_ac1(counts: ArrayLike) -> float:
    """Gwet's AC1: agreement beyond chance that stays put when one category is rare.

    Parameters
    ----------
    counts : array (N, K)
        How many labels of each declared category each task has, used or not.

    Returns
    -------
    float
        At most 1; 1 when all used one category out of two or more declared. NaN when no task has
        two labels or only one category is declared.

    Raises
    ------
    ValueError
        If counts are not two-dimensional, or some are negative.

    References
    ----------
    Gwet (2008), doi:10.1348/000711006X126600.

    Examples
    --------
    >>> paradox = [[2, 0]] * 118 + [[1, 1]] * 7
    >>> round(gwet_ac1(paradox), 4), round(fleiss_kappa(paradox), 4)
    (0.9408, -0.0288)
    """
    return _value(Corrected(np.eye(_size(counts)), gwet=True), counts)


def gwet_ac2(
    counts: ArrayLike, weights: Weights = "quadratic", values: ArrayLike | None = None
) -> float:
    """Gwet's AC2: AC1 in which labels that lie close together nearly agree.

    Parameters
    ----------
    counts : array (N, K)
        How many labels of each declared category each task has, in scale order.
    weights : {"quadratic", "linear", "identity"}
        How fast agreement falls with distance; identity is AC1.
    values : array (K,), optional
        The number each category stands for; 0, 1, 2... when not given.

    Returns
    -------
    float
        At most 1; NaN as for `gwet_ac1`.

    Raises
    ------
    ValueError
        If counts are not two-dimensional, some are negative, or weights or values do not fit.

    References
    ----------
    Gwet (2014), Handbook of Inter-Rater Reliability, 4th edition, chapter 3.

    Examples
    --------
    >>> counts = [[2, 0, 0], [0, 2, 0], [0, 1, 1], [0, 0, 2], [1, 1, 0]]
    >>> round(gwet_ac2(counts, "linear"), 4), round(gwet_ac2(counts), 4)
    (0.5556, 0.7059)
    """
    return _value(Corrected(weights_of(weights, _size(counts), values), gwet=True), counts)


def krippendorff_alpha(
    counts: ArrayLike,
    level: Level = "nominal",
    values: ArrayLike | None = None,
    *,
    differences: ArrayLike | None = None,
) -> float:
    """Krippendorff's alpha: one less disagreement seen over disagreement expected.

    Parameters
    ----------
    counts : array (N, K)
        How many labels of each category each task has, in scale order; tasks with fewer than two
        labels count for nothing.
    level : {"nominal", "ordinal", "interval", "ratio"}
        How two categories differ. Ordinal differences follow from how often those between were
        used, so unused categories change nothing.
    values : array (K,), optional
        The number each category stands for, for interval and ratio; 0, 1, 2... when not given.
    differences : array (K, K), optional
        Differences of your own in place of a level: 0 on the diagonal, symmetric, none negative.

    Returns
    -------
    float
        At most 1: 1 perfect, 0 as by chance. NaN when no task has two labels or all labels are the
        same.

    Raises
    ------
    ValueError
        If counts are not two-dimensional, some are negative, or level, values or differences do
        not fit.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability,
    https://repository.upenn.edu/asc_papers/43.

    Examples
    --------
    >>> two_coders = [[1, 1]] * 4 + [[2, 0]] * 5 + [[0, 2]]
    >>> round(krippendorff_alpha(two_coders), 4)
    0.0952
    """
    size = _size(counts)
    if differences is None:
        return _value(alpha_of(level, size, values), counts)
    return _value(Alpha(checked_differences(differences, size)), counts)


def checked_differences(differences: ArrayLike, size: int) -> Floats:
    """Differences as an array; ValueError says what is wrong with them."""
    given = np.asarray(differences, dtype=float)
    if given.shape != (size, size) or (given < 0).any() or np.diagonal(given).any():
        raise ValueError(f"differences must be {size} x {size}, at least 0, 0 on the diagonal")
    if not np.allclose(given, given.T):
        raise ValueError("differences must be symmetric")
    return given


def _size(counts: ArrayLike) -> int:
    shape = np.shape(counts)
    if len(shape) != 2:
        raise ValueError(f"counts must have shape (N, K), one row per task, got {shape}")
    return int(shape[1])


def _value(statistic: Statistic, counts: ArrayLike) -> float:
    given = np.asarray(counts, dtype=float)
    if (given < 0).any():
        raise ValueError("counts hold numbers of labels; none may be negative")
    return float(statistic.value(statistic.features(given).sum(axis=0)))
