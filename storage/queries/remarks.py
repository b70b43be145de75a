"""Feedback and scores that wait for the call they are about."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, case, delete, func, select, update

from storage.bulk import insert_rows, stored_time
from storage.engine import AnyRow, Session
from storage.tables import fragment, generation, remark, trace

SLICE = 500
_COLUMNS = (
    *("digest", "kind", "trace_id", "span_id", "response_id", "session_id", "body"),
    *("received_at", "due_at"),
)


class RemarkIn(NamedTuple):
    """One of them, ready to be kept."""

    digest: int
    kind: str
    trace_id: str | None
    span_id: str | None
    response_id: str | None
    session_id: str | None
    body: str


def add_remarks(session: Session, rows: Sequence[RemarkIn], now: datetime, due_at: datetime) -> int:
    """Keep what was said until its call is known, all but what is there already."""
    moment = stored_time(session)
    times = (moment(now), moment(due_at))
    ready = [(*row, *times) for row in rows]
    return insert_rows(session, "remark", _COLUMNS, ready, unless_there=True)


def due_remarks(session: Session, until: datetime, most: int) -> Sequence[AnyRow]:
    """What is to be attached now, if its call is known."""
    due = select(remark).where(remark.c.due_at <= until).order_by(remark.c.due_at, remark.c.id)
    return session.execute(due.limit(most)).all()


def drop_remarks(session: Session, numbers: Sequence[int]) -> None:
    """Forget what has been attached."""
    for start in range(0, len(numbers), SLICE):
        some = remark.c.id.in_(numbers[start : start + SLICE])
        session.execute(delete(remark).where(some))


def put_off_remarks(session: Session, due: Mapping[int, datetime]) -> None:
    """Look for the calls of these later."""
    if due:
        session.execute(
            update(remark).where(remark.c.id == bindparam("number")).values(due_at=bindparam("at")),
            [{"number": number, "at": at} for number, at in due.items()],
        )


def wake_remarks(session: Session, trace_ids: Collection[str], now: datetime) -> None:
    """Look at what waits for calls of these traces at once."""
    names = sorted(trace_ids)
    for start in range(0, len(names), SLICE):
        some = remark.c.trace_id.in_(names[start : start + SLICE])
        session.execute(update(remark).where(some).values(due_at=now))


def waiting_remarks(session: Session) -> int:
    """How many wait for their call."""
    return int(session.scalar(select(func.count()).select_from(remark)) or 0)


def call_of_response(
    session: Session, response_id: str, trace_id: str | None, span_id: str | None
) -> AnyRow | None:
    """The call that a provider gave this id to.

    A cache gives one id to several: that of the span comes first, then those of its trace.
    """
    same_trace = generation.c.trace_id == (trace_id or "")
    same_span = same_trace & (generation.c.span_id == (span_id or ""))
    nearest = case((same_span, 0), (same_trace, 1), else_=2)
    found = select(generation).where(generation.c.response_id == response_id)
    return session.execute(found.order_by(nearest, generation.c.id).limit(1)).one_or_none()


def last_of_session(session: Session, session_id: str) -> AnyRow | None:
    """The last call of a conversation."""
    found = select(generation).where(generation.c.session_id == session_id)
    return session.execute(_newest(found).limit(1)).one_or_none()


def call_in_trace(session: Session, trace_id: str, span_id: str | None) -> AnyRow | None:
    """The call that a span is; else the last one within that span; else the last of the trace."""
    calls = session.execute(
        _newest(select(generation).where(generation.c.trace_id == trace_id))
    ).all()
    if span_id is not None:
        for one in calls:
            if one.span_id == span_id:
                return one
        within = [one for one in calls if span_id in one.above.split(" ")]
        calls = within or calls
    return calls[0] if calls else None


def call_of_span(session: Session, span_id: str) -> AnyRow | None:
    """The call that belongs to a span whose trace is not named; it may be the trace itself."""
    found = select(generation).where(generation.c.span_id == span_id)
    own = session.execute(found.order_by(generation.c.id).limit(1)).one_or_none()
    if own is not None:
        return own
    held = (
        select(trace.c.trace_id)
        .join(fragment, fragment.c.trace_number == trace.c.id)
        .where(fragment.c.span_id == span_id)
    )
    trace_id = session.scalar(held.limit(1)) or span_id
    return call_in_trace(session, str(trace_id), span_id)


def is_pending(session: Session, trace_id: str) -> bool:
    """Whether something of a trace has come that is no interaction yet."""
    due = select(trace.c.due_at).where(trace.c.trace_id == trace_id)
    return session.scalar(due) is not None


def _newest(found: Select[Any]) -> Select[Any]:
    return found.order_by(generation.c.started_at.desc(), generation.c.span_id.desc())
