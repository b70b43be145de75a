"""What comes in: interactions with their texts, and what was said of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import SQLModel

from storage.tables.columns import (
    big,
    counted,
    json,
    long_text,
    metadata,
    moment,
    one_of,
    part,
    ref,
)


class Interaction(SQLModel, table=True):
    """One production exchange without its texts: what strategies weigh by, so draws stay narrow."""

    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index(
            "ix_interaction_trace_id",
            "trace_id",
            "source",
            sqlite_where=text("trace_id IS NOT NULL"),
            postgresql_where=text("trace_id IS NOT NULL"),
        ),
    )

    id: int = counted()
    source: str
    external_id: str
    sample_key: int = big()
    """First 63 bits of SHA-256 over source, 0x1F, external id; never changed."""
    input_hash: int = big()
    """First 63 bits of SHA-256 over the normalised messages."""
    created_at: datetime = moment()
    """The sender's clock."""
    received_at: datetime = moment(index=True)
    """The server's clock; schedules cut their windows by it."""
    session_id: str | None
    user_id: str | None
    trace_id: str | None
    category: str | None
    model: str | None
    variant: str | None
    confidence: float | None
    flags: list[str] | None = json(null=True)
    """Null when there is none."""
    tags: list[str] | None = json(null=True)
    chars: int
    """Length of the response texts together."""
    latency_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


class Content(SQLModel, table=True):
    """The texts of an interaction, apart so that no draw ever reads them."""

    interaction_id: int = part("interaction.id")
    messages: list[dict[str, Any]] = json()
    responses: list[dict[str, Any]] = json()
    context: list[Any] | None = json(null=True)
    extra: dict[str, Any] | None = json(null=True)
    """The sender's `metadata` and every key we do not know."""


class Feedback(SQLModel, table=True):
    """What the end user said; append-only."""

    __table_args__ = (UniqueConstraint("interaction_id", "fingerprint"),)

    id: int = counted()
    interaction_id: int = ref("interaction.id", index=False)
    fingerprint: int = big()
    """63 bits of SHA-256 over what the sender said, so that a repeat is recognised."""
    value: float | None
    """0..1, 1 = good; null when the scale is unknown."""
    raw: dict[str, Any] = json()
    actor: str | None
    comment: str | None = long_text(null=True)
    created_at: datetime = moment()
    received_at: datetime = moment()


class Score(SQLModel, table=True):
    """A named number given by a machine; append-only."""

    __table_args__ = (
        one_of("kind", ("check", "judge")),
        UniqueConstraint("interaction_id", "fingerprint"),
        Index("ix_score_name_interaction_id", "name", "interaction_id"),
    )

    id: int = counted()
    interaction_id: int = ref("interaction.id", index=False)
    fingerprint: int = big()
    name: str
    kind: str
    value: float
    version: str | None
    created_at: datetime = moment()
    received_at: datetime = moment()


class WaitingEvent(SQLModel, table=True):
    """Feedback or a score that came before its interaction."""

    __tablename__ = "waiting_event"
    __table_args__ = (
        one_of("kind", ("feedback", "score")),
        UniqueConstraint("source", "external_id", "kind", "fingerprint"),
    )

    id: int = counted()
    source: str
    external_id: str
    kind: str
    fingerprint: int = big()
    row: dict[str, Any] = json()
    """The columns the event will have, without interaction and received_at."""
    received_at: datetime = moment()


# The same tables for statements: `select(task.c.id)`.
interaction = metadata.tables["interaction"]
content = metadata.tables["content"]
feedback = metadata.tables["feedback"]
score = metadata.tables["score"]
waiting_event = metadata.tables["waiting_event"]
