"""Reports that are kept: the newest, and the last of every day before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

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
    report_schedule,
    score,
    section,
    task,
    verdict,
)

LISTED = 400
SECTIONS = 40
"""Of a queue that are kept, the newest."""


def mark(session: Session, queue_id: int, *, scored: bool = True) -> str:
    """A text that changes whenever something changes that a report of a queue reads.

    Without `scored`, of a report that reads no scores.
    """
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
        select(
            func.max(guideline_note.c.id),
            func.max(guideline_note.c.closed_at),
            func.count(guideline_note.c.closed_at),
            func.sum(func.length(guideline_note.c.text)),
        ),
        select(func.max(answer.c.id)),
        *([select(func.max(score.c.id))] if scored else ()),
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


def keep_report(session: Session, values: Mapping[str, Any]) -> int | None:
    """Append a report, and drop the earlier ones of its day; its id.

    One with a `period` is kept beside those of its day, once per period: then None is returned.
    """
    into = insert(report).values(**values).returning(report.c.id)
    if values.get("period") is not None:
        same = (report.c.queue_id == values["queue_id"], report.c.period == values["period"])
        if session.scalar(select(report.c.id).where(*same)) is not None:
            return None
        return int(session.execute(into).scalar_one())
    kept = session.execute(into).scalar_one()
    at: datetime = values["made_at"]
    session.execute(
        delete(report).where(
            report.c.queue_id == values["queue_id"],
            report.c.made_at >= at.replace(hour=0, minute=0, second=0, microsecond=0),
            report.c.made_at <= at,
            report.c.id != kept,
            report.c.period.is_(None),
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
    listed = select(report.c.id, report.c.made_at, report.c.period).where(
        report.c.queue_id == queue_id
    )
    return session.execute(listed.order_by(report.c.id.desc()).limit(LISTED)).all()


def put_plan(session: Session, queue_id: int, values: Mapping[str, Any]) -> None:
    """Set when a queue makes a report by the calendar."""
    drop_plan(session, queue_id)
    session.execute(insert(report_schedule).values(queue_id=queue_id, **values))


def drop_plan(session: Session, queue_id: int) -> bool:
    """Make no more by the calendar; whether any was planned."""
    gone = session.execute(delete(report_schedule).where(report_schedule.c.queue_id == queue_id))
    return bool(gone.rowcount)


def plan_of(session: Session, queue_id: int) -> AnyRow | None:
    """When a queue makes a report by the calendar."""
    return session.execute(
        select(report_schedule).where(report_schedule.c.queue_id == queue_id)
    ).one_or_none()


def due_plans(session: Session, now: datetime) -> Sequence[AnyRow]:
    """Every plan whose time has come, with the name of its queue."""
    due = select(report_schedule, queue.c.name).join_from(report_schedule, queue)
    return session.execute(due.where(report_schedule.c.next_at <= now)).all()


def advance_plan(session: Session, queue_id: int, was: datetime, following: datetime) -> None:
    """Plan the next one, unless somebody has changed the plan meanwhile."""
    session.execute(
        update(report_schedule)
        .where(report_schedule.c.queue_id == queue_id, report_schedule.c.next_at == was)
        .values(next_at=following)
    )


def section_row(session: Session, queue_id: int, asked: str) -> AnyRow | None:
    """What a section was made of when it was opened last."""
    return session.execute(
        select(section).where(section.c.queue_id == queue_id, section.c.asked == asked)
    ).one_or_none()


def keep_section(session: Session, values: Mapping[str, Any]) -> None:
    """Keep what a section was made of, and drop the oldest of the queue."""
    ours = section.c.queue_id == values["queue_id"]
    session.execute(delete(section).where(ours, section.c.asked == values["asked"]))
    into = postgresql.insert if session.dialect.name == "postgresql" else sqlite.insert
    session.execute(into(section).values(**values).on_conflict_do_nothing())
    newest = select(section.c.asked).where(ours).order_by(section.c.made_at.desc()).limit(SECTIONS)
    session.execute(delete(section).where(ours, section.c.asked.not_in(newest)))
