"""Known totals used after the fact: post-strata, and response rates by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.joined import is_joined
from analysis.means import Floats, aligned
from analysis.moments import Survey
from analysis.pairs import check_columns

QUARTERS = 4
FEWEST_IN_CLASS = 2
"""Fewest labels in a class; a thinner one is joined with its neighbour."""


def poststratified(
    frame: pd.DataFrame, survey: Survey, totals: Mapping[Any, float]
) -> tuple[pd.DataFrame, Survey]:
    """Frame and survey whose estimates meet the known sizes of classes of the population.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`, and `class`: the class of each labelled task.
    survey : Survey
        How the tasks were drawn, of kind priority.
    totals : mapping
        Size of every class of the population, in an order in which neighbours are alike.

    Returns
    -------
    (DataFrame, Survey)
        To be given to `estimate`. Classes with fewer than two labels are joined with the next,
        so that every one left shows a spread; with a single one left, another kind of survey, or
        a part that was hardly drawn both come back as they were, and `unmet` says why.

    Raises
    ------
    ValueError
        If a class of the frame is unknown, a size is negative, or a class holds more labels than
        members.

    References
    ----------
    Holt and Smith (1979), doi:10.2307/2344652.

    Examples
    --------
    >>> from analysis import estimate
    >>> frame = pd.DataFrame({"y": [1.0] * 30 + [0.0] * 20, "pi": 0.05})
    >>> frame["class"] = ["sure"] * 25 + ["unsure"] * 25
    >>> survey = Survey(population=1000, random_share=1.0)
    >>> round(estimate(*poststratified(frame, survey, {"sure": 800, "unsure": 200})).value, 3)
    0.84
    """
    check_columns(frame, ("y", "pi", "class"))
    unknown = set(frame["class"]) - set(totals)
    if unknown:
        raise ValueError(f"class {min(map(str, unknown))!r} has no total; known: {list(totals)}")
    if min(totals.values(), default=0) < 0:
        raise ValueError(f"totals must be at least 0, got {dict(totals)}")
    counts = frame["class"].value_counts()
    group = _joined([int(counts.get(name, 0)) for name in totals], list(totals.values()))
    if survey.kind != "priority" or is_joined(survey) or max(group, default=0) < 1:
        return frame, survey
    place = dict(zip(totals, group, strict=True))
    sizes = np.bincount(group, weights=list(totals.values()))
    grouped = frame.assign(poststratum=[place[name] for name in frame["class"]])
    most = grouped["poststratum"].value_counts().reindex(range(len(sizes)), fill_value=0)
    if (most.to_numpy() > sizes).any():
        raise ValueError(f"more labels than members in a class: {dict(counts)} of {dict(totals)}")
    return grouped, replace(survey, poststrata=tuple(float(size) for size in sizes))


def unmet(survey: Survey) -> str | None:
    """Why the survey that `poststratified` gave back meets no totals; None where it does.

    Parameters
    ----------
    survey : Survey
        As it came back.

    Returns
    -------
    str or None
        The reason in words.

    Examples
    --------
    >>> unmet(Survey(population=1000, kind="census"))
    'the draw has a certain set: its size and that of the rest are met instead'
    >>> unmet(Survey(population=1000, poststrata=(400.0, 600.0))) is None
    True
    """
    if survey.kind == "strata":
        return "the draw is stratified: the sizes of its strata are met instead"
    if survey.kind == "census":
        return "the draw has a certain set: its size and that of the rest are met instead"
    if is_joined(survey):
        return "a part was hardly drawn: its size and that of the rest are met instead"
    if not survey.poststrata:
        return f"fewer than two classes with {FEWEST_IN_CLASS} labels: nothing to weigh against"
    return None


def _joined(counts: Sequence[int], sizes: Sequence[float]) -> list[int]:
    """Group of each class: neighbours are joined until each group has enough labels."""
    group, filled, at = [], 0, 0
    for count, size in zip(counts, sizes, strict=True):
        if filled >= FEWEST_IN_CLASS and (size or count):
            at, filled = at + 1, 0
        group.append(at)
        filled += count
    if at and filled < FEWEST_IN_CLASS:
        group = [min(one, at - 1) for one in group]
    return group


def quartile_cuts(values: ArrayLike, counts: ArrayLike) -> Floats:
    """Values that cut a population in four, from how often each occurs.

    Parameters
    ----------
    values : array (m,)
        Values that occur, rising.
    counts : array (m,)
        How often each occurs.

    Returns
    -------
    array of at most 3 floats
        Rising and different; a class holds the values above the cut before it, up to its own.
        None for fewer than two values.

    Raises
    ------
    ValueError
        If the lengths differ.

    Examples
    --------
    >>> quartile_cuts([0.1, 0.5, 0.9], [50, 30, 20]).tolist()
    [0.1, 0.5]
    """
    points, often = np.asarray(values, dtype=float), np.asarray(counts, dtype=float)
    if points.shape != often.shape:
        raise ValueError(f"values has shape {points.shape}, counts has shape {often.shape}")
    if len(points) < 2:
        return np.empty(0)
    reached = np.cumsum(often) / often.sum()
    at = np.searchsorted(reached, np.arange(1, QUARTERS) / QUARTERS - 1e-12)
    cuts = np.unique(points[at])
    found: Floats = cuts[cuts < points[-1]]
    return found


def response_rates(cell: Sequence[Any], pi: ArrayLike, answered: ArrayLike) -> dict[Any, float]:
    """Share of the tasks whose turn came that were answered, per cell, weighted by 1 / pi.

    Parameters
    ----------
    cell : sequence (n,)
        The cell of each task served, answered or not.
    pi : array (n,)
        Chances of being drawn, in (0, 1].
    answered : array of bool (n,)
        Whether a label came back.

    Returns
    -------
    dict
        Rate by cell, in [0, 1]; an answered task's chance is to be multiplied by that of its cell.

    Raises
    ------
    ValueError
        If lengths differ or a chance is outside (0, 1].

    References
    ----------
    Oh and Scheuren (1983), weighting-class adjustment; Sarndal, Swensson and Wretman (1992),
    section 15.6, doi:10.1007/978-1-4612-4378-6.

    Examples
    --------
    >>> response_rates(["a", "a", "b"], [0.1, 0.2, 0.1], [True, False, True])["b"]
    1.0
    """
    told, chances = aligned(np.asarray(answered, dtype=float), pi)
    frame = pd.DataFrame({"cell": list(cell), "weight": 1 / chances, "told": told / chances})
    summed = frame.groupby("cell", sort=True)[["told", "weight"]].sum()
    return {key: float(row["told"] / row["weight"]) for key, row in summed.iterrows()}
