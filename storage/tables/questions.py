"""What people asked the lead, what was answered and kept as a precedent; holes in guidelines."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from storage.tables.columns import counted, json, long_text, metadata, moment, ref


class Question(SQLModel, table=True):
    """What a person asked the lead about a task of theirs; append-only."""

    id: int = counted()
    assignment_id: int = ref("assignment.id")
    account_id: int = ref("account.id")
    """Whose assignment it is."""
    queue_id: int = ref("queue.id")
    guideline_id: int = ref("guideline.id")
    """The version that was shown."""
    field: str | None
    """The field of the form that it is about; null: the task as a whole."""
    text: str = long_text()
    created_at: datetime = moment()


class Answer(SQLModel, table=True):
    """What a lead answered; append-only, the newest revision counts."""

    __table_args__ = (UniqueConstraint("question_id", "revision"),)

    id: int = counted()
    question_id: int = ref("question.id", index=False)
    revision: int
    account_id: int = ref("account.id", index=False)
    text: str = long_text()
    created_at: datetime = moment()
    seen_at: datetime | None = moment(null=True)
    """When the person who had asked was shown it."""


class Precedent(SQLModel, table=True):
    """A question and its answer in words for everybody of the guideline; append-only."""

    __table_args__ = (UniqueConstraint("question_id", "revision"),)

    id: int = counted()
    question_id: int = ref("question.id", index=False)
    revision: int
    account_id: int = ref("account.id", index=False)
    question: str | None = long_text(null=True)
    """Null: withdrawn."""
    answer: str | None = long_text(null=True)
    created_at: datetime = moment()


class GuidelineNote(SQLModel, table=True):
    """What a version of a guideline does not settle, or a failure pattern and what to do of it."""

    __tablename__ = "guideline_note"

    id: int = counted()
    guideline_id: int = ref("guideline.id")
    """The version that has the hole, or was in force."""
    queue_id: int | None = ref("queue.id", null=True)
    """Of a failure pattern: the queue it was found in."""
    pattern: dict[str, Any] | None = json(null=True)
    """`{"where", "tags"}`: what its tasks have in common."""
    figures: dict[str, Any] | None = json(null=True)
    """What was known of it when it was noted."""
    task_id: int | None = ref("task.id", null=True)
    field: str | None
    """The field of the form that it is about; null: the guideline as a whole."""
    text: str = long_text()
    account_id: int = ref("account.id", index=False)
    created_at: datetime = moment()
    closed_at: datetime | None = moment(null=True)
    closed_by: int | None = ref("account.id", null=True, index=False)


# The same tables for statements: `select(question.c.id)`.
question = metadata.tables["question"]
answer = metadata.tables["answer"]
precedent = metadata.tables["precedent"]
guideline_note = metadata.tables["guideline_note"]
