"""Agreed answers, who is qualified, and what was served to find out how carefully people label."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.engine import AnyRow, Session
from storage.frames import CURRENT
from storage.interactions import InteractionIn
from storage.queries.assignments import REOPENABLE
from storage.queries.interactions import add_interactions
from storage.queries.keys import ids_of
from storage.tables import account, assignment, gold, label, qualification_decision, task
from storage.types import new_id

SERVED = ("planned", "extra", "gold", "repeat")
"""Roles that look alike to the person who labels."""
HIDDEN = ("gold", "repeat")


class GoldIn(NamedTuple):
    """One agreed answer as it is stored."""

    interaction: InteractionIn
    expected: Mapping[str, Any]
    why: str | None
    use: str


def keep_gold(session: Session, slug: str, rows: Sequence[GoldIn], now: datetime) -> None:
    """Make these the agreed answers of a guideline; what is gone is retired, never deleted."""
    known = {
        row.interaction_id: row
        for row in session.execute(select(gold).where(gold.c.guideline == slug))
    }
    if not rows and not known:
        return
    add_interactions(session, [row.interaction for row in rows], now)
    keys = [(row.interaction.source, row.interaction.external_id) for row in rows]
    ids = ids_of(session, set(keys))
    listed = {ids[key]: row for key, row in zip(keys, rows, strict=True)}
    for interaction_id, row in listed.items():
        if interaction_id not in known:
            _add_gold(session, slug, interaction_id, row, now)
        elif _told(known[interaction_id]) != (row.why, row.use, None):
            _change_gold(session, interaction_id, why=row.why, use=row.use, retired_at=None)
    for interaction_id, kept in known.items():
        if interaction_id not in listed and kept.retired_at is None:
            _change_gold(session, interaction_id, retired_at=now)


def _told(row: AnyRow) -> tuple[str | None, str, datetime | None]:
    return row.why, row.use, row.retired_at


def _add_gold(session: Session, slug: str, interaction_id: int, row: GoldIn, now: datetime) -> None:
    add = postgresql.insert if session.dialect.name == "postgresql" else sqlite.insert
    session.execute(
        add(gold)
        .values(
            interaction_id=interaction_id, guideline=slug, expected=dict(row.expected),
            why=row.why, use=row.use, created_at=now,
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


def _change_gold(session: Session, interaction_id: int, **values: Any) -> None:
    session.execute(update(gold).where(gold.c.interaction_id == interaction_id).values(**values))


def gold_ids(session: Session, slug: str, use: str) -> list[int]:
    """The interactions of a guideline that are served for this use now, in order."""
    found = select(gold.c.interaction_id).where(
        gold.c.guideline == slug, gold.c.use.in_((use, "both")), gold.c.retired_at.is_(None)
    )
    return list(session.scalars(found.order_by(gold.c.interaction_id)))


class Had(NamedTuple):
    """A task with an agreed answer that a person was given."""

    interaction_id: int
    queue_id: int
    role: str
    round: int
    state: str


def gold_had(session: Session, account_id: int) -> list[Had]:
    """What a person was given of the tasks with an agreed answer, in any queue."""
    rows = session.execute(
        select(
            task.c.interaction_id,
            assignment.c.queue_id,
            assignment.c.role,
            assignment.c.round,
            assignment.c.state,
        )
        .join_from(assignment, task, assignment.c.task_id == task.c.id)
        .where(
            assignment.c.account_id == account_id,
            assignment.c.role.in_(("gold", "qualification")),
        )
    )
    return [Had(*row) for row in rows]


def check_task(
    session: Session, queue_id: int, interaction_id: int, purpose: str, now: datetime
) -> int:
    """The task of a queue on this interaction for this purpose, made if there is none."""
    add = postgresql.insert if session.dialect.name == "postgresql" else sqlite.insert
    session.execute(
        add(task)
        .values(
            id=new_id(), queue_id=queue_id, interaction_id=interaction_id, purpose=purpose,
            planned_labels=0, labels_wanted=0, free_slots=0, position=None, reason=None,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )  # fmt: skip
    found = select(task.c.id).where(
        task.c.queue_id == queue_id,
        task.c.interaction_id == interaction_id,
        task.c.purpose == purpose,
    )
    return int(session.execute(found).scalar_one())


def count_served(session: Session, queue_id: int, account_id: int) -> int:
    """How many tasks a person was given in a queue, qualification aside."""
    count = select(func.count()).where(*_own(queue_id, account_id), assignment.c.role.in_(SERVED))
    return session.scalar(count) or 0


def _own(queue_id: int, account_id: int) -> tuple[Any, Any]:
    return assignment.c.queue_id == queue_id, assignment.c.account_id == account_id


def put_back(
    session: Session, queue_id: int, account_id: int, roles: Sequence[str]
) -> AnyRow | None:
    """The first hold in these roles that a person gave back or let run out."""
    return session.execute(
        select(assignment)
        .where(
            *_own(queue_id, account_id),
            assignment.c.role.in_(roles),
            assignment.c.state.in_(REOPENABLE),
        )
        .order_by(assignment.c.leased_at, assignment.c.id)
        .limit(1)
    ).one_or_none()


def holds(session: Session, queue_id: int, account_id: int, role: str) -> bool:
    """Whether a person has a task open in this role."""
    found = select(assignment.c.id).where(
        *_own(queue_id, account_id), assignment.c.role == role, assignment.c.state == "leased"
    )
    return session.scalar(found.limit(1)) is not None


def labelled_before(
    session: Session, queue_id: int, account_id: int, guideline_id: int, apart: int
) -> list[int]:
    """Tasks that a person labelled more than `apart` own labels ago, and not a second time."""
    again = assignment.alias("again")
    earlier = (
        select(
            assignment.c.task_id,
            assignment.c.role,
            assignment.c.guideline_id,
            exists()
            .where(
                again.c.task_id == assignment.c.task_id,
                again.c.account_id == account_id,
                again.c.round > 0,
            )
            .label("repeated"),
        )
        .where(
            *_own(queue_id, account_id),
            assignment.c.role.in_(SERVED),
            assignment.c.state == "submitted",
        )
        .order_by(assignment.c.finished_at.desc(), assignment.c.id.desc())
        .offset(apart)
    )
    return [
        row.task_id
        for row in session.execute(earlier)
        if row.role in ("planned", "extra")
        and row.guideline_id == guideline_id
        and not row.repeated
    ]


def decisions(session: Session, queue_id: int, account_id: int) -> list[str]:
    """What leads decided about a person's qualification, the first one first."""
    found = select(qualification_decision.c.decision).where(
        qualification_decision.c.queue_id == queue_id,
        qualification_decision.c.account_id == account_id,
    )
    return list(session.scalars(found.order_by(qualification_decision.c.id)))


