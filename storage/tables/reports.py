"""Reports as they were made, so that a page opens at once and an old one can be read again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import SQLModel

from storage.tables.columns import counted, json, metadata, moment, ref


class Report(SQLModel, table=True):
    """What the labels of a queue said at one time."""

    __table_args__ = (Index("ix_report_queue_id_made_at", "queue_id", "made_at"),)

    id: int = counted()
    queue_id: int = ref("queue.id", index=False)
    made_at: datetime = moment()
    mark: str
    """What was there to be read: the same mark, the same report."""
    seconds: float
    """How long it took."""
    body: dict[str, Any] = json()


# The same table for statements: `select(report.c.id)`.
report = metadata.tables["report"]
