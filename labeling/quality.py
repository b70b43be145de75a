"""What the labels of a queue say of all its traffic, in the shapes of the public contract.

Every figure comes from `analysis`; here outcomes are chosen, aligned and named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast, get_args

import pandas as pd

import analysis
from analysis import Figure
from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Field, Rating, Tags
from labeling.judged import judge_summary
from labeling.outcomes import (
    Evidence,
    asked_alike,
    compared,
    evidence,
    of_field,
    options,
    outcomes,
    settled_tasks,
)
from labeling.population import Attribute, classes_of
from labeling.reports import ESTIMATED, chosen_field, first_tags
from labeling.settle import VOTING
from labeling.weighing import SPLIT_BY, check_segments, response, surveyed
from labeling.weighing import by_segment as _by_segment
from labeling.weighing import estimate_of as _estimate
from labeling.weighing import rate_of as _rate
from labeling.weighing import sampled_tasks as _sampled
from storage import Session
from storage.queries import queues
from storage.queries.segments import stored_interactions

SEGMENTS = ("category", "model", "variant")


def quality_report(  # noqa: PLR0913 - what is asked, and how it is to be estimated
    session: Session,
    queue_name: str,
    now: datetime,
    *,
    field: str | None = None,
    by: Sequence[str] = SPLIT_BY,
    poststratify: str | None = None,
    judge: str | None = None,
    said: Evidence | None = None,
) -> dict[str, Any]:
    """Estimate a field over the whole population, from labels of a sample that may be targeted.

    `said` is the evidence where it was read already.

    Raises
    ------
    InvalidLabel
        If there is no such field, segment, judge, or attribute to poststratify by.
    """
    queue = queues.queue_named(session, queue_name)
    check_segments(by)
    found = _met(session, queue.id, said or evidence(session, queue, now), poststratify)
    fields = found.forms.fields
    asked = chosen_field(fields, field, ESTIMATED)
    tags = asked if isinstance(asked, Tags) else first_tags(fields)
    of = None if isinstance(asked, Rating | Boolean) else ""
    scale = (asked.min, asked.max) if isinstance(asked, Rating) else None
    frame = _sampled(found, outcomes(found, asked, of=of))
    if of == "":
        estimate = plain = Figure.undefined("one rate per option, see rates", len(frame))
    else:
        estimate, plain = _estimate(found, asked, frame, scale), _plain(found, asked, scale)
    rated = tags if isinstance(asked, Rating) else asked
    helped = None
    if of is None and found.design is not None:
        helped = judge_summary(session, queue.id, found, asked, frame, now, judge)
    return {
        "queue": queue.name,
        "field": asked.name,
        "population": found.design.population if found.design else 0,
        "labelled": len(frame),
        "settled": settled_tasks(frame),
        "effective_n": _effective_n(frame),
        "estimate": estimate.to_json(),
        "unweighted_mean": plain.to_json(),
        "judge": helped,
        "poststratified": _totals(found, asked, frame, poststratify),
        "response": response(found, frame),
        "rates": _rates(found, rated) if rated is not None else {},
        "by": _by_segment(found, asked, frame, scale, by) if of is None else {},
        "not_covered": _not_covered(session, found),
        "excluded": _excluded(found, asked),
    }


def _met(session: Session, queue_id: int, found: Evidence, by: str | None) -> Evidence:
    """The evidence with the known totals that estimates are to meet, if any are asked for."""
    if by is None or by == "none":
        return found
    if by not in get_args(Attribute):
        hint = "possible: none, " + ", ".join(get_args(Attribute))
        raise InvalidLabel("poststratify", f"there are no totals of {by!r}", hint)
    if found.design is None:
        return found
    met = classes_of(session, queue_id, found.design, cast(Attribute, by))
    return replace(found, classes=met)


def _totals(
    found: Evidence, field: Field, frame: pd.DataFrame, wished: str | None
) -> dict[str, Any]:
    """The known totals that estimates meet, or why they meet none of those asked for."""
    asked = None if wished == "none" else wished
    reason = "nothing was drawn" if asked else None
    if found.classes is not None:
        reason = analysis.unmet(surveyed(found, field, frame)[1])
        if reason is None:
            by = found.classes.by
            return {"by": by, "asked": by, "reason": None, "totals": found.classes.named()}
    return {"by": None, "asked": asked, "reason": reason, "totals": {}}


def _plain(found: Evidence, field: Field, scale: tuple[float, float] | None) -> Figure:
    """The mean over all labelled tasks as they are, for contrast: biased when targeted."""
    frame = outcomes(found, field)
    return analysis.plain_mean(frame["y"].to_numpy(), scale=scale)


def _rates(found: Evidence, field: Field) -> dict[str, Any]:
    rates = {}
    for option in options(field):
        rates[option or "yes"] = _rate(found, field, option).to_json()
    return rates


def _effective_n(frame: pd.DataFrame) -> float | None:
    return analysis.effective_n(frame["pi"].to_numpy()) if len(frame) else None


def _not_covered(session: Session, found: Evidence) -> dict[str, Any]:
    """What the estimate cannot speak of."""
    drawn = found.design
    stored = stored_interactions(session)
    outside = stored - (drawn.population if drawn else 0)
    return {
        "imported_tasks": int((found.tasks["purpose"] == "import").sum()),
        "waiting_tasks": 0
        if drawn is None
        else int((~drawn.tasks["counted"]).sum()) - drawn.skipped,
        "interactions": max(outside, 0),
        "share": max(outside, 0) / stored if stored else None,
    }


def outside_now(session: Session, report: Mapping[str, Any]) -> dict[str, Any]:
    """`not_covered` of a report that was made earlier, with what is stored by now."""
    stored = stored_interactions(session)
    outside = max(stored - report["population"], 0)
    share = outside / stored if stored else None
    return {**report["not_covered"], "interactions": outside, "share": share}


def _excluded(found: Evidence, field: Field) -> dict[str, Any]:
    """Labels and tasks that were left out, and why."""
    drawn = found.design
    sampled = compared(found.labels)
    alike = asked_alike(sampled, field, found.forms)
    return {
        "skipped_tasks": 0 if drawn is None else drawn.skipped,
        "extra_labels": int(found.labels["role"].isin(VOTING).sum() - len(sampled)),
        "asked_otherwise": int(len(sampled) - len(alike)),
        "unanswered": int(len(alike) - len(of_field(alike, field, found.forms))),
    }
