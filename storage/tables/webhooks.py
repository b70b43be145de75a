"""Who is told by HTTP when something happens, and what became of telling them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
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

DELIVERY_STATES = ("waiting", "delivered", "failed")


class Webhook(SQLModel, table=True):
    """An address that is told; its signing key is a secret of which only the name is kept."""

    __table_args__ = (
        Index(
            "uq_webhook_name",
            "name",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: int = counted()
    name: str
    """Unique among those that are not removed."""
    url: str
    events: list[str] = json()
    """Which kinds it is told of."""
    queue_id: int | None = ref("queue.id", null=True)
    """Of this queue alone; null: of all."""
    secret: str
    """The name by which the settings know the signing key."""
    active: bool
    progress: dict[str, Any] = json()
    """Up to which rows everything was noted for it."""
    tries: int
    """How often in a row it could not be reached."""
    next_at: datetime | None = moment(null=True)
    """Not before then; null: at once."""
    fault: str | None = long_text(null=True)
    """Why it was not reached, or was switched off; null when all is well."""
    created_by: int | None = ref("account.id", null=True, index=False)
    created_at: datetime = moment()
    removed_at: datetime | None = moment(null=True)


class Delivery(SQLModel, table=True):
    """One event for one address."""

    __table_args__ = (
        one_of("state", DELIVERY_STATES),
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_delivery_webhook_id_state_id", "webhook_id", "state", "id"),
    )

    id: int = counted()
    webhook_id: int = ref("webhook.id", index=False)
    event_id: str
    """The same for every try and every address."""
    type: str
    body: str = long_text()
    """The JSON text that is sent."""
    state: str
    tries: int
    next_at: datetime | None = moment(null=True)
    created_at: datetime = moment()


class DeliveryAttempt(SQLModel, table=True):
    """One try; append-only."""

    __tablename__ = "delivery_attempt"

    id: int = counted()
    delivery_id: int = ref("delivery.id")
    at: datetime = moment()
    status: int | None
    """Null when there was no answer."""
    seconds: float
    body_hash: str
    """SHA-256 of what was sent."""
    fault: str | None = long_text(null=True)
    """Null when it was taken; else why not, some hundred characters at most."""


# The same tables for statements: `select(webhook.c.id)`.
webhook = metadata.tables["webhook"]
delivery = metadata.tables["delivery"]
delivery_attempt = metadata.tables["delivery_attempt"]
