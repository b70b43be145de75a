"""Verdicts: the settled answer of one task and field, appended and never changed.

A verdict without a value is a withdrawal: the labels speak again.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, insert, select

from storage.engine import AnyRow, Session
from storage.tables import account, task, verdict

_newer = verdict.alias("newer_verdict")
NEWEST = ~exists().where(
    _newer.c.task_id == verdict.c.task_id,
    _newer.c.field == verdict.c.field,
    _newer.c.revision > verdict.c.revision,
)
"""The newest revision on each field of a task."""
_TOLD: Select[Any] = (
    select(verdict, account.c.name.label("by"))
    .join_from(verdict, task, verdict.c.task_id == task.c.id)
    .join(account, verdict.c.account_id == account.c.id, isouter=True)
    .order_by(verdict.c.task_id, verdict.c.field, verdict.c.revision)
)
_LATEST = select(func.max(verdict.c.revision)).where(
    verdict.c.task_id == bindparam("of_task"), verdict.c.field == bindparam("of_field")
)
_ADD = insert(verdict).returning(verdict.c.id)


def latest_revision(session: Session, task_id: int, field: str) -> int:
    """The newest revision of the verdict on a field; 0 when there is none."""
    return session.scalar(_LATEST, {"of_task": task_id, "of_field": field}) or 0


def lock_task(session: Session, task_id: int) -> None:
    """Make those who settle one task take turns."""
    session.execute(select(task.c.id).where(task.c.id == task_id).with_for_update())


def add_verdict(session: Session, values: Mapping[str, Any]) -> int:
    """Append a verdict; its id. The revision is the caller's, who has locked the task."""
    return int(session.execute(_ADD, values).scalar_one())


def verdicts_of_queue(session: Session, queue_id: int) -> Sequence[AnyRow]:
    """The newest verdict on every field of every task of a queue, with who gave it (`by`)."""
    return session.execute(_TOLD.where(task.c.queue_id == queue_id, NEWEST)).all()


def verdicts_of_task(session: Session, task_id: int) -> Sequence[AnyRow]:
    """Everything that was ever settled on a task, the oldest first of each field."""
    return session.execute(_TOLD.where(verdict.c.task_id == task_id)).all()
