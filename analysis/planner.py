"""How many labels a question takes: for an interval of some width, or to see a change."""

from __future__ import annotations

from math import asin, exp, nan, pi, sqrt
from typing import Literal

from scipy import special

from analysis.intervals import t_quantile

Formula = Literal["pooled", "unpooled", "arcsine"]


def labels_for_width(
    half_width: float,
    rate: float | None = None,
    *,
    sd: float | None = None,
    worth: float = 1.0,
    population: float | None = None,
) -> float:
    """Labelled tasks after which the 95 % interval reaches `half_width` to either side.

    Parameters
    ----------
    half_width : float
        Wished half width, in the unit of the outcome, above 0.
    rate : float, optional
        The rate to be expected, in [0, 1]; give this or `sd`.
    sd : float, optional
        Standard deviation of a rating, at least 0.
    worth : float
        How many even random labels one label is worth: effective over counted labels, times
        the gain by a judge; above 0.
    population : float, optional
        Size of the population, for the finite-population factor; without it none.

    Returns
    -------
    float
        Not rounded; normal approximation, z^2 sd^2 / half_width^2 / worth.

    Raises
    ------
    ValueError
        If a number is out of range, or not exactly one of `rate` and `sd` is given.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., section 4.4, ISBN 0-471-16240-X.

    Examples
    --------
    >>> round(labels_for_width(0.05, 0.5), 1)
    384.1
    >>> round(labels_for_width(0.1, sd=1.2, population=1000), 1)
    356.4
    """
    variance = _variance(rate, sd)
    _check_above("half_width", half_width)
    _check_above("worth", worth)
    n = t_quantile() ** 2 * variance / half_width**2 / worth
    return n if population is None or n == 0 else n / (1 + (n - 1) / population)


def labels_for_change(
    before: float,
    after: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    formula: Formula = "pooled",
    worth: float = 1.0,
) -> float:
    """Labelled tasks in each of two independent samples to see one rate become another.

    Parameters
    ----------
    before, after : float
        The two rates, different, in [0, 1].
    power : float
        Chance to see it, in (0, 1).
    alpha : float
        Chance to see what is not there, two-sided, in (0, 1).
    formula : {"pooled", "unpooled", "arcsine"}
        pooled: variance of the null hypothesis from both together (the usual z test); unpooled:
        from each; arcsine: effect size h of Cohen, both tails of the test counted.
    worth : float
        As for `labels_for_width`.

    Returns
    -------
    float
        Not rounded, per sample.

    Raises
    ------
    ValueError
        If a number is out of range or the rates are equal.

    References
    ----------
    Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, 3rd ed.,
    section 4.2, doi:10.1002/0471445428; Cohen (1988), ISBN 0-8058-0283-5.

    Examples
    --------
    >>> round(labels_for_change(0.10, 0.13), 1)
    1774.0
    """
    for name, value in (("before", before), ("after", after)):
        _check_share(name, value)
    if before == after:
        raise ValueError(f"before and after are both {before}: there is no change to see")
    _check_above("worth", worth)
    seen, missed = _quantiles(power, alpha)
    if formula == "arcsine":
        effect = 2 * (asin(sqrt(after)) - asin(sqrt(before)))
        return 2 * (_two_tailed(seen, power) / effect) ** 2 / worth
    apart = before * (1 - before) + after * (1 - after)
    pooled = (before + after) / 2
    null = 2 * pooled * (1 - pooled) if formula == "pooled" else apart
    return ((seen * sqrt(null) + missed * sqrt(apart)) / (after - before)) ** 2 / worth


