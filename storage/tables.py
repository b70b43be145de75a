"""The tables, and the rules that the database itself enforces; words as in docs/vocabulary.md."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from storage.types import Json, UtcTime, new_id

metadata: MetaData = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

ROLES = ("annotator", "lead", "engineer", "admin")
PURPOSES = ("sample", "gold", "qualification", "import")
ASSIGNMENT_ROLES = ("planned", "extra", "repeat", "gold", "qualification", "import")
ASSIGNMENT_STATES = ("leased", "submitted", "skipped", "returned", "expired")
ORIGINS = ("unanimous", "majority", "model", "adjudicated")


def _one_of(column: str, allowed: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in allowed)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


_ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite's rowid is its INTEGER


def _key() -> Any:
    """A 64-bit primary key that counts up."""
    return Field(default=None, sa_column=Column(_ID, primary_key=True, autoincrement=True))


def _opaque() -> Any:
    """A random 63-bit primary key."""
    column = Column(_ID, primary_key=True, autoincrement=False, default=new_id)
    return Field(default_factory=new_id, sa_column=column)


def _big(*, null: bool = False) -> Any:
    return Field(sa_type=BigInteger, nullable=null)


def _ref(target: str, *, null: bool = False, index: bool = True) -> Any:
    return Field(sa_type=BigInteger, foreign_key=target, nullable=null, index=index)


def _part(target: str, *, index: bool = False) -> Any:
    """A part of a primary key that points elsewhere."""
    column = Column(_ID, ForeignKey(target), primary_key=True, autoincrement=False, index=index)
    return Field(sa_column=column)


def _time(*, null: bool = False, index: bool = False) -> Any:
    return Field(sa_type=UtcTime, nullable=null, index=index)


def _json(*, null: bool = False) -> Any:
    return Field(sa_type=Json, nullable=null)


def _text(*, null: bool = False) -> Any:
    return Field(sa_type=Text, nullable=null)


class Account(SQLModel, table=True):
    """A person or machine with a role."""

    __table_args__ = (_one_of("role", ROLES),)

    id: int = _key()
    name: str = Field(unique=True)
    role: str
    password_hash: str | None
    """Argon2; null for an account that cannot log in."""
    created_at: datetime = _time()
    disabled_at: datetime | None = _time(null=True)


class Token(SQLModel, table=True):
    """A bearer token; only its SHA-256 is kept."""

    id: int = _key()
    account_id: int = _ref("account.id")
    hash: str = Field(unique=True)
    created_at: datetime = _time()
    revoked_at: datetime | None = _time(null=True)


class LoginSession(SQLModel, table=True):
    """A browser that has logged in; only the SHA-256 of its cookie is kept."""

    __tablename__ = "login_session"

    hash: str = Field(primary_key=True)
    account_id: int = _ref("account.id")
    created_at: datetime = _time()
    expires_at: datetime = _time(index=True)


class Audit(SQLModel, table=True):
    """Who did what; append-only."""

    __table_args__ = (Index("ix_audit_action_subject_at", "action", "subject", "at"),)

    id: int = _key()
    at: datetime = _time()
    account_id: int | None = _ref("account.id", null=True)
    action: str
    subject: str
    detail: dict[str, Any] | None = _json(null=True)


class Interaction(SQLModel, table=True):
    """One production exchange without its texts: what strategies weigh by, so draws stay narrow."""

    __table_args__ = (UniqueConstraint("source", "external_id"),)

    id: int = _key()
    source: str
    external_id: str
    sample_key: int = _big()
    """First 63 bits of SHA-256 over source, 0x1F, external id; never changed."""
    input_hash: int = _big()
    """First 63 bits of SHA-256 over the normalised messages."""
    created_at: datetime = _time()
    """The sender's clock."""
    received_at: datetime = _time(index=True)
    """The server's clock; schedules cut their windows by it."""
    session_id: str | None
    user_id: str | None
    trace_id: str | None
    category: str | None
    model: str | None
    variant: str | None
    confidence: float | None
    flags: list[str] | None = _json(null=True)
    """Null when there is none."""
    tags: list[str] | None = _json(null=True)
    chars: int
    """Length of the response texts together."""
    latency_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


class Content(SQLModel, table=True):
    """The texts of an interaction, apart so that no draw ever reads them."""

    interaction_id: int = _part("interaction.id")
    messages: list[dict[str, Any]] = _json()
    responses: list[dict[str, Any]] = _json()
    context: list[Any] | None = _json(null=True)
    extra: dict[str, Any] | None = _json(null=True)
    """The sender's `metadata` and every key we do not know."""


class Feedback(SQLModel, table=True):
    """What the end user said; append-only."""

    __table_args__ = (UniqueConstraint("interaction_id", "fingerprint"),)

    id: int = _key()
    interaction_id: int = _ref("interaction.id", index=False)
    fingerprint: int = _big()
    """63 bits of SHA-256 over what the sender said, so that a repeat is recognised."""
    value: float | None
    """0..1, 1 = good; null when the scale is unknown."""
    raw: dict[str, Any] = _json()
    actor: str | None
    comment: str | None = _text(null=True)
    created_at: datetime = _time()
    received_at: datetime = _time()


