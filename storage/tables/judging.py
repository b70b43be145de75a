"""What a model is asked to judge, every call that was paid for it, and what it said."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from storage.tables.columns import counted, json, long_text, metadata, moment, one_of, part, ref

RUN_STATES = ("waiting", "running", "done", "budget_spent", "stopped")


class JudgeRun(SQLModel, table=True):
    """One judge on one sample, with everything that repeats it and a budget that it keeps."""

    __tablename__ = "judge_run"
    __table_args__ = (one_of("state", RUN_STATES),)

    id: int = counted()
    queue_id: int = ref("queue.id")
    guideline_id: int = ref("guideline.id", index=False)
    model: dict[str, Any] = json()
    """The model as it was configured, without its key."""
    version: str
    """What its scores carry: hash of template, guideline, fields, model and parameters."""
    fields: list[str] = json()
    scores_named: str | None
    """Stands before the names of the fields; null: the field alone."""
    design: dict[str, Any] = json()
    """How the sample was drawn: strategy, seed, filter, population, record."""
    as_of: datetime = moment()
    budget_usd: float
    budget_calls: int
    state: str
    reason: str | None = long_text(null=True)
    """Why it stopped, when it did."""
    created_at: datetime = moment()
    created_by: int | None = ref("account.id", null=True, index=False)
    finished_at: datetime | None = moment(null=True)


class JudgeItem(SQLModel, table=True):
    """One interaction of the sample of a run."""

    __tablename__ = "judge_item"

    run_id: int = part("judge_run.id")
    interaction_id: int = part("interaction.id", index=True)
    position: int
    pi: float
    """Chance of having been drawn, above 0 to 1."""
    outcome: str | None
    """scored, or the kind of its failure; null while it is open."""
    detail: dict[str, Any] | None = json(null=True)
    """What was read of the replies, and what of them was undecided."""


class JudgeCall(SQLModel, table=True):
    """A request, written down before it is sent, with the most that it can cost; append-only."""

    __tablename__ = "judge_call"
    __table_args__ = (
        Index("ix_judge_call_key", "key"),
        Index("ix_judge_call_run_id_interaction_id", "run_id", "interaction_id"),
    )

    id: int = counted()
    run_id: int = ref("judge_run.id", index=False)
    interaction_id: int = ref("interaction.id", index=False)
    key: str
    """SHA-256 over prompt, model, parameters and version."""
    sent_at: datetime = moment()
    most_usd: float
    """Counts against the budget until the reply says less."""


class JudgeReply(SQLModel, table=True):
    """What came back of a call; append-only. A call without one was lost with its process."""

    __tablename__ = "judge_reply"
    __table_args__ = (UniqueConstraint("call_id"),)

    id: int = counted()
    call_id: int = ref("judge_call.id", index=False)
    received_at: datetime = moment()
    kind: str
    """answered, or what went wrong: timeout, rate_limited, not_json, ..."""
    status: int | None
    text: str | None = long_text(null=True)
    """What the model said, as it said it."""
    usage: dict[str, Any] | None = json(null=True)
    cost_usd: float


# The same tables for statements: `select(judge_run.c.id)`.
judge_run = metadata.tables["judge_run"]
judge_item = metadata.tables["judge_item"]
judge_call = metadata.tables["judge_call"]
judge_reply = metadata.tables["judge_reply"]
