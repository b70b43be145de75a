"""Labels from elsewhere: tasks and assignments that were never served to anybody here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, insert, select

from storage.engine import AnyRow, Session
from storage.errors import BadRow
from storage.queries.draws import add_tasks
from storage.queries.labels import add_label
from storage.tables import assignment, label, task
from storage.types import new_id

IMPORT_ROUND = -1
"""Beside the rounds 0, 1, 2... that are served here."""


@dataclass(frozen=True)
class ImportedLabel:
    """One label with everything it points to."""

    task_ids: Sequence[int]
    """The tasks of its interaction; a label that is new goes to the first."""
    queue_id: int
    account_id: int
    guideline_id: int
    values: Mapping[str, Any]
    seconds: float | None
    created_at: datetime | None
    """None: the sender did not say."""


def import_tasks(
    session: Session, queue_id: int, interactions: Sequence[int], now: datetime
) -> dict[int, list[int]]:
    """Tasks by interaction: the drawn one, then that of purpose `import`; made if there is none."""
    found: dict[int, list[int]] = {}
    for start in range(0, len(interactions), 5_000):
        rows = session.execute(
            select(task.c.interaction_id, task.c.id)
            .where(
                task.c.queue_id == queue_id,
                task.c.purpose.in_(("sample", "import")),
                task.c.interaction_id.in_(interactions[start : start + 5_000]),
            )
            .order_by(case((task.c.purpose == "sample", 0), else_=1))
        )
        for row in rows:
            found.setdefault(row.interaction_id, []).append(row.id)
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
    made = add_tasks(session, queue_id, rows_made, now)
    return found | {one: [task_id] for one, task_id in zip(missing, made, strict=True)}


def import_label(session: Session, one: ImportedLabel, now: datetime) -> bool:
    """Append a label under an import assignment; False when it was brought in before.

    Raises
    ------
    BadRow
        If it is older than the answer that stands.
    """
    held = session.execute(
        select(assignment.c.id, assignment.c.task_id)
        .where(
            assignment.c.task_id.in_(one.task_ids),
            assignment.c.account_id == one.account_id,
            assignment.c.role == "import",
        )
        .with_for_update()
    ).first()
    when = one.created_at or now
    if held is None:
        assignment_id, task_id = _import_assignment(session, one, when), one.task_ids[0]
    else:
        assignment_id, task_id = held.id, held.task_id
    said = session.execute(
        select(label.c["values"], label.c.created_at, label.c.revision)
        .where(label.c.assignment_id == assignment_id)
        .order_by(label.c.revision.desc())
    ).all()
    if any(_is_repeated(row, one, stands=row is said[0]) for row in said):
        return False
    if said and one.created_at is not None and one.created_at < said[0].created_at:
        stands = f"an answer of {said[0].created_at:%Y-%m-%d %H:%M} UTC stands, this one is older"
        raise BadRow("created_at", stands, "send it with a later created_at to replace that answer")
    add_label(
        session,
        {
            "assignment_id": assignment_id,
            "task_id": task_id,
            "account_id": one.account_id,
            "revision": said[0].revision + 1 if said else 1,
            "values": dict(one.values),
            "guideline_id": one.guideline_id,
            "seconds": one.seconds,
            "response_order": None,
            "idempotency_key": None,
            "body_hash": 0,
            "created_at": when,
        },
    )
    return True


def _is_repeated(said: AnyRow, one: ImportedLabel, *, stands: bool) -> bool:
    """Whether a label says what was said before; of an answer since replaced, at the same time."""
    return bool(said.values == one.values) and (stands or one.created_at in (None, said.created_at))


def _import_assignment(session: Session, one: ImportedLabel, when: datetime) -> int:
    """A finished hold without a slot, in a round of its own beside the person's own work."""
    assignment_id = new_id()
    session.execute(
        insert(assignment).values(
            id=assignment_id,
            task_id=one.task_ids[0],
            queue_id=one.queue_id,
            account_id=one.account_id,
            role="import",
            round=IMPORT_ROUND,
            slot=None,
            guideline_id=one.guideline_id,
            state="submitted",
            leased_at=when,
            lease_expires_at=None,
            finished_at=when,
            skip_reason=None,
        )
    )
    return assignment_id
