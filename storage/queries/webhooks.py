"""Webhooks: who is told of what, what waits to be told, and what became of each try."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from storage.engine import AnyRow, Session
from storage.errors import Conflict, NotFound
from storage.tables import (
    assignment,
    delivery,
    delivery_attempt,
    interaction,
    label,
    queue,
    task,
    verdict,
    webhook,
)

PART = 500
_THERE = webhook.c.removed_at.is_(None)


class Event(NamedTuple):
    """Something that happened, as it is told."""

    event_id: str
    """The same for ever, so that a receiver knows a repeat."""
    type: str
    body: str
    """JSON text."""
    queue_id: int | None = None


def add_webhook(session: Session, values: Mapping[str, Any]) -> int:
    """Keep a webhook; its id.

    Raises
    ------
    Conflict
        `exists` when one of that name is there.
    """
    into = insert(webhook).values(tries=0, **values).returning(webhook.c.id)
    try:
        with session.begin_nested():
            return int(session.execute(into).scalar_one())
    except IntegrityError as error:
        message = f"there is a webhook {values['name']!r}"
        raise Conflict("exists", message, "choose another name") from error


def webhook_rows(session: Session) -> Sequence[AnyRow]:
    """Every webhook with the name of its queue, by name."""
    wanted = select(webhook, queue.c.name.label("queue_name")).outerjoin(
        queue, webhook.c.queue_id == queue.c.id
    )
    return session.execute(wanted.where(_THERE).order_by(webhook.c.name)).all()


def webhook_named(session: Session, name: str) -> AnyRow:
    """One webhook.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    found = next((row for row in webhook_rows(session) if row.name == name), None)
    if found is None:
        raise NotFound("webhook", name)
    return found


def change_webhook(session: Session, webhook_id: int, values: Mapping[str, Any]) -> None:
    """Set columns of a webhook."""
    session.execute(update(webhook).where(webhook.c.id == webhook_id).values(**values))


_OF_TASK: tuple[Any, ...] = (
    task.c.id.label("task_id"),
    task.c.purpose,
    task.c.queue_id,
    queue.c.name.label("queue_name"),
    queue.c.guideline_id,
    interaction.c.source,
    interaction.c.external_id,
)


def _with_task(statement: Select[Any], of: Table) -> Select[Any]:
    return (
        statement.join(task, of.c.task_id == task.c.id)
        .join(queue, task.c.queue_id == queue.c.id)
        .join(interaction, task.c.interaction_id == interaction.c.id)
    )


_LABELS = _with_task(
    select(
        label.c.id,
        label.c["values"],
        label.c.revision,
        label.c.created_at,
        label.c.account_id,
        label.c.guideline_id.label("made_under"),
        assignment.c.role,
        *_OF_TASK,
    ).join_from(label, assignment, label.c.assignment_id == assignment.c.id),
    label,
)
_VERDICTS = _with_task(
    select(
        verdict.c.id,
        verdict.c.field,
        verdict.c.value,
        verdict.c.origin,
        verdict.c.revision,
        verdict.c.created_at,
        verdict.c.account_id,
        *_OF_TASK,
    ).select_from(verdict),
    verdict,
)


def newest(session: Session) -> dict[str, int]:
    """The newest label and verdict."""
    return {
        "label": session.scalar(select(func.max(label.c.id))) or 0,
        "verdict": session.scalar(select(func.max(verdict.c.id))) or 0,
    }


def labels_after(session: Session, after: int, queue_id: int | None) -> Sequence[AnyRow]:
    """Labels of higher id, the oldest first, a part of them."""
    return _after(session, _LABELS, label, after, queue_id)


def verdicts_after(session: Session, after: int, queue_id: int | None) -> Sequence[AnyRow]:
    """Verdicts of higher id, the oldest first, a part of them."""
    return _after(session, _VERDICTS, verdict, after, queue_id)


def _after(
    session: Session, statement: Select[Any], of: Table, after: int, queue_id: int | None
) -> Sequence[AnyRow]:
    wanted = statement.where(of.c.id > after).order_by(of.c.id).limit(PART)
    if queue_id is not None:
        wanted = wanted.where(task.c.queue_id == queue_id)
    return session.execute(wanted).all()