class Score(SQLModel, table=True):
    """A named number given by a machine; append-only."""

    __table_args__ = (
        _one_of("kind", ("check", "judge")),
        UniqueConstraint("interaction_id", "fingerprint"),
        Index("ix_score_name_interaction_id", "name", "interaction_id"),
    )

    id: int = _key()
    interaction_id: int = _ref("interaction.id", index=False)
    fingerprint: int = _big()
    name: str
    kind: str
    value: float
    version: str | None
    created_at: datetime = _time()
    received_at: datetime = _time()


class WaitingEvent(SQLModel, table=True):
    """Feedback or a score that came before its interaction."""

    __tablename__ = "waiting_event"
    __table_args__ = (
        _one_of("kind", ("feedback", "score")),
        UniqueConstraint("source", "external_id", "kind", "fingerprint"),
    )

    id: int = _key()
    source: str
    external_id: str
    kind: str
    fingerprint: int = _big()
    row: dict[str, Any] = _json()
    """The columns the event will have, without interaction and received_at."""
    received_at: datetime = _time()


class Guideline(SQLModel, table=True):
    """One version of a rubric and its form; kept for ever."""

    __table_args__ = (UniqueConstraint("slug", "hash"),)

    id: int = _key()
    slug: str
    hash: str
    version: str
    title: str
    markdown: str = _text()
    fields: list[dict[str, Any]] = _json()
    created_at: datetime = _time()


class Queue(SQLModel, table=True):
    """A standing stream of tasks for one guideline."""

    __table_args__ = (
        CheckConstraint("overlap >= 1", name="overlap"),
        CheckConstraint("overlap_rate >= 0 AND overlap_rate <= 1", name="overlap_rate"),
        CheckConstraint("lease_seconds >= 10", name="lease_seconds"),
    )

    id: int = _key()
    name: str = Field(unique=True)
    guideline_id: int = _ref("guideline.id")
    """The version in force; labels keep the one they were made under."""
    overlap: int
    overlap_rate: float
    """The share of tasks, chosen by hash, that get `overlap` labels; the others get one."""
    lease_seconds: int
    show: list[str] = _json()
    """What annotators see beyond the conversation."""
    everyone: bool
    """Whether every annotator may enter, or only the members."""
    paused_at: datetime | None = _time(null=True)
    created_at: datetime = _time()
    created_by: int | None = _ref("account.id", null=True)


class QueueMember(SQLModel, table=True):
    """An annotator who may enter a queue that is not open to everyone."""

    __tablename__ = "queue_member"

    queue_id: int = _part("queue.id")
    account_id: int = _part("account.id", index=True)


class Schedule(SQLModel, table=True):
    """When a queue draws by itself: one disjoint window of `received_at` after the other."""

    __table_args__ = (CheckConstraint("every_seconds >= 60", name="every_seconds"),)

    id: int = _key()
    queue_id: int = Field(sa_type=BigInteger, foreign_key="queue.id", unique=True)
    strategy: str
    params: dict[str, Any] = _json()
    size: int | None
    rate: float | None
    where: dict[str, Any] = _json()
    every_seconds: int
    next_at: datetime = _time(index=True)
    window_from: datetime = _time()
    """Where the next window begins: where the last one ended."""
    enabled: bool


class Draw(SQLModel, table=True):
    """One execution of one strategy on one population, with all that replays it."""

    __table_args__ = (
        UniqueConstraint("schedule_id", "planned_at"),
        UniqueConstraint("queue_id", "seed"),
    )

    id: int = _key()
    queue_id: int = _ref("queue.id", index=False)
    schedule_id: int | None = _ref("schedule.id", null=True, index=False)
    planned_at: datetime | None = _time(null=True)
    strategy: str
    params: dict[str, Any] = _json()
    code_version: str
    seed: int = _big()
    where: dict[str, Any] = _json()
    window_from: datetime | None = _time(null=True)
    window_to: datetime | None = _time(null=True)
    """Bounds of `received_at`: from inclusive, to exclusive; null: open, or the as-of time."""
    as_of: datetime = _time()
    population: int = _big()
    eligible: int = _big()
    drawn: int = _big()
    added: int = _big()
    """Eligible here and in no earlier draw of the queue: these add up to the population."""
    record: dict[str, Any] = _json()
    """Hash version, totals, strata with sizes and both thresholds: `sampling.DrawRecord`."""
    created_at: datetime = _time()
    created_by: int | None = _ref("account.id", null=True)


