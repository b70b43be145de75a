"""Quiet traces become interactions, and what was said of them finds its way to them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from storage.clock import Clock
from storage.engine import AnyRow, Session, Store
from storage.ingest import ingest_feedback, ingest_rows, ingest_scores
from storage.queries import remarks as waiting
from storage.queries import traces as kept
from storage.sources.otlp.calls import Call, texts_of, trace_of
from storage.sources.otlp.plain import Record, Remark, Span, digest_of
from storage.traces import Patience
from storage.types import EPOCH

log = logging.getLogger("goldloop.traces")

TRACES = 200
"""Most traces that are assembled at once."""
FRAGMENTS = 20_000
"""Most fragments of one trace that are looked at."""
LARGEST = 100_000_000
"""Most characters of fragments that are held at once; the trace that passes it is the last."""
REMARKS = 1_000
TURN = timedelta(seconds=5)
"""After so long a job makes room: the server may be asked to stop."""
_span = msgspec.json.Decoder(Span).decode
_record = msgspec.json.Decoder(Record).decode
_remark = msgspec.json.Decoder(Remark).decode


@dataclass
class Assembled:
    """What became of traces, and of what was said of them."""

    traces: int = 0
    interactions: int = 0
    late: int = 0
    """Calls that came again with other texts or another session than were stored."""
    rejected: int = 0
    feedback: int = 0
    dropped: int = 0
    """Traces that were forgotten."""


@dataclass
class _Trace:
    """One trace on its way."""

    row: AnyRow
    calls: list[Call] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    complete: bool = True
    late: int = 0
    faults: list[str] = field(default_factory=list)


class _Made(NamedTuple):
    trace: _Trace
    call: Call
    source: str
    external_id: str
    digest: int
    is_new: bool
    """Whether it becomes an interaction of its own now."""


def assemble(store: Store, patience: Patience, clock: Clock, *, at_once: bool = False) -> Assembled:
    """Make interactions of quiet traces, attach what was said of them, forget old ones.

    Ended at any moment, and after a few seconds by itself, the next call goes on. With `at_once`
    nothing is waited for and nothing is left.
    """
    told, began = Assembled(), clock()
    for some in (_assemble_some, _attach_some):
        while some(store, patience, clock, told, at_once=at_once):
            if not at_once and clock() - began > TURN:
                return told
    with store.write(durable=False) as session:
        told.dropped = kept.drop_assembled(session, _forgotten_before(patience, clock()))
    return told


def has_work(store: Store, patience: Patience, clock: Clock) -> bool:
    """Whether `assemble` has anything to do now; it costs a read."""
    now = clock()
    with store.read() as session:
        return bool(
            kept.due_traces(session, now, 1)
            or waiting.due_remarks(session, now, 1)
            or kept.old_traces(session, _forgotten_before(patience, now), 1)
        )


def _forgotten_before(patience: Patience, now: datetime) -> datetime:
    return now - timedelta(hours=patience.keep_hours)


def _assemble_some(
    store: Store, patience: Patience, clock: Clock, told: Assembled, *, at_once: bool
) -> bool:
    now = clock()
    with store.read() as session:
        until = datetime.max.replace(tzinfo=now.tzinfo) if at_once else now
        found = _held(session, kept.due_traces(session, until, TRACES))
        known = kept.generations_of(session, {one.row.trace_id for one in found})
    if not found:
        return False
    later = [] if at_once else [one for one in found if _should_wait(one, patience, now)]
    waits = {one.row.id for one in later}
    ready = sorted((one for one in found if one.row.id not in waits), key=lambda one: one.row.id)
    made = [each for one in ready for each in _made(one, known)]
    _ingest(store, made, clock, told)
    with store.write() as session:
        kept.lock_traces(session, [one.row.id for one in found])
        kept.add_generations(session, (_generation(one) for one in made))
        for one in ready:
            if one.late or one.faults:
                fault = "; ".join(one.faults[:3])[:1_000] or None
                kept.note_faults(session, one.row.id, one.late, len(one.faults), fault)
        kept.assembled(session, {one.row.id: one.row.changes for one in ready}, clock())
        for one in later:
            at = _waits_until(one.row, patience)
            kept.put_off(session, {one.row.id: one.row.changes}, at)
        waiting.wake_remarks(session, {one.row.trace_id for one in ready}, now)
    told.traces += len(ready)
    told.late += sum(one.late for one in ready)
    return bool(ready) or len(found) == TRACES


def _held(session: Session, rows: Sequence[AnyRow]) -> list[_Trace]:
    """As many of these traces as are held at once, at least one."""
    found: list[_Trace] = []
    size = 0
    for row in rows:
        fragments = kept.fragments_of(session, row.id, FRAGMENTS, LARGEST)
        size += sum(len(one.body) for one in fragments)
        found.append(_loaded(row, fragments))
        if size > LARGEST:
            if len(fragments) > 1 and len(found) == 1:
                found[0].faults.append("more than is held at once; what is beyond was left out")
            break
    return found


def _loaded(row: AnyRow, fragments: Sequence[AnyRow]) -> _Trace:
    """A trace with the calls in it."""
    found = _Trace(row)
    spans: list[Span] = []
    records: list[Record] = []
    if len(fragments) == FRAGMENTS:
        found.faults.append(f"{FRAGMENTS} fragments; what is beyond was left out")
    try:
        for one in fragments:
            found.sources[one.span_id] = one.source
            if one.kind == "span":
                spans.append(_span(one.body))
            else:
                records.append(_record(one.body))
        whole = trace_of(spans, records)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        log.exception("trace %s could not be read", row.trace_id)
        found.faults.append(f"it could not be read: {type(error).__name__}")
        return found
    found.calls, found.complete = whole.calls, whole.complete
    return found


def _should_wait(one: _Trace, patience: Patience, now: datetime) -> bool:
    return not one.complete and _waits_until(one.row, patience) > now


def _waits_until(row: AnyRow, patience: Patience) -> datetime:
    """Until when a trace that is not complete is waited for."""
    received: datetime = row.received_at
    return received + timedelta(seconds=patience.wait_seconds)


def _made(one: _Trace, known: Mapping[tuple[str, str], AnyRow]) -> list[_Made]:
    """What each call of a trace becomes: a new interaction, or a further name of one."""
    trace_id = one.row.trace_id
    there = {call.span_id: known.get((trace_id, call.span_id)) for call in one.calls}
    stored = {call.same_as: row for call in one.calls if (row := there[call.span_id]) is not None}
    found = []
    for call in one.calls:
        digest = digest_of(texts_of(call.row))
        row = there[call.span_id]
        if row is not None:
            named = call.session_id is not None and call.session_id != row.session_id
            one.late += row.digest != digest or named
            continue
        target = stored.get(call.same_as)
        source = target.source if target else one.sources[call.same_as]
        external_id = target.external_id if target else f"{trace_id}:{call.same_as}"
        is_new = target is None and call.same_as == call.span_id
        found.append(_Made(one, call, source, external_id, digest, is_new))
    return found


def _ingest(store: Store, made: list[_Made], clock: Clock, told: Assembled) -> None:
    """Hand the new ones to the one way in; what it refuses is noted with its trace."""
    new = [one for one in made if one.is_new]
    if not new:
        return
    rows = ({**one.call.row, "source": one.source} for one in new)
    report = ingest_rows(store, enumerate(rows), clock=clock)
    told.interactions += report.accepted
    told.rejected += report.rejected_total
    refused = set()
    for fault in report.rejected:
        one = new[fault["index"]]
        error = fault["error"]
        one.trace.faults.append(
            f"span {one.call.span_id}: {error.get('field', '')}: {error['message']}"
        )
        refused.add((one.source, one.external_id))
    if refused:
        made[:] = [one for one in made if (one.source, one.external_id) not in refused]


def _generation(one: _Made) -> kept.GenerationIn:
    call = one.call
    started = one.call.row.get("created_at") or EPOCH
    return kept.GenerationIn(
        one.trace.row.trace_id, call.span_id, " ".join(call.above), one.source, one.external_id,
        call.response_id, call.session_id, started, one.digest,
    )  # fmt: skip


def _attach_some(
    store: Store, patience: Patience, clock: Clock, told: Assembled, *, at_once: bool
) -> bool:
    """Attach what was said of calls that are known by now."""
    now = clock()
    with store.read() as session:
        until = datetime.max.replace(tzinfo=now.tzinfo) if at_once else now
        found = waiting.due_remarks(session, until, REMARKS)
        pairs = [(one, _call(session, one, at_once=at_once)) for one in found]
    ready = [(one, call) for one, call in pairs if call is not None]
    for kind, take in (("feedback", ingest_feedback), ("score", ingest_scores)):
        rows = [_row(one, call, patience) for one, call in ready if one.kind == kind]
        if rows:
            report = take(store, enumerate(rows), clock=clock)
            told.feedback += report.accepted
            for fault in report.rejected:
                log.warning("feedback could not be stored: %s", fault["error"]["message"])
    if found:
        with store.write() as session:
            waiting.drop_remarks(session, [one.id for one, _ in ready])
            later = {one.id: _again(one, patience, now) for one, call in pairs if call is None}
            waiting.put_off_remarks(session, later)
    return bool(ready) and len(found) == REMARKS


def _call(session: Session, one: AnyRow, *, at_once: bool) -> AnyRow | None:
    """The call that something was said of; None while it is not known."""
    if one.trace_id is not None and waiting.is_pending(session, one.trace_id) and not at_once:
        return None
    if one.response_id is not None:
        found = waiting.call_of_response(session, one.response_id, one.trace_id, one.span_id)
        if found is not None:
            return found
    if one.trace_id is not None:
        return waiting.call_in_trace(session, one.trace_id, one.span_id)
    if one.span_id is not None:
        return waiting.call_of_span(session, one.span_id)
    if one.session_id is not None:
        return waiting.last_of_session(session, one.session_id)
    return None


def _again(one: AnyRow, patience: Patience, now: datetime) -> datetime:
    """When to look again: soon at first, then every hour, after a week every day."""
    age = now - one.received_at
    longest = 3_600.0 if age < timedelta(days=7) else 86_400.0
    seconds = max(patience.quiet_seconds, 1.0, age.total_seconds() / 2)
    return now + timedelta(seconds=min(longest, seconds))


def _row(one: AnyRow, call: AnyRow, patience: Patience) -> dict[str, Any]:
    """What was said as a row of its interaction, on its scale where that is known."""
    row = dict(_remark(msgspec.json.encode(one.body)).row)
    low, high = patience.scales.get(str(row.get("name")), (0.0, 0.0))
    rating = row.get("rating")
    if isinstance(rating, int | float) and low < high and low <= rating <= high:
        row |= {"min": low, "max": high}
    return {**row, "source": call.source, "interaction_id": call.external_id}
