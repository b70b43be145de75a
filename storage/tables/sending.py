"""What is told to other platforms of the answers of a queue."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from storage.tables.columns import (
    counted,
    json,
    long_text,
    metadata,
    moment,
    one_of,
    ref,
)

STATES = ("waiting", "sent", "withdrawn", "failed")


class Sending(SQLModel, table=True):
    """The answers of one queue to one platform: once, or again whenever they change."""

    __table_args__ = (UniqueConstraint("queue_id", "connection_id"),)

    id: int = counted()
    queue_id: int = ref("queue.id", index=False)
    connection_id: int = ref("connection.id")
    labels: str
    """`settled`: one answer per task and field; `raw`: every annotator's beside the verdicts."""
    names: bool
    """Whether annotators are sent by name; else as `annotator-7`."""
    standing: bool
    """Whether it goes on by itself."""
    mark: str | None
    """What the queue looked like when it was compared last."""
    tries: int
    """How often in a row the platform could not be asked."""
    next_at: datetime | None = moment(null=True)
    """Not before then; null: at once."""
    fault: str | None = long_text(null=True)
    """Why the platform could not be asked; null when it could."""
    unplaced: int
    """Answers on interactions that have no id over there."""
    created_by: int | None = ref("account.id", null=True, index=False)
    created_at: datetime = moment()
    sent_at: datetime | None = moment(null=True)
    """When it last came to its end."""


class Outgoing(SQLModel, table=True):
    """One thing said of one interaction over there: what it shall be, and how far that has come."""

    __table_args__ = (
        one_of("state", STATES),
        UniqueConstraint("sending_id", "key"),
        Index("ix_outgoing_sending_id_state", "sending_id", "state"),
        Index("ix_outgoing_sending_id_task_id", "sending_id", "task_id"),
    )

    id: int = counted()
    sending_id: int = ref("sending.id", index=False)
    key: str
    """The same for ever for the same task, field and person: what is sent again is an update."""
    task_id: int = ref("task.id")
    place: dict[str, Any] = json()
    """Ids of the interaction over there."""
    body: dict[str, Any] | None = json(null=True)
    """What shall be there; null: nothing, it was withdrawn."""
    state: str
    tries: int
    next_at: datetime | None = moment(null=True)
    fault: str | None = long_text(null=True)
    changed_at: datetime = moment()
    sent_at: datetime | None = moment(null=True)
    """When it was last taken over there."""


# The same tables for statements: `select(sending.c.id)`.
sending = metadata.tables["sending"]
outgoing = metadata.tables["outgoing"]
