"""How many labels a question of a lead takes, with what the queue's labels say so far."""

from datetime import datetime
from math import ceil, sqrt
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import analysis
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


class Known(NamedTuple):
    """What a plan starts from."""

    kind: str
    """rate or rating."""
    span: float
    """From the lowest to the highest value there can be."""
    value: float
    sd: float
    worth: float
    """How many even random labels a label is worth by the draws, and by the judge."""
    judge: float
    population: int | None
    assumed: list[str]


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
    kind, span = known.kind, known.span
    change = CHANGE[kind] if change is None else change
    half_width = HALF_WIDTH[kind] if half_width is None else half_width
    _check("change", change, span)
    _check("half_width", half_width, span)
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
        return Known(kind, high - low, middle, reach, 1.0, 1.0, size, [widest])
    tasks, survey = surveyed(found, field, frame)
    y, weight = tasks["y"].to_numpy(), 1 / tasks["pi"].to_numpy()
    mean = float(weight @ y / weight.sum())
    sd = sqrt(float(weight @ (y - mean) ** 2 / weight.sum()))
    worth = analysis.label_worth(tasks, survey)
    assumed = [] if np.isfinite(worth) else ["every label worth one drawn evenly at random"]
    helped = judge_summary(session, queue_id, found, field, frame, now)
    gain = 1.0
    if helped and helped["used"]:
        gain = max(1 + helped["saves"]["value"] / len(frame), 1.0)
    worth = worth if np.isfinite(worth) else 1.0
    return Known(kind, high - low, mean, sd, worth, gain, size, assumed)


def _check(name: str, value: float, most: float) -> None:
    if not 0 < value < most:
        hint = f"above 0 and below {most:g}"
        raise InvalidLabel(name, f"{value:g} is not possible here", hint)


def _change(known: Known, change: float, power: float) -> dict[str, Any]:
    """Labels per period, or per variant, to see a value move that far."""
    worth = known.worth * known.judge
    if known.kind == "rating":
        apart = analysis.labels_for_shift(change, known.sd, power=power, worth=worth)
        between = known.sd * sqrt(2 * (1 - ALIKE))
        paired = analysis.labels_for_shift(change, between, power=power) / 2
        method = "two means, normal"
    else:
        after = known.value - change if known.value >= change else known.value + change
        apart = analysis.labels_for_change(known.value, after, power=power, worth=worth)
        differ = (known.value * (1 - after) + after * (1 - known.value)) * (1 - ALIKE)
        paired = analysis.pairs_for_change(change, min(max(differ, change), 1.0), power=power)
        method = "two rates, pooled variance; pairs: McNemar (Connor)"
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
    labels = _whole(n)
    more = max(labels - labelled, 0)
    told = f"label {more:,} more" if more and labelled else f"label {labels:,}"
    reached = "you have enough labels" if not more and labelled else told
    return {
        "half_width": half_width,
        "labels": labels,
        "more": more,
        "method": "normal, finite population",
        "sentence": f"For an estimate within {half_width:g} either way, {reached}.",
    }


def _whole(labels: float) -> int:
    return max(ceil(labels - 1e-9), 1)
