"""Reports that are kept: the newest, and the last of every day before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, insert, select

from storage.engine import AnyRow, Session
from storage.tables import (
    answer,
    assignment,
    draw,
    guideline_note,
    label,
    question,
    queue,
    report,
    score,
    task,
    verdict,
)

LISTED = 400


def mark(session: Session, queue_id: int) -> str:
    """A text that changes whenever something changes that a report of a queue reads."""
    states = (
        select(assignment.c.state, func.count())
        .where(assignment.c.queue_id == queue_id)
        .group_by(assignment.c.state)
        .order_by(assignment.c.state)
    )
    newest = (
        select(func.max(label.c.id))
        .join_from(label, assignment, label.c.assignment_id == assignment.c.id)
        .where(assignment.c.queue_id == queue_id),
        select(func.max(verdict.c.id))
        .join_from(verdict, task, verdict.c.task_id == task.c.id)
        .where(task.c.queue_id == queue_id),
        select(func.max(draw.c.id)).where(draw.c.queue_id == queue_id),
        select(func.count()).where(task.c.queue_id == queue_id),
        select(func.max(question.c.id)).where(question.c.queue_id == queue_id),
        select(func.max(guideline_note.c.id), func.max(guideline_note.c.closed_at)),
        select(func.max(answer.c.id)),
        select(func.max(score.c.id)),
        select(queue.c.guideline_id, queue.c.paused_at).where(queue.c.id == queue_id),
    )
    seen = [tuple(row) for row in session.execute(states)]
    seen += [tuple(session.execute(one).one()) for one in newest]
    return sha256(repr(seen).encode()).hexdigest()[:16]


def labels_given(session: Session, queue_id: int) -> int:
    """How many assignments of a queue have an answer, imported ones included."""
    given = select(func.count()).where(
        assignment.c.queue_id == queue_id, assignment.c.state == "submitted"
    )
    return session.scalar(given) or 0


def keep_report(session: Session, values: Mapping[str, Any]) -> int:
    """Append a report, and drop the earlier ones of its day; its id."""
    kept = session.execute(insert(report).values(**values).returning(report.c.id)).scalar_one()
    at: datetime = values["made_at"]
    session.execute(
        delete(report).where(
            report.c.queue_id == values["queue_id"],
            report.c.made_at >= at.replace(hour=0, minute=0, second=0, microsecond=0),
            report.c.made_at <= at,
            report.c.id != kept,
        )
    )
    return int(kept)


def newest_report(session: Session, queue_id: int) -> AnyRow | None:
    """The report that was made last."""
    return session.execute(
        select(report).where(report.c.queue_id == queue_id).order_by(report.c.id.desc()).limit(1)
    ).one_or_none()


def report_row(session: Session, queue_id: int, report_id: int) -> AnyRow | None:
    """One report of a queue."""
    return session.execute(
        select(report).where(report.c.queue_id == queue_id, report.c.id == report_id)
    ).one_or_none()


def reports_of(session: Session, queue_id: int) -> Sequence[AnyRow]:
    """When reports were made, the newest first, without what they say."""
    listed = select(report.c.id, report.c.made_at).where(report.c.queue_id == queue_id)
    return session.execute(listed.order_by(report.c.id.desc()).limit(LISTED)).all()