def done_queues(session: Session, queue_id: int | None) -> Sequence[AnyRow]:
    """Queues in which every label that is wanted was given: id, name, tasks, labels."""
    held = exists().where(
        assignment.c.queue_id == queue.c.id,
        assignment.c.state == "leased",
        assignment.c.slot.is_not(None),
    )
    wanted = (
        select(
            queue.c.id,
            queue.c.name,
            func.count().label("tasks"),
            func.sum(task.c.labels_wanted).label("labels"),
        )
        .join_from(task, queue, and_(task.c.queue_id == queue.c.id, task.c.purpose == "sample"))
        .where(~held)
        .group_by(queue.c.id, queue.c.name)
        .having(func.sum(task.c.free_slots) == 0)
    )
    if queue_id is not None:
        wanted = wanted.where(queue.c.id == queue_id)
    return session.execute(wanted).all()


def add_deliveries(
    session: Session, webhook_id: int, events: Iterable[Event], now: datetime
) -> int:
    """Note events for a webhook; what it was noted for before is left out. How many are new."""
    rows = [
        {
            "webhook_id": webhook_id, "event_id": event.event_id, "type": event.type,
            "body": event.body, "state": "waiting", "tries": 0, "created_at": now,
        }
        for event in events
    ]  # fmt: skip
    if not rows:
        return 0
    kind = postgresql.insert if session.dialect.name == "postgresql" else sqlite.insert
    into = kind(delivery).on_conflict_do_nothing().returning(delivery.c.id)
    return len(session.execute(into, rows).all())


def subscribers(session: Session, type_: str, queue_id: int | None) -> list[int]:
    """Webhooks that are told of a kind of event."""
    return [
        row.id
        for row in webhook_rows(session)
        if type_ in row.events and row.queue_id in (None, queue_id)
    ]


def due_deliveries(
    session: Session, webhook_id: int, now: datetime, limit: int
) -> Sequence[AnyRow]:
    """What a webhook waits to be told and may be, the oldest first."""
    wanted = select(delivery).where(
        delivery.c.webhook_id == webhook_id,
        delivery.c.state == "waiting",
        or_(delivery.c.next_at.is_(None), delivery.c.next_at <= now),
    )
    return session.execute(wanted.order_by(delivery.c.id).limit(limit)).all()


def record_attempt(
    session: Session, delivery_id: int, tried: Mapping[str, Any], stands: Mapping[str, Any]
) -> None:
    """Append what became of one try, and where the delivery stands after it."""
    session.execute(insert(delivery_attempt).values(delivery_id=delivery_id, **tried))
    session.execute(update(delivery).where(delivery.c.id == delivery_id).values(**stands))


def forget_deliveries(session: Session, webhook_id: int, before: datetime) -> int:
    """Delete what was delivered or given up and noted earlier, with its tries; how many.

    At most a part of them, the oldest: the next turn goes on.
    """
    oldest = (
        select(delivery.c.id, delivery.c.created_at)
        .where(delivery.c.webhook_id == webhook_id, delivery.c.state != "waiting")
        .order_by(delivery.c.id)
        .limit(PART)
    )
    gone = [row.id for row in session.execute(oldest) if row.created_at < before]
    if gone:
        tries = delete(delivery_attempt).where(delivery_attempt.c.delivery_id.in_(gone))
        session.execute(tries)
        session.execute(delete(delivery).where(delivery.c.id.in_(gone)))
    return len(gone)


def delivery_counts(session: Session, webhook_id: int) -> dict[str, int]:
    """How many deliveries are in each state."""
    counted = select(delivery.c.state, func.count()).where(delivery.c.webhook_id == webhook_id)
    return {row[0]: row[1] for row in session.execute(counted.group_by(delivery.c.state))}


def attempt_rows(session: Session, webhook_id: int, limit: int) -> Sequence[AnyRow]:
    """The latest tries of a webhook, the last one first."""
    wanted = (
        select(delivery_attempt, delivery.c.event_id, delivery.c.type, delivery.c.state)
        .join_from(delivery_attempt, delivery, delivery_attempt.c.delivery_id == delivery.c.id)
        .where(delivery.c.webhook_id == webhook_id)
        .order_by(delivery_attempt.c.id.desc())
    )
    return session.execute(wanted.limit(limit)).all()


def remove_webhook(session: Session, webhook_id: int, now: datetime) -> None:
    """Tell it nothing more; what was told stays in the log."""
    change_webhook(session, webhook_id, {"removed_at": now, "active": False})
