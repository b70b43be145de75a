"""What is done to texts before they are stored, and how much was found."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, String
from sqlmodel import Field, SQLModel

from storage.tables.columns import counted, json, metadata, moment, one_of, ref


class RedactionPolicy(SQLModel, table=True):
    """What was decided for a source, and when; the last row of a source is in force."""

    __tablename__ = "redaction_policy"
    __table_args__ = (one_of("policy", ("off", "mask", "hash", "drop")),)

    id: int = counted()
    source: str = Field(index=True)
    policy: str
    kinds: list[str] = json()
    regions: list[str] = json()
    patterns: dict[str, str] = json()
    set_by: int | None = ref("account.id", null=True)
    set_at: datetime = moment()


class RedactionKey(SQLModel, table=True):
    """Which keys placeholders were computed with, never a key itself; the last one is in force."""

    __tablename__ = "redaction_key"

    id: int = counted()
    fingerprint: str
    """64 bits of an HMAC over a fixed text."""
    since: datetime = moment()


def _named() -> Any:
    return Field(sa_column=Column(String, primary_key=True))


class RedactionCount(SQLModel, table=True):
    """How much came in under a policy, and what was found in it, by day."""

    __tablename__ = "redaction_count"

    source: str = _named()
    day: str = _named()
    """Of the server's clock in UTC, as in 2026-11-21."""
    policy: str = _named()
    version: str = _named()
    """Of the recognisers."""
    kind: str = _named()
    """What was found; empty: how many interactions were stored."""
    found: int
    """Repeats that are sent are looked through again, and count again."""


# The same tables for statements: `select(redaction_policy.c.id)`.
redaction_policy = metadata.tables["redaction_policy"]
redaction_key = metadata.tables["redaction_key"]
redaction_count = metadata.tables["redaction_count"]
