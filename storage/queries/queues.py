"""Guidelines, queues, who may enter them, and their schedules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.engine import AnyRow, Session
from storage.errors import Conflict, NotFound
from storage.tables import (
    account,
    assignment,
    guideline,
    label,
    queue,
    queue_member,
    schedule,
    task,
)

QueueRow = AnyRow


def keep_guideline(session: Session, values: Mapping[str, Any], now: datetime) -> int:
    """Store one version of a guideline unless it is there; its id."""
    found = select(guideline.c.id).where(
        guideline.c.slug == values["slug"], guideline.c.hash == values["hash"]
    )
    known = session.scalar(found)
    if known is not None:
        return int(known)
    try:
        with session.begin_nested():
            added = session.execute(insert(guideline).values(**values, created_at=now))
    except IntegrityError:  # another process stored the same version meanwhile
        return int(session.execute(found).scalar_one())
    key = added.inserted_primary_key
    return int(key[0]) if key else int(session.execute(found).scalar_one())


def guideline_row(session: Session, guideline_id: int) -> AnyRow:
    """One version of a guideline."""
    return session.execute(select(guideline).where(guideline.c.id == guideline_id)).one()


def move_queues(session: Session, slug: str, guideline_id: int) -> int:
    """Put every queue of a guideline on its newest version; how many moved."""
    versions = select(guideline.c.id).where(guideline.c.slug == slug)
    moved = session.execute(
        update(queue)
        .where(queue.c.guideline_id.in_(versions), queue.c.guideline_id != guideline_id)
        .values(guideline_id=guideline_id)
    )
    return moved.rowcount


def add_queue(session: Session, values: Mapping[str, Any]) -> int:
    """Create a queue; its id.

    Raises
    ------
    Conflict
        `exists` when the name is taken.
    """
    try:
        with session.begin_nested():
            added = session.execute(insert(queue).values(**values).returning(queue.c.id))
            return int(added.scalar_one())
    except IntegrityError as error:
        if queue_named_or_none(session, values["name"]) is None:
            raise
        message = f"a queue named {values['name']!r} exists"
        raise Conflict("exists", message, "choose another name") from error


_QUEUE = select(
    queue,
    guideline.c.slug.label("guideline_slug"),
    guideline.c.version.label("guideline_version"),
    guideline.c.hash.label("guideline_hash"),
    guideline.c.title.label("guideline_title"),
).join_from(queue, guideline)
_QUEUE_NAMED = _QUEUE.where(queue.c.name == bindparam("of_name"))


def queue_named_or_none(session: Session, name: str) -> QueueRow | None:
    """The queue of that name with its guideline's slug, version, hash and title."""
    if "\x00" in name:
        return None
    return session.execute(_QUEUE_NAMED, {"of_name": name}).one_or_none()


def queue_named(session: Session, name: str) -> QueueRow:
    """The queue of that name, or NotFound."""
    found = queue_named_or_none(session, name)
    if found is None:
        raise NotFound("queue", name)
    return found


def queue_rows(session: Session) -> Sequence[QueueRow]:
    """Every queue, by name."""
    return session.execute(_QUEUE.order_by(queue.c.name)).all()


