"""Who holds which task: claiming, finishing, giving back. The rules live in the statements.

On SQLite there is one writer, so a claim is alone. On PostgreSQL a claim locks the person's own
account row (two tabs of one person take turns) and takes the task row with SKIP LOCKED (two people
never wait for each other); the partial unique index on (task, slot) has the last word.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, bindparam, case, exists, func, select, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.engine import AnyRow, Session
from storage.tables import account, assignment, draft, guideline, interaction, queue, task
from storage.types import new_id

AssignmentRow = AnyRow
HOLDING = ("leased", "submitted")
REOPENABLE = ("expired", "returned")
NOT_SHOWN = "not shown"
"""Why a hold was returned that had been taken ahead: nobody ever looked at it."""
SLOTTED = ("planned", "extra")
"""Roles that take a slot of their task; labels in any other never stand for a wanted one."""

_EXPIRED = (
    select(assignment.c.id)
    .where(
        assignment.c.queue_id == bindparam("of_queue"),
        assignment.c.state == "leased",
        assignment.c.lease_expires_at <= bindparam("at"),
    )
    .with_for_update(skip_locked=True)
)
_EXPIRE = (
    update(assignment)
    .where(assignment.c.id.in_(_EXPIRED))
    .values(state="expired", finished_at=bindparam("at"))
    .returning(assignment.c.task_id, assignment.c.slot)
)
_FREE = (
    update(task)
    .where(task.c.id == bindparam("of_task"))
    .values(free_slots=task.c.free_slots + 1)
    .execution_options(synchronize_session=False)
)
_TAKE = (
    update(task)
    .where(task.c.id == bindparam("of_task"), task.c.free_slots > 0)
    .values(free_slots=task.c.free_slots - 1)
    .returning(task.c.planned_labels, task.c.labels_wanted)
)
_HELD = (
    select(
        assignment,
        interaction.c.source,
        interaction.c.external_id,
        task.c.interaction_id,
        task.c.reason,
        task.c.purpose,
        queue.c.name.label("queue_name"),
        queue.c.lease_seconds,
        queue.c.show,
        queue.c.check_seed,
        queue.c.min_seconds,
        guideline.c.slug.label("guideline_slug"),
        guideline.c.version.label("guideline_version"),
        guideline.c.hash.label("guideline_hash"),
    )
    .join_from(assignment, task, assignment.c.task_id == task.c.id)
    .join(guideline, assignment.c.guideline_id == guideline.c.id)
    .join(interaction, task.c.interaction_id == interaction.c.id)
    .join(queue, assignment.c.queue_id == queue.c.id)
)
_OWN_LEASED = _HELD.where(
    assignment.c.account_id == bindparam("of_account"),
    assignment.c.queue_id == bindparam("of_queue"),
    assignment.c.state == "leased",
).order_by(assignment.c.leased_at, task.c.position)
_HELD_ONE = _HELD.where(
    assignment.c.id == bindparam("of_assignment"),
    assignment.c.account_id == bindparam("of_account"),
)
_LOCK = (
    select(
        assignment,
        type_coerce(guideline.c.fields, Text).label("form"),
        queue.c.overlap_until,
    )
    .join_from(assignment, guideline, assignment.c.guideline_id == guideline.c.id)
    .join(queue, assignment.c.queue_id == queue.c.id)
    .where(
        assignment.c.id == bindparam("of_assignment"),
        assignment.c.account_id == bindparam("of_account"),
    )
    .with_for_update(of=assignment)
)
_RENEW_OWN = (
    update(assignment)
    .where(
        assignment.c.account_id == bindparam("of_account"),
        assignment.c.queue_id == bindparam("of_queue"),
        assignment.c.state == "leased",
    )
    .values(lease_expires_at=bindparam("until"))
    .returning(assignment.c.id)
)
_FINISH = (
    update(assignment)
    .where(assignment.c.id == bindparam("of_assignment"))
    .values(state=bindparam("then"), finished_at=bindparam("at"), skip_reason=bindparam("why"))
)
_DROP_DRAFT = draft.delete().where(draft.c.assignment_id == bindparam("of_assignment"))
_mine = assignment.alias("mine")
_UPCOMING = (
    select(task.c.id, task.c.planned_labels, task.c.labels_wanted)
    .where(
        task.c.queue_id == bindparam("of_queue"),
        task.c.free_slots > 0,
        task.c.position.is_not(None),
        ~exists().where(
            _mine.c.task_id == task.c.id,
            _mine.c.account_id == bindparam("of_account"),
            _mine.c.round == 0,
            _mine.c.state.not_in(REOPENABLE),
        ),
    )
    .order_by(task.c.position)
    .limit(1)
)
_NEXT = _UPCOMING.with_for_update(of=task, skip_locked=True)


def _upsert(insert: Any) -> Any:
    """Lease a task, or reopen the hold on it that this person had."""
    statement = insert(assignment).values(
        {
            name: bindparam(name)
            for name in (
                *("id", "task_id", "queue_id", "account_id", "round", "role", "slot", "state"),
                *("guideline_id", "leased_at", "lease_expires_at"),
            )
        }
    )
    said = (
        *("role", "slot", "state", "guideline_id", "leased_at", "lease_expires_at"),
        *("finished_at", "skip_reason"),
    )
    return statement.on_conflict_do_update(
        index_elements=[assignment.c.task_id, assignment.c.account_id, assignment.c.round],
        set_={name: statement.excluded[name] for name in said},
        where=assignment.c.state.in_(REOPENABLE),
    ).returning(assignment.c.id)


_LEASE = {"postgresql": _upsert(postgresql.insert), "sqlite": _upsert(sqlite.insert)}
_SLOTS = select(assignment.c.slot).where(
    assignment.c.task_id == bindparam("of_task"),
    assignment.c.state.in_(HOLDING),
    assignment.c.slot.is_not(None),
)
_LOCK_ACCOUNT = (
    select(account.c.id)
    .where(account.c.id == bindparam("of_account"))
    .with_for_update(key_share=True)
)


def release_expired(session: Session, queue_id: int, now: datetime) -> int:
    """Free the slots of leases that have run out; how many."""
    gone = session.execute(_EXPIRE, {"of_queue": queue_id, "at": now}).all()
    for task_id in sorted(row.task_id for row in gone if row.slot is not None):
        session.execute(_FREE, {"of_task": task_id})
    return len(gone)


def own_leases(session: Session, queue_id: int, account_id: int) -> Sequence[AssignmentRow]:
    """The leases a person has open in a queue, oldest first."""
    found = {"of_queue": queue_id, "of_account": account_id}
    return session.execute(_OWN_LEASED, found).all()


def lock_account(session: Session, account_id: int) -> None:
    """Make claims and late submits of one person take turns."""
    if session.dialect.name == "postgresql":
        session.execute(_LOCK_ACCOUNT, {"of_account": account_id})


class Hold(NamedTuple):
    """Who wants a task of which queue, under which guideline, until when."""

    queue_id: int
    account_id: int
    guideline_id: int
    lease_expires_at: datetime


class Slot(NamedTuple):
    """A slot of a task that was taken in this transaction; no number: apart from those wanted."""

    number: int | None
    role: str
    round: int = 0


def any_next(session: Session, hold: Hold) -> bool:
    """Whether there is a task in serving order that this person has not had."""
    wanted = {"of_queue": hold.queue_id, "of_account": hold.account_id}
    return session.execute(_UPCOMING, wanted).one_or_none() is not None


def claim_next(session: Session, hold: Hold, now: datetime) -> int | None:
    """Lease the first task in serving order that this person has not had; its assignment."""
    wanted = {"of_queue": hold.queue_id, "of_account": hold.account_id}
    found = session.execute(_NEXT, wanted).one_or_none()
    if found is None:
        return None
    slot = take_slot(session, found.id)
    if slot is None:
        return None
    leased = lease(session, hold, found.id, slot, now)
    if leased is None:  # this person finished the task in another tab meanwhile
        session.execute(_FREE, {"of_task": found.id})
    return leased


def take_slot(session: Session, task_id: int) -> Slot | None:
    """Take a free slot of a task, if there is one, in one conditional statement."""
    taken = session.execute(_TAKE, {"of_task": task_id}).one_or_none()
    if taken is None:
        return None
    used = set(session.scalars(_SLOTS, {"of_task": task_id}))
    number = next(slot for slot in range(taken.labels_wanted) if slot not in used)
    return Slot(number, "planned" if number < taken.planned_labels else "extra")


def lease(session: Session, hold: Hold, task_id: int, slot: Slot, now: datetime) -> int | None:
    """Lease a task, or reopen the hold on it; None when this person has finished it."""
    found = session.scalar(
        _LEASE[session.dialect.name],
        {
            "id": new_id(),
            "task_id": task_id,
            "queue_id": hold.queue_id,
            "account_id": hold.account_id,
            "round": slot.round,
            "role": slot.role,
            "slot": slot.number,
            "state": "leased",
            "guideline_id": hold.guideline_id,
            "leased_at": now,
            "lease_expires_at": hold.lease_expires_at,
        },
    )
    return None if found is None else int(found)


def held(session: Session, assignment_id: int, account_id: int) -> AssignmentRow | None:
    """A person's own assignment with what its page needs."""
    wanted = {"of_assignment": assignment_id, "of_account": account_id}
    return session.execute(_HELD_ONE, wanted).one_or_none()


