"""Quality of the whole population from the labelled tasks, with an interval or a refusal."""

from __future__ import annotations

from math import nan

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.figure import Figure
from analysis.intervals import t_interval, wilson
from analysis.joined import is_joined
from analysis.mean_figure import FEWEST, Scale, check_scale, clipped
from analysis.means import aligned
from analysis.moments import Sample, Survey, moments, sampled, variance_terms
from analysis.pairs import check_columns
from analysis.regimes import domain, population


def estimate(frame: pd.DataFrame, survey: Survey, *, scale: Scale | None = None) -> Figure:
    """Estimated mean of the whole population, although its tasks had unequal chances.

    Parameters
    ----------
    frame : DataFrame
        One row per labelled task that counts: `y` (outcome), `pi` (chance of inclusion, (0, 1]);
        `certain` (bool) for a census, `stratum` for strata, `sparse` (bool) where a part was
        hardly drawn; optionally `labels` (number of planned labels behind `y`) and `within`
        (their variance).
    survey : Survey
        How the tasks were drawn.
    scale : (float, float), optional
        Ends of the rating scale; without it `y` is a rate in [0, 1].

    Returns
    -------
    Figure
        Weighted (Hajek) mean; by stratum for strata; certain set plus the rest for a census.
        A rate carries a Wilson interval of effective size, widened when too few failures stand
        for half of the population; a rating carries a t interval clipped to the scale. A part
        that was hardly drawn is estimated apart, without a label by all of the scale. Value
        undefined with fewer than 20 labels by chance (a rate), with fewer than 10 random
        labels beside a certain set, or when the survey refuses. Interval refused with fewer
        than 20 labels by chance (a rating) or when the survey refuses it. When everything was
        labelled, only the noise of repeated labels is left in the interval, and the interval of a
        rate is refused where all came out alike although such labels differ.

    Raises
    ------
    ValueError
        If a column is missing, an outcome is outside its scale, or the numbers do not fit.

    References
    ----------
    Duffield, Lund and Thorup (2007), doi:10.1145/1314690.1314696; Korn and Graubard (1998),
    Survey Methodology 24:193-201.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0] * 10 + [0.0] * 40, "pi": 0.05})
    >>> figure = estimate(frame, Survey(population=1000, random_share=1.0))
    >>> round(figure.value, 2), round(figure.low, 3), round(figure.high, 3)
    (0.2, 0.112, 0.332)
    """
    return population(_checked(frame, survey, scale), survey, scale)


def estimate_by(
    frame: pd.DataFrame, column: str, survey: Survey, *, scale: Scale | None = None
) -> dict[str, Figure]:
    """Estimate for every value of a column, for instance per model.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`, with the column that names the domain; rows without a value are in
        no domain, those with a list of values in the domain of each.
    column : str
        The column.
    survey : Survey
        How the tasks of all domains together were drawn.
    scale : (float, float), optional
        Ends of the rating scale; without it `y` is a rate.

    Returns
    -------
    dict
        Figure by value, sorted by value. The size of a domain is estimated too, so the interval
        is never narrower than that of an equally large survey of its own. How much of a part that
        was hardly drawn belongs to a domain its labels tell: the interval holds for the least and
        for the most that they allow, which without a label is nothing and all of the part.

    Raises
    ------
    ValueError
        As for `estimate`; also if `column` is missing.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 0.0] * 40, "pi": 0.1, "model": ["a"] * 60 + ["b"] * 20})
    >>> figures = estimate_by(frame, "model", Survey(population=800, random_share=1.0))
    >>> {model: figure.n for model, figure in figures.items()}
    {'a': 60, 'b': 20}
    """
    check_columns(frame, (column,))
    sample = _checked(frame, survey, scale)
    values = frame[column].reset_index(drop=True).explode().dropna()
    found = {}
    for value, rows in sorted(values.groupby(values).groups.items(), key=lambda one: str(one[0])):
        inside = np.zeros(len(frame), dtype=bool)
        inside[rows] = True
        found[str(value)] = domain(sample, inside, survey, scale)
    return found


