"""Draws, the tasks they make, and what each draw said of each task."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from storage.engine import AnyRow, Session
from storage.errors import Conflict
from storage.tables import draw, draw_task, queue, task
from storage.types import new_id

BATCH = 2_000


def lock_queue(session: Session, queue_id: int) -> None:
    """Make draws into one queue take turns until the transaction ends."""
    session.execute(
        select(queue.c.id).where(queue.c.id == queue_id).with_for_update(key_share=True)
    )


def draw_rows(session: Session, queue_id: int) -> Sequence[AnyRow]:
    """The draws of a queue, the first one first."""
    return session.execute(
        select(draw).where(draw.c.queue_id == queue_id).order_by(draw.c.id)
    ).all()


def seed_used(session: Session, queue_id: int, seed: int) -> bool:
    """Whether a draw of the queue had this seed."""
    found = select(draw.c.id).where(draw.c.queue_id == queue_id, draw.c.seed == seed)
    return session.scalar(found) is not None


def count_draws(session: Session, queue_id: int) -> int:
    """How many draws a queue has had."""
    return session.scalar(select(func.count()).where(draw.c.queue_id == queue_id)) or 0


def add_draw(session: Session, values: Mapping[str, Any]) -> int:
    """Store a draw; its id.

    Raises
    ------
    Conflict
        `seed_reused`, or `drawn_already` for a planned time that another process has served.
    """
    try:
        with session.begin_nested():
            return int(
                session.execute(insert(draw).values(**values).returning(draw.c.id)).scalar_one()
            )
    except IntegrityError as error:
        planned = select(draw.c.id).where(
            draw.c.schedule_id == values["schedule_id"], draw.c.planned_at == values["planned_at"]
        )
        if values["schedule_id"] is None or session.scalar(planned) is None:
            message = f"seed {values['seed']} was used by an earlier draw of this queue"
            raise Conflict("seed_reused", message, "give another seed, or none") from error
        raise Conflict("drawn_already", "this planned draw has been made", None) from error


def sample_tasks(session: Session, queue_id: int) -> pd.DataFrame:
    """The tasks of a queue that were drawn: columns `task` and `interaction` (int64)."""
    rows = session.execute(
        select(task.c.id, task.c.interaction_id).where(
            task.c.queue_id == queue_id, task.c.purpose == "sample"
        )
    ).all()
    frame = pd.DataFrame(rows, columns=["task", "interaction"])
    return frame.astype({"task": "int64", "interaction": "int64"})


def drawn_tasks(session: Session, queue_id: int) -> Iterator[int]:
    """The tasks of a queue that were drawn, read as they are taken."""
    drawn = select(task.c.id).where(task.c.queue_id == queue_id, task.c.purpose == "sample")
    yield from session.scalars(drawn.execution_options(yield_per=BATCH))


def next_position(session: Session, queue_id: int) -> int:
    """The serving position after the last one of a queue."""
    last = session.scalar(select(func.max(task.c.position)).where(task.c.queue_id == queue_id))
    return 0 if last is None else int(last) + 1


def add_tasks(
    session: Session, queue_id: int, rows: Iterable[Mapping[str, Any]], now: datetime
) -> list[int]:
    """Make tasks of a queue, all of one purpose and none of them there yet; their ids."""
    common = {"queue_id": queue_id, "created_at": now}
    made = [{"id": new_id(), **row, **common} for row in rows]
    for part in _parts(made):
        session.execute(insert(task), part)
    return [row["id"] for row in made]


def add_draw_tasks(session: Session, draw_id: int, rows: Iterable[Mapping[str, Any]]) -> None:
    """Store what a draw said of tasks."""
    for part in _parts([{"draw_id": draw_id, **row} for row in rows]):
        session.execute(insert(draw_task), part)


def _parts(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def draw_task_frame(session: Session, queue_id: int) -> pd.DataFrame:
    """What every draw of a queue said of every task that was eligible in it.

    Columns: draw, task (int64), stratum (str), weight, priority (float64, NaN when certain),
    certain, picked (bool), position (float64, NaN when not picked).
    """
    columns = ["draw", "task", "stratum", "weight", "priority", "certain", "picked", "position"]
    rows = session.execute(
        select(
            draw_task.c.draw_id,
            draw_task.c.task_id,
            draw_task.c.stratum,
            draw_task.c.weight,
            draw_task.c.priority,
            draw_task.c.certain,
            draw_task.c.picked,
            draw_task.c.position,
        )
        .join_from(draw_task, draw)
        .where(draw.c.queue_id == queue_id)
        .order_by(draw_task.c.draw_id, draw_task.c.position)
    ).all()
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype(
        {
            "draw": "int64",
            "task": "int64",
            "weight": "float64",
            "priority": "float64",
            "certain": "bool",
            "picked": "bool",
            "position": "float64",
        }
    )
