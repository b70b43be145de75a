"""What is told to other platforms: which queues to whom, and how far each statement has come."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.engine import AnyRow, Session
from storage.sinks.shape import Origin
from storage.tables import (
    connection,
    content,
    interaction,
    label,
    outgoing,
    queue,
    sending,
    task,
    verdict,
)

FAULTS = 20


class Wanted(NamedTuple):
    """What shall be over there."""

    key: str
    task_id: int
    place: Mapping[str, str]
    body: Mapping[str, Any] | None
    """None: nothing."""


_TOLD: Select[Any] = (
    select(
        sending,
        queue.c.name.label("queue_name"),
        connection.c.name.label("connection_name"),
        connection.c.kind,
        connection.c.url,
        connection.c.project,
        connection.c.secret,
        connection.c.source,
        connection.c.options,
    )
    .join_from(sending, queue, sending.c.queue_id == queue.c.id)
    .join(connection, sending.c.connection_id == connection.c.id)
    .where(connection.c.removed_at.is_(None))
    .order_by(queue.c.name, connection.c.name)
)


def sending_rows(session: Session, queue_id: int | None = None) -> Sequence[AnyRow]:
    """Every sending to a connection that is there, or those of one queue, by name."""
    statement = _TOLD if queue_id is None else _TOLD.where(sending.c.queue_id == queue_id)
    return session.execute(statement).all()


def sending_of(session: Session, queue_id: int, connection_id: int) -> AnyRow | None:
    """The sending of a queue to a connection."""
    wanted = _TOLD.where(sending.c.queue_id == queue_id, sending.c.connection_id == connection_id)
    return session.execute(wanted).one_or_none()


def add_sending(session: Session, values: Mapping[str, Any]) -> None:
    """Keep a new sending; one that is there already stays as it is."""
    into = _upsert(session)(sending).values(tries=0, unplaced=0, **values)
    session.execute(into.on_conflict_do_nothing())


def change_sending(session: Session, sending_id: int, values: Mapping[str, Any]) -> None:
    """Set columns of a sending."""
    session.execute(update(sending).where(sending.c.id == sending_id).values(**values))


def answers_mark(session: Session, queue_id: int) -> str:
    """A text that changes with every label and verdict of a queue, and with its form."""
    seen = (
        select(func.count(), func.max(label.c.id))
        .join_from(label, task, label.c.task_id == task.c.id)
        .where(task.c.queue_id == queue_id),
        select(func.count(), func.max(verdict.c.id))
        .join_from(verdict, task, verdict.c.task_id == task.c.id)
        .where(task.c.queue_id == queue_id),
        select(queue.c.guideline_id).where(queue.c.id == queue_id),
    )
    found = [tuple(session.execute(one).one()) for one in seen]
    return sha256(repr(found).encode()).hexdigest()[:16]


def origins(session: Session, task_ids: Collection[int], source: str) -> dict[int, Origin]:
    """Where the interactions of some tasks came from, as far as they are of a source."""
    wanted = (
        select(
            task.c.id,
            interaction.c.source,
            interaction.c.external_id,
            interaction.c.trace_id,
            content.c.extra,
        )
        .join_from(task, interaction, task.c.interaction_id == interaction.c.id)
        .outerjoin(content, content.c.interaction_id == interaction.c.id)
        .where(task.c.id.in_(task_ids))
    )  # a condition on the source would have SQLite begin with all interactions of it
    return {
        row.id: Origin(row.external_id, row.trace_id, row.extra or {})
        for row in session.execute(wanted)
        if row.source == source
    }


def known(session: Session, sending_id: int, task_ids: Collection[int]) -> Sequence[AnyRow]:
    """What was to be said of some tasks so far."""
    wanted = select(outgoing).where(
        outgoing.c.sending_id == sending_id, outgoing.c.task_id.in_(task_ids)
    )
    return session.execute(wanted).all()


def want(session: Session, sending_id: int, rows: Iterable[Wanted], now: datetime) -> None:
    """Note what shall be over there from now on; it waits to be sent."""
    values = [
        {
            "sending_id": sending_id, "key": row.key, "task_id": row.task_id,
            "place": dict(row.place), "body": None if row.body is None else dict(row.body),
            "state": "waiting", "tries": 0, "changed_at": now,
        }
        for row in rows
    ]  # fmt: skip
    if not values:
        return
    into = _upsert(session)(outgoing)
    new = into.excluded
    changed = {
        "place": new.place, "body": new.body, "state": new.state, "tries": 0, "next_at": None,
        "fault": None, "changed_at": new.changed_at,
    }  # fmt: skip
    into = into.on_conflict_do_update(index_elements=["sending_id", "key"], set_=changed)
    session.execute(into, values)


def due(session: Session, sending_id: int, now: datetime, limit: int) -> Sequence[AnyRow]:
    """What waits and may be sent, the longest waiting first."""
    wanted = select(outgoing).where(
        outgoing.c.sending_id == sending_id,
        outgoing.c.state == "waiting",
        or_(outgoing.c.next_at.is_(None), outgoing.c.next_at <= now),
    )
    return session.execute(wanted.order_by(outgoing.c.id).limit(limit)).all()


def settle_outgoing(session: Session, rows: Sequence[AnyRow], values: Mapping[str, Any]) -> None:
    """Write down what became of statements, but for those that changed while they were sent."""
    same = (outgoing.c.id == bindparam("of_id")) & (outgoing.c.changed_at == bindparam("of_time"))
    told = [{"of_id": row.id, "of_time": row.changed_at} for row in rows]
    session.execute(update(outgoing).where(same).values(**values), told)


def try_again(session: Session, sending_id: int) -> int:
    """Let everything that was given up wait again; how many."""
    again = update(outgoing).where(
        outgoing.c.sending_id == sending_id, outgoing.c.state == "failed"
    )
    return session.execute(again.values(state="waiting", tries=0, next_at=None)).rowcount


def outgoing_counts(session: Session, sending_id: int) -> dict[str, int]:
    """How many statements are in each state."""
    counted = select(outgoing.c.state, func.count()).where(outgoing.c.sending_id == sending_id)
    return {row[0]: row[1] for row in session.execute(counted.group_by(outgoing.c.state))}


def outgoing_faults(session: Session, sending_id: int) -> Sequence[AnyRow]:
    """Statements that were refused, the last ones first."""
    wanted = select(outgoing).where(
        outgoing.c.sending_id == sending_id, outgoing.c.fault.is_not(None)
    )
    return session.execute(wanted.order_by(outgoing.c.id.desc()).limit(FAULTS)).all()


def _upsert(session: Session) -> Any:
    return postgresql.insert if session.dialect.name == "postgresql" else sqlite.insert
