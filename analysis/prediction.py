"""Prediction-powered means: labels on a random part, a judge's values on everything."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan, sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.means import Floats, Mean

CLASSICAL, PLAIN, TUNED = 0.0, 1.0, None
"""What the judge's values are multiplied by: nothing of them, all, as much as helps most."""


def ppi_mean(
    y: ArrayLike, judged: ArrayLike, unlabelled: ArrayLike, *, slope: float | None = TUNED
) -> Mean:
    """Mean from labels drawn evenly at random, helped by a judge that has seen everything.

    Parameters
    ----------
    y : array (n,)
        Outcomes of the labelled units.
    judged : array (n,)
        The judge's values of the same units, in the unit of `y`.
    unlabelled : array (N,)
        The judge's values of all other units.
    slope : float, optional
        0: the labels alone; 1: prediction-powered inference; None: PPI++, the slope that makes
        the variance smallest, kept within 0 to 1.

    Returns
    -------
    Mean
        In the unit of `y`, not bound to its range. The slope is tuned on the same labels, so
        under about 50 labels the standard error is too small; `estimate_with_judge` is for use.
        Both NaN without labels or without other units.

    Raises
    ------
    ValueError
        If `y` and `judged` differ in length, or a value is missing.

    References
    ----------
    Angelopoulos et al. (2023), Science 382:669-674, doi:10.1126/science.adi6000; Angelopoulos,
    Duchi and Zrnic (2023), doi:10.48550/arXiv.2311.01453.

    Examples
    --------
    >>> mean = ppi_mean([1, 0, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1, 0, 1], slope=1)
    >>> round(mean.value, 2), round(mean.se, 4)
    (0.75, 0.2976)
    """
    outcomes, values, others = _floats(y), _floats(judged), _floats(unlabelled)
    if outcomes.shape != values.shape:
        raise ValueError(f"y has shape {outcomes.shape}, judged has shape {values.shape}")
    n, size = len(outcomes), len(others)
    if not n or not size:
        return Mean(nan, nan)
    if slope is None:
        slope = _tuned(outcomes, values, others)
    left = outcomes - slope * values
    variance = slope**2 * float(others.var()) / size + float(left.var()) / n
    return Mean(slope * float(others.mean()) + float(left.mean()), sqrt(variance))


def stratified_ppi_mean(
    strata: Sequence[tuple[ArrayLike, ArrayLike, ArrayLike]], *, slope: float | None = TUNED
) -> Mean:
    """PPI++ in each stratum with a slope of its own, joined by the sizes of the strata.

    Parameters
    ----------
    strata : sequence of (y, judged, unlabelled)
        Per stratum as for `ppi_mean`; its size is the number of labelled and other units.
    slope : float, optional
        As for `ppi_mean`; None tunes it in each stratum.

    Returns
    -------
    Mean
        In the unit of the outcomes; both NaN when a stratum has no label or no other unit.

    Raises
    ------
    ValueError
        If there is no stratum, or as for `ppi_mean`.

    References
    ----------
    Fisch et al. (2024), Stratified prediction-powered inference, doi:10.48550/arXiv.2406.04291.

    Examples
    --------
    >>> easy = ([1, 1, 0, 1], [1, 1, 0, 1], [1, 1, 1, 0] * 5)
    >>> hard = ([0, 0, 1, 0], [0, 1, 1, 0], [0, 1, 0] * 5)
    >>> round(stratified_ppi_mean([easy, hard]).value, 3)
    0.498
    """
    if not len(strata):
        raise ValueError("there must be at least one stratum")
    means = [ppi_mean(*stratum, slope=slope) for stratum in strata]
    sizes = np.array([np.size(y) + np.size(others) for y, _, others in strata], dtype=float)
    share = sizes / sizes.sum()
    value = float(share @ [mean.value for mean in means])
    return Mean(value, float(np.sqrt(share**2 @ [mean.se**2 for mean in means])))


def _tuned(y: Floats, judged: Floats, unlabelled: Floats) -> float:
    """The slope with the smallest variance: cov(y, f) / ((1 + n / N) var f), within 0 to 1."""
    spread = float(np.concatenate([judged, unlabelled]).var())
    if spread <= 0:
        return 0.0
    together = float(((y - y.mean()) * (judged - judged.mean())).mean())
    return min(max(together / ((1 + len(y) / len(unlabelled)) * spread), 0.0), 1.0)


def _floats(values: ArrayLike) -> Floats:
    found = np.asarray(values, dtype=float)
    if found.ndim != 1 or not np.isfinite(found).all():
        raise ValueError("values must be a list of finite numbers: drop what is missing first")
    return found
