"""What the labeling page asks about one person's own work."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, case, func, or_, select

from storage.engine import Session
from storage.tables import assignment


class OwnWork(NamedTuple):
    """A person's own assignments in a queue, without imported ones."""

    submitted: int = 0
    skipped: int = 0
    leased: int = 0
    hidden: int = 0
    """Submitted, and no label that the queue wants: nobody is told of these."""


def _count(state: str) -> object:
    return func.sum(case((assignment.c.state == state, 1), else_=0)).label(state)


_hidden = (assignment.c.state == "submitted") & assignment.c.role.in_(("gold", "repeat"))
_WORK = (
    select(  # type: ignore[call-overload]
        assignment.c.queue_id,
        _count("submitted"),
        _count("skipped"),
        _count("leased"),
        func.sum(case((_hidden, 1), else_=0)),
    )
    .where(
        assignment.c.account_id == bindparam("account_id"),
        assignment.c.role.not_in(("import", "qualification")),
    )
    .group_by(assignment.c.queue_id)
)
_WORK_HERE = _WORK.where(assignment.c.queue_id == bindparam("queue_id"))


def own_work(session: Session, account_id: int) -> dict[int, OwnWork]:
    """A person's work by queue id; queues where they did nothing are absent."""
    rows = session.execute(_WORK, {"account_id": account_id})
    return {row.queue_id: OwnWork(*row[1:]) for row in rows}


def own_work_in(session: Session, account_id: int, queue_id: int) -> OwnWork:
    """A person's work in one queue."""
    found = session.execute(_WORK_HERE, {"account_id": account_id, "queue_id": queue_id}).first()
    return OwnWork(*found[1:]) if found else OwnWork()


def last_finished(
    session: Session, account_id: int, queue_id: int, before: tuple[datetime, int] | None = None
) -> int | None:
    """The assignment a person submitted or skipped last, or last before (finished at, id)."""
    statement = select(assignment.c.id).where(
        assignment.c.account_id == account_id,
        assignment.c.queue_id == queue_id,
        assignment.c.state.in_(("submitted", "skipped")),
        assignment.c.role != "import",
        # an answer to qualify stands: what was agreed has been shown
        or_(assignment.c.role != "qualification", assignment.c.state == "skipped"),
    )
    if before is not None:
        at, number = before
        statement = statement.where(
            or_(
                assignment.c.finished_at < at,
                and_(assignment.c.finished_at == at, assignment.c.id < number),
            )
        )
    latest = statement.order_by(assignment.c.finished_at.desc(), assignment.c.id.desc())
    return session.scalar(latest.limit(1))
