"""Traces as they come: every fragment is on disk before it is acknowledged, once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy.exc import OperationalError

from storage.clock import Clock
from storage.engine import Store
from storage.errors import Unavailable
from storage.queries.remarks import RemarkIn, add_remarks
from storage.queries.traces import FragmentIn, add_fragments
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
    said = list(_remarks(taken))
    fragments = list(_fragments(taken, sender, refused))
    aimed = [one for one in said if _is_aimed(one, refused)]
    keep(store, fragments, aimed, sender, patience, clock)
    return Refusals(taken.rejected + len(refused), taken.reason or "".join(refused[:1]))


def keep(
    store: Store,
    fragments: list[FragmentIn],
    said: list[Remark],
    sender: Sender,
    patience: Patience,
    clock: Clock,
) -> None:
    """Write fragments, and what was said of calls, in one transaction."""
    if not fragments and not said:
        return
    waiting = [_waiting(one, sender) for one in said]
    try:
        with store.write() as session:
            now = clock()
            due_at = now + timedelta(seconds=patience.quiet_seconds)
            add_fragments(session, fragments, now, due_at)
            add_remarks(session, waiting, now, due_at)
    except OperationalError as error:
        raise Unavailable("the database is busy or full") from error


def kept_text(source: str, fragment: Span | Record | Remark) -> str:
    """The JSON text of a fragment as it is written: the one place where that is decided."""
    del source
    return text_of(fragment)


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


def _fragments(taken: Taken, sender: Sender, refused: list[str]) -> Iterator[FragmentIn]:
    for span in taken.spans:
        yield from _fragment(remarks.without(span), "span", 0, sender, refused)
    for place, record in enumerate(taken.records):
        if record.name == remarks.EVENT:
            continue
        if not record.trace_id or not record.span_id:
            refused.append(f"{record.name} names no trace and span")
            continue
        yield from _fragment(record, "record", place, sender, refused)


def _fragment(
    one: Span | Record, kind: str, place: int, sender: Sender, refused: list[str]
) -> Iterator[FragmentIn]:
    source = sender.source or source_of(one.resource, sender.default)
    text = kept_text(source, one)
    if len(text) > LONGEST:
        refused.append(f"span {one.span_id}: {len(text)} characters, at most {LONGEST}")
        return
    yield FragmentIn(one.trace_id, one.span_id, digest_of(text), kind, source, place, text)


def _waiting(one: Remark, sender: Sender) -> RemarkIn:
    text = kept_text(sender.source or sender.default, one)
    aim = (one.trace_id, one.span_id, one.response_id, one.session_id)
    return RemarkIn(digest_of(text), one.kind, *aim, text)
