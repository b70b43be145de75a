"""Which interval an estimate gets, when it is widened, and when it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf, isnan, nan, sqrt

import numpy as np

from analysis.figure import Figure
from analysis.intervals import Interval, clopper_pearson, t_interval, wilson
from analysis.joined import is_joined, joined, joined_within, shares_within
from analysis.means import Floats
from analysis.moments import Mask, Moments, Sample, Survey, moments

Scale = tuple[float, float]

FEWEST = 20
"""Fewest labels by chance that carry an estimate."""
FEWEST_FREE = 10
"""Fewest effective labels by chance that carry a rate."""
FEWEST_FLOOR = 10
"""Fewest random labels beside a certain set."""
EXACT_BELOW = 30
"""Below this many random labels beside a certain set the exact interval is used."""
FEW_TERMS = 10
"""Below this effective number of terms a variance of ratings has fewer degrees of freedom."""
MANY_SKIPPED = 0.1
"""Share of skipped tasks from which they are named."""
MUCH_RANDOM = 0.3
"""Random share from which a variance is trusted, if not too much beyond what chance explains."""
TRUSTED = 2.5
"""How many times the size it would have without any targeting such a sample may be worth.

In simulations a mixture with half random rarely gets there (its intervals widen by 0 to 8 %, still
covering 93 to 98 of 100). Where targeting hits nearly all failures seen, as with a few flagged
interactions among rare failures, intervals without this bound covered 46 to 92 of 100 times.
"""
ALL_ALIKE = "everything was labelled and came out alike, although single labels differ"
WIDENED = "widened: fewer than 2 failures among the items that stand for half of the population"
BOUNDED = "widened: nearly all failures were seen where the draw looked harder"
NO_LABELS = "no labels yet"
TINY = 1e-12


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
        figure = _figure(found, scale, f"mean by stratum{thin}", df=df)
    else:
        figure = _by_chance(sample, survey, survey.population, scale)
    return _noted(figure, survey, sample)


def _by_chance(sample: Sample, survey: Survey, size: float, scale: Scale | None) -> Figure:
    """Figure of what a priority draw stands for: as many interactions as `size`."""
    if not is_joined(survey):
        bound = _bound(sample, survey, size)
        return _figure(moments(sample), scale, _method(survey), bound=bound)
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
    bound = _bound(rest, survey, size)
    return _figure(moments(rest), scale, _method(survey), bound=bound)


def domain(sample: Sample, inside: Mask, survey: Survey, scale: Scale | None) -> Figure:
    """Figure of that part of the population for which the rows of a mask stand."""
    n = int(inside.sum())
    if survey.refuse_estimate or not n:
        return Figure.undefined(survey.refusal or NO_LABELS, n=n)
    found, bound = domain_moments(sample, inside, survey)
    if is_joined(survey):
        figure = _within(sample, inside, survey, scale)
    else:
        figure = _figure(found, scale, _method(survey), bound=bound)
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
        return moments(sample, inside), _bound(part, survey, float(part.weight.sum()))
    return moments(part), _bound(part, survey, float(part.weight.sum()))


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
    return _noted(_figure(found, scale, method, bound=bound), survey, sample)


def effective_size(found: Moments, *, bound: float = inf) -> float:
    """Size of the simple random sample that would leave a rate equally uncertain.

    Infinite when nothing is left to chance; at most `bound` times what it would be if the outcome
    had nothing to do with the weights.
    """
    spread = found.mean * (1 - found.mean)
    if spread < TINY or found.variance < TINY**2:
        return found.independent
    return min(spread / found.variance, bound * _independent_size(found))


def check_scale(y: Floats, scale: Scale | None) -> None:
    """Raise ValueError if an outcome lies outside its scale, or the scale is no scale."""
    low, high = scale or (0.0, 1.0)
    if not low < high:
        raise ValueError(f"scale must rise, got {scale}")
    outside = y[(y < low - TINY) | (y > high + TINY)]
    if len(outside):
        raise ValueError(f"outcome {outside[0]} lies outside {low} to {high}")


def clipped(ends: Interval, scale: Scale) -> Interval:
    """Interval cut off at the ends of the scale."""
    return Interval(max(ends.low, scale[0]), min(ends.high, scale[1]))


def _figure(
    found: Moments, scale: Scale | None, method: str, *, bound: float = inf, df: float = nan
) -> Figure:
    """Figure of one mean, if it rests on enough labels."""
    df = _df(found) if isnan(df) else df
    if not found.by_chance:
        method = f"{method}, everything labelled"
    elif scale is None and (found.by_chance < FEWEST or found.free < FEWEST_FREE):
        return Figure.undefined(_too_few(found), n=found.n)
    elif found.by_chance < FEWEST:
        return Figure.without_interval(found.mean, found.n, method, _too_few(found))
    if scale is not None:
        return Figure(found.mean, *_rating_ends(found, scale, df), found.n, f"{method}; t")
    if not found.by_chance and found.noise and found.mean * (1 - found.mean) < TINY:
        return Figure.without_interval(found.mean, found.n, method, ALL_ALIKE)
    size = effective_size(found, bound=bound)
    note = ""
    if size < effective_size(found):
        note = f"; {WIDENED if bound <= 1 else BOUNDED}"
    ends = wilson(found.mean, size, df=df)
    return Figure(found.mean, *ends, found.n, f"{method}; Wilson with effective size{note}")


def _independent_size(found: Moments) -> float:
    """Effective size if the outcome had nothing to do with the weights, noise of labels in."""
    spread = found.mean * (1 - found.mean)
    if spread < TINY or not found.noise:
        return found.independent
    return spread / (spread / found.independent + found.noise)


def _df(found: Moments) -> float:
    """Degrees of freedom of a variance: of the rows by chance, else of the repeated labels."""
    if found.by_chance:
        return max(found.free - 1, 1.0)
    return found.repeats or inf


def _rating_ends(found: Moments, scale: Scale, df: float) -> Interval:
    if found.variance < TINY**2 and found.by_chance:
        # All labels are equal: at most this share of the population can be anything else.
        other = wilson(0.0, found.independent, df=df).high
        below, above = found.mean - scale[0], scale[1] - found.mean
        return Interval(found.mean - other * below, found.mean + other * above)
    if found.terms < FEW_TERMS:
        df = max(found.terms - 1, 1.0)
    return clipped(t_interval(found.mean, found.variance, df=df), scale)


def _bound(sample: Sample, survey: Survey, size: float) -> float:
    """How far the variance of a rate may be trusted, as a bound for `effective_size`.

    It may be blind to rare heavy failures: with much random weight and a small share of the
    population drawn only far beyond what chance explains; else when fewer than 2 failures or 2
    others are among the heaviest items that make up half of the weight.
    """
    if survey.random_share >= MUCH_RANDOM and len(sample.y) <= size / 3:
        return TRUSTED
    order = np.sort(sample.weight)[::-1]
    half = np.searchsorted(np.cumsum(order), order.sum() / 2)
    heavy = sample.y[sample.weight >= order[min(half, len(order) - 1)] - TINY]
    return 1.0 if heavy.sum() < 2 or (1 - heavy).sum() < 2 else inf


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
            return Figure.without_interval(mean, n, method, _too_few(found))
        if found:
            ends, label = _part_ends(found, rest, survey, scale)
            parts = [(1 - share, found.mean, ends)]
            method = f"{method}; {label}"
    if len(flagged.y) and certain:
        known = moments(flagged)
        parts.append((share, known.mean, _part_ends(known, flagged, survey, scale)[0]))
    return _by_sizes(parts, n, method)


def _by_sizes(parts: Sequence[tuple[float, float, Interval]], n: int, method: str) -> Figure:
    """Figure of parts by share, mean and ends: distances to them are roots of sums of squares."""
    mean = sum(share * value for share, value, _ in parts)
    below = sqrt(sum((share * (value - ends.low)) ** 2 for share, value, ends in parts))
    above = sqrt(sum((share * (ends.high - value)) ** 2 for share, value, ends in parts))
    return Figure(mean, mean - below, mean + above, n, method)


def _part_ends(
    found: Moments, part: Sample, survey: Survey, scale: Scale | None
) -> tuple[Interval, str]:
    """Interval of one part of a census and its name."""
    if scale is not None:
        return _rating_ends(found, scale, _df(found)), "t"
    size = _independent_size(found)
    if not part.simple.all():
        size = effective_size(found, bound=_bound(part, survey, 0))
    if found.n < EXACT_BELOW:
        return clopper_pearson(found.mean, size), "Clopper-Pearson"
    return wilson(found.mean, size, df=_df(found)), "Wilson"


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


def _too_few(found: Moments) -> str:
    if found.by_chance < FEWEST:
        return f"fewer than {FEWEST} labels drawn by chance ({found.by_chance})"
    return f"{found.by_chance} labels drawn by chance are worth {found.free:.1f}; it takes {FEWEST}"
