"""Which responses tasks ask to compare, by id."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from storage.engine import Session
from storage.tables import content, label, task

BATCH = 500
NAME_CHARS = 200


def response_ids(session: Session, task_ids: Sequence[int]) -> dict[int, list[str]]:
    """The ids of the responses of each task, sorted.

    A label made here has them; the texts are read only for tasks that have imported labels alone.
    """
    found: dict[int, list[str]] = {}
    for start in range(0, len(task_ids), BATCH):
        some = list(task_ids[start : start + BATCH])
        shown = select(label.c.task_id, label.c.response_order).where(label.c.task_id.in_(some))
        for row in session.execute(shown):
            if row.response_order:
                found.setdefault(row.task_id, sorted(row.response_order))
        rest = [one for one in some if one not in found]
        if rest:
            stored = (
                select(task.c.id, content.c.responses)
                .join_from(task, content, task.c.interaction_id == content.c.interaction_id)
                .where(task.c.id.in_(rest))
            )
            for row in session.execute(stored):
                found[row.id] = sorted(str(one.get("id")) for one in row.responses or ())
    return found


def response_makers(
    session: Session, task_ids: Sequence[int]
) -> dict[int, dict[str, tuple[str | None, str | None]]]:
    """By task and response id, the model and the variant that wrote it."""
    found: dict[int, dict[str, tuple[str | None, str | None]]] = {}
    for start in range(0, len(task_ids), BATCH):
        stored = (
            select(task.c.id, content.c.responses)
            .join_from(task, content, task.c.interaction_id == content.c.interaction_id)
            .where(task.c.id.in_(list(task_ids[start : start + BATCH])))
        )
        for row in session.execute(stored):
            found[row.id] = {
                str(one.get("id")): (_named(one, "model"), _named(one, "variant"))
                for one in row.responses or ()
            }
    return found


def _named(response: Any, key: str) -> str | None:
    value = response.get(key)
    return None if value in (None, "") else str(value)[:NAME_CHARS]