def add_decision(session: Session, values: Mapping[str, Any]) -> None:
    """Append a decision."""
    session.execute(insert(qualification_decision).values(**values))


_JUDGED = (
    select(
        assignment.c.id,
        assignment.c.account_id,
        account.c.name,
        assignment.c.round,
        assignment.c.state,
        assignment.c.guideline_id,
        assignment.c.finished_at,
        gold.c.expected,
        gold.c.why,
        label.c["values"],
    )
    .join_from(assignment, task, assignment.c.task_id == task.c.id)
    .join(gold, gold.c.interaction_id == task.c.interaction_id)
    .join(account, assignment.c.account_id == account.c.id)
    .order_by(assignment.c.finished_at, assignment.c.id)
)
_FIRST = and_(label.c.assignment_id == assignment.c.id, label.c.revision == 1)
_LATEST = and_(label.c.assignment_id == assignment.c.id, CURRENT)


def qualification_answers(
    session: Session, queue_id: int, account_id: int | None = None
) -> Sequence[AnyRow]:
    """Holds to qualify in a queue, each with the first answer: what was said before the feedback.

    Columns: id, account_id, name, round, state, guideline_id, finished_at, expected, why, values.
    """
    found = _JUDGED.outerjoin(label, _FIRST).where(
        assignment.c.queue_id == queue_id, assignment.c.role == "qualification"
    )
    if account_id is not None:
        found = found.where(assignment.c.account_id == account_id)
    return session.execute(found).all()


