"""How many labels a question of a lead takes, with what the queue's labels say so far."""

from datetime import datetime
from math import ceil, sqrt
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import analysis
from analysis import Figure
from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Field, Rating
from labeling.judged import judge_summary
from labeling.outcomes import Evidence, evidence, outcomes
from labeling.reports import chosen_field
from labeling.weighing import sampled_tasks, surveyed
from storage import Session
from storage.queries import queues

CHANGE = {"rate": 0.1, "rating": 0.25}
HALF_WIDTH = {"rate": 0.05, "rating": 0.1}
POWER = 0.8
ENOUGH = 20
"""Fewest labels from which spread and design effect are taken; fewer: assumed."""
ALIKE = 0.5
"""Correlation assumed between two systems that answer the same interactions."""
TINY = 1e-9
SMALLEST = 1e-4
"""Share of the scale below which no change is planned for: it would take a billion labels."""


class Known(NamedTuple):
    """What a plan starts from."""

    kind: str
    """rate or rating."""
    low: float
    """The lowest value there can be."""
    high: float
    value: float
    start: float
    """What a change is planned from: a rate as if one yes and one no more had been said."""
    sd: float
    """Never 0."""
    worth: float
    """How many even random labels a label is worth by the draws, and by the judge."""
    judge: float
    population: int | None
    assumed: list[str]
    half_width: float | None = None
    """Of the present interval, with the judge where it helps; None while there is none."""


def plan_report(  # noqa: PLR0913 - what is asked, of which queue
    session: Session,
    queue_name: str,
    now: datetime,
    *,
    field: str | None = None,
    change: float | None = None,
    power: float = POWER,
    half_width: float | None = None,
    said: Evidence | None = None,
) -> dict[str, Any]:
    """Labels to see a change, and to narrow the interval of a field.

    `said` is the evidence where it was read already.

    Raises
    ------
    InvalidLabel
        If there is no such field, or a number is out of range; names it.
    """
    queue = queues.queue_named(session, queue_name)
    found = said or evidence(session, queue, now)
    asked = chosen_field(found.forms.fields, field, (Rating, Boolean))
    frame = sampled_tasks(found, outcomes(found, asked))
    known = _known(session, queue.id, found, asked, frame, now)
    kind, span = known.kind, known.high - known.low
    change = CHANGE[kind] if change is None else change
    half_width = HALF_WIDTH[kind] if half_width is None else half_width
    _check("change", change, span, SMALLEST * span)
    _check_reach(known, change)
    _check("half_width", half_width, span, SMALLEST * span)
    _check("power", power, 1.0)
    return {
        "queue": queue.name,
        "field": asked.name,
        "labelled": len(frame),
        "value": known.value,
        "sd": known.sd,
        "label_worth": known.worth,
        "judge_worth": known.judge,
        "assumed": known.assumed,
        "change": _change(known, change, power),
        "width": _width(known, half_width, len(frame)),
    }


def _known(
    session: Session,
    queue_id: int,
    found: Evidence,
    field: Field,
    frame: pd.DataFrame,
    now: datetime,
) -> Known:
    """Mean, spread and worth of the labels so far; without enough, the widest there can be."""
    kind, low, high = "rate", 0.0, 1.0
    if isinstance(field, Rating):
        kind, low, high = "rating", float(field.min), float(field.max)
    size = found.design.population if found.design else None
    if found.design is None or len(frame) < ENOUGH:
        widest = f"fewer than {ENOUGH} labels: the widest spread there can be"
        middle, reach = (low + high) / 2, (high - low) / 2
        return Known(kind, low, high, middle, middle, reach, 1.0, 1.0, size, [widest])
    tasks, survey = surveyed(found, field, frame)
    present = analysis.estimate(tasks, survey, scale=(low, high) if kind == "rating" else None)
    mean, start, sd = _spread(kind, tasks, present, low, high)
    worth, assumed = analysis.label_worth(tasks, survey), []
    if not np.isfinite(worth):
        worth, assumed = 1.0, ["every label worth one drawn evenly at random"]
    helped = judge_summary(session, queue_id, found, field, frame, now)
    gain, ends = 1.0, present.to_json()["ci"]
    if helped and helped["used"]:
        gain = max(1 + helped["saves"]["value"] / len(frame), 1.0)
        ends = helped["estimate"]["ci"]
    half_width = (ends[1] - ends[0]) / 2 if ends else None
    return Known(kind, low, high, mean, start, sd, worth, gain, size, assumed, half_width)


