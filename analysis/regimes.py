"""Which interval an estimate gets, when it is widened, and when it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import nan, sqrt

import numpy as np

from analysis.figure import Figure
from analysis.intervals import Interval, wilson
from analysis.joined import is_joined, joined, joined_within, shares_within
from analysis.mean_figure import FEWEST, FEWEST_FREE, Scale, mean_figure, part_ends, too_few, trust
from analysis.moments import Mask, Moments, Sample, Survey, moments

FEWEST_FLOOR = 10
"""Fewest random labels beside a certain set."""
MANY_SKIPPED = 0.1
"""Share of skipped tasks from which they are named."""
NO_LABELS = "no labels yet"


def population(sample: Sample, survey: Survey, scale: Scale | None) -> Figure:
    """Figure of the whole population, or the reason why there is none."""
    if not len(sample.y):
        return Figure.undefined(survey.refusal or NO_LABELS)
    if survey.refuse_estimate:
        return Figure.undefined(f"{survey.refusal}; {_covered(sample, survey)}", n=len(sample.y))
    found = moments(sample)
    if not found.by_chance and found.n < survey.population:
        reason = (
            f"what was labelled was certain, the rest had no chance; {_covered(sample, survey)}"
        )
        return Figure.undefined(reason, n=found.n)
    if survey.kind == "census" and found.by_chance:
        figure = _census(sample, survey, scale)
    elif survey.kind == "strata":
        groups = len(np.unique(sample.group[sample.pi < 1]))
        thin = "" if sample.simple.all() else ", thin strata merged"
        df = max(found.by_chance - groups, 1) if groups else nan
        figure = mean_figure(found, scale, f"mean by stratum{thin}", df=df)
    else:
        figure = _by_chance(sample, survey, survey.population, scale)
    return _noted(figure, survey, sample)


def _by_chance(sample: Sample, survey: Survey, size: float, scale: Scale | None) -> Figure:
    """Figure of what a priority draw stands for: as many interactions as `size`."""
    if not is_joined(survey):
        bound = trust(sample, survey, size)
        return mean_figure(moments(sample), scale, _method(survey), bound=bound)
    rest, few = sample.rows(~sample.sparse), sample.rows(sample.sparse)
    figure = _of_rest(rest, survey, (1 - survey.sparse) * size, scale)
    return joined(figure, few, survey, scale or (0.0, 1.0))


def _within(sample: Sample, inside: Mask, survey: Survey, scale: Scale | None) -> Figure:
    """Figure of a domain of which it is not known how much was hardly drawn."""
    rest, few = sample.rows(inside & ~sample.sparse), sample.rows(inside & sample.sparse)
    figure = _of_rest(rest, survey, float(rest.weight.sum()), scale)
    if not figure.defined:
        return joined(figure, few, survey, scale or (0.0, 1.0))
    shares = shares_within(sample, inside, survey)
    return joined_within(figure, few, survey, scale or (0.0, 1.0), shares)


def _of_rest(rest: Sample, survey: Survey, size: float, scale: Scale | None) -> Figure:
    """Figure of what was not hardly drawn."""
    if not len(rest.y):
        return Figure.undefined("nothing else was labelled")
    bound = trust(rest, survey, size)
    return mean_figure(moments(rest), scale, _method(survey), bound=bound)


def domain(sample: Sample, inside: Mask, survey: Survey, scale: Scale | None) -> Figure:
    """Figure of that part of the population for which the rows of a mask stand."""
    n = int(inside.sum())
    if survey.refuse_estimate or not n:
        return Figure.undefined(survey.refusal or NO_LABELS, n=n)
    found, bound = domain_moments(sample, inside, survey)
    if is_joined(survey):
        figure = _within(sample, inside, survey, scale)
    else:
        figure = mean_figure(found, scale, _method(survey), bound=bound)
    if not found.by_chance and len(sample.y) < survey.population:
        figure = _certain_alone(figure, sample, scale)
    return _noted(figure, survey, sample)


def _certain_alone(figure: Figure, sample: Sample, scale: Scale | None) -> Figure:
    """Figure of a domain of which all that was labelled was certain to be drawn.

    Nothing drawn by chance is missing from it; yet what had a chance only may belong to it and
    not have been drawn. At most that share of the rest that a sample with none of it allows is
    counted at either end of the scale; where that is more than was labelled, the figure is refused.
    """
    light = sample.weight[sample.pi < 1]
    free = light.sum() ** 2 / (light**2).sum() if len(light) else 0.0
    seen = f"all {figure.n} labelled were certain to be drawn (their mean {figure.value:.3g})"
    if free < FEWEST_FREE:
        return Figure.undefined(f"{seen}; too little was drawn of the rest", n=figure.n)
    hidden = float(light.sum() * wilson(0.0, free, df=free - 1).high)
    if hidden > figure.n:
        others = f"up to {hidden:.0f} others like them may not have been"
        return Figure.undefined(f"{seen}; {others}", n=figure.n)
    if figure.reason:
        return figure
    lowest, highest = scale or (0.0, 1.0)
    share = hidden / (figure.n + hidden)
    low, high = ((1 - share) * end + share * most
                 for end, most in ((figure.low, lowest), (figure.high, highest)))  # fmt: skip
    method = f"{figure.method}; widened by up to {hidden:.0f} others not drawn"
    return Figure(figure.value, low, high, figure.n, method)


def _method(survey: Survey) -> str:
    return "weighted mean" + (", met to known totals" if survey.poststrata else "")


def domain_moments(sample: Sample, inside: Mask, survey: Survey) -> tuple[Moments, float]:
    """Moments of a domain, and the bound on the effective size of its rate."""
    if survey.kind != "priority":
        return moments(sample, inside), 1.0
    part = sample.rows(inside)
    if survey.poststrata:
        return moments(sample, inside), trust(part, survey, float(part.weight.sum()))
    return moments(part), trust(part, survey, float(part.weight.sum()))


def adjusted(
    found: Moments,
    scale: Scale | None,
    method: str,
    *,
    bound: float,
    survey: Survey,
    sample: Sample,
) -> Figure:
    """Figure of a mean that was moved by known totals: it may lie outside its scale, and is cut."""
    low, high = scale or (0.0, 1.0)
    found = replace(found, mean=min(max(found.mean, low), high))
    return _noted(mean_figure(found, scale, method, bound=bound), survey, sample)


def _census(sample: Sample, survey: Survey, scale: Scale | None) -> Figure:
    """Certain set and the rest, each with its own interval, joined by their known sizes."""
    flagged, rest = sample.rows(sample.certain), sample.rows(~sample.certain)
    certain = float(survey.strata.loc[survey.strata["certain"].astype(bool), "population"].sum())
    share, n = certain / survey.population, len(sample.y)
    if certain and len(flagged.y) < min(certain, 2):
        return Figure.undefined(f"{len(flagged.y)} of {certain:.0f} certain ones labelled", n=n)
    others = len(rest.y)
    if others < min(FEWEST_FLOOR, survey.population - certain):
        return Figure.undefined(
            f"{others} random labels beside the certain ones, {FEWEST_FLOOR} needed; "
            f"{_covered(flagged, survey)}",
            n=n,
        )
    method = "certain set and the rest by their sizes"
    if others and is_joined(survey):
        of_rest = replace(survey, sparse=survey.sparse / (1 - share))
        figure = _by_chance(rest, of_rest, survey.population - certain, scale)
        if not figure.defined or figure.reason:
            return replace(figure, n=n)
        parts = [(1 - share, figure.value, Interval(figure.low, figure.high))]
        method = f"{method}; {figure.method}"
    else:
        found = moments(rest) if others else None
        parts = []
        if found and scale is not None and 0 < found.by_chance < FEWEST:
            mean = (1 - share) * found.mean + (share * moments(flagged).mean if certain else 0.0)
            return Figure.without_interval(mean, n, method, too_few(found))
        if found:
            ends, label = part_ends(found, rest, survey, scale)
            parts = [(1 - share, found.mean, ends)]
            method = f"{method}; {label}"
    if len(flagged.y) and certain:
        known = moments(flagged)
        parts.append((share, known.mean, part_ends(known, flagged, survey, scale)[0]))
    return _by_sizes(parts, n, method)


def _by_sizes(parts: Sequence[tuple[float, float, Interval]], n: int, method: str) -> Figure:
    """Figure of parts by share, mean and ends: distances to them are roots of sums of squares."""
    mean = sum(share * value for share, value, _ in parts)
    below = sqrt(sum((share * (value - ends.low)) ** 2 for share, value, ends in parts))
    above = sqrt(sum((share * (ends.high - value)) ** 2 for share, value, ends in parts))
    return Figure(mean, mean - below, mean + above, n, method)


def _noted(figure: Figure, survey: Survey, everybody: Sample) -> Figure:
    """Figure with the refusal of its survey, and the skips named if they are many."""
    if not figure.defined:
        return figure
    if survey.refusal:
        return Figure.without_interval(figure.value, figure.n, figure.method, survey.refusal)
    share = survey.skipped / (len(everybody.y) + survey.skipped)
    if share <= MANY_SKIPPED:
        return figure
    among = " among those alike" if everybody.by_cell else ""
    method = f"{figure.method}; {share:.0%} skipped, taken to be at random{among}"
    return Figure(figure.value, figure.low, figure.high, figure.n, method, figure.reason)


def _covered(sample: Sample, survey: Survey) -> str:
    """What is known of the labelled part alone."""
    n = len(sample.y)
    if not n:
        return "none of them labelled"
    return f"the mean of the {n} of {survey.population} labelled is {sample.y.mean():.3g}"
