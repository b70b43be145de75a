"""How far a judge can be believed: its agreement with people, and whether its values hold."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.estimates import estimate, estimate_by
from analysis.figure import Figure
from analysis.intervals import t_interval, t_quantile, wilson
from analysis.means import Floats
from analysis.moments import Sample, Survey, moments, sampled
from analysis.pairs import check_columns

BINS = 10
FEWEST_IN_BIN = 5
"""Fewest labels in a bin that carry an interval."""
DRAWS = 2_000
LARGE = 0.1
"""Least change of the share of agreement that is called a drift."""
SIGNIFICANT = 0.01


@dataclass(frozen=True)
class Bin:
    """The interactions whose judge's value lies between two ends."""

    low: float
    high: float
    n: int
    """Labelled tasks in it, unweighted."""
    share: float
    """Of the population, estimated."""
    score: float
    """Mean of the judge's values."""
    passed: Figure
    """Share that people passed."""


@dataclass(frozen=True)
class Calibration:
    """Whether the judge's values mean what they say."""

    bins: tuple[Bin, ...]
    error: Figure
    """Expected calibration error, 0..1."""


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
        too few labels, as `estimate`; kappa also when people or judge see one outcome only.

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
    alike = alike.drop(columns=["labels", "within"], errors="ignore")
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
    found = moments(_with(sample, moved))
    if found.by_chance and found.free < 10:
        return Figure.without_interval(value, n, method, f"worth {found.free:.1f} labels only")
    df = max(found.free - 1, 1.0) if found.by_chance else np.inf
    ends = t_interval(value, found.variance, df=df)
    return Figure(value, max(ends.low, -1.0), min(ends.high, 1.0), n, method, survey.refusal)


def _with(sample: Sample, y: Floats) -> Sample:
    ones = np.ones(len(y))
    return Sample(
        y, sample.pi, sample.weight, sample.group, sample.simple, sample.certain, ones, 0.0, 0
    )


def calibration(frame: pd.DataFrame, survey: Survey, *, turned: bool = False) -> Calibration:
    """Mean value of the judge beside the share that people passed, bin by bin.

    Parameters
    ----------
    frame : DataFrame
        As for `judge_agreement`.
    survey : Survey
        How the tasks were drawn.
    turned : bool
        Whether the judge's values say how likely a failure is.

    Returns
    -------
    Calibration
        Up to ten bins of equal width, or one per value when there are at most ten; a pass rate
        has a Wilson interval of the effective size, none below 5 labels. The error is the mean
        distance of pass rate and value over the population, less what noise alone adds; its
        interval comes from 2,000 seeded draws of the pass rates, and reaches down to 0 when a
        chi-square test finds no gap. Undefined when values lie
        outside 0 to 1, with fewer than 100 labels, or when the survey refuses.

    Raises
    ------
    ValueError
        As for `judge_agreement`.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), doi:10.1609/aaai.v29i1.9602; the bias of the plain
    error: Kumar, Liang and Ma (2019), doi:10.48550/arXiv.1909.10155.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> said = rng.random(400)
    >>> frame = pd.DataFrame({"y": 1.0 * (rng.random(400) < said), "pi": 0.1, "judge": said})
    >>> found = calibration(frame, Survey(4000, random_share=1.0))
    >>> len(found.bins), found.error.low
    (10, 0.0)
    """
    check_columns(frame, ("y", "pi", "judge"))
    frame = frame[frame["judge"].notna()]
    sample, values = sampled(frame, survey), frame["judge"].to_numpy(dtype=float)
    edges = _edges(values)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(len(edges) - 2, 0))
    passed = _with(sample, (sample.y >= 0.5).astype(float))
    bins, spread = [], []
    for index in np.unique(place):
        rows = place == index
        part, share = passed.rows(rows), float(sample.weight[rows].sum() / sample.weight.sum())
        found = moments(part)
        size = found.free if found.by_chance else float(found.n)
        figure = _pass_rate(found.mean, size, found.n, survey)
        score = float(part.weight @ values[rows] / part.weight.sum())
        bins.append(Bin(edges[index], edges[index + 1], found.n, share, score, figure))
        middle = (found.mean * size + 1) / (size + 2)
        spread.append(middle * (1 - middle) / size)
    return Calibration(tuple(bins), _error(bins, np.array(spread), survey, turned=turned))


def _edges(values: Floats) -> list[float]:
    """Ends of the bins: the values themselves when they are few."""
    if not len(values):
        return []
    unique = np.unique(values)
    if len(unique) <= BINS:
        return [*unique.tolist(), float(unique[-1])]
    low, high = float(values.min()), float(values.max())
    ends = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)
    return [float(edge) for edge in np.linspace(*ends, BINS + 1)]


def _pass_rate(mean: float, size: float, n: int, survey: Survey) -> Figure:
    if survey.refuse_estimate:
        return Figure.undefined(survey.refusal or "refused", n)
    method = "weighted share; Wilson with effective size"
    if n < FEWEST_IN_BIN or survey.refusal:
        reason = survey.refusal or f"fewer than {FEWEST_IN_BIN} labels"
        return Figure.without_interval(mean, n, method, reason)
    return Figure(mean, *wilson(mean, size), n, method)


def _error(bins: list[Bin], spread: Floats, survey: Survey, *, turned: bool) -> Figure:
    n = sum(one.n for one in bins)
    if survey.refuse_estimate:
        return Figure.undefined(survey.refusal or "refused", n)
    if n < 100:
        return Figure.undefined(f"it takes 100 labels with a judge's value, there are {n}", n)
    score = np.array([one.score for one in bins])
    if bins[0].low < 0 or bins[-1].high > 1:
        return Figure.undefined("the judge's values are no probabilities of 0 to 1", n)
    share = np.array([one.share for one in bins])
    gap = np.array([one.passed.value for one in bins]) - (1 - score if turned else score)
    noise = np.random.default_rng(0).normal(size=(DRAWS, len(bins))) * np.sqrt(spread)
    drawn = np.abs(gap + noise) @ share
    plain = float(np.abs(gap) @ share)
    extra = float(drawn.mean()) - plain
    low, high = np.quantile(drawn, [0.025, 0.975]) - extra
    value = max(plain - extra, 0.0)
    if special.chdtrc(len(bins), float((gap**2 / spread).sum())) > 0.05:
        low = 0.0  # the gaps are what chance alone would give
    method = f"{len(bins)} bins, less the bias; drawn pass rates"
    return Figure(value, max(min(float(low), value), 0.0), max(float(high), value), n, method)


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
        drifts: significant at 1 % and at least 0.1. Undefined with fewer than 50 labels in a half.

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
    n, half = len(frame), len(frame) // 2
    if survey.refuse_estimate or half < 50:
        reason = survey.refusal if survey.refuse_estimate else f"it takes 100 labels, there are {n}"
        return Figure.undefined(reason or "refused", n), False
    people = (frame["y"].to_numpy() >= 0.5).astype(float)
    alike = (people == passing(frame["judge"], passes, turned=turned)).astype(float)
    sample = _with(sampled(frame, survey), alike)
    late = np.arange(n) >= half
    found = [moments(sample.rows(rows)) for rows in (~late, late)]
    change = found[1].mean - found[0].mean
    se = sqrt(sum(one.variance for one in found))
    method = "later half less earlier half, weighted; normal"
    ends = t_interval(change, se**2)
    figure = Figure(change, max(ends.low, -1.0), min(ends.high, 1.0), n, method)
    clear = abs(change) > t_quantile(confidence=1 - SIGNIFICANT) * se if se > 0 else bool(change)
    return figure, bool(clear and abs(change) >= LARGE)
