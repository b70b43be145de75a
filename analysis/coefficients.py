"""Coefficients of agreement between two annotators, for whole stacks of tables at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement for a stack of tables, with what its interval needs.

    Its value is (observed - chance) / (1 - chance); NaN where chance agreement is certain.
    """

    value: Floats
    """(...) the coefficient; 1 is perfect, 0 what chance gives."""
    observed: Floats
    """(...) observed agreement, 0..1."""
    chance: Floats
    """(...) agreement expected by chance, 0..1."""
    influence: Floats
    """(..., K, K) how one more task in a cell moves the value, times n."""
    se: Floats
    """(...) standard error of the value over tasks."""


def percent_agreement(
    tables: ArrayLike,
    values: ArrayLike | None = None,  # noqa: ARG001 - all coefficients are called alike
) -> Coefficient:
    """Share of tasks on which two annotators gave the same label.

    Parameters
    ----------
    tables : array (..., K, K)
        Counts of tasks by the label of the first (rows) and the second annotator (columns).
    values : array (K,), optional
        Not used: agreement here is being the same.

    Returns
    -------
    Coefficient
        Values in [0, 1]; NaN for an empty table.

    Raises
    ------
    ValueError
        If the tables are not square or hold negative counts.

    Examples
    --------
    >>> round(float(percent_agreement([[80, 10], [5, 5]]).value), 2)
    0.85
    """
    shares, n = _shares(tables)
    same = np.eye(shares.shape[-1])
    return _coefficient(shares, n, same, chance=np.zeros(n.shape))


def cohen_kappa(
    tables: ArrayLike,
    values: ArrayLike | None = None,  # noqa: ARG001 - all coefficients are called alike
) -> Coefficient:
    """Cohen's kappa of two annotators: agreement beyond chance, categories without order.

    Parameters
    ----------
    tables : array (..., K, K)
        Counts of tasks by the label of the first (rows) and the second annotator (columns).
        K counts the declared categories, used or not.
    values : array (K,), optional
        Not used: any two different labels differ equally.

    Returns
    -------
    Coefficient
        Values in [-1, 1]: 1 perfect, 0 as by chance, below 0 worse than chance. NaN when the
        table is empty or both annotators used one and the same category. `se` is the
        large-sample standard error for a kappa that may differ from 0.

    Raises
    ------
    ValueError
        If the tables are not square or hold negative counts.

    References
    ----------
    Cohen (1960), doi:10.1177/001316446002000104. Standard error: Fleiss, Cohen and
    Everitt (1969), doi:10.1037/h0028106.

    Examples
    --------
    >>> kappa = cohen_kappa([[80, 10], [5, 5]])
    >>> round(float(kappa.value), 4), round(float(kappa.se), 4)
    (0.3182, 0.1335)
    """
    return weighted_kappa(tables, 1 - np.eye(_size(tables)))


def cohen_kappa_linear(tables: ArrayLike, values: ArrayLike | None = None) -> Coefficient:
    """Cohen's kappa with linear weights: a label two steps away counts twice one step.

    Parameters
    ----------
    tables : array (..., K, K)
        Counts of tasks by the label of the first (rows) and the second annotator (columns),
        categories in scale order, unused ones included.
    values : array (K,), optional
        The number each category stands for; 0, 1, 2... when not given.

    Returns
    -------
    Coefficient
        Values in [-1, 1]; NaN as for `cohen_kappa`.

    Raises
    ------
    ValueError
        If the tables are not square, hold negative counts, or `values` does not fit them.

    References
    ----------
    Cohen (1968), doi:10.1037/h0026256.

    Examples
    --------
    >>> round(float(cohen_kappa_linear([[5, 1, 0], [1, 5, 1], [0, 1, 6]]).value), 4)
    0.7714
    """
    return weighted_kappa(tables, _distance(_size(tables), values))


def cohen_kappa_quadratic(tables: ArrayLike, values: ArrayLike | None = None) -> Coefficient:
    """Cohen's kappa with quadratic weights: disagreement counts by its square.

    Parameters
    ----------
    tables : array (..., K, K)
        Counts of tasks by the label of the first (rows) and the second annotator (columns),
        categories in scale order, unused ones included.
    values : array (K,), optional
        The number each category stands for; 0, 1, 2... when not given. Shifting or stretching
        them changes nothing.

    Returns
    -------
    Coefficient
        Values in [-1, 1]; NaN as for `cohen_kappa`.

    Raises
    ------
    ValueError
        If the tables are not square, hold negative counts, or `values` does not fit them.

    References
    ----------
    Fleiss and Cohen (1973), doi:10.1177/001316447303300309.

    Examples
    --------
    >>> round(float(cohen_kappa_quadratic([[5, 1, 0], [1, 5, 1], [0, 1, 6]]).value), 4)
    0.8456
    """
    return weighted_kappa(tables, _distance(_size(tables), values) ** 2)