def change_queue(session: Session, queue_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of a queue."""
    session.execute(update(queue).where(queue.c.id == queue_id).values(**values))


def set_members(session: Session, queue_id: int, account_ids: Sequence[int]) -> None:
    """Let exactly these accounts enter."""
    session.execute(delete(queue_member).where(queue_member.c.queue_id == queue_id))
    if account_ids:
        rows = [{"queue_id": queue_id, "account_id": one} for one in account_ids]
        session.execute(insert(queue_member), rows)


def members(session: Session, queue_id: int) -> list[str]:
    """Names of the accounts that were invited."""
    names = (
        select(account.c.name)
        .join_from(queue_member, account)
        .where(queue_member.c.queue_id == queue_id)
        .order_by(account.c.name)
    )
    return list(session.scalars(names))


def is_member(session: Session, queue_id: int, account_id: int) -> bool:
    """Whether the account was invited."""
    found = select(queue_member.c.account_id).where(
        queue_member.c.queue_id == queue_id, queue_member.c.account_id == account_id
    )
    return session.scalar(found) is not None


def task_counts(session: Session, queue_id: int) -> AnyRow:
    """Tasks, labels needed, labels done, open leases of a queue (sample tasks, planned work)."""
    sampled = and_(task.c.queue_id == queue_id, task.c.purpose == "sample")
    held = (
        select(
            func.coalesce(func.sum(case((assignment.c.state == "submitted", 1), else_=0)), 0),
            func.coalesce(func.sum(case((assignment.c.state == "leased", 1), else_=0)), 0),
        )
        .where(assignment.c.queue_id == queue_id, assignment.c.slot.is_not(None))
        .subquery()
    )
    done, leased = held.c
    return session.execute(
        select(
            select(func.count()).select_from(task).where(sampled).scalar_subquery().label("tasks"),
            select(func.coalesce(func.sum(task.c.labels_wanted), 0))
            .where(sampled)
            .scalar_subquery()
            .label("labels_needed"),
            done.label("labels_done"),
            leased.label("leased"),
            select(func.count())
            .select_from(task)
            .where(task.c.queue_id == queue_id, task.c.purpose == "import")
            .scalar_subquery()
            .label("imported_tasks"),
        ).select_from(held)
    ).one()


def _counted(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def work_by_account(session: Session, queue_id: int) -> Sequence[AnyRow]:
    """Per person: labels, open leases, skips, returns, seconds a label, the last label's time."""
    state, imported = assignment.c.state, assignment.c.role == "import"
    wanted = assignment.c.role.in_(("planned", "extra"))
    last = (
        select(
            label.c.assignment_id,
            func.max(label.c.created_at).label("at"),
            func.max(label.c.seconds).label("seconds"),
        )
        .join_from(label, assignment, label.c.assignment_id == assignment.c.id)
        .where(assignment.c.queue_id == queue_id)
        .group_by(label.c.assignment_id)
        .subquery()
    )
    return session.execute(
        select(
            account.c.name,
            _counted((state == "submitted") & wanted).label("submitted"),
            _counted(imported).label("imported"),
            _counted((state == "leased") & wanted).label("leased"),
            _counted((state == "skipped") & wanted).label("skipped"),
            _counted((state == "returned") & wanted & assignment.c.skip_reason.is_(None)).label(
                "returned"
            ),
            func.avg(case((wanted | imported, last.c.seconds))).label("mean_seconds"),
            func.max(case((wanted | imported, last.c.at))).label("last_label_at"),
        )
        .join_from(assignment, account)
        .outerjoin(last, last.c.assignment_id == assignment.c.id)
        .where(assignment.c.queue_id == queue_id)
        .group_by(account.c.name)
        .order_by(account.c.name)
    ).all()


def put_schedule(session: Session, queue_id: int, values: Mapping[str, Any]) -> None:
    """Set the schedule of a queue."""
    known = schedule_of(session, queue_id)
    if known is None:
        session.execute(insert(schedule).values(queue_id=queue_id, **values))
        return
    session.execute(update(schedule).where(schedule.c.id == known.id).values(**values))


def schedule_of(session: Session, queue_id: int) -> AnyRow | None:
    """The schedule of a queue."""
    return session.execute(select(schedule).where(schedule.c.queue_id == queue_id)).one_or_none()


def due_schedules(session: Session, now: datetime) -> Sequence[AnyRow]:
    """Enabled schedules whose next draw is due, with the name of their queue."""
    return session.execute(
        select(schedule, queue.c.name.label("queue_name"))
        .join_from(schedule, queue)
        .where(schedule.c.enabled, schedule.c.next_at <= now, queue.c.paused_at.is_(None))
        .order_by(schedule.c.next_at)
    ).all()


def advance_schedule(
    session: Session, schedule_id: int, planned_at: datetime, next_at: datetime
) -> None:
    """Move a schedule on after the draw planned for `planned_at`."""
    session.execute(
        update(schedule)
        .where(schedule.c.id == schedule_id, schedule.c.next_at == planned_at)
        .values(next_at=next_at, window_from=planned_at)
    )
