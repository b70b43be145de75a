"""Reports and sections as they were made, so that a page opens at once; when more are made."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import counted, json, metadata, moment, one_of, part, ref


class Report(SQLModel, table=True):
    """What the labels of a queue said at one time."""

    __table_args__ = (
        Index("ix_report_queue_id_made_at", "queue_id", "made_at"),
        Index("ix_report_queue_id_period", "queue_id", "period", unique=True),
    )

    id: int = counted()
    queue_id: int = ref("queue.id", index=False)
    made_at: datetime = moment()
    mark: str
    """What was there to be read: the same mark, the same report."""
    seconds: float
    """How long it took."""
    body: dict[str, Any] = json()
    period: str | None
    """Of a report made as planned: the week or month that had ended, such as `2026-W46`."""


class ReportSchedule(SQLModel, table=True):
    """When a queue makes a report that is kept for good."""

    __tablename__ = "report_schedule"
    __table_args__ = (one_of("every", ("week", "month")),)

    queue_id: int = part("queue.id")
    every: str
    day: int
    """1 to 7, Monday is 1, or 1 to 28 of the month."""
    minute: int
    """Of the day in UTC."""
    next_at: datetime = moment()


class Section(SQLModel, table=True):
    """What a section of the lead's page was made of when it was opened last."""

    queue_id: int = part("queue.id")
    asked: str = Field(primary_key=True)
    """Which section, with what was chosen in it."""
    mark: str
    made_at: datetime = moment()
    body: dict[str, Any] = json()


# The same tables for statements: `select(report.c.id)`.
report = metadata.tables["report"]
report_schedule = metadata.tables["report_schedule"]
section = metadata.tables["section"]
