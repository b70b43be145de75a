"""Traces until they are interactions, and the calls that lead back to them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Select, Text, bindparam, case, delete, func, select, type_coerce, update

from storage.bulk import insert_rows, stored_time
from storage.engine import AnyRow, Session
from storage.tables import fragment, generation, trace

T = TypeVar("T")

SLICE = 500
NEVER_QUIET = timedelta(hours=1)
"""A trace of which something comes all the time is assembled after so long all the same."""
_FRAGMENT = ("trace_number", "span_id", "digest", "kind", "source", "place", "body")
_GENERATION = (
    *("trace_id", "span_id", "above", "source", "external_id", "response_id", "session_id"),
    *("started_at", "digest"),
)
_FRAGMENTS_OF = (
    select(
        fragment.c.kind,
        fragment.c.source,
        fragment.c.span_id,
        type_coerce(fragment.c.body, Text).label("body"),
    )
    .where(fragment.c.trace_number == bindparam("of_trace"))
    .order_by(fragment.c.place, fragment.c.digest)
    .limit(bindparam("most"))
)
_NEW = ("trace_id", "changes", "received_at", "late", "rejected")


class FragmentIn(NamedTuple):
    """One fragment, ready to be kept."""

    trace_id: str
    span_id: str
    digest: int
    kind: str
    source: str
    place: int
    body: str


class GenerationIn(NamedTuple):
    """One call of a model with the interaction that it became."""

    trace_id: str
    span_id: str
    above: str
    source: str
    external_id: str
    response_id: str | None
    session_id: str | None
    started_at: datetime
    digest: int


def add_fragments(
    session: Session, rows: Sequence[FragmentIn], now: datetime, due_at: datetime
) -> int:
    """Keep fragments, all but those that are there; their traces are looked at when due."""
    numbers = _touched(session, sorted({row.trace_id for row in rows}), now, due_at)
    return insert_rows(
        session,
        "fragment",
        _FRAGMENT,
        [(numbers[row.trace_id], *row[1:]) for row in rows],
        unless_there=True,
    )


def _touched(
    session: Session, trace_ids: Sequence[str], now: datetime, due_at: datetime
) -> dict[str, int]:
    """The numbers of traces, each due anew."""
    found: dict[str, int] = {}
    for some in _slices(trace_ids):
        while new := [one for one in some if one not in found]:
            found |= _numbered(session, new, now)
    for these in _slices(sorted(found.values())):
        ours = trace.c.id.in_(these)
        session.execute(update(trace).where(ours, trace.c.due_at.is_(None)).values(received_at=now))
        session.execute(update(trace).where(ours).values(changes=trace.c.changes + 1))
        young = trace.c.due_at.is_(None) | (trace.c.received_at > now - NEVER_QUIET)
        session.execute(update(trace).where(ours, young).values(due_at=due_at))
    return found


def _numbered(session: Session, trace_ids: Sequence[str], now: datetime) -> dict[str, int]:
    """The numbers of traces, locked; one that was forgotten at that moment is not among them."""
    received = stored_time(session)(now)
    new = [(one, 0, received, 0, 0) for one in trace_ids]
    insert_rows(session, "trace", _NEW, new, unless_there=True)
    ours = select(trace.c.trace_id, trace.c.id).where(trace.c.trace_id.in_(trace_ids))
    rows = session.execute(ours.order_by(trace.c.id).with_for_update())
    return {row.trace_id: row.id for row in rows}


def lock_traces(session: Session, numbers: Sequence[int]) -> None:
    """Let nobody else change these traces; always in one order, so that nobody waits in a circle.

    SQLite has one writer, which is us.
    """
    ours = select(trace.c.id).where(trace.c.id.in_(numbers)).order_by(trace.c.id)
    session.execute(ours.with_for_update())


def due_traces(session: Session, until: datetime, most: int) -> Sequence[AnyRow]:
    """Traces that have been quiet for long enough, the longest quiet first."""
    due = select(trace).where(trace.c.due_at <= until).order_by(trace.c.due_at, trace.c.id)
    return session.execute(due.limit(most)).all()


def fragments_of(session: Session, number: int, most: int, largest: int) -> Sequence[AnyRow]:
    """Fragments of a trace, records in their order: kind, source, span and the text of the body.

    At most that many, and no more once their texts are longer than `largest` together.
    """
    found: list[AnyRow] = []
    size = 0
    for row in session.execute(_FRAGMENTS_OF, {"of_trace": number, "most": most}):
        found.append(row)
        size += len(row.body)
        if size > largest:
            break
    return found


def generations_of(session: Session, trace_ids: Collection[str]) -> dict[tuple[str, str], AnyRow]:
    """The calls of traces that are interactions, by trace and span."""
    found: dict[tuple[str, str], AnyRow] = {}
    for some in _slices(sorted(trace_ids)):
        rows = session.execute(select(generation).where(generation.c.trace_id.in_(some)))
        found |= {(row.trace_id, row.span_id): row for row in rows}
    return found


def add_generations(session: Session, rows: Iterable[GenerationIn]) -> None:
    """Write down which calls became which interactions."""
    moment = stored_time(session)
    ready = [(*row[:7], moment(row.started_at), row.digest) for row in rows]
    insert_rows(session, "generation", _GENERATION, ready, unless_there=True)


def put_off(session: Session, changes_of: Mapping[int, int], due_at: datetime) -> None:
    """Look at traces later, unless something more of them has come meanwhile."""
    _finish(session, changes_of, due_at=due_at)


def assembled(session: Session, changes_of: Mapping[int, int], now: datetime) -> None:
    """Traces are interactions now; those of which more has come meanwhile stay due."""
    _finish(session, changes_of, due_at=None)
    for some in _slices(list(changes_of)):
        session.execute(update(trace).where(trace.c.id.in_(some)).values(assembled_at=now))


def _finish(session: Session, changes_of: Mapping[int, int], due_at: datetime | None) -> None:
    if not changes_of:
        return
    mine = (trace.c.id == bindparam("number")) & (trace.c.changes == bindparam("seen"))
    session.execute(
        update(trace).where(mine).values(due_at=due_at),
        [{"number": number, "seen": seen} for number, seen in sorted(changes_of.items())],
    )


def note_faults(session: Session, number: int, late: int, rejected: int, fault: str | None) -> None:
    """Write down what of a trace could not be stored, or came too late."""
    values = {"late": late, "rejected": rejected, "fault": fault}
    session.execute(update(trace).where(trace.c.id == number).values(**values))


def old_traces(session: Session, before: datetime, most: int) -> list[int]:
    """Traces that were assembled before a moment, and of which nothing has come since."""
    return sorted(session.scalars(_old(before).limit(most)))


def _old(before: datetime) -> Select[Any]:
    # put so that SQLite does not go by the index of due_at: nearly every trace has none
    nothing_new = case((trace.c.due_at.is_(None), 1), else_=0) == 1
    return select(trace.c.id).where(trace.c.assembled_at < before, nothing_new)


def drop_assembled(session: Session, before: datetime, most: int = 2_000) -> int:
    """Forget such traces with their fragments; how many. One that is being added to stays."""
    ours = _old(before).limit(most).with_for_update(skip_locked=True)
    numbers = sorted(session.scalars(ours))
    for some in _slices(numbers):
        session.execute(delete(fragment).where(fragment.c.trace_number.in_(some)))
        session.execute(delete(trace).where(trace.c.id.in_(some)))
    return len(numbers)


def trace_counts(session: Session) -> dict[str, int]:
    """How many traces are kept, how many of them wait, and what came too late or failed."""
    row = session.execute(
        select(
            func.count().label("traces"),
            func.count(trace.c.due_at).label("waiting"),
            func.coalesce(func.sum(trace.c.late), 0).label("late"),
            func.coalesce(func.sum(trace.c.rejected), 0).label("rejected"),
        )
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}


def recent_faults(session: Session, most: int = 20) -> list[dict[str, Any]]:
    """Traces of which something could not be stored or came too late, the newest first."""
    names = ("trace_id", "late", "rejected", "fault")
    found = select(*(trace.c[name] for name in names)).where(
        (trace.c.late > 0) | (trace.c.rejected > 0)
    )
    rows = session.execute(found.order_by(trace.c.id.desc()).limit(most))
    return [dict(zip(names, row, strict=True)) for row in rows]


def _slices(names: Sequence[T]) -> Iterable[Sequence[T]]:
    return (names[start : start + SLICE] for start in range(0, len(names), SLICE))
