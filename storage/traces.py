"""Traces as they come: every fragment is on disk before it is acknowledged, once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, TypeVar

from msgspec.structs import replace
from sqlalchemy.exc import OperationalError

from storage.clock import Clock
from storage.engine import Store
from storage.errors import BadRow, Unavailable
from storage.events import check_event
from storage.queries.remarks import RemarkIn, add_remarks
from storage.queries.traces import FragmentIn, add_fragments
from storage.redaction import Redactors
from storage.sources.otlp import remarks
from storage.sources.otlp.plain import (
    Json,
    Record,
    Remark,
    Span,
    Taken,
    digest_of,
    source_of,
    text_of,
)

T = TypeVar("T", bound=Span | Record | Remark)

LONGEST = 8_000_000
"""Most characters of one fragment as JSON."""
_ATTRIBUTES = ("attributes", "row")
_REDACTED = ("parent_id", "response_id", "session_id", "name", "message", "body", "resource")


@dataclass(frozen=True)
class Patience:
    """How long traces are waited for."""

    quiet_seconds: float = 10
    """A trace of which nothing came for so long is assembled."""
    wait_seconds: float = 300
    """The same while a call has not ended, or a span around it has not come."""
    keep_hours: float = 24
    """Fragments are forgotten so long after their trace was assembled."""
    scales: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Both ends of the scales of feedback, by its name."""


class Sender(NamedTuple):
    """Who a request comes from, as far as its fragments do not say."""

    source: str | None = None
    """Set: every interaction is filed under it."""
    default: str = "otlp"
    """For services without a name."""


class Refusals(NamedTuple):
    """What of a request was not taken."""

    number: int
    reason: str
    spans: frozenset[str] = frozenset()
    """Which spans."""


class _Kept(NamedTuple):
    """What a request is kept by: who sends it, what redacts it, and what could not be taken."""

    sender: Sender
    clean: Redactors
    refused: list[tuple[str, str]]
    """The id of the span, and why."""

    def source(self, resource: Json) -> str:
        """What the interactions of a sender are filed under."""
        return self.sender.source or source_of(resource, self.sender.default)

    def refuse(self, span_id: str | None, source: str, error: Exception) -> None:
        """Note what cannot be taken, without what is to be redacted."""
        fault = error if isinstance(error, BadRow) else BadRow(None, "nested too deep")
        self.refused.append((span_id or "", str(self.clean.error(fault, source))))


def take_in(
    store: Store, taken: Taken, sender: Sender, patience: Patience, clock: Clock
) -> Refusals:
    """Keep the fragments of a request; a repeat adds nothing.

    Returns
    -------
    Refusals
        How many spans or records were not taken, and why the first was not.

    Raises
    ------
    Unavailable
        If the database cannot take anything now; sending it again later is right.
    """
    kept = _Kept(sender, Redactors.of_store(store), [])
    try:
        waiting = list(_remarks(taken, kept, clock))
        fragments = list(_fragments(taken, kept))
        if fragments or waiting:
            _keep(store, fragments, waiting, patience, clock)
    except OperationalError as error:
        raise Unavailable("the database is busy or full") from error
    reasons = (taken.reason, *(reason for _, reason in kept.refused))
    number = taken.rejected + len(kept.refused)
    spans = frozenset(span_id for span_id, _ in kept.refused)
    return Refusals(number, next(filter(None, reasons), ""), spans)


def _keep(
    store: Store,
    fragments: list[FragmentIn],
    waiting: list[RemarkIn],
    patience: Patience,
    clock: Clock,
) -> None:
    with store.write() as session:
        now = clock()
        due_at = now + timedelta(seconds=patience.quiet_seconds)
        add_fragments(session, fragments, now, due_at)
        add_remarks(session, waiting, now, due_at)


def cleaned(clean: Redactors, source: str, one: T) -> T:
    """A fragment as it is kept: no part of it but its numbers goes past the redactor."""
    fields = {
        "trace_id": one.trace_id,
        "span_id": one.span_id,
        **{name: value for name in _REDACTED if (value := getattr(one, name, None))},
    }
    found = {**clean.fragment(source, fields)}
    for name in _ATTRIBUTES:  # their keys tell what is an id
        if held := getattr(one, name, None):
            found[name] = clean.fragment(source, held)
    if isinstance(one, Span):
        found["events"] = [
            replace(
                event,
                name=clean.fragment(source, event.name),
                attributes=clean.fragment(source, event.attributes),
            )
            for event in one.events
        ]
    return replace(one, **found)


def _remarks(taken: Taken, kept: _Kept, clock: Clock) -> Iterator[RemarkIn]:
    now = clock()
    for one, resource in _said(taken):
        source = kept.source(resource)
        try:
            if not (one.trace_id or one.span_id or one.response_id or one.session_id):
                raise BadRow(None, remarks.ABOUT_NOTHING)
            check_event(one.kind, one.row, now)
            fit = cleaned(kept.clean, source, one)
            text = text_of(fit)
        except (BadRow, RecursionError) as error:
            kept.refuse(one.span_id, source, error)
            continue
        aim = (fit.trace_id, fit.span_id, fit.response_id, fit.session_id)
        yield RemarkIn(digest_of(text), fit.kind, *aim, text)


def _said(taken: Taken) -> Iterator[tuple[Remark, Json]]:
    """Each with the resource that it came from."""
    for one in taken.said:
        yield one, {}
    for span in taken.spans:
        for found in remarks.from_span(span):
            yield found, span.resource
    for record in taken.records:
        told = remarks.from_record(record)
        if told is not None:
            yield told, record.resource


def _fragments(taken: Taken, kept: _Kept) -> Iterator[FragmentIn]:
    for span in taken.spans:
        yield from _fragment(remarks.without(span), "span", 0, kept)
    for place, record in enumerate(taken.records):
        if record.name == remarks.EVENT:
            continue
        if not record.trace_id or not record.span_id:
            kept.refused.append(("", f"{record.name} names no trace and span"))
            continue
        yield from _fragment(record, "record", place, kept)


def _fragment(one: Span | Record, kind: str, place: int, kept: _Kept) -> Iterator[FragmentIn]:
    source = kept.source(one.resource)
    try:
        fit = cleaned(kept.clean, source, one)
        text = text_of(fit)
        if len(text) > LONGEST:
            message = f"span {fit.span_id}: {len(text)} characters, at most {LONGEST}"
            raise BadRow(None, message)
    except (BadRow, RecursionError) as error:
        kept.refuse(one.span_id, source, error)
        return
    yield FragmentIn(fit.trace_id, fit.span_id, digest_of(text), kind, source, place, text)