class Task(SQLModel, table=True):
    """One interaction in one queue."""

    __table_args__ = (
        _one_of("purpose", PURPOSES),
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

    id: int = _opaque()
    queue_id: int = _ref("queue.id", index=False)
    interaction_id: int = _ref("interaction.id")
    purpose: str
    planned_labels: int
    """Fixed when drawn; agreement reads these only."""
    labels_wanted: int
    free_slots: int
    """labels_wanted less the slots leased or submitted, kept in the same transaction."""
    position: int | None = Field(sa_type=BigInteger, nullable=True)
    """Serving order in the queue; null for tasks that are never served."""
    reason: str | None
    created_at: datetime = _time()


class DrawTask(SQLModel, table=True):
    """What one draw said of one task that was eligible in it, picked or not."""

    __tablename__ = "draw_task"
    __table_args__ = (CheckConstraint("NOT picked OR position IS NOT NULL", name="position"),)

    draw_id: int = _part("draw.id")
    task_id: int = _part("task.id", index=True)
    stratum: str
    weight: float | None
    priority: float | None
    certain: bool
    picked: bool
    position: int | None
    reason: str | None


class Assignment(SQLModel, table=True):
    """One person's hold on one task."""

    __table_args__ = (
        _one_of("role", ASSIGNMENT_ROLES),
        _one_of("state", ASSIGNMENT_STATES),
        UniqueConstraint("task_id", "account_id", "round"),
        CheckConstraint(
            "slot IS NULL OR (slot >= 0 AND role IN ('planned', 'extra'))", name="slot"
        ),
        Index(
            "uq_assignment_slot",
            "task_id",
            "slot",
            unique=True,
            sqlite_where=text("state IN ('leased', 'submitted') AND slot IS NOT NULL"),
            postgresql_where=text("state IN ('leased', 'submitted') AND slot IS NOT NULL"),
        ),
        Index(
            "ix_assignment_lease",
            "lease_expires_at",
            sqlite_where=text("state = 'leased'"),
            postgresql_where=text("state = 'leased'"),
        ),
        Index("ix_assignment_account_id_queue_id_state", "account_id", "queue_id", "state"),
        Index("ix_assignment_queue_id_state", "queue_id", "state"),
    )

    id: int = _opaque()
    task_id: int = _ref("task.id", index=False)
    queue_id: int = _ref("queue.id", index=False)
    account_id: int = _ref("account.id", index=False)
    role: str
    round: int
    slot: int | None
    guideline_id: int = _ref("guideline.id", index=False)
    """The version that was shown, and that the answer is checked by."""
    state: str
    leased_at: datetime = _time()
    lease_expires_at: datetime | None = _time(null=True)
    finished_at: datetime | None = _time(null=True)
    skip_reason: str | None


class Draft(SQLModel, table=True):
    """What was typed so far; the only answer text that is ever overwritten."""

    assignment_id: int = _part("assignment.id")
    values: dict[str, Any] = _json()
    version: int
    updated_at: datetime = _time()


class Label(SQLModel, table=True):
    """A submitted answer; append-only."""

    __table_args__ = (
        UniqueConstraint("assignment_id", "revision"),
        UniqueConstraint("account_id", "idempotency_key"),
    )

    id: int = _key()
    assignment_id: int = _ref("assignment.id", index=False)
    task_id: int = _ref("task.id")
    account_id: int = _ref("account.id", index=False)
    revision: int
    values: dict[str, Any] | None = _json(null=True)
    """Null: withdrawn."""
    guideline_id: int = _ref("guideline.id", index=False)
    seconds: float | None
    response_order: list[str] | None = _json(null=True)
    """Ids of the responses in the order in which they were shown."""
    idempotency_key: str | None
    body_hash: int = _big()
    """63 bits of SHA-256 over the request, to tell a repeat from a reused key."""
    created_at: datetime = _time()


class Verdict(SQLModel, table=True):
    """The settled answer of one task and field; append-only."""

    __table_args__ = (_one_of("origin", ORIGINS), UniqueConstraint("task_id", "field", "revision"))

    id: int = _key()
    task_id: int = _ref("task.id", index=False)
    field: str
    revision: int
    value: Any = _json(null=True)
    origin: str
    account_id: int | None = _ref("account.id", null=True, index=False)
    reason: str | None = _text(null=True)
    label_ids: list[int] = _json()
    created_at: datetime = _time()


class Lease(SQLModel, table=True):
    """Who may do what only one process may do, such as keeping the schedules."""

    name: str = Field(primary_key=True)
    holder: str
    expires_at: datetime = _time()


# The same tables for statements: `select(task.c.id)`.
account = metadata.tables["account"]
assignment = metadata.tables["assignment"]
audit = metadata.tables["audit"]
content = metadata.tables["content"]
draft = metadata.tables["draft"]
draw = metadata.tables["draw"]
draw_task = metadata.tables["draw_task"]
feedback = metadata.tables["feedback"]
guideline = metadata.tables["guideline"]
interaction = metadata.tables["interaction"]
label = metadata.tables["label"]
lease = metadata.tables["lease"]
login_session = metadata.tables["login_session"]
queue = metadata.tables["queue"]
queue_member = metadata.tables["queue_member"]
schedule = metadata.tables["schedule"]
score = metadata.tables["score"]
task = metadata.tables["task"]
token = metadata.tables["token"]
verdict = metadata.tables["verdict"]
waiting_event = metadata.tables["waiting_event"]
