"""Judge runs: their sample, every call before it is sent, every reply as it came."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, case, exists, func, insert, or_, select, update

from storage.engine import AnyRow, Session
from storage.tables import (
    content,
    guideline,
    interaction,
    judge_call,
    judge_item,
    judge_reply,
    judge_run,
    queue,
)

BATCH = 2_000
SCORED = "scored"
LIVE = ("waiting", "running")
ANSWERED = "answered"


class Spent(NamedTuple):
    """What a run has used up."""

    usd: float
    calls: int


def add_run(session: Session, values: Mapping[str, Any]) -> int:
    """Store a run; its id."""
    statement = insert(judge_run).values(**values).returning(judge_run.c.id)
    return int(session.execute(statement).scalar_one())


def add_items(session: Session, run_id: int, picked: Sequence[tuple[int, float]]) -> None:
    """Store the sample of a run: interactions with their chances, in order."""
    rows = [
        {"run_id": run_id, "interaction_id": one, "position": place, "pi": pi}
        for place, (one, pi) in enumerate(picked)
    ]
    for start in range(0, len(rows), BATCH):
        session.execute(insert(judge_item), rows[start : start + BATCH])


def run_row(session: Session, run_id: int) -> AnyRow | None:
    """A run with its queue and guideline."""
    return session.execute(_runs().where(judge_run.c.id == run_id)).one_or_none()


def runs_of(session: Session, queue_name: str | None = None) -> Sequence[AnyRow]:
    """Runs, the newest first; of one queue or of all."""
    wanted = _runs().order_by(judge_run.c.id.desc()).limit(200)
    return session.execute(wanted.where(queue.c.name == queue_name) if queue_name else wanted).all()


def designs_of(session: Session, versions: Sequence[str]) -> Sequence[dict[str, Any]]:
    """How the samples of the runs of some versions were drawn, of those that scored anything."""
    scored = exists().where(judge_item.c.run_id == judge_run.c.id, judge_item.c.outcome == SCORED)
    found = select(judge_run.c.design).where(judge_run.c.version.in_(versions), scored)
    return session.scalars(found.order_by(judge_run.c.id)).all()


def waiting_runs(session: Session) -> Sequence[int]:
    """Runs that somebody has to execute: waiting, or running until their process ended."""
    states = judge_run.c.state.in_(LIVE)
    return session.scalars(select(judge_run.c.id).where(states).order_by(judge_run.c.id)).all()


def _runs() -> Any:
    return select(
        judge_run,
        queue.c.name.label("queue_name"),
        guideline.c.slug,
        guideline.c.hash,
        guideline.c.title,
        guideline.c.version.label("guideline_version"),
        guideline.c.markdown,
        guideline.c.fields.label("form"),
    ).select_from(judge_run.join(queue).join(guideline, judge_run.c.guideline_id == guideline.c.id))


def change_run(session: Session, run_id: int, values: Mapping[str, Any]) -> None:
    """Change state, reason or budget of a run."""
    session.execute(update(judge_run).where(judge_run.c.id == run_id).values(**values))


def run_now(session: Session, run_id: int) -> AnyRow:
    """State and budget of a run."""
    told = select(judge_run.c.state, judge_run.c.budget_usd, judge_run.c.budget_calls)
    return session.execute(told.where(judge_run.c.id == run_id)).one()


def open_items(session: Session, run_id: int, after: int, count: int) -> Sequence[AnyRow]:
    """Items without an outcome beyond a position, with what is judged."""
    return session.execute(
        select(
            judge_item.c.position,
            judge_item.c.interaction_id,
            interaction.c.source,
            interaction.c.external_id,
            content.c.messages,
            content.c.responses,
            content.c.context,
        )
        .select_from(judge_item.join(interaction).join(content))
        .where(
            judge_item.c.run_id == run_id,
            judge_item.c.outcome.is_(None),
            judge_item.c.position > after,
        )
        .order_by(judge_item.c.position)
        .limit(count)
    ).all()


def cases(session: Session, ids: Sequence[int]) -> Sequence[AnyRow]:
    """What is judged of given interactions."""
    texts = (content.c.messages, content.c.responses, content.c.context)
    return session.execute(select(*texts).where(content.c.interaction_id.in_(ids))).all()


def finish_items(
    session: Session, run_id: int, done: Iterable[tuple[int, str, Mapping[str, Any] | None]]
) -> None:
    """Write down what became of items: interaction, outcome, detail."""
    for interaction_id, outcome, detail in done:
        session.execute(
            update(judge_item)
            .where(judge_item.c.run_id == run_id, judge_item.c.interaction_id == interaction_id)
            .values(outcome=outcome, detail=detail)
        )


def add_call(session: Session, values: Mapping[str, Any]) -> int:
    """Write a call down before it is sent; its id."""
    statement = insert(judge_call).values(**values).returning(judge_call.c.id)
    return int(session.execute(statement).scalar_one())


def add_reply(session: Session, values: Mapping[str, Any]) -> None:
    """Write down what came back of a call."""
    session.execute(insert(judge_reply).values(**values))


def known_reply(session: Session, key: str, run_id: int, faults: Sequence[str]) -> AnyRow | None:
    """A reply to the same question that was paid for: usable, or of the same run a faulty one."""
    return session.execute(
        select(judge_reply.c.kind, judge_reply.c.text, judge_call.c.run_id)
        .join_from(judge_reply, judge_call)
        .where(
            judge_call.c.key == key,
            or_(
                judge_reply.c.kind == ANSWERED,
                and_(judge_call.c.run_id == run_id, judge_reply.c.kind.in_(faults)),
            ),
        )
        .order_by(judge_reply.c.id.desc())
        .limit(1)
    ).one_or_none()


def spent(session: Session, run_id: int) -> Spent:
    """What a run has used up; a call whose reply never came counts with the most it can cost."""
    cost = case((judge_reply.c.id.is_(None), judge_call.c.most_usd), else_=judge_reply.c.cost_usd)
    row = session.execute(
        select(func.coalesce(func.sum(cost), 0.0), func.count(judge_call.c.id))
        .select_from(judge_call.outerjoin(judge_reply))
        .where(judge_call.c.run_id == run_id)
    ).one()
    return Spent(float(row[0]), int(row[1]))


def committed(session: Session, since: datetime, without: int | None) -> float:
    """US dollars that runs have spent since a moment, or may still spend, one of them left out.

    Until the transaction ends no other one can count the same money.
    """
    if session.dialect.name == "postgresql":
        session.exec_driver_sql("LOCK TABLE judge_run IN SHARE ROW EXCLUSIVE MODE")
    cost = case((judge_reply.c.id.is_(None), judge_call.c.most_usd), else_=judge_reply.c.cost_usd)
    calls = select(func.coalesce(func.sum(cost), 0.0)).select_from(
        judge_call.outerjoin(judge_reply)
    )
    used = calls.where(judge_call.c.run_id == judge_run.c.id).correlate(judge_run).scalar_subquery()
    live = select(judge_run.c.budget_usd, used).where(judge_run.c.state.in_(LIVE))
    rows = session.execute(live if without is None else live.where(judge_run.c.id != without))
    still = sum(max(budget - used, 0.0) for budget, used in rows)
    return float(session.scalar(calls.where(judge_call.c.sent_at >= since)) or 0) + float(still)


def sources_of(session: Session, ids: Sequence[int]) -> Counter[str]:
    """How many of some interactions each source has."""
    found = Counter[str]()
    for start in range(0, len(ids), BATCH):
        part = interaction.c.id.in_(ids[start : start + BATCH])
        counted = select(interaction.c.source, func.count()).where(part)
        for source, count in session.execute(counted.group_by(interaction.c.source)):
            found[source] += count
    return found


def outcomes(session: Session, run_id: int) -> dict[str | None, int]:
    """How many items of a run have each outcome; None: open."""
    counted = select(judge_item.c.outcome, func.count()).where(judge_item.c.run_id == run_id)
    return {row[0]: row[1] for row in session.execute(counted.group_by(judge_item.c.outcome))}


def remembered(session: Session, run_id: int) -> int:
    """How many items of a run were scored without a call of its own."""
    asked = exists().where(
        judge_call.c.run_id == judge_item.c.run_id,
        judge_call.c.interaction_id == judge_item.c.interaction_id,
    )
    found = select(func.count()).where(
        judge_item.c.run_id == run_id, judge_item.c.outcome == SCORED, ~asked
    )
    return session.scalar(found) or 0


def details(session: Session, run_id: int) -> Sequence[Any]:
    """What is written down of the items that were scored."""
    found = select(judge_item.c.detail).where(
        judge_item.c.run_id == run_id, judge_item.c.outcome == SCORED
    )
    return session.scalars(found).all()


def replies(session: Session, run_id: int) -> dict[str | None, int]:
    """How many calls of a run came to each kind of reply; None: to none."""
    counted = (
        select(judge_reply.c.kind, func.count(judge_call.c.id))
        .select_from(judge_call.outerjoin(judge_reply))
        .where(judge_call.c.run_id == run_id)
        .group_by(judge_reply.c.kind)
    )
    return {row[0]: row[1] for row in session.execute(counted)}
