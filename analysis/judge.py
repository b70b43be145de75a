"""The estimate with a judge's help: labels say what is true, the judge has seen everything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import atanh, exp, inf, log, nan, sqrt, tanh

import numpy as np
import pandas as pd

from analysis.estimates import estimate
from analysis.figure import Figure
from analysis.intervals import t_quantile
from analysis.joined import hardly_drawn, is_joined
from analysis.mean_figure import Scale
from analysis.means import Floats
from analysis.moments import Mask, Sample, Survey, moments, sampled, variance_terms
from analysis.pairs import check_columns
from analysis.regimes import adjusted

FEWEST_LABELS = 100
"""Fewest labels with which a judge's help can be measured."""
FEWEST_EACH = 10
"""Fewest failures, and fewest passes, among them."""
WEAKEST = 0.3
"""A judge that goes less with people than this costs as much as it gives."""
STEEPEST = 1.5
"""Largest slope, in units of the outcome's scale over the range of the judge's values."""
MORE_OFTEN = 4.0
"""Standard errors by which labelled tasks may be scored more often than the population."""
MANY_TIMES = 2.0
"""Where most of a draw was targeted, a judge may not be worth more than this many times n."""


@dataclass(frozen=True)
class Judged:
    """What a judge said of the whole population."""

    mean: float
    """Mean of its values."""
    low: float
    high: float
    """Smallest and largest value."""
    scored: int
    """How many interactions it scored."""

    def __post_init__(self) -> None:
        if not self.low <= self.mean <= self.high:
            raise ValueError(f"mean must lie between low and high, got {self}")


@dataclass(frozen=True)
class JudgeEstimate:
    """An estimate with a judge beside the one from labels alone."""

    figure: Figure
    """With the judge, if it is used; else the same as `without`."""
    without: Figure
    used: bool
    reason: str | None
    """Why the judge is not used."""
    saves: Figure
    """How many more labels would be as good as the judge."""
    correlation: Figure
    """Of the judge's values with the labels, over the population, -1 to 1."""


def estimate_with_judge(
    frame: pd.DataFrame, survey: Survey, judged: Judged, *, scale: Scale | None = None
) -> JudgeEstimate:
    """Mean of the population, with the judge's values where they help.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`, and `judge` (the judge's value in its own unit; NaN where it gave none)
        and `half` (0 or 1, by chance and unrelated to the outcome: the slope of each half is
        taken from the other).
    survey : Survey
        How the tasks were drawn.
    judged : Judged
        The judge's values over the whole population.
    scale : (float, float), optional
        Ends of the rating scale; without it `y` is a rate.

    Returns
    -------
    JudgeEstimate
        Difference estimator with cross-fitted slopes; an interaction without a value counts as
        one of average value. The judge is not used, and the reason told, with fewer than 100
        labels, fewer than 10 failures or passes (10 ratings other than the commonest), a
        correlation below 0.3 either way, a certain set, a part hardly drawn, where `estimate` gives
        no interval, or where labelled tasks were scored more often than the population: the judge
        then looked where people did, and its mean is not that of the population.

    Raises
    ------
    ValueError
        If a column is missing, or as for `estimate`.

    References
    ----------
    Cassel, Sarndal and Wretman (1976), doi:10.1093/biomet/63.3.615; Angelopoulos, Duchi and
    Zrnic (2023), doi:10.48550/arXiv.2311.01453; cross-fitting: Zrnic and Candes (2024),
    doi:10.1073/pnas.2322083121.

    Examples
    --------
    >>> y = [1.0, 0.0, 0.0, 1.0, 0.0] * 40
    >>> frame = pd.DataFrame({"y": y, "pi": 0.1, "judge": y, "half": [0, 1] * 100})
    >>> frame.loc[:19, "judge"] = 0.0
    >>> survey = Survey(population=2000, random_share=1.0)
    >>> found = estimate_with_judge(frame, survey, Judged(0.38, 0.0, 1.0, 2000))
    >>> round(found.figure.value, 3), round(found.without.value, 3), found.saves.value > 200
    (0.419, 0.4, True)
    """
    check_columns(frame, ("y", "pi", "judge", "half"))
    without = estimate(frame, survey, scale=scale)
    if not len(frame) or not judged.low < judged.high:
        reason = "no labels yet" if not len(frame) else "the judge gave everything the same value"
        return _unused(without, reason, Figure.undefined(reason, len(frame)))
    sample = sampled(frame, survey)
    values = _mapped(frame["judge"].to_numpy(dtype=float), judged, scale or (0.0, 1.0))
    known = np.isfinite(values)
    correlation = _correlation(sample, values, known)
    why = _not_used(sample, survey, without, correlation, scale)
    if why := why or _looked_where_people_did(sample, survey, judged, known):
        return _unused(without, why, correlation)
    ends = scale or (0.0, 1.0)
    centre = float(_mapped(np.array([judged.mean]), judged, ends)[0])
    gap = np.where(known, values - centre, 0.0)
    helped = replace(sample, y=sample.y - _slopes(sample, gap, frame["half"]) * gap)
    plain = moments(sample)
    bound = inf if survey.random_share >= 1 / MANY_TIMES else MANY_TIMES
    found = moments(helped, about=plain.mean)
    method = "weighted mean with a judge, cross-fitted"
    figure = adjusted(found, scale, method, bound=bound, survey=survey, sample=sample)
    return JudgeEstimate(
        figure, without, True, None, _saves(sample, helped, plain.mean), correlation
    )


