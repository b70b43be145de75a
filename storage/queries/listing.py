"""The tasks of a queue one by one, with how far each is."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, bindparam, case, func, select

from storage.engine import AnyRow, Session
from storage.tables import assignment, interaction, task

AT_ONCE = 1_000


def _count(state: str) -> Any:
    return func.coalesce(func.sum(case((assignment.c.state == state, 1), else_=0)), 0).label(state)


_TASKS: Select[Any] = (
    select(
        task.c.id,
        interaction.c.source,
        interaction.c.external_id,
        task.c.purpose,
        task.c.reason,
        task.c.planned_labels,
        task.c.labels_wanted,
        _count("submitted"),
        _count("leased"),
    )
    .join_from(task, interaction, task.c.interaction_id == interaction.c.id)
    .join(
        assignment,
        (assignment.c.task_id == task.c.id) & assignment.c.slot.is_not(None),
        isouter=True,
    )
    .where(task.c.queue_id == bindparam("queue_id"))
    .group_by(task.c.id, interaction.c.id)
    .order_by(task.c.position.is_(None), task.c.position, task.c.id)
    .execution_options(yield_per=AT_ONCE)
)


def task_rows(session: Session, queue_id: int) -> Iterator[AnyRow]:
    """Every task in serving order, imported ones last, with what was asked for and is done."""
    yield from session.execute(_TASKS, {"queue_id": queue_id})
