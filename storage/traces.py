"""Traces as they come: every fragment is on disk before it is acknowledged, once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy.exc import OperationalError

from storage.clock import Clock
from storage.engine import Store
from storage.errors import Unavailable
from storage.queries.remarks import RemarkIn, add_remarks
from storage.queries.traces import FragmentIn, add_fragments
from storage.redaction import Redactors
from storage.sources.otlp import remarks
from storage.sources.otlp.plain import (
    Record,
    Remark,
    Span,
    Taken,
    digest_of,
    source_of,
    text_of,
)

LONGEST = 8_000_000
"""Most characters of one fragment as JSON."""


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
    refused: list[str] = []
    try:
        clean = Redactors.of_store(store)
        said = [one for one in _remarks(taken) if _is_aimed(one, refused)]
        waiting = [_waiting(one, sender, clean) for one in said]
        fragments = list(_fragments(taken, sender, clean, refused))
        if fragments or waiting:
            _keep(store, fragments, waiting, patience, clock)
    except OperationalError as error:
        raise Unavailable("the database is busy or full") from error
    return Refusals(taken.rejected + len(refused), taken.reason or "".join(refused[:1]))


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


def kept_text(clean: Redactors, source: str, one: Span | Record | Remark) -> str:
    """The JSON text of a fragment as it is written, redacted."""
    match one:
        case Span():
            events = [
                replace(event, attributes=clean.fragment(source, event.attributes))
                for event in one.events
            ]
            name, message = clean.fragment(source, one.name), clean.fragment(source, one.message)
            one = replace(one, name=name, message=message, events=events)
            one.attributes = clean.fragment(source, one.attributes)
        case Record():
            body = clean.fragment(source, one.body)
            one = replace(one, body=body, attributes=clean.fragment(source, one.attributes))
        case Remark():
            ids = {"response_id": one.response_id, "session_id": one.session_id}
            one = replace(one, row=clean.fragment(source, one.row), **clean.fragment(source, ids))
    return text_of(one)


def _remarks(taken: Taken) -> Iterator[Remark]:
    yield from taken.said
    for span in taken.spans:
        yield from remarks.from_span(span)
    for record in taken.records:
        found = remarks.from_record(record)
        if found is not None:
            yield found


def _is_aimed(one: Remark, refused: list[str]) -> bool:
    aimed = bool(one.trace_id or one.span_id or one.response_id or one.session_id)
    if not aimed:
        refused.append("feedback names no trace, span, response or session that it is about")
    return aimed


def _fragments(
    taken: Taken, sender: Sender, clean: Redactors, refused: list[str]
) -> Iterator[FragmentIn]:
    for span in taken.spans:
        yield from _fragment((remarks.without(span), "span", 0), sender, clean, refused)
    for place, record in enumerate(taken.records):
        if record.name == remarks.EVENT:
            continue
        if not record.trace_id or not record.span_id:
            refused.append(f"{record.name} names no trace and span")
            continue
        yield from _fragment((record, "record", place), sender, clean, refused)


def _fragment(
    held: tuple[Span | Record, str, int], sender: Sender, clean: Redactors, refused: list[str]
) -> Iterator[FragmentIn]:
    one, kind, place = held
    source = sender.source or source_of(one.resource, sender.default)
    text = kept_text(clean, source, one)
    if len(text) > LONGEST:
        refused.append(f"span {one.span_id}: {len(text)} characters, at most {LONGEST}")
        return
    yield FragmentIn(one.trace_id, one.span_id, digest_of(text), kind, source, place, text)


def _waiting(one: Remark, sender: Sender, clean: Redactors) -> RemarkIn:
    source = sender.source or sender.default
    text = kept_text(clean, source, one)
    session_id = clean.fragment(source, {"session_id": one.session_id})["session_id"]
    aim = (one.trace_id, one.span_id, one.response_id, session_id)
    return RemarkIn(digest_of(text), one.kind, *aim, text)
