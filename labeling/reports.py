"""What a queue says of its people, in the shapes of the public contract: progress."""

from collections.abc import Sequence
from typing import Any

from labeling.errors import InvalidLabel
from labeling.fields import (
    Boolean,
    Choice,
    Field,
    Pairwise,
    Ranking,
    Rating,
    Spans,
    Tags,
    Turns,
)
from storage import Session
from storage.queries import queues

ESTIMATED = (Rating, Tags, Choice, Boolean)
"""The kinds that estimates can be made of."""
COMPARED = (*ESTIMATED, Spans, Turns, Pairwise, Ranking)
"""The kinds on which agreement can be told."""


def progress_report(session: Session, queue_name: str) -> dict[str, Any]:
    """How far a queue is, and who has done what."""
    queue = queues.queue_named(session, queue_name)
    counts = queues.task_counts(session, queue.id)
    needed, done = int(counts.labels_needed), int(counts.labels_done)
    return {
        "queue": queue.name,
        "tasks": counts.tasks,
        "imported_tasks": counts.imported_tasks,
        "labels_needed": needed,
        "labels_done": done,
        "remaining": needed - done,
        "leased": int(counts.leased),
        "paused": queue.paused_at is not None,
        "by_annotator": [
            {
                "name": row.name,
                "labels": int(row.submitted),
                "imported": int(row.imported),
                "leased": int(row.leased),
                "skipped": int(row.skipped),
                "returned": int(row.returned),
                "mean_seconds": row.mean_seconds,
                "last_label_at": row.last_label_at,
            }
            for row in queues.work_by_account(session, queue.id)
        ],
    }


def chosen_field(fields: Sequence[Field], name: str | None, kinds: tuple[type, ...]) -> Field:
    """The field of that name, or the first of a kind that fits (ratings before all others)."""
    fitting = [field for field in fields if isinstance(field, kinds)]
    if name is None and fitting:
        return next((field for field in fitting if isinstance(field, Rating)), fitting[0])
    if not fitting:
        message = "no field of this form can be reported here"
        raise InvalidLabel("field", message, "ratings, tags, choices and yes or no can")
    found = next((field for field in fitting if field.name == name), None)
    if found is None:
        hint = "possible: " + ", ".join(field.name for field in fitting)
        raise InvalidLabel("field", f"{name!r} cannot be reported here", hint)
    return found


def first_tags(fields: Sequence[Field]) -> Tags | None:
    """The first field of tags, if the form has one."""
    return next((field for field in fields if isinstance(field, Tags)), None)
