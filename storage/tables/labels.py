"""Who holds which task, and what they said."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import SQLModel

from storage.tables.columns import (
    big,
    counted,
    json,
    long_text,
    metadata,
    moment,
    one_of,
    opaque,
    part,
    ref,
)

ASSIGNMENT_ROLES = ("planned", "extra", "repeat", "gold", "qualification", "import")
ASSIGNMENT_STATES = ("leased", "submitted", "skipped", "returned", "expired")
ORIGINS = ("unanimous", "majority", "model", "adjudicated")


class Assignment(SQLModel, table=True):
    """One person's hold on one task."""

    __table_args__ = (
        one_of("role", ASSIGNMENT_ROLES),
        one_of("state", ASSIGNMENT_STATES),
        UniqueConstraint("task_id", "account_id", "round"),
        CheckConstraint(
            "slot IS NULL OR (slot >= 0 AND role IN ('planned', 'extra'))", name="slot"
        ),
        Index(
            "uq_assignment_slot",
            "task_id",
            "slot",
            unique=True,
            sqlite_where=text("state IN ('leased', 'submitted') AND slot IS NOT NULL"),
            postgresql_where=text("state IN ('leased', 'submitted') AND slot IS NOT NULL"),
        ),
        Index(
            "ix_assignment_lease",
            "lease_expires_at",
            sqlite_where=text("state = 'leased'"),
            postgresql_where=text("state = 'leased'"),
        ),
        Index("ix_assignment_account_id_queue_id_state", "account_id", "queue_id", "state"),
        Index("ix_assignment_queue_id_state", "queue_id", "state"),
    )

    id: int = opaque()
    task_id: int = ref("task.id", index=False)
    queue_id: int = ref("queue.id", index=False)
    account_id: int = ref("account.id", index=False)
    role: str
    round: int
    slot: int | None
    guideline_id: int = ref("guideline.id", index=False)
    """The version that was shown, and that the answer is checked by."""
    state: str
    leased_at: datetime = moment()
    lease_expires_at: datetime | None = moment(null=True)
    finished_at: datetime | None = moment(null=True)
    skip_reason: str | None


class Draft(SQLModel, table=True):
    """What was typed so far; the only answer text that is ever overwritten."""

    assignment_id: int = part("assignment.id")
    values: dict[str, Any] = json()
    version: int
    updated_at: datetime = moment()


class Label(SQLModel, table=True):
    """A submitted answer; append-only."""

    __table_args__ = (
        UniqueConstraint("assignment_id", "revision"),
        UniqueConstraint("account_id", "idempotency_key"),
    )

    id: int = counted()
    assignment_id: int = ref("assignment.id", index=False)
    task_id: int = ref("task.id")
    account_id: int = ref("account.id", index=False)
    revision: int
    values: dict[str, Any] | None = json(null=True)
    """Null: withdrawn."""
    guideline_id: int = ref("guideline.id", index=False)
    seconds: float | None
    response_order: list[str] | None = json(null=True)
    """Ids of the responses in the order in which they were shown."""
    idempotency_key: str | None
    body_hash: int = big()
    """63 bits of SHA-256 over the request, to tell a repeat from a reused key."""
    created_at: datetime = moment()


class Verdict(SQLModel, table=True):
    """The settled answer of one task and field; append-only."""

    __table_args__ = (one_of("origin", ORIGINS), UniqueConstraint("task_id", "field", "revision"))

    id: int = counted()
    task_id: int = ref("task.id", index=False)
    field: str
    revision: int
    value: Any = json(null=True)
    origin: str
    account_id: int | None = ref("account.id", null=True, index=False)
    reason: str | None = long_text(null=True)
    label_ids: list[int] = json()
    created_at: datetime = moment()


# The same tables for statements: `select(task.c.id)`.
assignment = metadata.tables["assignment"]
draft = metadata.tables["draft"]
label = metadata.tables["label"]
verdict = metadata.tables["verdict"]