def _unused(without: Figure, reason: str, correlation: Figure) -> JudgeEstimate:
    nothing = Figure.undefined(f"the judge is not used: {reason}", without.n)
    return JudgeEstimate(without, without, False, reason, nothing, correlation)


def _not_used(
    sample: Sample, survey: Survey, without: Figure, correlation: Figure, scale: Scale | None
) -> str | None:
    """Why the judge cannot help, if so."""
    if without.reason:
        return without.reason
    if survey.kind == "census":
        return "a part of the tasks was certain to be drawn"
    if is_joined(survey):
        return hardly_drawn(survey, int(sample.sparse.sum()))
    if few := _too_few(sample, scale):
        return few
    if correlation.defined and abs(correlation.value) < WEAKEST:
        return f"it goes with the labels too little (correlation {correlation.value:.2f})"
    return correlation.reason


def _looked_where_people_did(
    sample: Sample, survey: Survey, judged: Judged, known: Mask
) -> str | None:
    """Whether what was scored depends on what was drawn: more of the labelled than of the rest."""
    share = min(judged.scored / survey.population, 1.0) if survey.population else 1.0
    seen = float(sample.weight[known].sum() / sample.weight.sum())
    size = float(sample.weight.sum() ** 2 / (sample.weight**2).sum())
    if seen - share <= MORE_OFTEN * sqrt(share * (1 - share) / size) + 1 / size:
        return None
    return (
        f"it scored {100 * seen:.3g} % of what people labelled and {100 * share:.3g} % of the "
        "population: let it judge everything, or a sample drawn apart"
    )


def _too_few(sample: Sample, scale: Scale | None) -> str | None:
    """Whether labels, or those of either outcome, are too few to measure a slope."""
    n = len(sample.y)
    if n < FEWEST_LABELS:
        return f"it takes {FEWEST_LABELS} labels, there are {n}"
    if scale is None:
        failing = int((sample.y < 0.5).sum())
        fewest, what = min(failing, n - failing), "of either outcome"
    else:
        fewest = n - int(np.unique(sample.y, return_counts=True)[1].max())
        what = "other than the commonest rating"
    return None if fewest >= FEWEST_EACH else f"it takes {FEWEST_EACH} {what}, there are {fewest}"


def _mapped(values: Floats, judged: Judged, scale: Scale) -> Floats:
    """The judge's values moved onto the scale of the outcome."""
    found: Floats = scale[0] + (values - judged.low) / (judged.high - judged.low) * (
        scale[1] - scale[0]
    )
    return found


def _slopes(sample: Sample, gap: Floats, half: pd.Series[int]) -> Floats:
    """Per row, the slope of the outcome on the judge's values in the other half."""
    first = half.to_numpy() == half.to_numpy().min()
    slopes = np.where(first, _slope(sample, gap, ~first), _slope(sample, gap, first))
    turned = 1.0 if _slope(sample, gap, np.ones_like(first)) >= 0 else -1.0
    found: Floats = turned * np.clip(turned * slopes, 0.0, STEEPEST)
    return found


def _slope(sample: Sample, gap: Floats, rows: Mask) -> float:
    pull = ((1 - sample.pi) / sample.pi**2)[rows]
    y, x = sample.y[rows], gap[rows]
    if not pull.sum() > 0:
        return 0.0
    x = x - pull @ x / pull.sum()
    spread = float(pull @ x**2)
    return float(pull @ (x * (y - pull @ y / pull.sum())) / spread) if spread > 0 else 0.0


def _correlation(sample: Sample, values: Floats, known: Mask) -> Figure:
    """Weighted correlation of labels and judge, interval by Fisher's z of the effective n."""
    w, n = sample.weight[known], int(known.sum())
    y, x = sample.y[known], values[known]
    size = float(w.sum() ** 2 / (w**2).sum()) if n else 0.0
    if size <= 3:
        return Figure.undefined(f"the judge scored {n} of the labelled tasks", n)
    y, x = y - w @ y / w.sum(), x - w @ x / w.sum()
    spread = float((w @ y**2) * (w @ x**2))
    if not spread > 0:
        return Figure.undefined("labels or judge do not vary", n)
    rho = min(max(float(w @ (x * y)) / sqrt(spread), -1.0), 1.0)
    reach, middle = t_quantile() / sqrt(size - 3), atanh(min(max(rho, -0.999999), 0.999999))
    ends = (tanh(middle - reach), tanh(middle + reach))
    return Figure(rho, *ends, n, "weighted correlation; Fisher z with effective size")


def _saves(sample: Sample, helped: Sample, about: float) -> Figure:
    """Labels that would narrow the interval as much: n times the ratio of variances, less n."""
    plain, left = (variance_terms(one, about=about) for one in (sample, helped))
    n, noise = len(sample.y), moments(sample).noise
    if not left.sum() > 0:
        return Figure.undefined("nothing is left to chance", n)
    before, after = float(plain.sum()) + noise, float(left.sum()) + noise
    told = log(before / after)
    spread = sqrt(n / (n - 1) * float(((plain / before - left / after) ** 2).sum()))
    low, high = (n * (exp(told + side * t_quantile() * spread) - 1) for side in (-1, 1))
    value = n * (before / after - 1)
    if not np.isfinite(value):
        value = nan
    return Figure(value, low, high, n, "n times the ratio of variances, less n; delta method")
