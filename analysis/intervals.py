"""Intervals for rates and means, with effective sizes and degrees of freedom as arguments."""

from __future__ import annotations

from math import inf, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """The two ends of an interval; both NaN when it is undefined."""

    low: float
    high: float


def t_quantile(df: float = inf, confidence: float = 0.95) -> float:
    """Two-sided quantile of Student's t; of the normal distribution when `df` is infinite.

    Parameters
    ----------
    df : float
        Degrees of freedom, above 0; need not be whole.
    confidence : float
        Probability inside, in (0, 1).

    Returns
    -------
    float
        Above 0; NaN when `df` is NaN or not above 0.

    Raises
    ------
    ValueError
        If `confidence` is outside (0, 1).

    Examples
    --------
    >>> round(t_quantile(), 4), round(t_quantile(9), 4)
    (1.96, 2.2622)
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}")
    if not df > 0:
        return nan
    upper = 0.5 + confidence / 2
    return float(special.ndtri(upper) if df == inf else special.stdtrit(df, upper))


def wilson_ends(p: ArrayLike, n: ArrayLike, quantile: float | Floats) -> tuple[Floats, Floats]:
    """Arrays of lower and upper Wilson ends; NaN where `n` is not above 0."""
    p, n = np.asarray(p, dtype=float), np.asarray(n, dtype=float)
    n = np.where(n > 0, n, np.nan)
    ratio = quantile**2 / n
    centre = (p + ratio / 2) / (1 + ratio)
    half = np.sqrt(ratio * p * (1 - p) + ratio**2 / 4) / (1 + ratio)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def wilson(p: float, n: float, *, df: float = inf, confidence: float = 0.95) -> Interval:
    """Wilson score interval of a rate.

    Parameters
    ----------
    p : float
        The rate seen, in [0, 1].
    n : float
        How many independent trials it is worth; an effective size need not be whole.
        Infinite: nothing is left to chance and the interval is the point `p`.
    df : float
        Degrees of freedom of the effective size; t takes the place of z when finite.
    confidence : float
        Nominal coverage.

    Returns
    -------
    Interval
        Within [0, 1]; NaN when `n` or `df` is not above 0.

    Raises
    ------
    ValueError
        If `p` is outside [0, 1].

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22:209-212, doi:10.1080/01621459.1927.10502953.
    Effective sizes: Korn and Graubard (1998), Survey Methodology 24:193-201.

    Examples
    --------
    >>> low, high = wilson(0.1, 50)
    >>> round(low, 4), round(high, 4)
    (0.0435, 0.2136)
    """
    _check_rate(p)
    low, high = wilson_ends(p, n, t_quantile(df, confidence))
    return Interval(float(low), float(high))


def clopper_pearson(p: float, n: float, *, confidence: float = 0.95) -> Interval:
    """Clopper-Pearson ("exact") interval of a rate; never below its nominal coverage.

    Parameters
    ----------
    p : float
        The rate seen, in [0, 1].
    n : float
        How many independent trials it is worth; need not be whole.
    confidence : float
        Nominal coverage.

    Returns
    -------
    Interval
        Within [0, 1]; NaN when `n` is not above 0; the point `p` when `n` is infinite.

    Raises
    ------
    ValueError
        If `p` is outside [0, 1].

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26:404-413, doi:10.1093/biomet/26.4.404.

    Examples
    --------
    >>> low, high = clopper_pearson(0.0, 10)
    >>> round(low, 4), round(high, 4)
    (0.0, 0.3085)
    """
    _check_rate(p)
    if not n > 0:
        return Interval(nan, nan)
    if n == inf:
        return Interval(p, p)
    tail, hits = (1 - confidence) / 2, p * n
    misses = n - hits
    low = float(special.betaincinv(hits, misses + 1, tail)) if hits > 0 else 0.0
    high = float(special.betaincinv(hits + 1, misses, 1 - tail)) if misses > 0 else 1.0
    return Interval(low, high)


def t_interval(
    mean: float, variance: float, *, df: float = inf, confidence: float = 0.95
) -> Interval:
    """Interval of a mean from the variance of that mean.

    Parameters
    ----------
    mean : float
        The mean, in its own unit.
    variance : float
        Variance of the mean (not of the values), at least 0.
    df : float
        Degrees of freedom of the variance.
    confidence : float
        Nominal coverage.

    Returns
    -------
    Interval
        Not clipped to any scale; NaN when `variance` is NaN or `df` is not above 0.

    Raises
    ------
    ValueError
        If `variance` is negative.

    Examples
    --------
    >>> low, high = t_interval(3.5, 0.01, df=24)
    >>> round(low, 3), round(high, 3)
    (3.294, 3.706)
    """
    if variance < 0:
        raise ValueError(f"variance must be at least 0, got {variance}")
    half = t_quantile(df, confidence) * variance**0.5
    return Interval(mean - half, mean + half)


def _check_rate(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"p must be a rate between 0 and 1, got {p}")
