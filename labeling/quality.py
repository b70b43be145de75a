"""What the labels of a queue say of all its traffic, in the shapes of the public contract.

Every figure comes from `analysis`; here outcomes are chosen, aligned and named.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

import analysis
from analysis import Figure, Survey
from labeling.fields import Boolean, Field, Rating, Tags
from labeling.outcomes import Evidence, asked_alike, compared, evidence, of_field, options, outcomes
from labeling.reports import COMPARED, chosen_field
from sampling import Design
from storage import Session
from storage.queries import queues

SEGMENTS = ("category", "model", "variant")
NOT_SAMPLED = "not sampled"
EXTRA = ("planned", "extra", "import")
"""Roles of labels on tasks, read or not; checks and repeats are none."""


def quality_report(
    session: Session, queue_name: str, now: datetime, *, field: str | None = None
) -> dict[str, Any]:
    """Estimate a field over the whole population, from labels of a sample that may be targeted."""
    queue = queues.queue_named(session, queue_name)
    found = evidence(session, queue, now)
    fields = found.forms.fields
    asked = chosen_field(fields, field, COMPARED)
    tags = asked if isinstance(asked, Tags) else _first_tags(fields)
    of = None if isinstance(asked, Rating | Boolean) else ""
    scale = (asked.min, asked.max) if isinstance(asked, Rating) else None
    frame = _sampled(found, outcomes(found, asked, of=of))
    if of == "":
        estimate = plain = Figure.undefined("one rate per option, see rates", len(frame))
    else:
        estimate, plain = _estimate(found, asked, frame, scale), _plain(found, asked, scale)
    rated = tags if isinstance(asked, Rating) else asked
    return {
        "queue": queue.name,
        "field": asked.name,
        "population": found.design.population if found.design else 0,
        "labelled": len(frame),
        "effective_n": _effective_n(frame),
        "estimate": estimate.to_json(),
        "unweighted_mean": plain.to_json(),
        "rates": _rates(found, rated) if rated is not None else {},
        "by": _by_segment(found, asked, frame, scale) if of is None else {},
        "not_covered": _not_covered(found),
        "excluded": _excluded(found, asked),
    }


def _first_tags(fields: Sequence[Field]) -> Tags | None:
    return next((field for field in fields if isinstance(field, Tags)), None)


def _sampled(found: Evidence, frame: pd.DataFrame) -> pd.DataFrame:
    """The labelled tasks that stand for the population, with pi, stratum and segments."""
    columns = ["task", *SEGMENTS]
    if found.design is None:
        empty = frame.head(0).assign(pi=1.0, certain=False, stratum="")
        return empty.merge(found.tasks[columns], on="task")
    drawn = found.design.tasks
    counted = drawn.loc[drawn["counted"], ["task", "pi", "certain", "stratum"]]
    return frame.merge(counted, on="task").merge(found.tasks[columns], on="task")


def _estimate(
    found: Evidence, field: Field, frame: pd.DataFrame, scale: tuple[float, float] | None
) -> Figure:
    if found.design is None:
        return Figure.undefined(NOT_SAMPLED)
    return analysis.estimate(frame, _survey(found, field, frame), scale=scale)


def _survey(found: Evidence, field: Field, frame: pd.DataFrame) -> Survey:
    """How the tasks came to be drawn; tasks that left this field open count as skipped.

    Tasks that answered another question are no such chance: they were served first, and what is
    left of a targeted draw does not stand for the population. So there is no estimate beside them.
    """
    drawn = found.design
    if drawn is None:
        raise ValueError("nothing was drawn")
    unanswered = int(drawn.tasks["counted"].sum()) - len(frame)
    when = None if isinstance(field, Tags) else field.asked_when
    earlier = _asked_otherwise(found, field, drawn)
    refusal = (
        f"{earlier} of the tasks served were asked another version of this question: "
        "draw into a new queue"
        if earlier
        else f"asked only when {when}: the answers do not stand for all"
        if when
        else drawn.refusal
    )
    return Survey(
        population=drawn.population,
        kind=drawn.kind,
        strata=drawn.strata,
        random_share=drawn.random_share,
        skipped=drawn.skipped + unanswered,
        refusal=refusal,
        refuse_estimate=drawn.refuse_estimate or bool(earlier or when),
    )


def _asked_otherwise(found: Evidence, field: Field, drawn: Design) -> int:
    """How many tasks that count have answers to another question alone."""
    labels = compared(found.labels)
    alike = asked_alike(labels, field, found.forms)
    other = set(labels["task"]) - set(alike["task"])
    return len(other & set(drawn.tasks.loc[drawn.tasks["counted"], "task"]))


def _plain(found: Evidence, field: Field, scale: tuple[float, float] | None) -> Figure:
    """The mean over all labelled tasks as they are, for contrast: biased when targeted."""
    frame = outcomes(found, field)
    return analysis.plain_mean(frame["y"].to_numpy(), scale=scale)


def _rates(found: Evidence, field: Field) -> dict[str, Any]:
    rates = {}
    for option in options(field):
        rates[option or "yes"] = _rate(found, field, option).to_json()
    return rates


def _by_segment(
    found: Evidence, field: Field, frame: pd.DataFrame, scale: tuple[float, float] | None
) -> dict[str, Any]:
    if found.design is None:
        return {}
    survey = _survey(found, field, frame)
    by: dict[str, Any] = {}
    for segment in SEGMENTS:
        known = frame[segment].dropna().unique()
        if len(known):
            told = analysis.estimate_by(frame, segment, survey, scale=scale)
            by[segment] = {value: figure.to_json() for value, figure in told.items()}
    return by


def _effective_n(frame: pd.DataFrame) -> float | None:
    return analysis.effective_n(frame["pi"].to_numpy()) if len(frame) else None


def _not_covered(found: Evidence) -> dict[str, Any]:
    """What the estimate cannot speak of."""
    drawn = found.design
    return {
        "imported_tasks": int((found.tasks["purpose"] == "import").sum()),
        "waiting_tasks": 0
        if drawn is None
        else int((~drawn.tasks["counted"]).sum()) - drawn.skipped,
    }


def _excluded(found: Evidence, field: Field) -> dict[str, Any]:
    """Labels and tasks that were left out, and why."""
    drawn = found.design
    sampled = compared(found.labels)
    alike = asked_alike(sampled, field, found.forms)
    return {
        "skipped_tasks": 0 if drawn is None else drawn.skipped,
        "extra_labels": int(found.labels["role"].isin(EXTRA).sum() - len(sampled)),
        "asked_otherwise": int(len(sampled) - len(alike)),
        "unanswered": int(len(alike) - len(of_field(alike, field, found.forms))),
    }


def _rate(found: Evidence, field: Field, option: str | None) -> Figure:
    """The rate of one option over the population."""
    return _estimate(found, field, _sampled(found, outcomes(found, field, of=option)), None)
