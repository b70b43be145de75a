"""Means from samples with known inclusion probabilities: the plain textbook estimators."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Mean(NamedTuple):
    """An estimated mean and its standard error, in the unit of the outcome."""

    value: float
    se: float


def ht_mean(y: ArrayLike, pi: ArrayLike, population: float) -> Mean:
    """Horvitz-Thompson mean under independent inclusion (Poisson or priority sampling).

    Parameters
    ----------
    y : array (n,)
        Outcomes of the sampled units.
    pi : array (n,)
        Their inclusion probabilities, in (0, 1].
    population : float
        Number of units that could have been sampled, N.

    Returns
    -------
    Mean
        Unbiased, but not bound to the range of `y`. Of an empty sample: 0, se NaN.

    Raises
    ------
    ValueError
        If lengths differ, a probability is outside (0, 1], or `population` is not above 0.

    References
    ----------
    Horvitz and Thompson (1952), doi:10.1080/01621459.1952.10483446.

    Examples
    --------
    >>> mean = ht_mean([1, 0, 1], [0.5, 0.5, 1.0], 5)
    >>> round(mean.value, 2), round(mean.se, 4)
    (0.6, 0.2828)
    """
    y, pi = aligned(y, pi)
    if not population > 0:
        raise ValueError(f"population must be above 0, got {population}")
    variance = float(((1 - pi) * (y / pi) ** 2).sum()) / population**2
    return Mean(float((y / pi).sum()) / population, sqrt(variance) if len(y) else nan)


def hajek_mean(y: ArrayLike, pi: ArrayLike) -> Mean:
    """Hajek mean: the weighted mean with weights 1 / pi; needs no population size.

    Parameters
    ----------
    y : array (n,)
        Outcomes of the sampled units.
    pi : array (n,)
        Their inclusion probabilities, in (0, 1].

    Returns
    -------
    Mean
        Within the range of `y`. The standard error is linearised and corrected by n / (n - 1),
        n counting the units with pi below 1; 0 when there are none, NaN when there is one.
        Both NaN for an empty sample.

    Raises
    ------
    ValueError
        If lengths differ or a probability is outside (0, 1].

    References
    ----------
    Sarndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, section 5.7,
    doi:10.1007/978-1-4612-4378-6.

    Examples
    --------
    >>> mean = hajek_mean([1, 0, 1], [0.5, 0.5, 1.0])
    >>> round(mean.value, 2), round(mean.se, 4)
    (0.6, 0.2884)
    """
    y, pi = aligned(y, pi)
    if not len(y):
        return Mean(nan, nan)
    weight = 1 / pi
    value = float(weight @ y / weight.sum())
    by_chance = int((pi < 1).sum())
    variance = float(((1 - pi) * (weight * (y - value)) ** 2).sum() / weight.sum() ** 2)
    if by_chance == 1:
        return Mean(value, nan)
    return Mean(value, sqrt(variance * by_chance / (by_chance - 1)) if by_chance else 0.0)


def stratified_mean(
    samples: Sequence[ArrayLike], populations: Sequence[float], *, fpc: bool = True
) -> Mean:
    """Mean from simple random samples of all strata, weighted by the sizes of the strata.

    Parameters
    ----------
    samples : sequence of arrays
        Outcomes sampled in each stratum.
    populations : sequence of float
        Size of each stratum, in the same order.
    fpc : bool
        Whether the finite-population factor 1 - n / N counts.

    Returns
    -------
    Mean
        Both NaN when a stratum has no sample; se NaN when an incomplete one has a single unit.

    Raises
    ------
    ValueError
        If the numbers of samples and populations differ, or a sample exceeds its stratum.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., theorem 5.3, ISBN 0-471-16240-X.

    Examples
    --------
    >>> mean = stratified_mean([[1, 1, 0], [0, 1]], [30, 10])
    >>> round(mean.value, 3), round(mean.se, 4)
    (0.625, 0.2622)
    """
    if len(samples) != len(populations) or not len(samples):
        raise ValueError(f"{len(samples)} samples do not fit {len(populations)} populations")
    value = variance = 0.0
    total = float(sum(populations))
    for sample, size in zip(samples, populations, strict=True):
        y = np.asarray(sample, dtype=float)
        if len(y) > size:
            raise ValueError(f"a stratum of {size} cannot give a sample of {len(y)}")
        if not len(y):
            return Mean(nan, nan)
        left = 1 - len(y) / size if fpc else 1.0
        spread = float(y.var(ddof=1)) if len(y) > 1 else nan
        value += size / total * float(y.mean())
        variance += (size / total) ** 2 * left * spread / len(y) if left > 0 else 0.0
    return Mean(value, sqrt(variance))


def aligned(y: ArrayLike, pi: ArrayLike) -> tuple[Floats, Floats]:
    """Outcomes and probabilities as arrays of one length; ValueError names what is wrong."""
    outcomes, chances = np.asarray(y, dtype=float), np.asarray(pi, dtype=float)
    if outcomes.ndim != 1 or outcomes.shape != chances.shape:
        raise ValueError(f"y has shape {outcomes.shape}, pi has shape {chances.shape}")
    if not np.isfinite(outcomes).all():
        raise ValueError("y holds missing or infinite outcomes: drop those rows first")
    wrong = chances[~((chances > 0) & (chances <= 1))]
    if len(wrong):
        raise ValueError(f"pi must lie in (0, 1], got {wrong[0]}")
    return outcomes, chances
