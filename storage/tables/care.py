"""Tasks whose answer is agreed, and what leads decided about who may begin."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import counted, json, long_text, metadata, moment, one_of, ref

GOLD_USES = ("qualification", "gold", "both")
QUALIFICATION_DECISIONS = ("admit", "again")


class Gold(SQLModel, table=True):
    """One interaction of a guideline's `gold.jsonl` with its agreed answer.

    What was agreed never changes: another answer, or another text, is another row, so that work
    that was judged stays judged as it was.
    """

    __table_args__ = (one_of("use", GOLD_USES),)

    id: int = counted()
    interaction_id: int = Field(sa_type=BigInteger, foreign_key="interaction.id", unique=True)
    guideline: str = Field(index=True)
    """Slug; every version of it shares these."""
    expected: dict[str, Any] = json()
    """Agreed values by field; a field that is left out is not judged."""
    why: str | None = long_text(null=True)
    use: str
    retired_at: datetime | None = moment(null=True)
    """When it was gone from the file: it is served no more."""
    created_at: datetime = moment()


class QualificationDecision(SQLModel, table=True):
    """A lead let somebody in, or let them try again; append-only."""

    __tablename__ = "qualification_decision"
    __table_args__ = (
        one_of("decision", QUALIFICATION_DECISIONS),
        Index("ix_qualification_decision_queue_id_account_id", "queue_id", "account_id"),
    )

    id: int = counted()
    queue_id: int = ref("queue.id", index=False)
    account_id: int = ref("account.id", index=False)
    decision: str
    decided_by: int | None = ref("account.id", null=True, index=False)
    created_at: datetime = moment()


# The same tables for statements: `select(gold.c.id)`.
gold = metadata.tables["gold"]
qualification_decision = metadata.tables["qualification_decision"]