def lock_assignment(session: Session, assignment_id: int, account_id: int) -> AssignmentRow | None:
    """A person's own assignment, kept from changing until the transaction ends."""
    wanted = {"of_assignment": assignment_id, "of_account": account_id}
    return session.execute(_LOCK, wanted).one_or_none()


def renew_own(session: Session, queue_id: int, account_id: int, until: datetime) -> int:
    """Extend every lease a person has in a queue; how many there are."""
    found = {"of_queue": queue_id, "of_account": account_id, "until": until}
    return len(session.execute(_RENEW_OWN, found).all())


def renew(session: Session, assignment_id: int, lease_expires_at: datetime) -> bool:
    """Extend a lease that is still held; whether it was."""
    extended = session.execute(
        update(assignment)
        .where(assignment.c.id == assignment_id, assignment.c.state == "leased")
        .values(lease_expires_at=lease_expires_at)
    )
    return extended.rowcount == 1


def finish(
    session: Session, row: AssignmentRow, state: str, now: datetime, *, reason: str | None = None
) -> None:
    """End a hold as submitted, skipped or returned; all but submitted free the slot."""
    ended = {"of_assignment": row.id, "then": state, "at": now, "why": reason}
    session.execute(_FINISH, ended)
    if state != "submitted" and row.state in HOLDING and row.slot is not None:
        session.execute(_FREE, {"of_task": row.task_id})