def _spread(
    kind: str, tasks: pd.DataFrame, present: Figure, low: float, high: float
) -> tuple[float, float, float]:
    """Mean, where to plan from, and a spread that is never 0, however alike the labels are."""
    y, weight = tasks["y"].to_numpy(), 1 / tasks["pi"].to_numpy()
    mean = min(max(float(weight @ y / weight.sum()), low), high)  # rounding leaves the scale
    n = analysis.effective_n(tasks["pi"].to_numpy())
    if kind == "rate":
        start = (mean * n + 1) / (n + 2)
        return mean, start, sqrt(start * (1 - start))
    sd = sqrt(float(weight @ (y - mean) ** 2 / weight.sum()))
    if sd >= TINY:
        return mean, mean, sd
    spreads = []
    for seen, end in ((present.low, low), (present.high, high)):
        reach = abs(end - mean)
        others = abs(seen - mean) / reach if reach and np.isfinite(seen) else 0.0
        others = min(max(others, 1 / (n + 2)), 1.0)
        spreads.append(reach * sqrt(others * (1 - others)))
    return mean, mean, max(spreads)


def _check(name: str, value: float, most: float, least: float = 0.0) -> None:
    if not max(least, TINY) <= value < most:
        hint = f"from {least:g} and below {most:g}" if least else f"above 0 and below {most:g}"
        raise InvalidLabel(name, f"{value:g} is not possible here", hint)


def _check_reach(known: Known, change: float) -> None:
    """Raise InvalidLabel for a change that ends beyond the scale either way."""
    most = max(known.value - known.low, known.high - known.value)
    if change > most + TINY:
        hint = f"at most {most:.3g}: the mean is {known.value:.3g} now"
        raise InvalidLabel("change", f"{change:g} is not possible here", hint)


def _change(known: Known, change: float, power: float) -> dict[str, Any]:
    """Labels per period, or per variant, to see a value move that far."""
    worth = known.worth * known.judge
    if known.kind == "rating":
        apart = analysis.labels_for_shift(change, known.sd, power=power, worth=worth)
        between = known.sd * sqrt(2 * (1 - ALIKE))
        paired = analysis.labels_for_shift(change, between, power=power) / 2
        method = "two means, normal"
    else:
        falls = change <= known.value + TINY
        before = max(known.start, change) if falls else min(known.start, 1 - change)
        after = before - change if falls else min(before + change, 1.0)
        apart = analysis.labels_for_change(before, after, power=power, worth=worth)
        differ = (before * (1 - after) + after * (1 - before)) * (1 - ALIKE)
        paired = analysis.pairs_for_change(change, min(max(differ, change), 1.0), power=power)
        method = "two rates, a yes and a no added, pooled variance; pairs: McNemar (Connor)"
    labels, pairs = _whole(apart), _whole(paired)
    or_pairs = f"; or {pairs:,} interactions that both systems answer" if pairs < labels else ""
    return {
        "change": change,
        "power": power,
        "labels": labels,
        "pairs": pairs,
        "method": method,
        "assumed": f"pairs: the two systems go together with correlation {ALIKE}",
        "sentence": f"To see a change of {change:g} with {100 * power:.0f} % power, label "
        f"{labels:,} before and {labels:,} after{or_pairs}.",
    }


def _width(known: Known, half_width: float, labelled: int) -> dict[str, Any]:
    """Labels in all for an interval that wide."""
    n = analysis.labels_for_width(
        half_width, sd=known.sd, worth=known.worth * known.judge, population=known.population
    )
    labels = max(_whole(n), _whole(_for_the_present(known, half_width, labelled)))
    more = max(labels - labelled, 0)
    reached = f"label {more:,} more" if more and labelled else f"label {labels:,}"
    if labelled and not more:
        narrow = known.half_width is not None and known.half_width <= half_width
        reached = "you have enough labels" if narrow else "more tasks alone do not get you there"
    return {
        "half_width": half_width,
        "labels": labels,
        "more": more,
        "method": "normal, finite population",
        "sentence": f"For an estimate within {half_width:g} either way, {reached}.",
    }


def _for_the_present(known: Known, half_width: float, labelled: int) -> float:
    """Labels in all until the present interval, if it is wider, is as narrow as wished."""
    if known.half_width is None:
        return min(ENOUGH, known.population or ENOUGH) if labelled else 0.0
    if known.half_width <= half_width:
        return 0.0
    everybody = 1 / known.population if known.population else 0.0
    left = (1 / labelled - everybody) * (half_width / known.half_width) ** 2
    return 1 / (everybody + left)


def _whole(labels: float) -> int:
    return max(ceil(labels - 1e-9), 1)
