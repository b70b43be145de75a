"""What the labeling page asks about one person's own work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from storage.engine import AnyRow, Session
from storage.queries.assignments import NOT_SHOWN, REOPENABLE, SLOTTED, Hold, Slot, take_slot
from storage.tables import assignment, content, draft, label, task


class OwnWork(NamedTuple):
    """A person's own assignments in a queue, without imported ones."""

    submitted: int = 0
    skipped: int = 0
    leased: int = 0
    hidden: int = 0
    """Submitted, and no label that the queue wants: nobody is told of these."""


def _count(state: str) -> object:
    return func.sum(case((assignment.c.state == state, 1), else_=0)).label(state)


_hidden = (assignment.c.state == "submitted") & assignment.c.role.in_(("gold", "repeat"))
_WORK = (
    select(  # type: ignore[call-overload]
        assignment.c.queue_id,
        _count("submitted"),
        _count("skipped"),
        _count("leased"),
        func.sum(case((_hidden, 1), else_=0)),
    )
    .where(
        assignment.c.account_id == bindparam("account_id"),
        assignment.c.role.not_in(("import", "qualification")),
    )
    .group_by(assignment.c.queue_id)
)
_WORK_HERE = _WORK.where(assignment.c.queue_id == bindparam("queue_id"))


def own_work(session: Session, account_id: int) -> dict[int, OwnWork]:
    """A person's work by queue id; queues where they did nothing are absent."""
    rows = session.execute(_WORK, {"account_id": account_id})
    return {row.queue_id: OwnWork(*row[1:]) for row in rows}


def own_work_in(session: Session, account_id: int, queue_id: int) -> OwnWork:
    """A person's work in one queue."""
    found = session.execute(_WORK_HERE, {"account_id": account_id, "queue_id": queue_id}).first()
    return OwnWork(*found[1:]) if found else OwnWork()


def last_finished(
    session: Session, account_id: int, queue_id: int, before: tuple[datetime, int] | None = None
) -> int | None:
    """The assignment a person submitted or skipped last, or last before (finished at, id)."""
    statement = select(assignment.c.id).where(
        assignment.c.account_id == account_id,
        assignment.c.queue_id == queue_id,
        assignment.c.state.in_(("submitted", "skipped")),
        assignment.c.role != "import",
        # an answer to qualify stands: what was agreed has been shown
        or_(assignment.c.role != "qualification", assignment.c.state == "skipped"),
    )
    if before is not None:
        at, number = before
        statement = statement.where(
            or_(
                assignment.c.finished_at < at,
                and_(assignment.c.finished_at == at, assignment.c.id < number),
            )
        )
    latest = statement.order_by(assignment.c.finished_at.desc(), assignment.c.id.desc())
    return session.scalar(latest.limit(1))


def next_finished(
    session: Session, account_id: int, queue_id: int, after: tuple[datetime, int]
) -> int | None:
    """The assignment a person submitted or skipped first after (finished at, id)."""
    at, number = after
    statement = select(assignment.c.id).where(
        assignment.c.account_id == account_id,
        assignment.c.queue_id == queue_id,
        assignment.c.state.in_(("submitted", "skipped")),
        assignment.c.role.not_in(("import", "qualification")),
        or_(
            assignment.c.finished_at > at,
            and_(assignment.c.finished_at == at, assignment.c.id > number),
        ),
    )
    return session.scalar(statement.order_by(assignment.c.finished_at, assignment.c.id).limit(1))


# --- a person's own lists -----------------------------------------------------------------------

_typed = draft.c.assignment_id.is_not(None)
_state = assignment.c.state
_unseen = func.coalesce(assignment.c.skip_reason, "") == NOT_SHOWN
_LISTS: dict[str, ColumnElement[bool]] = {
    "pending": and_(_state == "leased", ~_typed),
    "draft": and_(_state.in_(("leased", *REOPENABLE)), _typed),
    "submitted": and_(_state == "submitted", assignment.c.role != "qualification"),
    "skipped": _state == "skipped",
    "returned": or_(_state == "expired", and_(_state == "returned", ~_unseen)),
}
LISTS = tuple(_LISTS)
"""What is held and untouched, typed and not sent, sent, declined, let go. A task that was let go
with something typed is in two of them."""