def plain_mean(y: ArrayLike, *, scale: Scale | None = None) -> Figure:
    """Mean of the labelled tasks as they are: right only if they were drawn evenly.

    Parameters
    ----------
    y : array (n,)
        Outcomes of tasks.
    scale : (float, float), optional
        Ends of the rating scale; without it `y` is a rate in [0, 1].

    Returns
    -------
    Figure
        Wilson interval for a rate, t interval for a rating; undefined without tasks.

    Raises
    ------
    ValueError
        If an outcome is missing or outside its scale.

    Examples
    --------
    >>> figure = plain_mean([1, 0, 0, 0])
    >>> figure.value, round(figure.high, 3)
    (0.25, 0.699)
    """
    outcomes, _ = aligned(y, np.ones(np.size(y)))
    check_scale(outcomes, scale)
    n, method = len(outcomes), "plain mean of the labelled tasks"
    if not n:
        return Figure.undefined("no labels yet")
    mean = float(outcomes.mean())
    if scale is None:
        return Figure(mean, *wilson(mean, n), n, f"{method}; Wilson")
    if n < 2:
        return Figure.without_interval(mean, n, method, "one task shows no spread")
    ends = t_interval(mean, float(outcomes.var(ddof=1)) / n, df=n - 1)
    return Figure(mean, *clipped(ends, scale), n, f"{method}; t")


def effective_n(pi: ArrayLike) -> float:
    """Effective number of labels: (sum w)^2 / sum w^2 with w = 1 / pi (Kish).

    Parameters
    ----------
    pi : array (n,)
        Inclusion probabilities of the labelled tasks, in (0, 1].

    Returns
    -------
    float
        Between 1 and n, n when all chances are equal; 0 for no labels.

    Raises
    ------
    ValueError
        If a probability is outside (0, 1].

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7, ISBN 0-471-10949-5.

    Examples
    --------
    >>> round(effective_n([0.1, 0.1, 1.0, 1.0]), 2)
    2.4
    """
    _, chances = aligned(np.zeros(np.size(pi)), pi)
    weight = 1 / chances
    return float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0


def label_worth(frame: pd.DataFrame, survey: Survey) -> float:
    """How many labels drawn evenly at random each label of a survey is worth.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`.
    survey : Survey
        How the tasks were drawn.

    Returns
    -------
    float
        One over the design effect: the variance that as many even random labels would have had,
        over that of the weighted mean; finite populations left out. Above 0; NaN with fewer than
        20 labels by chance, when outcomes do not vary, or where a part was hardly drawn: the
        labels that came do not tell what they are worth for all.

    Raises
    ------
    ValueError
        As for `estimate`.

    References
    ----------
    Kish (1965), Survey Sampling, section 8.2, ISBN 0-471-10949-5.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 0.0] * 20, "pi": 0.01})
    >>> round(label_worth(frame, Survey(population=4000, random_share=1.0)), 3)
    1.0
    """
    sample = sampled(frame, survey)
    if int((sample.pi < 1).sum()) < FEWEST or is_joined(survey):
        return nan
    found, n = moments(sample), len(sample.y)
    share = sample.weight / sample.weight.sum()
    spread = float(share @ (sample.y - found.mean) ** 2) * n / (n - 1)
    chance = sample.pi < 1
    terms = variance_terms(sample, about=found.mean)[chance] / (1 - sample.pi[chance])
    variance = float(terms.sum())  # what labels of a task differ by is in the outcomes already
    return spread / n / variance if variance > 0 and spread > 0 else nan


def _checked(frame: pd.DataFrame, survey: Survey, scale: Scale | None) -> Sample:
    sample = sampled(frame, survey)
    check_scale(sample.y, scale)
    return sample
