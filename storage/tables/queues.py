"""What people are asked, and how it came to be drawn."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import (
    big,
    counted,
    json,
    long_text,
    metadata,
    moment,
    one_of,
    opaque,
    part,
    ref,
)

PURPOSES = ("sample", "gold", "qualification", "import")


class Guideline(SQLModel, table=True):
    """One version of a rubric and its form; kept for ever."""

    __table_args__ = (UniqueConstraint("slug", "hash"),)

    id: int = counted()
    slug: str
    hash: str
    version: str
    title: str
    markdown: str = long_text()
    fields: list[dict[str, Any]] = json()
    created_at: datetime = moment()


class Queue(SQLModel, table=True):
    """A standing stream of tasks for one guideline."""

    __table_args__ = (
        CheckConstraint("overlap >= 1", name="overlap"),
        CheckConstraint("overlap_rate >= 0 AND overlap_rate <= 1", name="overlap_rate"),
        CheckConstraint("lease_seconds >= 10", name="lease_seconds"),
        CheckConstraint("gold_rate >= 0 AND gold_rate <= 0.3", name="gold_rate"),
        CheckConstraint("repeat_rate >= 0 AND repeat_rate <= 0.1", name="repeat_rate"),
    )

    id: int = counted()
    name: str = Field(unique=True)
    guideline_id: int = ref("guideline.id")
    """The version in force; labels keep the one they were made under."""
    overlap: int
    overlap_rate: float
    """The share of tasks, chosen by hash, that get `overlap` labels; the others get one."""
    lease_seconds: int
    overlap_until: dict[str, Any] | None = json(null=True)
    """`{"posterior", "at_most", "field"?}`: further labels while a task is unsure; null: none."""
    show: list[str] = json()
    """What annotators see beyond the conversation."""
    everyone: bool
    """Whether every annotator may enter, or only the members."""
    paused_at: datetime | None = moment(null=True)
    created_at: datetime = moment()
    created_by: int | None = ref("account.id", null=True)
    qualification: dict[str, Any] | None = json(null=True)
    """`{"tasks", "pass"}`: what annotators have to pass first; null: nothing."""
    gold_rate: float = Field(sa_column_kwargs={"server_default": text("0")})
    """The share of what an annotator is served that has an agreed answer."""
    repeat_rate: float = Field(sa_column_kwargs={"server_default": text("0")})
    """The share that they have labelled before."""
    min_seconds: float | None
    """An answer that took less is remarked upon; null: none is."""
    check_seed: int | None = big(null=True)
    """What decides who gets a check when; set for good with the first rate above 0. From then on
    annotators get opaque ids, so that nothing tells later which of their tasks was one."""


class ConsensusFit(SQLModel, table=True):
    """What a model has learnt of the people of a queue, to judge the labels that come next."""

    __tablename__ = "consensus_fit"

    queue_id: int = part("queue.id")
    field: str
    model: dict[str, Any] = json()
    """Shares of the categories and a confusion matrix by account name: `analysis.Beliefs`."""
    labels: int
    """How many labels the queue had then."""
    fitted_at: datetime = moment()


class QueueMember(SQLModel, table=True):
    """An annotator who may enter a queue that is not open to everyone."""

    __tablename__ = "queue_member"

    queue_id: int = part("queue.id")
    account_id: int = part("account.id", index=True)


class Schedule(SQLModel, table=True):
    """When a queue draws by itself: one disjoint window of `received_at` after the other."""

    __table_args__ = (CheckConstraint("every_seconds >= 60", name="every_seconds"),)

    id: int = counted()
    queue_id: int = Field(sa_type=BigInteger, foreign_key="queue.id", unique=True)
    strategy: str
    params: dict[str, Any] = json()
    size: int | None
    rate: float | None
    where: dict[str, Any] = json()
    every_seconds: int
    next_at: datetime = moment(index=True)
    window_from: datetime = moment()
    """Where the next window begins: where the last one ended."""
    enabled: bool


class Draw(SQLModel, table=True):
    """One execution of one strategy on one population, with all that replays it."""

    __table_args__ = (
        UniqueConstraint("schedule_id", "planned_at"),
        UniqueConstraint("queue_id", "seed"),
    )

    id: int = counted()
    queue_id: int = ref("queue.id", index=False)
    schedule_id: int | None = ref("schedule.id", null=True, index=False)
    planned_at: datetime | None = moment(null=True)
    strategy: str
    params: dict[str, Any] = json()
    code_version: str
    seed: int = big()
    where: dict[str, Any] = json()
    window_from: datetime | None = moment(null=True)
    window_to: datetime | None = moment(null=True)
    """Bounds of `received_at`: from inclusive, to exclusive; null: open, or the as-of time."""
    as_of: datetime = moment()
    population: int = big()
    eligible: int = big()
    drawn: int = big()
    added: int = big()
    """Eligible here and in no earlier draw of the queue: these add up to the population."""
    record: dict[str, Any] = json()
    """Hash version, totals, strata with sizes and both thresholds: `sampling.DrawRecord`."""
    created_at: datetime = moment()
    created_by: int | None = ref("account.id", null=True)


class Task(SQLModel, table=True):
    """One interaction in one queue."""

    __table_args__ = (
        one_of("purpose", PURPOSES),
        UniqueConstraint("queue_id", "interaction_id", "purpose"),
        CheckConstraint("labels_wanted >= planned_labels", name="labels_wanted"),
        CheckConstraint("free_slots >= 0 AND free_slots <= labels_wanted", name="free_slots"),
        Index(
            "ix_task_free",
            "queue_id",
            "position",
            sqlite_where=text("free_slots > 0"),
            postgresql_where=text("free_slots > 0"),
        ),
    )

    id: int = opaque()
    queue_id: int = ref("queue.id", index=False)
    interaction_id: int = ref("interaction.id")
    purpose: str
    planned_labels: int
    """Fixed when drawn; agreement reads these only."""
    labels_wanted: int
    free_slots: int
    """labels_wanted less the slots leased or submitted, kept in the same transaction."""
    position: int | None = Field(sa_type=BigInteger, nullable=True)
    """Serving order in the queue; null for tasks that are never served."""
    reason: str | None
    created_at: datetime = moment()


class DrawTask(SQLModel, table=True):
    """What one draw said of one task that was eligible in it, picked or not."""

    __tablename__ = "draw_task"
    __table_args__ = (CheckConstraint("NOT picked OR position IS NOT NULL", name="position"),)

    draw_id: int = part("draw.id")
    task_id: int = part("task.id", index=True)
    stratum: str
    weight: float | None
    priority: float | None
    certain: bool
    picked: bool
    position: int | None
    reason: str | None


# The same tables for statements: `select(task.c.id)`.
guideline = metadata.tables["guideline"]
queue = metadata.tables["queue"]
consensus_fit = metadata.tables["consensus_fit"]
queue_member = metadata.tables["queue_member"]
schedule = metadata.tables["schedule"]
draw = metadata.tables["draw"]
task = metadata.tables["task"]
draw_task = metadata.tables["draw_task"]
