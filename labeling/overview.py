"""Everything a lead looks at first, in one: quality, failures, agreement, the work, what waits."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from labeling.agreement import agreement_report
from labeling.disagreements import disagreements
from labeling.errors import InvalidLabel
from labeling.failures import failures_report
from labeling.fields import Choice, Field, Rating, Tags
from labeling.notes import queue_notes
from labeling.outcomes import evidence
from labeling.patterns import noted_patterns
from labeling.quality import quality_report
from labeling.queues import queue_info
from labeling.reports import progress_report
from labeling.submit import form
from labeling.wins import wins_report
from storage import Session
from storage.queries import queues
from storage.queries.questions import open_questions


def overview(session: Session, queue_name: str, now: datetime) -> dict[str, Any]:
    """The reports of a queue as of now; what its form has no field for is None."""
    queue = queues.queue_named(session, queue_name)
    info = queue_info(session, queue_name)
    fields = form(session, queue.guideline_id)
    said = evidence(session, queue, now)  # read once for all
    return {
        "queue": queue.name,
        "as_of": now,
        "words": words_of(fields),
        "scales": _scales(fields),
        "guideline": info["guideline"],
        "progress": progress_report(session, queue_name),
        "quality": _if_asked(lambda: quality_report(session, queue_name, now, said=said)),
        "wins": _if_asked(lambda: wins_report(session, queue_name, now, said=said)),
        "failures": failures_report(session, queue_name, now, said=said),
        "agreement": _if_asked(lambda: agreement_report(session, queue_name)),
        "disagreements": _counts(disagreements(session, queue_name, now, limit=0, said=said)),
        "questions_open": open_questions(session, queue.id),
        "notes_open": sum(one["closed_at"] is None for one in queue_notes(session, queue_name)),
        "patterns": noted_patterns(session, queue_name, now, said=said),
    }


def _counts(found: Mapping[str, Any]) -> dict[str, Any]:
    """How many tasks are settled and open; which they are is told to leads alone."""
    return {key: found[key] for key in ("compared", "open", "settled")}


def scales_of(session: Session, queue_name: str) -> dict[str, list[float]]:
    """The ends of each rating of a queue's form."""
    queue = queues.queue_named(session, queue_name)
    return _scales(form(session, queue.guideline_id))


def _scales(fields: Sequence[Field]) -> dict[str, list[float]]:
    return {one.name: [one.min, one.max] for one in fields if isinstance(one, Rating)}


def words_of(fields: Sequence[Field]) -> dict[str, str]:
    """Fields, tags and options by name, in the words of the form."""
    listed = [one for one in fields if isinstance(one, Tags | Choice)]
    options = {option.value: option.label for one in listed for option in one.options}
    return options | {one.name: one.label for one in fields}


def _if_asked(report: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """A report, unless no field of the form can be reported."""
    try:
        return report()
    except InvalidLabel:
        return None
