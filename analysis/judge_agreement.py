"""How often a judge goes with people, over the population, and whether that changes."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimates import estimate, estimate_by
from analysis.figure import Figure
from analysis.intervals import t_interval, t_quantile
from analysis.joined import hardly_drawn, is_joined
from analysis.means import Floats
from analysis.moments import Survey, moments, sampled
from analysis.pairs import check_columns

LARGE = 0.1
"""Least change of the share of agreement that is called a drift."""
SIGNIFICANT = 0.01
FEWEST_IN_HALF = 50


def judge_agreement(
    frame: pd.DataFrame, survey: Survey, *, passes: float, turned: bool = False
) -> dict[str, Figure]:
    """How far a judge's verdicts go with those of people, over the population.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`, `y` being the share of people's labels that pass the task (0.5 and
        above is a pass), and `judge`; rows without a judge's value are left out.
    survey : Survey
        How the tasks were drawn.
    passes : float
        The judge's value from which it passes a task.
    turned : bool
        Whether it passes a task from that value downwards.

    Returns
    -------
    dict
        `accuracy`, `cohen_kappa`, `sensitivity` (share of the failures that the judge sees) and
        `specificity` (share of the passes that it passes), all weighted by 1 / pi. Undefined with
        too few labels, as `estimate`; kappa also when people or judge see one outcome only. Where
        a part was hardly drawn, the others are widened and kappa has no interval.

    Raises
    ------
    ValueError
        As for `estimate`; also if `judge` is missing.

    References
    ----------
    Cohen (1960), doi:10.1177/001316446002000104; linearisation: Sarndal, Swensson and Wretman
    (1992), section 5.5, doi:10.1007/978-1-4612-4378-6.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0] * 30 + [0.0] * 30, "pi": 0.1, "judge": 0.9})
    >>> frame.loc[40:, "judge"] = 0.2
    >>> told = judge_agreement(frame, Survey(600, random_share=1.0), passes=0.5)
    >>> {name: round(figure.value, 3) for name, figure in told.items()}
    {'accuracy': 0.833, 'cohen_kappa': 0.667, 'sensitivity': 0.667, 'specificity': 1.0}
    """
    check_columns(frame, ("y", "pi", "judge"))
    frame = frame[frame["judge"].notna()]
    people = (frame["y"].to_numpy() >= 0.5).astype(float)
    judge = passing(frame["judge"], passes, turned=turned)
    alike = frame.assign(y=(people == judge).astype(float), people=people)
    alike = alike.drop(columns=["labels", "within", "averaged"], errors="ignore")
    by = estimate_by(alike, "people", survey)
    none = Figure.undefined
    return {
        "accuracy": estimate(alike, survey),
        "cohen_kappa": _kappa(alike, survey, people, judge),
        "sensitivity": by.get("0.0", none("no failure was labelled", len(frame))),
        "specificity": by.get("1.0", none("no pass was labelled", len(frame))),
    }


def passing(values: pd.Series[Any], passes: float, *, turned: bool = False) -> Floats:
    """1 where a judge passes a task, 0 where it fails it."""
    found = values.to_numpy(dtype=float)
    return ((found <= passes) if turned else (found >= passes)).astype(float)


def _kappa(frame: pd.DataFrame, survey: Survey, people: Floats, judge: Floats) -> Figure:
    """Kappa of the weighted two by two table, its variance by linearisation."""
    n, sample = len(frame), sampled(frame, survey)
    method = "weighted kappa; linearised, t"
    if survey.refuse_estimate or not n:
        return Figure.undefined(survey.refusal or "no labels with a judge's value yet", n)
    weight = sample.weight / sample.weight.sum()
    observed, a, b = float(weight @ sample.y), float(weight @ people), float(weight @ judge)
    chance = a * b + (1 - a) * (1 - b)
    if min(a, 1 - a, b, 1 - b) <= 0:
        return Figure.undefined("one category only", n)
    value = (observed - chance) / (1 - chance)
    tilt = (2 * b - 1) * (people - a) + (2 * a - 1) * (judge - b)
    moved = (sample.y - observed - (1 - value) * tilt) / (1 - chance)
    found = moments(sample.valued(moved))
    if is_joined(survey):
        few = int(sample.sparse.sum())
        return Figure.without_interval(value, n, method, hardly_drawn(survey, few))
    if found.by_chance and found.free < 10:
        return Figure.without_interval(value, n, method, f"worth {found.free:.1f} labels only")
    df = max(found.free - 1, 1.0) if found.by_chance else np.inf
    ends = t_interval(value, found.variance, df=df)
    return Figure(value, max(ends.low, -1.0), min(ends.high, 1.0), n, method, survey.refusal)


def agreement_shift(
    frame: pd.DataFrame, survey: Survey, *, passes: float, turned: bool = False
) -> tuple[Figure, bool]:
    """Whether a judge went with people as often in the later half of the tasks as before.

    Parameters
    ----------
    frame : DataFrame
        As for `judge_agreement`, and `at`: when the interaction arrived, anything that sorts.
    survey, passes, turned
        As for `judge_agreement`.

    Returns
    -------
    (Figure, bool)
        Share of agreement in the later half less that in the earlier, -1 to 1, and whether it
        drifts: significant at 1 % and at least 0.1. Undefined with fewer than 50 labels in a half;
        what arrived at the same moment is in the same half.

    Raises
    ------
    ValueError
        As for `judge_agreement`; also if `at` is missing.

    References
    ----------
    Newcombe (1998), method 1, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": 1.0, "pi": 0.1, "judge": 1.0, "at": range(200)})
    >>> frame.loc[150:, "judge"] = 0.0
    >>> figure, drifts = agreement_shift(frame, Survey(2000, random_share=1.0), passes=0.5)
    >>> figure.value, drifts
    (-0.5, True)
    """
    check_columns(frame, ("y", "pi", "judge", "at"))
    frame = frame[frame["judge"].notna()].sort_values("at", kind="stable")
    n = len(frame)
    late = _later(frame["at"])
    if survey.refuse_estimate or min(late.sum(), (~late).sum()) < FEWEST_IN_HALF:
        reason = survey.refusal if survey.refuse_estimate else f"it takes 100 labels, there are {n}"
        if n >= 2 * FEWEST_IN_HALF and not survey.refuse_estimate:
            reason = "too many interactions arrived at the same time to tell earlier from later"
        return Figure.undefined(reason or "refused", n), False
    people = (frame["y"].to_numpy() >= 0.5).astype(float)
    alike = (people == passing(frame["judge"], passes, turned=turned)).astype(float)
    sample = sampled(frame, survey).valued(alike)
    found = [moments(sample.rows(rows)) for rows in (~late, late)]
    change = found[1].mean - found[0].mean
    se = sqrt(sum(one.variance for one in found))
    method = "later half less earlier half, weighted; normal"
    ends = t_interval(change, se**2)
    figure = Figure(change, max(ends.low, -1.0), min(ends.high, 1.0), n, method)
    clear = abs(change) > t_quantile(confidence=1 - SIGNIFICANT) * se if se > 0 else bool(change)
    return figure, bool(clear and abs(change) >= LARGE)


def _later(at: pd.Series[Any]) -> NDArray[np.bool_]:
    """Which of sorted moments lie in the later half; those at the same moment stay together."""
    if at.empty:
        return np.zeros(0, dtype=bool)
    late: NDArray[np.bool_] = (at >= at.iloc[len(at) // 2]).to_numpy(dtype=bool)
    return late
