"""What people said, task by task, with the texts they said it about: the reads of the exports.

Tasks come in the order in which their interactions arrived, a bounded number at a time, so that a
queue of any size is read in flat memory. Texts are left encoded: most exports pass them on.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Select, Text, bindparam, exists, or_, select, type_coerce

from storage.engine import AnyRow, Session
from storage.frames import CURRENT
from storage.queries.verdicts import NEWEST
from storage.tables import (
    account,
    assignment,
    content,
    guideline,
    interaction,
    label,
    task,
    verdict,
)

CHUNK = 250
SEGMENTS = (
    "created_at",
    "session_id",
    "model",
    "variant",
    "category",
    "tags",
    "confidence",
    "flags",
)
TEXTS = ("messages", "responses", "context")


class LabelSaid(NamedTuple):
    """A current label: the newest revision of one person's answer, not withdrawn."""

    label_id: int
    annotator: str
    values: dict[str, Any]
    revision: int
    created_at: datetime
    seconds: float | None
    guideline: str
    """Hash of the version it was made under."""
    role: str
    round: int


class VerdictSaid(NamedTuple):
    """The newest verdict on one field of a task."""

    field: str
    value: Any
    origin: str
    by: str | None
    label_ids: list[int]
    reason: str | None = None


class TaskSaid(NamedTuple):
    """A task that has a label or a verdict, and all that was said of it."""

    task_id: int
    source: str
    interaction_id: str
    """The sender's."""
    purpose: str
    reason: str | None
    interaction: dict[str, Any]
    """Segments; and, when asked for, messages, responses and context as `msgspec.Raw` JSON."""
    labels: list[LabelSaid]
    verdicts: list[VerdictSaid]


def _between(statement: Select[Any]) -> Select[Any]:
    return statement.where(
        task.c.queue_id == bindparam("queue_id"),
        task.c.interaction_id > bindparam("after"),
        task.c.interaction_id <= bindparam("last"),
    )


_LAST = (
    select(task.c.interaction_id)
    .where(task.c.queue_id == bindparam("queue_id"), task.c.interaction_id > bindparam("after"))
    .order_by(task.c.interaction_id)
    .offset(CHUNK - 1)
    .limit(1)
)
_TASKS = _between(
    select(
        task.c.id,
        interaction.c.source,
        interaction.c.external_id,
        task.c.purpose,
        task.c.reason,
        *(interaction.c[name] for name in SEGMENTS),
    )
    .join_from(task, interaction)
    .where(
        or_(
            exists().where(label.c.task_id == task.c.id),
            exists().where(verdict.c.task_id == task.c.id),
        )
    )
    .order_by(task.c.interaction_id, task.c.purpose.desc())
)
_TASKS_WITH_TEXTS = _TASKS.join(
    content, content.c.interaction_id == task.c.interaction_id, isouter=True
).add_columns(*(type_coerce(content.c[name], Text).label(name) for name in TEXTS))
_LABELS = _between(
    select(
        label.c.task_id,
        label.c.id,
        account.c.name,
        label.c["values"],
        label.c.revision,
        label.c.created_at,
        label.c.seconds,
        guideline.c.hash,
        assignment.c.role,
        assignment.c.round,
    )
    .join_from(label, task, label.c.task_id == task.c.id)
    .join(assignment, label.c.assignment_id == assignment.c.id)
    .join(account, label.c.account_id == account.c.id)
    .join(guideline, label.c.guideline_id == guideline.c.id)
    .where(label.c["values"].is_not(None), CURRENT)
    .order_by(label.c.id)
)
_VERDICTS = _between(
    select(
        verdict.c.task_id,
        verdict.c.field,
        verdict.c.value,
        verdict.c.origin,
        account.c.name,
        verdict.c.label_ids,
        verdict.c.reason,
    )
    .join_from(verdict, task, verdict.c.task_id == task.c.id)
    .join(account, verdict.c.account_id == account.c.id, isouter=True)
    .where(NEWEST)
)


def answered_tasks(session: Session, queue_id: int, *, texts: bool) -> Iterator[TaskSaid]:
    """Every task of a queue that has a label or a verdict, in the order of arrival."""
    statement = _TASKS_WITH_TEXTS if texts else _TASKS
    after: int | None = 0
    while after is not None:
        start = {"queue_id": queue_id, "after": after}
        following = session.scalar(_LAST, start)
        part = start | {"last": 2**63 - 1 if following is None else following}
        yield from _assembled(session, statement, part)
        after = following


def _assembled(
    session: Session, statement: Select[Any], part: dict[str, int]
) -> Iterator[TaskSaid]:
    labels: dict[int, list[LabelSaid]] = defaultdict(list)
    for task_id, *said in session.execute(_LABELS, part):
        labels[task_id].append(LabelSaid(*said))
    verdicts: dict[int, dict[str, VerdictSaid]] = defaultdict(dict)
    for task_id, *found in session.execute(_VERDICTS, part):
        ruling = VerdictSaid(*found)
        if ruling.value is not None:  # else withdrawn
            verdicts[task_id][ruling.field] = ruling
    for row in session.execute(statement, part):
        task_id, source, interaction_id, purpose, reason, *rest = row
        yield TaskSaid(
            task_id, source, interaction_id, purpose, reason, _interaction(rest),
            labels[task_id], list(verdicts[task_id].values()),
        )  # fmt: skip


def _interaction(columns: Sequence[Any]) -> dict[str, Any]:
    found = dict(zip(SEGMENTS, columns[: len(SEGMENTS)], strict=True))
    for name, text in zip(TEXTS, columns[len(SEGMENTS) :], strict=False):
        found[name] = None if text is None else msgspec.Raw(text.encode())
    return found


def guideline_versions(session: Session, slug: str) -> Sequence[AnyRow]:
    """Every version of a guideline that is kept, oldest first."""
    versions = select(guideline).where(guideline.c.slug == slug)
    return session.execute(versions.order_by(guideline.c.id)).all()
