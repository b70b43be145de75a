"""Notes of leads on what a guideline does not settle, from the task that showed it to its end.

Notes on failure patterns are kept beside them: `labeling.patterns`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labeling.errors import InvalidLabel
from labeling.fields import is_storable
from labeling.submit import form
from storage import NotFound, Session
from storage.queries import lead, notes, queues
from storage.queries.accounts import Account

NOTE_CHARS = 4_000
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Hole:
    """What the guideline of a queue does not settle."""

    text: str
    field: str | None = None
    task_id: int | None = None
    """The task that showed it."""


def note(session: Session, queue_name: str, who: Account, hole: Hole, now: datetime) -> int:
    """File a note on the version of the guideline that is in force; its id.

    Raises
    ------
    NotFound
        If the queue has no such task.
    InvalidLabel
        If the text is empty, too long or broken, or the form has no such field.
    """
    queue = queues.queue_named(session, queue_name)
    if hole.task_id is not None and lead.task_row(session, queue.id, hole.task_id) is None:
        raise NotFound("task", hole.task_id)
    names = [one.name for one in form(session, queue.guideline_id)]
    if hole.field is not None and hole.field not in names:
        raise InvalidLabel("field", f"no field {hole.field!r:.80}", "fields: " + ", ".join(names))
    values = {
        "guideline_id": queue.guideline_id,
        "task_id": hole.task_id,
        "field": hole.field,
        "text": clean_text(hole.text),
        "account_id": who.id,
        "created_at": now,
    }
    return notes.add_note(session, values)


def queue_notes(session: Session, queue_name: str) -> list[dict[str, Any]]:
    """The notes on the guideline of a queue, whichever queue they came from; open ones first."""
    slug = queues.queue_named(session, queue_name).guideline_slug
    return [_told(row) for row in notes.notes_on(session, slug)]


def close(session: Session, note_id: int, who: Account, now: datetime) -> dict[str, Any]:
    """Close a note, because the guideline settles it now or it was none; once is enough.

    Raises
    ------
    NotFound
        If there is no such note.
    """
    fits = 0 < note_id <= LARGEST_ID
    known = notes.note_row(session, note_id) if fits else None
    if known is None or known.pattern is not None:
        raise NotFound("note", note_id)
    notes.close_note(session, note_id, who.id, now)
    return _told(notes.note_row(session, note_id))


def _told(row: Any) -> dict[str, Any]:
    return {
        "note_id": row.id,
        "guideline": {"slug": row.slug, "version": row.version},
        "field": row.field,
        "text": row.text,
        "by": row.by,
        "created_at": row.created_at,
        "task_id": None if row.task_id is None else str(row.task_id),
        "queue": row.queue_name,
        "source": row.source,
        "interaction_id": row.external_id,
        "closed_at": row.closed_at,
        "closed_by": row.closed_by_name,
    }


def clean_text(said: str) -> str:
    """A text that can be kept, or InvalidLabel."""
    text = said.strip()
    if not text:
        raise InvalidLabel("note", "is empty", "say what the guideline leaves open")
    if not is_storable(text) or "\x00" in text:
        raise InvalidLabel("note", "holds a character that cannot be kept", "type it again")
    if len(text) > NOTE_CHARS:
        raise InvalidLabel("note", f"is longer than {NOTE_CHARS} characters", "say it shorter")
    return text
