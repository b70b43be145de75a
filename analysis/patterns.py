"""Where the system fails more often than elsewhere, tested and corrected for looking around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import slices
from analysis.contrasts import against, lift_ends
from analysis.discovery import q_value
from analysis.figure import Figure
from analysis.intervals import Interval
from analysis.joined import no_comparison
from analysis.mean_figure import check_scale
from analysis.moments import Mask, Survey, moments, sampled
from analysis.pairs import check_columns
from analysis.regimes import domain
from analysis.slices import Attribute, Ledger, Slices

Floats = NDArray[np.float64]

FALSE_FINDS = 0.05
"""Share of false finds that is put up with, and the chance from which a pair of values is taken to
add nothing to one of them."""
DEEPEST = 2
UNKNOWN = Interval(nan, nan)


@dataclass(frozen=True, slots=True)
class Support:
    """What a slice needs before it is tested, so that chance finds are not even looked at."""

    tasks: int = 10
    failures: int = 3


SUPPORT = Support()


@dataclass(frozen=True, slots=True)
class Pattern:
    """One segment and how much more often it fails than the whole."""

    where: dict[str, str]
    """Column and value of the segment."""
    tasks: int
    """Number of labelled tasks in it."""
    failures: int
    """How many of them failed."""
    rate: Figure
    """Failure rate of the segment in the population."""
    lift: float
    """Failure rate of the segment over that of the population; 1 is as everywhere."""
    lift_ends: Interval
    """95 % interval of the lift; NaN where intervals are refused or a part was hardly drawn."""
    p_value: float
    """One-sided: how surprising so many failures would be if the segment were like the rest."""
    q_value: float
    """The same, corrected for the number of segments tested (false discovery rate)."""

    def to_json(self) -> dict[str, Any]:
        """Return the public JSON shape; what may not be known is null: no lift without a rate."""
        return {
            "where": self.where,
            "lift": self.lift if isfinite(self.lift) and self.rate.defined else None,
            "lift_ci": list(self.lift_ends) if isfinite(self.lift_ends.high) else None,
            "rate": self.rate.to_json(),
            "q_value": self.q_value if isfinite(self.q_value) else None,
            "tasks": self.tasks,
            "failures": self.failures,
        }


@dataclass(frozen=True, slots=True)
class Search:
    """What looking at all slices has found."""

    patterns: list[Pattern]
    """By q-value, then by lift."""
    tested: int
    """How many slices had the support to be tested; the q-values are corrected for all of them."""
    repeating: int
    """How many finds were left out since they add nothing to a find of one value less."""


def failure_patterns(
    frame: pd.DataFrame,
    by: Sequence[str],
    survey: Survey,
    *,
    min_tasks: int = 10,
    min_failures: int = 3,
) -> list[Pattern]:
    """Segments of single columns with their lift over the whole, tested against the rest.

    Parameters
    ----------
    frame, by, survey
        As for `failure_slices`.
    min_tasks, min_failures : int
        Support a segment needs before it is tested.

    Returns
    -------
    list of Pattern
        Every segment tested, by q-value, then by lift.

    Raises
    ------
    ValueError
        As for `failure_slices`.

    References
    ----------
    As for `failure_slices`.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0] * 12 + [0.0] * 68, "pi": 1.0})
    >>> frame["model"] = ["a"] * 20 + ["b"] * 60
    >>> pattern = failure_patterns(frame, ["model"], Survey(80))[0]
    >>> pattern.where, pattern.lift, round(pattern.q_value, 9)
    ({'model': 'a'}, 4.0, 2e-09)
    """
    support = Support(min_tasks, min_failures)
    return failure_slices(frame, by, survey, depth=1, support=support, most=None).patterns


def failure_slices(
    frame: pd.DataFrame,
    by: Sequence[str],
    survey: Survey,
    *,
    depth: int = DEEPEST,
    support: Support = SUPPORT,
    most: int | None = 50,
) -> Search:
    """Slices by one column, and by two, that fail more often than the rest.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`, `y` being 1 for a failure and 0 otherwise, with the columns of `by`.
    by : sequence of str
        Columns that cut the population into slices. A row without a value is in none; one with
        a list of values is in the slice of each.
    survey : Survey
        How the tasks were drawn.
    depth : int
        1: single values only; 2: pairs of values of different columns as well.
    support : Support
        Tasks and failures a slice needs before it is tested.
    most : int, optional
        How many patterns to return; None for all.

    Returns
    -------
    Search
        All single values tested, and of the pairs those found (q at most 0.05). Weighted data
        enter the one-sided Fisher test, and the interval of the lift, with their effective
        sizes; q-values are corrected for all slices tested. A pair is left out when one of its
        two values is a find and the pair does not differ from the rest of that value (the same
        test, p times the pairs tried there above 0.05); the q-values count what is left. Slices
        of the same tasks are tested once. A q-value is NaN where the survey refuses intervals;
        nothing is tested where it refuses estimates.

    Raises
    ------
    ValueError
        As for `estimate`; also if a column of `by` is missing or `depth` is neither 1 nor 2.

    References
    ----------
    Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x; finds left out:
    Katsevich, Sabatti and Bogomolov (2023), doi:10.1080/01621459.2021.1920958. Effective sizes:
    Rao and Scott (1992), doi:10.2307/2532311. Interval of a ratio of rates: Katz, Baptista,
    Azen and Pike (1978), doi:10.2307/2530610.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0] * 12 + [0.0] * 68, "pi": 1.0})
    >>> frame["model"], frame["flags"] = ["a"] * 20 + ["b"] * 60, [["short"]] * 16 + [[]] * 64
    >>> search = failure_slices(frame, ["model", "flags"], Survey(80))
    >>> search.tested, [pattern.where for pattern in search.patterns]
    (2, [{'flags': 'short'}, {'model': 'a'}])
    """
    check_columns(frame, by)
    if depth not in (1, DEEPEST):
        raise ValueError(f"depth must be 1 or {DEEPEST}, got {depth}")
    sample = sampled(frame, survey)
    check_scale(sample.y, None)
    if survey.refuse_estimate or not sample.y.any():
        return Search([], 0, 0)
    attributes = [slices.attribute(frame[column], support.tasks) for column in by]
    book = slices.ledger(sample, alone=survey.kind == "priority")
    found = slices.supported(
        book, attributes, depth=depth, fewest=support.tasks, fewest_hits=support.failures
    )
    p, leaves = _chances(book, found)
    q = q_value(p, leaves)
    kept = (found.parents[:, 0] < 0) | ((q <= FALSE_FINDS) & ~_repeats(q, p, leaves))
    inside, rest = slices.worth(book, found.sums), slices.worth(book, book.whole - found.sums)
    whole = moments(sample).mean
    lift = inside.rate / whole
    order = sorted(np.flatnonzero(kept), key=lambda at: (q[at], -lift[at], str(found.where[at])))
    patterns = [
        Pattern(
            where=found.where[at],
            tasks=round(float(found.sums[at, :, slices.N].sum())),
            failures=round(float(found.sums[at, :, slices.Y].sum())),
            rate=domain(sample, _rows(attributes, found.where[at], len(frame)), survey, None),
            lift=float(lift[at]),
            lift_ends=UNKNOWN
            if no_comparison(survey, sample)
            else lift_ends(inside, rest, int(at)),
            p_value=float(p[at]),
            q_value=nan if survey.refusal else float(q[at]),
        )
        for at in order[:most]
    ]
    pairs = found.parents[:, 0] >= 0
    left_out = int((pairs & (q <= FALSE_FINDS) & _repeats(q, p, leaves)).sum())
    return Search(patterns, len(p), left_out)


def _chances(book: Ledger, found: Slices) -> tuple[Floats, Floats]:
    """p-value of each slice against the rest, and the threshold from which it says nothing new."""
    p = against(book, found.sums, book.whole - found.sums)
    leaves = np.full(len(p), inf)
    for parent in found.parents.T:
        tried = np.flatnonzero((parent >= 0) & (p <= FALSE_FINDS))
        above = found.sums[parent[tried]] - found.sums[tried]
        children = np.bincount(parent[tried], minlength=1)[parent[tried]]
        same = against(book, found.sums[tried], above) * children > FALSE_FINDS
        repeating = tried[same]
        leaves[repeating] = np.minimum(leaves[repeating], p[parent[repeating]])
    return p, np.maximum(leaves, p)


def _repeats(q: Floats, p: Floats, leaves: Floats) -> Mask:
    """Whether the find that a pair repeats is a find itself."""
    found = p[q <= FALSE_FINDS]
    return np.asarray(leaves <= (found.max() if len(found) else -inf))


def _rows(attributes: list[Attribute], where: dict[str, str], rows: int) -> Mask:
    """The rows of a slice."""
    inside = np.ones(rows, dtype=bool)
    for one in attributes:
        if one.name in where:
            having = np.zeros(rows, dtype=bool)
            having[one.row[one.code == one.values.index(where[one.name])]] = True
            inside &= having
    return inside
