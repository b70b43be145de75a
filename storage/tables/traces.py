"""What senders of traces bring until it is an interaction, and what leads back to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.columns import big, counted, json, long_text, metadata, moment, one_of, ref


class Trace(SQLModel, table=True):
    """A trace that fragments came of, and when to look at it next."""

    id: int = counted()
    trace_id: str = Field(unique=True)
    changes: int
    """Counts the requests that brought something of it."""
    received_at: datetime = moment()
    """When the first of it came since it was last assembled."""
    due_at: datetime | None = moment(null=True, index=True)
    """When it will have been quiet for long enough; null when nothing new is there."""
    assembled_at: datetime | None = moment(null=True, index=True)
    late: int
    """Calls whose texts or session would be others by what came after they were stored."""
    rejected: int
    """Calls that could not be stored."""
    fault: str | None = long_text(null=True)
    """Why the first of them could not."""


class Fragment(SQLModel, table=True):
    """A span, or a record of a log; kept for a while after its trace was assembled."""

    __table_args__ = (
        one_of("kind", ("span", "record")),
        UniqueConstraint("trace_number", "span_id", "digest"),
    )

    id: int = counted()
    trace_number: int = ref("trace.id", index=False)
    span_id: str = Field(index=True)
    digest: int = big()
    """63 bits of SHA-256 over the body, so that a repeat is recognised."""
    kind: str
    source: str
    place: int
    """Of a record, where it stood in its request: the order of those with equal times."""
    body: dict[str, Any] = json()


class Generation(SQLModel, table=True):
    """One call of a model, and the interaction that it became; kept, so that feedback finds it."""

    __table_args__ = (UniqueConstraint("trace_id", "span_id"),)

    id: int = counted()
    trace_id: str
    span_id: str = Field(index=True)
    above: str = long_text()
    """The ids of the spans around it, the nearest first, with spaces between."""
    source: str
    external_id: str
    response_id: str | None = Field(index=True)
    session_id: str | None = Field(index=True)
    started_at: datetime = moment()
    digest: int = big()
    """63 bits of SHA-256 over its texts as they were stored."""


class Remark(SQLModel, table=True):
    """Feedback or a score until its interaction is known."""

    __table_args__ = (one_of("kind", ("feedback", "score")), UniqueConstraint("digest"))

    id: int = counted()
    digest: int = big()
    kind: str
    trace_id: str | None = Field(index=True)
    span_id: str | None
    response_id: str | None
    session_id: str | None
    body: dict[str, Any] = json()
    received_at: datetime = moment()
    due_at: datetime = moment(index=True)
    """When to look for its interaction again."""


# The same tables for statements: `select(trace.c.id)`.
trace = metadata.tables["trace"]
fragment = metadata.tables["fragment"]
generation = metadata.tables["generation"]
remark = metadata.tables["remark"]