def qualification_answer(session: Session, assignment_id: int) -> AnyRow:
    """One of `qualification_answers`."""
    found = _JUDGED.outerjoin(label, _FIRST).where(assignment.c.id == assignment_id)
    return session.execute(found).one()


def gold_answers(
    session: Session,
    *,
    queue_id: int | None = None,
    account_id: int | None = None,
    before: datetime | None = None,
) -> Sequence[AnyRow]:
    """Hidden tasks with an agreed answer that were labelled; columns as `qualification_answers`.

    The first answer counts: a total that moved with a correction would tell which they were.
    """
    found = _JUDGED.join(label, _FIRST).where(
        assignment.c.role == "gold",
        assignment.c.state == "submitted",
        label.c["values"].is_not(None),
    )
    if queue_id is not None:
        found = found.where(assignment.c.queue_id == queue_id)
    if account_id is not None:
        found = found.where(assignment.c.account_id == account_id)
    if before is not None:
        found = found.where(assignment.c.finished_at < before)
    return session.execute(found).all()


def gold_expected(session: Session, queue_id: int) -> dict[int, dict[str, Any]]:
    """The agreed values of every hidden check of a queue, by task."""
    rows = session.execute(
        select(task.c.id, gold.c.expected)
        .join_from(task, gold, gold.c.interaction_id == task.c.interaction_id)
        .where(task.c.queue_id == queue_id, task.c.purpose == "gold")
    )
    return {row.id: row.expected for row in rows}


def repeated_answers(session: Session, queue_id: int) -> Sequence[AnyRow]:
    """Current answers to tasks that somebody labelled twice: name, guideline_id, first, second."""
    again, second = assignment.alias("again"), label.alias("second")
    newer = label.alias("newer_second")
    latest = ~exists().where(
        newer.c.assignment_id == second.c.assignment_id, newer.c.revision > second.c.revision
    )
    return session.execute(
        select(
            account.c.name,
            again.c.guideline_id,
            label.c["values"].label("first"),
            second.c["values"].label("second"),
        )
        .join_from(again, account, again.c.account_id == account.c.id)
        .join(
            assignment,
            and_(
                assignment.c.task_id == again.c.task_id,
                assignment.c.account_id == again.c.account_id,
                assignment.c.round == 0,
            ),
        )
        .join(label, _LATEST)
        .join(second, and_(second.c.assignment_id == again.c.id, latest))
        .where(
            again.c.queue_id == queue_id,
            again.c.role == "repeat",
            again.c.state == "submitted",
            label.c["values"].is_not(None),
            second.c["values"].is_not(None),
        )
        .order_by(account.c.name, again.c.finished_at)
    ).all()


def own_labels(
    session: Session, account_id: int, queue_id: int | None, since: datetime | None = None
) -> int:
    """How many tasks a person labelled, imports and qualification aside."""
    count = select(func.count()).where(*_labelled(account_id, queue_id))
    if since is not None:
        count = count.where(assignment.c.finished_at >= since)
    return session.scalar(count) or 0


def own_seconds(
    session: Session, account_id: int, queue_id: int | None, latest: int
) -> list[float]:
    """How long a person's latest labels took, where that is known."""
    times: Select[Any] = (
        select(label.c.seconds)
        .join_from(assignment, label, _FIRST)
        .where(*_labelled(account_id, queue_id), label.c.seconds.is_not(None))
        .order_by(assignment.c.finished_at.desc())
        .limit(latest)
    )
    return list(session.scalars(times))


def _labelled(account_id: int, queue_id: int | None) -> list[Any]:
    wanted = [
        assignment.c.account_id == account_id,
        assignment.c.state == "submitted",
        assignment.c.role.in_(SERVED),
    ]
    return wanted if queue_id is None else [*wanted, assignment.c.queue_id == queue_id]


def decided(session: Session, queue_id: int) -> Sequence[AnyRow]:
    """Decisions on qualification in a queue with the name of whom they are about."""
    return session.execute(
        select(account.c.id.label("account_id"), account.c.name, qualification_decision.c.decision)
        .join_from(
            qualification_decision, account, qualification_decision.c.account_id == account.c.id
        )
        .where(qualification_decision.c.queue_id == queue_id)
        .order_by(qualification_decision.c.id)
    ).all()