def take_late(session: Session, row: AssignmentRow, now: datetime) -> bool:
    """Submit a hold that had ended, if a slot of its task is still free; whether it was."""
    slot = take_slot(session, row.task_id) if row.role in SLOTTED else Slot(None, row.role)
    if slot is None:
        return False
    session.execute(
        update(assignment)
        .where(assignment.c.id == row.id)
        .values(state="submitted", slot=slot.number, role=slot.role, finished_at=now)
    )
    return True


class Waiting(NamedTuple):
    """What stands between a person and their next task."""

    sampled: int
    leased_by_others: int
    next_expiry: datetime | None
    skipped: int
    submitted: int
    free: int
    """Tasks for this person with a free slot: somebody was just taking one of them."""


def waiting(session: Session, queue_id: int, account_id: int) -> Waiting:
    """Why there is nothing to claim in a queue for this person."""
    sampled = select(func.count()).where(
        task.c.queue_id == queue_id, task.c.purpose == "sample", task.c.position.is_not(None)
    )
    mine = select(_mine.c.task_id).where(
        _mine.c.account_id == account_id, _mine.c.round == 0, _mine.c.state.not_in(REOPENABLE)
    )
    others = select(func.count(), func.min(assignment.c.lease_expires_at)).where(
        assignment.c.queue_id == queue_id,
        assignment.c.state == "leased",
        assignment.c.slot.is_not(None),
        assignment.c.task_id.not_in(mine),
    )
    own: Select[Any] = select(
        func.coalesce(func.sum(case((assignment.c.state == "skipped", 1), else_=0)), 0),
        func.coalesce(func.sum(case((assignment.c.state == "submitted", 1), else_=0)), 0),
    ).where(
        assignment.c.queue_id == queue_id,
        assignment.c.account_id == account_id,
        assignment.c.role != "qualification",
    )
    leased, expiry = session.execute(others).one()
    skipped, submitted = session.execute(own).one()
    total = session.scalar(sampled) or 0
    free = select(func.count()).where(
        task.c.queue_id == queue_id,
        task.c.free_slots > 0,
        task.c.position.is_not(None),
        task.c.id.not_in(mine),
    )
    return Waiting(total, leased, expiry, int(skipped), int(submitted), session.scalar(free) or 0)


def own_assignments(
    session: Session,
    account_id: int,
    *,
    state: str | None = None,
    queue_name: str | None = None,
    limit: int = 200,
) -> Sequence[AssignmentRow]:
    """A person's assignments, the most recently finished or leased first."""
    statement = _HELD.where(assignment.c.account_id == account_id)
    if state is not None:
        statement = statement.where(assignment.c.state == state)
    if queue_name is not None:
        statement = statement.where(queue.c.name == queue_name)
    latest = func.coalesce(assignment.c.finished_at, assignment.c.leased_at)
    return session.execute(statement.order_by(latest.desc(), assignment.c.id).limit(limit)).all()


def read_draft(session: Session, assignment_id: int) -> AnyRow | None:
    """What was typed so far."""
    return session.execute(
        select(draft).where(draft.c.assignment_id == assignment_id)
    ).one_or_none()


def save_draft(session: Session, assignment_id: int, values: dict[str, Any], now: datetime) -> int:
    """Keep what was typed so far; the number of times it was kept."""
    insert = postgresql.insert if session.dialect.name == "postgresql" else sqlite.insert
    statement = insert(draft).values(
        assignment_id=assignment_id, values=values, version=1, updated_at=now
    )
    statement = statement.on_conflict_do_update(
        index_elements=[draft.c.assignment_id],
        set_={"values": values, "version": draft.c.version + 1, "updated_at": now},
    )
    return int(session.scalar(statement.returning(draft.c.version)) or 0)


def drop_draft(session: Session, assignment_id: int) -> None:
    """Forget a draft whose answer was submitted."""
    session.execute(_DROP_DRAFT, {"of_assignment": assignment_id})
