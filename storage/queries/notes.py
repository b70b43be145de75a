"""Notes on what a guideline does not settle and on failure patterns, until a lead closes them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update

from storage.engine import AnyRow, Session
from storage.tables import account, guideline, guideline_note, interaction, queue, task

_closer = account.alias("closer")
_TOLD: Select[Any] = (
    select(
        guideline_note,
        account.c.name.label("by"),
        _closer.c.name.label("closed_by_name"),
        guideline.c.slug,
        guideline.c.version,
        queue.c.name.label("queue_name"),
        interaction.c.source,
        interaction.c.external_id,
    )
    .join_from(guideline_note, guideline, guideline_note.c.guideline_id == guideline.c.id)
    .join(account, guideline_note.c.account_id == account.c.id)
    .outerjoin(_closer, guideline_note.c.closed_by == _closer.c.id)
    .outerjoin(task, guideline_note.c.task_id == task.c.id)
    .outerjoin(queue, task.c.queue_id == queue.c.id)
    .outerjoin(interaction, task.c.interaction_id == interaction.c.id)
    .order_by(guideline_note.c.closed_at.is_not(None), guideline_note.c.id.desc())
)


def add_note(session: Session, values: Mapping[str, Any]) -> int:
    """Append a note; its id."""
    into = insert(guideline_note).values(**values).returning(guideline_note.c.id)
    return int(session.execute(into).scalar_one())


def notes_on(session: Session, slug: str) -> Sequence[AnyRow]:
    """The notes on every version of a guideline: open ones first, the newest first."""
    about = guideline_note.c.queue_id.is_(None)
    return session.execute(_TOLD.where(guideline.c.slug == slug, about)).all()


def patterns_of(session: Session, queue_id: int) -> Sequence[AnyRow]:
    """The notes on failure patterns of a queue: open ones first, the newest first."""
    return session.execute(_TOLD.where(guideline_note.c.queue_id == queue_id)).all()


def change_note(session: Session, note_id: int, values: Mapping[str, Any]) -> None:
    """Change what a note says, or close or open it."""
    session.execute(update(guideline_note).where(guideline_note.c.id == note_id).values(**values))


def note_row(session: Session, note_id: int) -> AnyRow | None:
    """One note with who wrote it, on which guideline, about which task."""
    return session.execute(_TOLD.where(guideline_note.c.id == note_id)).one_or_none()


def close_note(session: Session, note_id: int, account_id: int, now: datetime) -> bool:
    """Close a note that is open; whether it was."""
    closed = session.execute(
        update(guideline_note)
        .where(guideline_note.c.id == note_id, guideline_note.c.closed_at.is_(None))
        .values(closed_at=now, closed_by=account_id)
    )
    return bool(closed.rowcount)
