"""Labels from elsewhere: tasks and assignments that were never served to anybody here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, insert, select

from storage.engine import Session
from storage.queries.draws import add_tasks
from storage.queries.labels import add_label, current_label
from storage.tables import assignment, task
from storage.types import new_id

IMPORT_ROUND = -1
"""Beside the rounds 0, 1, 2... that are served here."""


@dataclass(frozen=True)
class ImportedLabel:
    """One label with everything it points to."""

    task_id: int
    queue_id: int
    account_id: int
    guideline_id: int
    values: Mapping[str, Any]
    seconds: float | None
    created_at: datetime


def import_tasks(
    session: Session, queue_id: int, interactions: Sequence[int], now: datetime
) -> dict[int, int]:
    """Task by interaction: the drawn one where there is one, else one of purpose `import`."""
    found: dict[int, int] = {}
    for start in range(0, len(interactions), 5_000):
        rows = session.execute(
            select(task.c.interaction_id, task.c.id)
            .where(
                task.c.queue_id == queue_id,
                task.c.purpose.in_(("sample", "import")),
                task.c.interaction_id.in_(interactions[start : start + 5_000]),
            )
            .order_by(case((task.c.purpose == "sample", 1), else_=0))
        )
        found |= {row.interaction_id: row.id for row in rows}
    missing = [one for one in interactions if one not in found]
    rows_made = [
        {
            "interaction_id": one,
            "purpose": "import",
            "planned_labels": 0,
            "labels_wanted": 0,
            "free_slots": 0,
            "position": None,
            "reason": "imported",
        }
        for one in missing
    ]
    return found | dict(zip(missing, add_tasks(session, queue_id, rows_made, now), strict=True))


def import_label(session: Session, one: ImportedLabel) -> bool:
    """Append a label under an import assignment; False when the same answer is there already."""
    held = session.execute(
        select(assignment.c.id, assignment.c.role, assignment.c.round)
        .where(
            assignment.c.task_id == one.task_id,
            assignment.c.account_id == one.account_id,
            assignment.c.role == "import",
        )
        .with_for_update()
    ).one_or_none()
    if held is None:
        assignment_id, revision = _import_assignment(session, one), 1
    else:
        assignment_id = held.id
        current = current_label(session, assignment_id)
        if current is not None and current.values == one.values:
            return False
        revision = 1 if current is None else current.revision + 1
    add_label(
        session,
        {
            "assignment_id": assignment_id,
            "task_id": one.task_id,
            "account_id": one.account_id,
            "revision": revision,
            "values": dict(one.values),
            "guideline_id": one.guideline_id,
            "seconds": one.seconds,
            "response_order": None,
            "idempotency_key": None,
            "body_hash": 0,
            "created_at": one.created_at,
        },
    )
    return True


def _import_assignment(session: Session, one: ImportedLabel) -> int:
    """A finished hold without a slot, in a round of its own beside the person's own work."""
    assignment_id = new_id()
    session.execute(
        insert(assignment).values(
            id=assignment_id,
            task_id=one.task_id,
            queue_id=one.queue_id,
            account_id=one.account_id,
            role="import",
            round=IMPORT_ROUND,
            slot=None,
            guideline_id=one.guideline_id,
            state="submitted",
            leased_at=one.created_at,
            lease_expires_at=None,
            finished_at=one.created_at,
            skip_reason=None,
        )
    )
    return assignment_id