def weighted_kappa(tables: ArrayLike, costs: ArrayLike) -> Coefficient:
    """Cohen's kappa in which every disagreement has its own cost.

    Parameters
    ----------
    tables : array (..., K, K)
        Counts of tasks by the label of the first (rows) and the second annotator (columns).
    costs : array (K, K)
        Cost of each pair of labels, at least 0, with 0 on the diagonal; only their proportions
        matter.

    Returns
    -------
    Coefficient
        Values up to 1; NaN when the table is empty or chance alone agrees always.

    Raises
    ------
    ValueError
        If the tables are not square, hold negative counts, or the costs do not fit them.

    References
    ----------
    Cohen (1968), doi:10.1037/h0026256.

    Examples
    --------
    >>> diagnoses = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
    >>> kappa = weighted_kappa(diagnoses, [[0, 1, 3], [1, 0, 6], [3, 6, 0]])
    >>> round(float(kappa.value), 3)
    0.348
    """
    shares, n = _shares(tables)
    cost = np.asarray(costs, dtype=float)
    if cost.shape != shares.shape[-2:] or (cost < 0).any() or np.diagonal(cost).any():
        raise ValueError(f"costs must be {shares.shape[-2:]}, at least 0, 0 on the diagonal")
    return _coefficient(shares, n, 1 - cost / max(float(cost.max()), np.finfo(float).tiny))


def _size(tables: ArrayLike) -> int:
    shape = np.shape(tables)
    return shape[-1] if shape else 0


def _shares(tables: ArrayLike) -> tuple[Floats, Floats]:
    """Tables as shares of their sums, and the sums; NaN shares for an empty table."""
    counts = np.asarray(tables, dtype=float)
    if counts.ndim < 2 or counts.shape[-1] != counts.shape[-2]:
        raise ValueError(f"tables must have shape (..., K, K), got {counts.shape}")
    if (counts < 0).any():
        raise ValueError("tables hold counts of tasks; none may be negative")
    n = counts.sum(axis=(-2, -1))
    return counts / np.where(n > 0, n, np.nan)[..., None, None], n


def _distance(size: int, values: ArrayLike | None) -> Floats:
    """Distances between categories, 1 being the length of the scale."""
    points = np.arange(size, dtype=float) if values is None else np.asarray(values, dtype=float)
    if points.shape != (size,) or not np.isfinite(points).all():
        raise ValueError(f"values must be {size} finite numbers, one per category, got {values!r}")
    if len(np.unique(points)) < size:
        raise ValueError(f"values must differ between categories, got {points.tolist()}")
    gaps = np.abs(points[:, None] - points[None, :])
    return np.asarray(gaps / gaps.max()) if size > 1 else gaps


def _coefficient(
    shares: Floats, n: Floats, weights: Floats, chance: Floats | None = None
) -> Coefficient:
    """Chance-corrected agreement under `weights` (1 on the diagonal) and its linearisation."""
    observed = (shares * weights).sum(axis=(-2, -1))
    if chance is None:
        expected_row = shares.sum(axis=-2) @ weights.T
        expected_column = shares.sum(axis=-1) @ weights
        chance = (shares.sum(axis=-1) * expected_row).sum(axis=-1)
        expected = expected_row[..., :, None] + expected_column[..., None, :]
    else:
        expected = np.zeros(shares.shape)
    # Rounding leaves 1 - 1e-16 where both used one category; exact tables never come this near.
    room = np.where(1 - chance > 1e-12, 1 - chance, np.nan)
    slope = weights * room[..., None, None] - expected * (1 - observed)[..., None, None]
    slope /= (room**2)[..., None, None]
    influence = slope - (shares * slope).sum(axis=(-2, -1))[..., None, None]
    variance = (shares * influence**2).sum(axis=(-2, -1))
    se = np.sqrt(variance / np.where(n > 0, n, np.nan))
    return Coefficient((observed - chance) / room, observed, chance, influence, se)
