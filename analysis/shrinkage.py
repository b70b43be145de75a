"""Estimates of many people at once, each drawn towards 0 as far as chance explains it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

FEWEST = 5
"""People below which nothing is known about how much people differ: nobody is drawn anywhere."""


class Shrunken(NamedTuple):
    """Estimates with their intervals, and how much people truly differ."""

    value: Floats
    """(J,)"""
    low: Floats
    """(J,)"""
    high: Floats
    """(J,)"""
    spread: float
    """Standard deviation between people beyond chance; NaN where it is not estimated."""


def shrunken(estimates: ArrayLike, errors: ArrayLike, df: ArrayLike) -> Shrunken:
    """Draw unbiased estimates towards 0, each as far as its noise asks for.

    Parameters
    ----------
    estimates : array (J,)
        One per person, with mean 0 over people in the long run.
    errors : array (J,)
        Their standard errors, above 0.
    df : array (J,)
        Degrees of freedom of the errors, above 0.

    Returns
    -------
    Shrunken
        Normal empirical Bayes: the variance between people by Paule and Mandel, intervals by
        Morris, which allow for its being estimated, with t in place of z. They hold 95 % of the
        people, not of the samples of one person. Fewer than five people: as they came.

    Raises
    ------
    ValueError
        If the three differ in length, or an error is not above 0.

    References
    ----------
    Morris (1983), doi:10.1080/01621459.1983.10477920. Paule and Mandel (1982),
    doi:10.6028/jres.087.022.

    Examples
    --------
    >>> one = shrunken([0.5, -0.5, 0.1, 0.0, -0.1, 0.0], [0.2] * 6, [99] * 6)
    >>> one.value.round(2).tolist()
    [0.35, -0.35, 0.07, 0.0, -0.07, 0.0]
    """
    x, se, free = (np.asarray(one, dtype=float) for one in (estimates, errors, df))
    if not x.shape == se.shape == free.shape:
        raise ValueError(f"estimates, errors and df differ in shape: {x.shape}, {se.shape}, {free}")
    if not (se > 0).all():
        raise ValueError(f"errors must be above 0, got {se.tolist()}")
    quantile = special.stdtrit(free, 0.975)
    people = len(x)
    if people < FEWEST:
        return Shrunken(x, x - quantile * se, x + quantile * se, float("nan"))
    noise = se**2
    between = _between(x, noise)
    total = noise + between
    pull = (people - 2) / people * noise / total
    doubt = 2 / (people - 2) * pull**2 * (noise.mean() + between) / total
    half = quantile * np.sqrt(noise * (1 - pull) + doubt * x**2)
    value = (1 - pull) * x
    return Shrunken(value, value - half, value + half, float(np.sqrt(between)))


def _between(x: Floats, noise: Floats) -> float:
    """Variance between people at which the standardised squares average 1; 0 if none is."""

    def excess(between: float) -> float:
        return float((x**2 / (noise + between)).mean()) - 1

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float((x**2).max())
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2
