"""Whether failing has changed: at some moment, and from one release to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import slices
from analysis.contrasts import NEWCOMBE, apart, difference
from analysis.discovery import q_value
from analysis.figure import Figure
from analysis.joined import no_comparison
from analysis.mean_figure import check_scale
from analysis.moments import Mask, Survey, sampled
from analysis.pairs import check_columns
from analysis.patterns import SUPPORT, Support
from analysis.regimes import domain

Floats = NDArray[np.float64]

BLOCKS = 400
"""Longer series are added up to so many stretches before they are shuffled."""
SHUFFLES = 999
TINY = 1e-9
AT_ENDS = 0.05
"""Share of a series at either end, by tasks and by what they weigh, without a look for changes."""
CHOSEN = "the moment was chosen where both sides differ most, so the difference looks large"


@dataclass(frozen=True, slots=True)
class Change:
    """Failing before and after."""

    where: dict[str, str]
    """Which tasks; empty for all."""
    since: Any
    """The first moment, or the release, of what came after."""
    until: Any
    """The last moment, or the release, of what came before."""
    before: Figure
    after: Figure
    difference: Figure
    """After minus before."""
    p_value: float
    q_value: float
    """Corrected for all series, or all releases, that were tested."""

    def to_json(self) -> dict[str, Any]:
        """Return the public JSON shape."""
        return {
            "where": self.where,
            "since": self.since,
            "until": self.until,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "difference": self.difference.to_json(),
            "q_value": self.q_value if isfinite(self.q_value) else None,
        }


def change_points(
    frame: pd.DataFrame,
    by: Sequence[str],
    survey: Survey,
    *,
    at: str,
    support: Support = SUPPORT,
    seed: int = 0,
) -> list[Change]:
    """The moment at which failing changed most, tested: of everything, and of each segment.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`, `y` being 1 for a failure and 0 otherwise, with the columns of `by`.
    by : sequence of str
        Columns whose values are series of their own.
    survey : Survey
        How the tasks were drawn.
    at : str
        Column with the moment of each task, in any unit that can be sorted.
    support : Support
        A series needs twice so many tasks, and so many failures; either side of a change needs
        the tasks.
    seed : int
        Of the shuffles.

    Returns
    -------
    list of Change
        One per series tested, by q-value. The statistic is the largest standardised cumulative
        sum of weighted residuals; its p-value comes from 999 shuffles of the tasks (of 400
        stretches of a long series), so it is never below 0.001. Empty where the survey refuses
        estimates or all tasks are of one moment.

    Raises
    ------
    ValueError
        As for `estimate`; also if a column is missing.

    References
    ----------
    Csorgo and Horvath (1997), Limit Theorems in Change-Point Analysis, ISBN 0-471-95522-1;
    shuffles: Antoch and Huskova (2001), doi:10.1016/S0167-7152(01)00009-8.

    Examples
    --------
    >>> y = [0.0, 0.0, 0.0, 0.0, 1.0] * 8 + [1.0, 1.0, 0.0] * 10
    >>> frame = pd.DataFrame({"y": y, "pi": 1.0, "day": range(70)})
    >>> (found,) = change_points(frame, [], Survey(70), at="day")
    >>> int(found.since), round(found.before.value, 2), round(found.after.value, 2), found.q_value
    (39, 0.18, 0.68, 0.001)
    """
    check_columns(frame, ("y", at, *by))
    ordered = frame.sort_values(at, kind="stable").reset_index(drop=True)
    sample = sampled(ordered, survey)
    check_scale(sample.y, None)
    if survey.refuse_estimate or not len(sample.y):
        return []
    book = slices.ledger(sample, alone=survey.kind == "priority")
    moment, rng = ordered[at].to_numpy(), np.random.default_rng(seed)
    found = []
    for where, inside in _series(ordered, by):
        rows = np.flatnonzero(inside)
        hits = sample.y[rows].sum()
        if len(rows) < 2 * support.tasks or hits < support.failures or hits == len(rows):
            continue
        y, w = sample.y[rows], sample.weight[rows]
        split, p = _cusum(y, w, moment[rows], support.tasks, rng)
        if split is None:
            continue
        early, late = np.zeros_like(inside), np.zeros_like(inside)
        early[rows[:split]], late[rows[split:]] = True, True
        sides = _told(book, survey, early, late)
        since, until = moment[rows[split]], moment[rows[split - 1]]
        gap = sides[2]
        if gap.reason is None:
            gap = replace(gap, method=f"{gap.method}; {CHOSEN}")
        found.append(Change(where, since, until, sides[0], sides[1], gap, p, nan))
    return _corrected(found, survey)


def releases(
    frame: pd.DataFrame, column: str, survey: Survey, *, at: str, support: Support = SUPPORT
) -> list[Change]:
    """Each release against the one before it, in the order in which they appeared.

    Parameters
    ----------
    frame : DataFrame
        As for `change_points`.
    column : str
        Names the release of each task; rows without one are left out.
    survey : Survey
        How the tasks were drawn.
    at : str
        Column with the moment of each task; a release begins with its earliest.
    support : Support
        Tasks that a release needs to be compared; failures that both need together.

    Returns
    -------
    list of Change
        One per release but the first, in order of appearance. Two-sided Fisher test on
        effective sizes, q-values over all of them; the difference has Newcombe's interval.

    Raises
    ------
    ValueError
        As for `change_points`.

    References
    ----------
    Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 0, 0, 0, 0] * 10 + [1.0, 0] * 25, "pi": 1.0})
    >>> frame["variant"], frame["day"] = ["A"] * 50 + ["B"] * 50, range(100)
    >>> (found,) = releases(frame, "variant", Survey(100), at="day")
    >>> found.since, found.until, round(found.difference.value, 2), round(found.q_value, 3)
    ('B', 'A', 0.3, 0.003)
    """
    check_columns(frame, ("y", at, column))
    sample = sampled(frame, survey)
    check_scale(sample.y, None)
    if survey.refuse_estimate or not len(sample.y):
        return []
    book = slices.ledger(sample, alone=survey.kind == "priority")
    known = frame[column].notna().to_numpy()
    counts = frame.loc[known, column].value_counts()
    first = frame[known].groupby(column)[at].min()
    names = [one for one in first.sort_values(kind="stable").index if counts[one] >= support.tasks]
    found = []
    for old, new in pairwise(names):
        early, late = ((frame[column] == one).to_numpy(dtype=bool) for one in (old, new))
        if sample.y[early | late].sum() < support.failures:
            continue
        p = float(apart(book, _sums(book, late), _sums(book, early))[0])
        sides = _told(book, survey, early, late)
        found.append(Change({column: str(new)}, str(new), str(old), *sides, p, nan))
    order = {str(one): place for place, one in enumerate(names)}
    return sorted(_corrected(found, survey), key=lambda one: order[one.since])


def _series(frame: pd.DataFrame, by: Sequence[str]) -> list[tuple[dict[str, str], Mask]]:
    listed: list[tuple[dict[str, str], Mask]] = [({}, np.ones(len(frame), dtype=bool))]
    for column in by:
        for value in sorted(frame[column].dropna().unique(), key=str):
            listed.append(({column: str(value)}, (frame[column] == value).to_numpy(dtype=bool)))
    return listed


def _sums(book: slices.Ledger, mask: Mask) -> Floats:
    rows = np.flatnonzero(mask)
    return book.sums(rows, np.zeros(len(rows), dtype=np.int64), 1)


def _told(
    book: slices.Ledger, survey: Survey, early: Mask, late: Mask
) -> tuple[Figure, Figure, Figure]:
    """Figures of both sides and of their difference."""
    before, after = (domain(book.sample, mask, survey, None) for mask in (early, late))
    found = slices.worth(book, np.concatenate([_sums(book, early), _sums(book, late)]))
    n = int(early.sum() + late.sum())
    if refusal := no_comparison(survey, book.sample):
        gap = float(found.rate[1] - found.rate[0])
        return before, after, Figure.without_interval(gap, n, NEWCOMBE, refusal)
    return before, after, difference(found, 0, 1, n)


def _cusum(
    y: Floats, w: Floats, moment: NDArray[Any], fewest: int, rng: np.random.Generator
) -> tuple[int | None, float]:
    """Place of the first task after the likeliest change, and its p-value by shuffling."""
    n = len(y)
    residual = w * (y - w @ y / w.sum())
    ends = _stretches(moment, max(fewest, round(AT_ENDS * n)))
    starts = np.concatenate([[0], ends])
    blocks = np.linspace(0, n, min(n, BLOCKS) + 1).astype(int)[:-1]
    e, v = np.add.reduceat(residual, blocks), np.add.reduceat(w**2, blocks)
    if not len(ends):
        return None, nan
    exact = _standardised(np.cumsum(residual)[ends - 1], np.cumsum(w**2)[ends - 1], (w**2).sum())
    split = int(ends[np.argmax(exact)])
    # the places of the ends among the blocks: the same for what was seen and for every shuffle
    places = np.unique(np.clip(np.searchsorted(blocks, starts[1:]), 1, len(blocks) - 1)) - 1
    seen = _standardised(np.cumsum(e)[places], np.cumsum(v)[places], v.sum()).max()
    order = rng.permuted(np.tile(np.arange(len(e)), (SHUFFLES, 1)), axis=1)
    sums, spread = (np.cumsum(values[order], axis=1)[:, places] for values in (e, v))
    drawn = _standardised(sums, spread, v.sum()).max(axis=1)
    return split, float(1 + (drawn >= seen - TINY).sum()) / (1 + SHUFFLES)


def _stretches(moment: NDArray[Any], fewest: int) -> NDArray[np.int64]:
    """Places before which a change may lie: between two moments, away from the ends."""
    places = np.flatnonzero(moment[1:] != moment[:-1]) + 1
    return places[(places >= fewest) & (places <= len(moment) - fewest)]


def _standardised(sums: Floats, spread: Floats, total: float) -> Floats:
    """How far cumulative sums are from none, over their spread; 0 at the ends of the spread."""
    share = spread / total
    inside = (share >= AT_ENDS) & (share <= 1 - AT_ENDS)
    scale = np.sqrt(total * share * (1 - share), where=inside, out=np.ones_like(share))
    return np.where(inside, np.abs(sums) / scale, 0.0)


def _corrected(found: list[Change], survey: Survey) -> list[Change]:
    """The same with q-values, the most surprising first."""
    q = q_value([one.p_value for one in found])
    told = [
        replace(one, q_value=nan if survey.refusal else float(each))
        for one, each in zip(found, q, strict=True)
    ]
    return sorted(told, key=lambda one: (one.q_value, str(one.where)))
