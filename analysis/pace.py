"""How long people take, and what changes while they go on labeling without a break."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.figure import Figure
from analysis.minima import too_few
from analysis.pairs import check_columns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_TIMED = 20
"""Timed labels below which a pace is not told."""
BREAK_SECONDS = 1800.0
"""A longer gap between two labels begins another sitting."""
MIN_ORDERED, MIN_SITTINGS = 40, 5
"""Labels and sittings below which nothing is said of the order."""
MIN_WORTH = 2.0
"""How many sittings of equal length the slope has to rest on in effect."""
STEP = 10
"""Further labels of a sitting that a change is told for."""
CHANGES = ("seconds", "alike", "apart")


@dataclass(frozen=True)
class OrderEffects:
    """How measures change over ten further labels of a sitting."""

    team: Mapping[str, Figure]
    """By measure, over everybody: of these people."""
    people: Mapping[Any, Mapping[str, Figure]]
    """By annotator and measure."""


def median_seconds(seconds: pd.Series[Any], annotators: pd.Series[Any]) -> dict[Any, Figure]:
    """How long a label takes: the median by person, with an interval by order statistics.

    Parameters
    ----------
    seconds : Series of float
        Seconds per label, at least 0; missing ones are left out.
    annotators : Series
        Whose label it was.

    Returns
    -------
    dict of annotator to Figure
        Seconds; undefined below 20 timed labels. The interval holds for any distribution.

    Raises
    ------
    ValueError
        If a number of seconds is negative.

    References
    ----------
    Hahn and Meeker (1991), Statistical Intervals, 5.2, doi:10.1002/9780470316771.

    Examples
    --------
    >>> found = median_seconds(pd.Series(range(1, 21)), pd.Series(["ann"] * 20))["ann"]
    >>> found.value, found.low, found.high
    (10.5, 6.0, 15.0)
    """
    known = seconds.notna().to_numpy()
    took = seconds.to_numpy(dtype=float)[known]
    if (took < 0).any():
        raise ValueError(f"seconds must be at least 0, got {took.min()}")
    person, names = pd.factorize(annotators.to_numpy()[known], sort=True)
    ordered = took[np.lexsort((took, person))]
    n = np.bincount(person, minlength=len(names))
    start = np.cumsum(n) - n
    # The largest rank below the median in fewer than 2.5 % of samples.
    rank = np.maximum(np.floor(special.bdtrik(0.025, np.maximum(n, 1), 0.5)), 0).astype(np.int64)
    found = {}
    for name, first, size, low in zip(names, start, n.tolist(), rank, strict=True):
        own = ordered[first : first + size]
        if size < MIN_TIMED:
            found[name] = too_few(size, MIN_TIMED)
            continue
        how = "median; order statistics"
        ends = float(own[low]), float(own[size - 1 - low])
        found[name] = Figure(float(np.median(own)), *ends, size, how)
    return found


def order_effects(work: pd.DataFrame) -> OrderEffects:
    """How pace, agreement and leniency change with the position of a label in its sitting.

    Parameters
    ----------
    work : DataFrame
        One row per label, in any order: `annotator`, `at` (times), and any of `seconds` (above
        0), `alike` (share of the others who said the same), `apart` (points above the others),
        each NaN where it is not known. A gap of more than 30 minutes begins a new sitting.

    Returns
    -------
    OrderEffects
        Change over ten further labels: of seconds relative (0.1: ten percent slower), of the
        others in their own unit. A regression inside each sitting, so that neither people nor
        days are compared; intervals are clustered by sitting, with t on the number of sittings
        that the slope in effect rests on. Undefined below 40 labels or 5 sittings
        of two labels or more.

    Raises
    ------
    ValueError
        If `annotator` or `at` is missing.

    References
    ----------
    Liang and Zeger (1986), doi:10.1093/biomet/73.1.13. Effective number of clusters: Carter,
    Schnepel and Steigerwald (2017), doi:10.1162/REST_a_00639.

    Examples
    --------
    >>> at = [pd.Timestamp(2026, 1, day, 9, minute) for day in range(1, 9) for minute in range(10)]
    >>> work = pd.DataFrame({"annotator": "ann", "at": at})
    >>> work["seconds"] = [20 * 1.01**position for _ in range(8) for position in range(10)]
    >>> round(order_effects(work).people["ann"]["seconds"].value, 4)
    0.1046
    """
    check_columns(work, ("annotator", "at"))
    person, names = pd.factorize(work["annotator"], sort=True)
    sitting, position = sittings(work["at"], person)
    people: dict[Any, dict[str, Figure]] = {name: {} for name in names}
    team: dict[str, Figure] = {}
    for measure in CHANGES:
        if measure not in work:
            continue
        y = work[measure].to_numpy(dtype=float)
        if measure == "seconds":
            y = np.log(np.where(y > 0, y, np.nan))
        known = np.isfinite(y)
        part = (sitting[known], position[known], y[known])
        is_relative = measure == "seconds"
        team[measure] = _changes(np.zeros(known.sum(), np.int64), 1, *part, is_relative)[0]
        own = _changes(person[known], len(names), *part, is_relative)
        for name, told in zip(names, own, strict=True):
            people[name][measure] = told
    return OrderEffects(team, people)


def sittings(at: pd.Series[Any], person: Ints) -> tuple[Ints, Ints]:
    """The sitting of each label, and its position in it from 0: two arrays (N,)."""
    if not len(at):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    moment = pd.to_datetime(at, utc=True)
    second = (moment - moment.min()).dt.total_seconds().to_numpy()
    order = np.lexsort((second, person))
    who, when = person[order], second[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (who[1:] != who[:-1]) | (np.diff(when) > BREAK_SECONDS)
    number = np.cumsum(begins) - 1
    place = np.arange(len(order)) - np.flatnonzero(begins)[number]
    sitting, position = np.empty_like(number), np.empty_like(place)
    sitting[order], position[order] = number, place
    return sitting, position


def _changes(
    group: Ints, groups: int, sitting: Ints, position: Ints, y: Floats, is_relative: bool
) -> list[Figure]:
    """Slope inside sittings of each group, over ten labels, clustered by sitting."""
    place, sitting = np.unique(sitting, return_inverse=True)
    size = np.bincount(sitting, minlength=len(place))
    x = position - (np.bincount(sitting, weights=position) / size)[sitting]
    y = y - (np.bincount(sitting, weights=y) / size)[sitting]
    owner = np.zeros(len(place), np.int64)
    owner[sitting] = group
    weight = np.bincount(sitting, weights=x**2, minlength=len(place))

    def of_group(numbers: NDArray[Any]) -> Floats:
        return np.bincount(owner, weights=numbers, minlength=groups).astype(float)

    room = of_group(weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.bincount(group, weights=x * y, minlength=groups) / room
        left = y - slope[group] * x
        meat = of_group(np.bincount(sitting, weights=x * left, minlength=len(place)) ** 2)
        clusters = room**2 / of_group(weight**2)
        se = np.sqrt(meat * clusters / (clusters - 1)) / room
    labels = np.bincount(group, minlength=groups)
    seen = of_group(weight > 0).astype(np.int64)
    columns = (slope, se, clusters, seen.tolist(), labels.tolist())
    return [_change(*one, is_relative) for one in zip(*columns, strict=True)]


def _change(slope: float, se: float, clusters: float, seen: int, n: int, is_rel: bool) -> Figure:
    if n < MIN_ORDERED:
        return too_few(n, MIN_ORDERED, " labels")
    if seen < MIN_SITTINGS:
        return Figure.undefined(f"too few: {seen} of {MIN_SITTINGS} sittings", n=n)
    if not clusters >= MIN_WORTH:
        return Figure.undefined("one sitting is far longer than all others together", n=n)
    half = float(special.stdtrit(clusters - 1, 0.975)) * se
    ends = np.array([slope, slope - half, slope + half]) * STEP
    value, low, high = np.expm1(ends) if is_rel else ends
    how = f"change over {STEP} further labels of a sitting; clustered by sitting"
    return Figure(float(value), float(low), float(high), n, how)
