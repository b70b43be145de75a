"""How many labels a task gets: what is there, what was learnt of people, and one label more."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, or_, select, update

from storage.engine import AnyRow, Session
from storage.frames import CURRENT
from storage.queries.accounts import Account
from storage.queries.assignments import REOPENABLE, SLOTTED
from storage.tables import (
    account,
    assignment,
    consensus_fit,
    label,
    queue,
    queue_member,
    task,
    token,
)

_VOTES = (
    select(account.c.name, label.c["values"], label.c.guideline_id)
    .join_from(label, assignment, label.c.assignment_id == assignment.c.id)
    .join(account, label.c.account_id == account.c.id)
    .where(
        label.c.task_id == bindparam("of_task"),
        assignment.c.role.in_(SLOTTED),
        assignment.c.round == 0,
        label.c["values"].is_not(None),
        CURRENT,
    )
    .order_by(label.c.id)
)
_FULL = select(task.c.id, task.c.labels_wanted).where(
    task.c.purpose == "sample",
    task.c.free_slots == 0,
    ~exists().where(
        assignment.c.task_id == task.c.id,
        assignment.c.state == "leased",
        assignment.c.slot.is_not(None),
    ),
)
_FULL_ONE = _FULL.where(task.c.id == bindparam("of_task"))
_GROW = (
    update(task)
    .where(task.c.id == bindparam("of_task"))
    .values(labels_wanted=task.c.labels_wanted + 1, free_slots=task.c.free_slots + 1)
    .execution_options(synchronize_session=False)
)


def votes_of_task(session: Session, task_id: int) -> Sequence[AnyRow]:
    """The current planned and extra labels of a task: name, values, guideline_id."""
    return session.execute(_VOTES, {"of_task": task_id}).all()


def labels_if_full(session: Session, task_id: int) -> int | None:
    """How many labels a drawn task wanted, if it has them all; else None."""
    found = session.execute(_FULL_ONE, {"of_task": task_id}).one_or_none()
    return None if found is None else int(found.labels_wanted)


def full_tasks(session: Session, queue_id: int, at_most: int) -> list[int]:
    """Drawn tasks that have all the labels they want, and want fewer than `at_most`, by id."""
    found = _FULL.where(task.c.queue_id == queue_id, task.c.labels_wanted < at_most)
    return list(session.scalars(found.order_by(task.c.id)))


def people_left(session: Session, queue_id: int, task_id: int) -> list[Account]:
    """The annotators who may enter the queue, and can, and have not had this task."""
    had = exists().where(
        assignment.c.task_id == task_id,
        assignment.c.account_id == account.c.id,
        assignment.c.round == 0,
        assignment.c.state.not_in(REOPENABLE),
    )
    member = exists().where(
        queue_member.c.queue_id == queue_id, queue_member.c.account_id == account.c.id
    )
    can = exists().where(token.c.account_id == account.c.id, token.c.revoked_at.is_(None))
    found = (
        select(account.c.id, account.c.name, account.c.role)
        .join(queue, queue.c.id == queue_id)
        .where(
            account.c.role == "annotator",
            account.c.disabled_at.is_(None),
            or_(account.c.password_hash.is_not(None), can),
            or_(queue.c.everyone, member),
            ~had,
        )
        .order_by(account.c.id)
    )
    return [Account(*row) for row in session.execute(found)]


def one_label_more(session: Session, task_id: int) -> None:
    """Let a task want one label more, in a slot that is free."""
    session.execute(_GROW, {"of_task": task_id})


def count_labels(session: Session, queue_id: int) -> int:
    """How many planned and extra labels were submitted in a queue."""
    found = select(func.count()).where(
        assignment.c.queue_id == queue_id,
        assignment.c.state == "submitted",
        assignment.c.slot.is_not(None),
    )
    return session.scalar(found) or 0


def fit_of(session: Session, queue_id: int) -> AnyRow | None:
    """What was learnt last: field, model, labels, fitted_at."""
    return session.execute(
        select(consensus_fit).where(consensus_fit.c.queue_id == queue_id)
    ).one_or_none()


def keep_fit(session: Session, queue_id: int, values: Mapping[str, Any], now: datetime) -> None:
    """Put what was learnt in the place of what was learnt before."""
    session.execute(consensus_fit.delete().where(consensus_fit.c.queue_id == queue_id))
    session.execute(consensus_fit.insert().values(queue_id=queue_id, fitted_at=now, **dict(values)))