def labels_for_shift(
    change: float, sd: float, *, power: float = 0.8, alpha: float = 0.05, worth: float = 1.0
) -> float:
    """Labelled tasks in each of two independent samples to see a mean rating move.

    Parameters
    ----------
    change : float
        How far, in the unit of the rating, not 0.
    sd : float
        Standard deviation of the rating, at least 0.
    power, alpha, worth : float
        As for `labels_for_change`.

    Returns
    -------
    float
        Not rounded, per sample; normal approximation.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Cohen (1988), Statistical Power Analysis, section 2.4, ISBN 0-8058-0283-5.

    Examples
    --------
    >>> round(labels_for_shift(0.2, 1.0), 1)
    392.4
    """
    if not change or not sd >= 0:
        raise ValueError(f"change must not be 0 and sd at least 0, got {change} and {sd}")
    _check_above("worth", worth)
    return 2 * (sum(_quantiles(power, alpha)) * sd / change) ** 2 / worth


def pairs_for_change(
    change: float, discordant: float, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Tasks answered by both of two systems to see their rates differ (McNemar).

    Parameters
    ----------
    change : float
        Difference of the two rates, not 0, in [-1, 1].
    discordant : float
        Share of the tasks on which the two differ, from |change| to 1.
    power, alpha : float
        As for `labels_for_change`.

    Returns
    -------
    float
        Pairs, not rounded: (z_a sqrt(s) + z_b sqrt(s - d^2))^2 / d^2.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Connor (1987), Biometrics 43:207-211, doi:10.2307/2531961.

    Examples
    --------
    >>> round(pairs_for_change(0.1, 0.2), 1)
    154.6
    """
    if not change or not abs(change) <= discordant <= 1:
        raise ValueError(
            f"discordant must lie between the size of change ({abs(change)}, not 0) and 1, "
            f"got {discordant}"
        )
    seen, missed = _quantiles(power, alpha)
    return (seen * sqrt(discordant) + missed * sqrt(discordant - change**2)) ** 2 / change**2


def judge_worth(correlation: float, labelled_share: float = 0.0) -> float:
    """How many labels one label is worth when a judge helps.

    Parameters
    ----------
    correlation : float
        Of judge and labels, in [-1, 1].
    labelled_share : float
        n / N, in [0, 1).

    Returns
    -------
    float
        1 / (1 - r^2 N / (N + n)), at least 1; NaN when the correlation is NaN.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Angelopoulos, Duchi and Zrnic (2023), doi:10.48550/arXiv.2311.01453.

    Examples
    --------
    >>> round(judge_worth(0.6), 3)
    1.562
    """
    if correlation != correlation:
        return nan
    if not -1 <= correlation <= 1 or not 0 <= labelled_share < 1:
        raise ValueError(f"out of range: {correlation} in [-1, 1], {labelled_share} in [0, 1)")
    return 1 / max(1 - correlation**2 / (1 + labelled_share), 1e-6)


def _quantiles(power: float, alpha: float) -> tuple[float, float]:
    if not 0 < power < 1 or not 0 < alpha < 1:
        raise ValueError(f"power and alpha must lie between 0 and 1, got {power} and {alpha}")
    return t_quantile(confidence=1 - alpha), float(special.ndtri(power))


def _two_tailed(seen: float, power: float) -> float:
    """Distance of the means, in standard errors, at which either tail has the power (Newton)."""
    distance = seen + max(float(special.ndtri(power)), 0.0)
    for _ in range(50):
        reached = special.ndtr(distance - seen) + special.ndtr(-distance - seen)
        slope = exp(-((distance - seen) ** 2) / 2) - exp(-((distance + seen) ** 2) / 2)
        distance -= float(reached - power) * sqrt(2 * pi) / slope
    return distance


def _variance(rate: float | None, sd: float | None) -> float:
    if (rate is None) == (sd is None):
        raise ValueError("give either rate or sd")
    if rate is not None:
        _check_share("rate", rate)
        return rate * (1 - rate)
    if sd is None or not sd >= 0:
        raise ValueError(f"sd must be at least 0, got {sd}")
    return sd**2


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be a share between 0 and 1, got {value}")


def _check_above(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name} must be above 0, got {value}")
