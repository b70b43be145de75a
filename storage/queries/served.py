"""How far the draws of a queue have been served, and what they said of a few of its tasks."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, case, exists, func, select

from storage.engine import AnyRow, Session
from storage.queries.assignments import NOT_SHOWN
from storage.tables import assignment, draw, draw_task

_held = and_(assignment.c.task_id == draw_task.c.task_id, assignment.c.round == 0)
_state = assignment.c.state
_unseen = (_state == "returned") & (func.coalesce(assignment.c.skip_reason, "") == NOT_SHOWN)
LABELLED = exists().where(_held, _state == "submitted", assignment.c.role == "planned")
"""A planned label of round 0 is there, as in `frames.progress`."""
CLAIMED = exists().where(_held, assignment.c.role.in_(("planned", "extra")), ~_unseen)
OPEN_LEASE = exists().where(
    _held, _state == "leased", assignment.c.lease_expires_at > bindparam("now")
)
WAITING = ~LABELLED & (OPEN_LEASE | ~CLAIMED)
"""Ends a prefix: without a label, and never claimed or being worked on."""


class Served(NamedTuple):
    """How far a draw that took something has been served."""

    draw: int
    first: int
    """Position of the first task it took."""
    end: int | None
    """Position of the first that waits; None when none does."""


_ENDS = (
    select(
        draw_task.c.draw_id,
        func.min(draw_task.c.position),
        func.min(case((WAITING, draw_task.c.position))),
    )
    .join_from(draw_task, draw)
    .where(draw.c.queue_id == bindparam("queue_id"), draw_task.c.picked)
    .group_by(draw_task.c.draw_id)
    .order_by(draw_task.c.draw_id)
)
_earlier = draw_task.alias("earlier")
_BEFORE = and_(
    draw_task.c.draw_id == bindparam("draw_id"),
    draw_task.c.picked,
    draw_task.c.position < bindparam("end"),
)
_OWN = select(
    exists().where(
        _BEFORE,
        ~exists().where(
            _earlier.c.task_id == draw_task.c.task_id,
            _earlier.c.picked,
            _earlier.c.draw_id < draw_task.c.draw_id,
        ),
    )
)
_COUNTS = (
    select(draw_task.c.stratum, func.count().label("taken"))
    .where(draw_task.c.draw_id == bindparam("draw_id"), draw_task.c.picked)
    .group_by(draw_task.c.stratum)
)
_RANKED = (
    select(draw_task.c.priority)
    .where(
        draw_task.c.draw_id == bindparam("draw_id"),
        draw_task.c.stratum == bindparam("stratum"),
        draw_task.c.picked,
    )
    .order_by(draw_task.c.priority.desc())
    .offset(bindparam("before"))
    .limit(2)
)
_TOLD = (
    select(
        draw_task.c.task_id,
        draw_task.c.draw_id,
        draw_task.c.stratum,
        draw_task.c.weight,
        draw_task.c.position,
        LABELLED,
    )
    .where(draw_task.c.task_id.in_(bindparam("tasks", expanding=True)))
    .order_by(draw_task.c.draw_id)
)


def served(session: Session, queue_id: int, now: datetime) -> list[Served]:
    """The draws of a queue that took something, in the order in which they were made."""
    return [Served(*row) for row in session.execute(_ENDS, {"queue_id": queue_id, "now": now})]


def has_own(session: Session, draw_id: int, end: int) -> bool:
    """Whether a task before that position was taken by this draw and by none before it."""
    return bool(session.scalar(_OWN, {"draw_id": draw_id, "end": end}))


def inside(session: Session, draw_id: int, end: int | None) -> dict[str, int]:
    """By stratum, how many tasks a draw took before that position; None: in all."""
    before = _COUNTS if end is None else _COUNTS.where(draw_task.c.position < end)
    return {row.stratum: row.taken for row in session.execute(before, {"draw_id": draw_id})}


def ranked(session: Session, draw_id: int, stratum: str, place: int) -> tuple[float, float]:
    """The m-th and the (m+1)-th largest priority of what a draw took of a stratum; m from 1."""
    asked = {"draw_id": draw_id, "stratum": stratum, "before": place - 1}
    at, following = session.scalars(_RANKED, asked).all()
    return at, following


def told(session: Session, tasks: Sequence[int]) -> Sequence[AnyRow]:
    """What every draw said of some tasks that were eligible in it, the first draw first.

    Columns: task, draw, stratum, weight, position, and whether the task is labelled.
    """
    return session.execute(_TOLD, {"tasks": list(tasks)}).all()
