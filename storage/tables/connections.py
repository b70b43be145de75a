"""Platforms that traffic is pulled from and labels are sent back to."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import SQLModel

from storage.tables.columns import counted, json, long_text, metadata, moment, one_of

KINDS = ("phoenix", "mlflow", "langfuse", "langsmith")


class Connection(SQLModel, table=True):
    """One project on one platform; its key is a secret of which only the name is kept here."""

    __table_args__ = (
        one_of("kind", KINDS),
        Index(
            "uq_connection_name",
            "name",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: int = counted()
    name: str
    """Unique among those that are not removed."""
    kind: str
    url: str
    """Where its interface begins, without credentials."""
    project: str | None
    """Name or id of a project or experiment there."""
    secret: str | None
    """The name by which the settings know the key."""
    source: str
    """Which source its interactions have here."""
    options: dict[str, Any] = json()
    every_minutes: int | None
    """How often it is pulled by itself; null: only when asked."""
    progress: dict[str, Any] = json()
    """Where the next pull goes on."""
    pulled_at: datetime | None = moment(null=True)
    fault: str | None = long_text(null=True)
    """Why the last pull ended early; null when it did not."""
    created_at: datetime = moment()
    removed_at: datetime | None = moment(null=True)


# The same table for statements: `select(connection.c.id)`.
connection = metadata.tables["connection"]
