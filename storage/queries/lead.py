"""What the lead's page asks: draws made, segments to filter by, everything about one task."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, exists, func, select

from storage.engine import AnyRow, Session
from storage.interactions import GUIDELINE_SOURCE
from storage.tables import (
    account,
    assignment,
    draw,
    draw_task,
    guideline,
    interaction,
    label,
    task,
)

SEGMENT_CHARS = 200
_newer = label.alias("newer")


def any_interactions(session: Session) -> bool:
    """Whether anything has been ingested."""
    theirs = func.substr(interaction.c.source, 1, len(GUIDELINE_SOURCE)) != GUIDELINE_SOURCE
    return session.scalar(select(interaction.c.id).where(theirs).limit(1)) is not None


def draw_log(session: Session, queue_id: int, limit: int = 50) -> Sequence[AnyRow]:
    """The latest draws of a queue without their records, with who made them."""
    latest: Select[Any] = (
        select(
            draw.c.id,
            draw.c.created_at,
            draw.c.strategy,
            draw.c.params,
            draw.c.where,
            draw.c.seed,
            draw.c.population,
            draw.c.eligible,
            draw.c.drawn,
            draw.c.schedule_id,
            account.c.name.label("by"),
        )
        .join_from(draw, account, draw.c.created_by == account.c.id, isouter=True)
        .where(draw.c.queue_id == queue_id)
        .order_by(draw.c.id.desc())
        .limit(limit)
    )
    return session.execute(latest).all()


def segment_values(session: Session, queue_id: int, limit: int = 200) -> dict[str, list[str]]:
    """The models and categories of the interactions in a queue that are short enough to choose."""
    found = {}
    for segment in ("model", "category"):
        column = interaction.c[segment]
        rows = session.scalars(
            select(column)
            .join_from(task, interaction)
            .where(task.c.queue_id == queue_id, func.length(column) <= SEGMENT_CHARS)
            .distinct()
            .order_by(column)
            .limit(limit)
        )
        found[segment] = [str(value) for value in rows]
    return found


def task_row(session: Session, queue_id: int, task_id: int) -> AnyRow | None:
    """One task of a queue with the name of its interaction."""
    return session.execute(
        select(task, interaction.c.source, interaction.c.external_id)
        .join_from(task, interaction)
        .where(task.c.id == task_id, task.c.queue_id == queue_id)
    ).one_or_none()


def senders_names(session: Session, task_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Source and sender's id of the interactions of some tasks, by task."""
    found = session.execute(
        select(task.c.id, interaction.c.source, interaction.c.external_id)
        .join_from(task, interaction)
        .where(task.c.id.in_(task_ids))
    )
    return {row.id: (row.source, row.external_id) for row in found}


def draws_of(session: Session, task_id: int) -> Sequence[AnyRow]:
    """The draws that picked a task, the first one first, and what they said of it."""
    picked: Select[Any] = (
        select(
            draw.c.id,
            draw.c.strategy,
            draw.c.created_at,
            draw_task.c.reason,
            draw_task.c.certain,
            draw_task.c.stratum,
        )
        .join_from(draw_task, draw)
        .where(draw_task.c.task_id == task_id, draw_task.c.picked)
        .order_by(draw.c.id)
    )
    return session.execute(picked).all()


def labels_of(session: Session, task_id: int) -> Sequence[AnyRow]:
    """The current labels of a task with their annotators, the first one first."""
    newest = ~exists().where(
        _newer.c.assignment_id == label.c.assignment_id, _newer.c.revision > label.c.revision
    )
    current: Select[Any] = (
        select(
            label.c.id.label("label_id"),
            label.c.task_id.label("task"),
            task.c.purpose,
            guideline.c.hash.label("guideline"),
            account.c.name.label("annotator"),
            assignment.c.role,
            assignment.c.round,
            label.c["values"],
            label.c.revision,
            label.c.seconds,
            label.c.created_at,
        )
        .join_from(label, assignment, label.c.assignment_id == assignment.c.id)
        .join(account, label.c.account_id == account.c.id)
        .join(task, label.c.task_id == task.c.id)
        .join(guideline, label.c.guideline_id == guideline.c.id)
        .where(label.c.task_id == task_id, label.c["values"].is_not(None), newest)
        .order_by(label.c.id)
    )
    return session.execute(current).all()