_OWN = (
    select(assignment.c.id)
    .join_from(assignment, draft, draft.c.assignment_id == assignment.c.id, isouter=True)
    .where(
        assignment.c.account_id == bindparam("account_id"),
        assignment.c.queue_id == bindparam("queue_id"),
        assignment.c.role != "import",
    )
)
_COUNTS = _OWN.with_only_columns(
    *(
        func.coalesce(func.sum(case((one, 1), else_=0)), 0).label(name)
        for name, one in _LISTS.items()
    )
)


def own_counts(session: Session, account_id: int, queue_id: int) -> dict[str, int]:
    """How many tasks of a queue each of a person's lists has."""
    found = session.execute(_COUNTS, {"account_id": account_id, "queue_id": queue_id}).one()
    return {name: int(number) for name, number in found._mapping.items()}


class Piece(NamedTuple):
    """Which part of a list is wanted."""

    name: str
    """One of LISTS."""
    offset: int
    limit: int


def own_list(session: Session, account_id: int, queue_id: int, piece: Piece) -> Sequence[AnyRow]:
    """A piece of one of a person's lists, newest first.

    Columns: id, state, at, guideline_id, messages, values (of the newest revision, or null).
    """
    finished = func.coalesce(assignment.c.finished_at, assignment.c.leased_at)
    at: ColumnElement[Any] = draft.c.updated_at if piece.name == "draft" else finished
    newest = select(func.max(label.c.revision)).where(label.c.assignment_id == assignment.c.id)
    statement = (
        _OWN.with_only_columns(
            assignment.c.id,
            _state,
            at.label("at"),
            assignment.c.guideline_id,
            content.c.messages,
            label.c["values"],
        )
        .join(task, assignment.c.task_id == task.c.id)
        .join(content, content.c.interaction_id == task.c.interaction_id)
        .outerjoin(
            label,
            and_(
                label.c.assignment_id == assignment.c.id,
                label.c.revision == newest.correlate(assignment).scalar_subquery(),
            ),
        )
        .where(_LISTS[piece.name])
        .order_by(at.desc(), assignment.c.id.desc())
        .offset(piece.offset)
        .limit(piece.limit)
    )
    return session.execute(statement, {"account_id": account_id, "queue_id": queue_id}).all()


# --- one of them again, and what is left for everybody -------------------------------------------


def take_again(session: Session, row: AnyRow, hold: Hold, now: datetime) -> bool:
    """Lease a hold that had ended anew, if a slot of its task is still free; whether it was.

    What takes no slot, such as a check, needs none.
    """
    slot = take_slot(session, row.task_id) if row.role in SLOTTED else Slot(None, row.role)
    if slot is None:
        return False
    session.execute(
        update(assignment)
        .where(assignment.c.id == row.id)
        .values(
            state="leased",
            slot=slot.number,
            role=slot.role,
            guideline_id=hold.guideline_id,
            leased_at=now,
            lease_expires_at=hold.lease_expires_at,
            finished_at=None,
        )
    )
    return True


_at_work = (
    select(assignment.c.account_id)
    .where(assignment.c.queue_id == bindparam("of_queue"), assignment.c.state == "leased")
    .distinct()
    .subquery("at_work")
)
_had = assignment.alias("had")


def _free_for(person: Any) -> Select[Any]:
    """The tasks of a queue that somebody could be given now."""
    return select(task.c.id).where(
        task.c.queue_id == bindparam("of_queue"),
        task.c.free_slots > 0,
        task.c.position.is_not(None),
        ~exists().where(
            _had.c.task_id == task.c.id,
            _had.c.account_id == person,
            _had.c.round == 0,
            _had.c.state.not_in(REOPENABLE),
        ),
    )


def all_have_more_than(session: Session, queue_id: int, number: int) -> bool:
    """Whether everybody at work in a queue could be given more than so many further tasks."""
    one_more = _free_for(_at_work.c.account_id).limit(1).offset(number).correlate(_at_work)
    short = select(_at_work.c.account_id).where(one_more.scalar_subquery().is_(None)).limit(1)
    return session.scalar(short, {"of_queue": queue_id}) is None


def at_work(session: Session, queue_id: int) -> set[int]:
    """The accounts that hold a task of a queue."""
    return set(session.scalars(select(_at_work.c.account_id), {"of_queue": queue_id}))


def free_tasks(session: Session, queue_id: int, account_id: int, at_most: int) -> int:
    """How many further tasks a person could be given, counted up to a limit."""
    found = _free_for(bindparam("of_account")).limit(at_most).subquery()
    wanted = {"of_queue": queue_id, "of_account": account_id}
    return session.scalar(select(func.count()).select_from(found), wanted) or 0
