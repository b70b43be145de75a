"""The mean of a population of which one part was hardly drawn, joined of both parts.

A few labels, or none, from a large part of the population leave a weighted mean that looks precise
and is not: the labels that came have weights alike, and nothing in them tells of those that did
not. The size of the part is known, though. So the rest is estimated as ever, the part by an
interval for small numbers (all of the scale without a label), and both are joined by size.
"""

from __future__ import annotations

from dataclasses import replace
from math import hypot

from analysis.figure import Figure
from analysis.intervals import Interval, clopper_pearson
from analysis.moments import Mask, Sample, Survey, moments

LEAST_SPARSE = 0.01
"""Share of the population, hardly drawn, from which it is joined as a part of its own."""


def is_joined(survey: Survey) -> bool:
    """Whether so much of the population was hardly drawn that it must be estimated apart."""
    return survey.kind != "strata" and survey.sparse >= LEAST_SPARSE


def hardly_drawn(survey: Survey, labels: int) -> str:
    """What is told of the part that was hardly drawn."""
    labelled = "1 label" if labels == 1 else f"{labels} labels"
    return f"{survey.sparse:.0%} of the population was hardly drawn ({labelled})"


def no_comparison(survey: Survey, sample: Sample) -> str | None:
    """Why two segments cannot be compared by what was seen of them, if so."""
    if is_joined(survey):
        return survey.refusal or hardly_drawn(survey, int(sample.sparse.sum()))
    return survey.refusal


def joined(rest: Figure, few: Sample, survey: Survey, scale: tuple[float, float]) -> Figure:
    """Figure of the whole from that of the rest and the labels of the part hardly drawn.

    Without a label of the part its mean can be anything: the interval reaches as far as it could
    move the whole. With a few, Clopper-Pearson of their effective number, the scale taken as 0 to
    1, which is never too short; the distances to either end are joined as roots of sums of squares
    (Zou and Donner 2008, doi:10.1002/sim.3095). Labels that are worth less than one, since most of
    the part has none, bound nothing.
    """
    count = len(few.y)
    told = hardly_drawn(survey, count)
    if not rest.defined:
        return Figure.undefined(f"{rest.reason}; {told}", n=rest.n + count)
    share = survey.sparse
    part = moments(few).mean if count else rest.value
    mean = (1 - share) * rest.value + share * part
    if rest.reason:
        method = f"{rest.method}; {told}"
        return Figure.without_interval(mean, rest.n + count, method, rest.reason)
    inner = Interval(rest.low, rest.high)
    size = few_worth(few, survey)
    outer = _ends(size, part, scale)
    below, above = (
        _far((1 - share) * abs(rest.value - near), share * abs(part - far), seen=size >= 1)
        for near, far in zip(inner, outer, strict=True)
    )
    return replace(
        rest, value=mean, low=mean - below, high=mean + above, n=rest.n + count,
        method=f"{rest.method}; widened: {told}",
    )  # fmt: skip


def joined_within(
    rest: Figure,
    few: Sample,
    survey: Survey,
    scale: tuple[float, float],
    shares: tuple[float, float, float],
) -> Figure:
    """Figure of a segment: joined for the least, the likely and the most that is of the part.

    Between them the ends of the interval bend outwards nowhere, so those of the least and of the
    most hold all others.
    """
    least, likely, most = (
        joined(rest, few, replace(survey, sparse=share), scale) for share in shares
    )
    if likely.reason:
        return likely
    told = f"{hardly_drawn(survey, len(few.y))}, of this segment {shares[0]:.0%} to {shares[2]:.0%}"
    return replace(
        likely, low=min(least.low, most.low), high=max(least.high, most.high),
        method=f"{rest.method}; widened: {told}",
    )  # fmt: skip


def shares_within(sample: Sample, inside: Mask, survey: Survey) -> tuple[float, float, float]:
    """Least, likely and most that the part hardly drawn makes up of a segment, each 0..1.

    The size of the part is known, not how much of it is of the segment: that is what its labels
    tell, by Clopper-Pearson; without one it may be nothing or all of the part.
    """
    few, weight = sample.rows(sample.sparse), sample.weight
    hidden = survey.sparse / (1 - survey.sparse) * float(weight[~sample.sparse].sum())
    seen = float(weight[inside & ~sample.sparse].sum())
    if len(few.y):
        middle = float(few.weight @ inside[sample.sparse] / few.weight.sum())
    else:
        middle = seen / float(weight.sum())
    middle = min(middle, 1.0)  # rounding leaves it
    low, high = _ends(few_worth(few, survey), middle, (0.0, 1.0))
    least, likely, most = (hidden * of / (hidden * of + seen) for of in (low, middle, high))
    return least, likely, most


def few_worth(few: Sample, survey: Survey) -> float:
    """How many labels drawn evenly from the part hardly drawn those that came are worth."""
    if not len(few.y):
        return 0.0
    return min(float(few.weight.sum() ** 2 / (few.weight**2).sum()), survey.sparse_worth)


def _ends(size: float, mean: float, scale: tuple[float, float]) -> Interval:
    """Interval of the mean of the part hardly drawn; the ends of the scale below one label."""
    lowest, reach = scale[0], scale[1] - scale[0]
    if size < 1:
        return Interval(*scale)
    low, high = clopper_pearson((mean - lowest) / reach, size)
    return Interval(lowest + reach * low, lowest + reach * high)


def _far(one: float, other: float, *, seen: bool) -> float:
    """How far an end of the whole is; what was never seen is no chance that could cancel out."""
    return hypot(one, other) if seen else one + other
