"""Whether a judge's values mean what they say: pass rates beside values, bin by bin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analysis.figure import Figure
from analysis.intervals import wilson
from analysis.joined import hardly_drawn, is_joined
from analysis.means import Floats
from analysis.moments import Survey, moments, sampled
from analysis.pairs import check_columns

BINS = 10
FEWEST_IN_BIN = 5
"""Fewest labels in a bin that carry an interval."""
FEWEST = 100
"""Fewest labels that carry an error."""
DRAWS = 2_000


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
        chi-square test finds no gap, and is refused where a part was hardly drawn. Undefined when
        values lie outside 0 to 1, with fewer than 100 labels, or when the survey refuses.

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
    passed = sample.valued((sample.y >= 0.5).astype(float))
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
    error = _error(bins, np.array(spread), survey, turned=turned)
    if error.defined and is_joined(survey):
        few = hardly_drawn(survey, int(sample.sparse.sum()))
        error = Figure.without_interval(error.value, error.n, error.method, few)
    return Calibration(tuple(bins), error)


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
    if n < FEWEST:
        return Figure.undefined(f"it takes {FEWEST} labels with a judge's value, there are {n}", n)
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
