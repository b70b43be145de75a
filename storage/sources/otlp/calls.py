"""From the fragments of a trace to rows for `ingest_rows`: one for each call of a model."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from storage.sources.otlp.context import Context
from storage.sources.otlp.doubles import same_calls
from storage.sources.otlp.generation import Generation
from storage.sources.otlp.generations import generation_of
from storage.sources.otlp.lineage import SESSIONS, USERS, above, inherited, merged, of_trace
from storage.sources.otlp.plain import ERROR, Json, Record, Span, text_of
from storage.types import EPOCH
from storage.values import MAX_ID, MAX_NAME

NANOS_PER_MS = 1e6
_MOST_NAMES = 100
_LARGEST_COUNT = 2**31 - 1
_LATEST = 253_402_300_799_000_000_000
"""The last second that a calendar has, in nanoseconds."""


class Call(NamedTuple):
    """One call of a model in a trace."""

    span_id: str
    above: list[str]
    """The ids of the spans around it, the nearest first."""
    started: int
    response_id: str | None
    session_id: str | None
    same_as: str
    """The span whose interaction it is: its own, unless two spans tell of one call."""
    row: Json
    """As `ingest_rows` takes it, without source."""


class Trace(NamedTuple):
    """What a trace holds."""

    calls: list[Call]
    complete: bool
    """Whether every call has ended and every span around it is there."""


class _Found(NamedTuple):
    span: Span
    around: list[str]
    generation: Generation


def trace_of(fragments: Sequence[Span], records: Sequence[Record]) -> Trace:
    """The calls of models among the fragments of one trace, whatever their order.

    Records are joined to their span; a record without one stands for it. A call that two
    instrumentations tell of, one span around the other, is one interaction.
    """
    spans = merged(fragments)
    came = set(spans)
    beside = _beside(records)
    for span_id, held in beside.items():
        if span_id not in spans:
            spans[span_id] = _stand_in(held)
    found = []
    for span in sorted(spans.values(), key=lambda one: (one.start, one.span_id)):
        generation = generation_of(span, beside.get(span.span_id, ()))
        if generation is not None:
            found.append(_Found(span, above(span, spans), generation))
    context = Context(spans.values())
    same = same_calls([(one.span.span_id, one.around, one.generation) for one in found])
    return Trace(
        [_call(one, spans, context, each) for one, each in zip(found, same, strict=True)],
        all(one.span.end > 0 and came.issuperset(one.around) for one in found)
        and came.issuperset(one.span.span_id for one in found),
    )


def _beside(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for one in records:
        found.setdefault(one.span_id, []).append(one)
    for held in found.values():
        held.sort(key=lambda one: one.time)  # equal times stay in the order they were sent in
    return found


def _stand_in(records: Sequence[Record]) -> Span:
    """What records say of a span that has not come."""
    first, last = records[0], records[-1]
    told: Json = {}
    for one in records:
        told |= one.attributes
    return Span(
        trace_id=first.trace_id, span_id=first.span_id, start=first.time, end=last.time,
        attributes=told, resource=first.resource,
        status=ERROR if told.get("error.type") else 0,
    )  # fmt: skip


def _call(
    found: _Found,
    spans: Mapping[str, Span],
    context: Context,
    same_as: str,
) -> Call:
    span, around, generation = found
    session = _fit(inherited(span, around, spans, SESSIONS), MAX_ID)
    row = {
        "id": f"{span.trace_id}:{span.span_id}",
        "trace_id": span.trace_id,
        "session_id": session,
        "user_id": _fit(inherited(span, around, spans, USERS), MAX_ID),
        "messages": generation.messages or [],
        "responses": [
            {"id": str(n + 1), **one} for n, one in enumerate(generation.responses or [])
        ],
        "context": context.before(span.start, generation.messages or []),
        "model": _fit(generation.model, MAX_NAME),
        "usage": _usage(generation),
        "cost_usd": _number(generation.cost_usd),
        **_when(span),
        **_said_of(found, spans),
    }
    return Call(
        span.span_id, around, span.start, _fit(generation.response_id, MAX_ID), session, same_as,
        {key: value for key, value in row.items() if value is not None},
    )  # fmt: skip


def _when(span: Span) -> Json:
    if not 0 < span.start < _LATEST:
        return {}
    told: Json = {"created_at": EPOCH + EPOCH.resolution * (span.start // 1000)}
    if span.end >= span.start:
        told["latency_ms"] = (span.end - span.start) / NANOS_PER_MS
    return told


def _said_of(found: _Found, spans: Mapping[str, Span]) -> Json:
    """Flags, tags and metadata."""
    span, around, generation = found
    tags, metadata = of_trace(span, around, spans)
    failed = span.status == ERROR or span.attributes.get("error.type") is not None
    failed = failed or generation.details.get("level") == "ERROR"
    missing = _missing(generation, failed)
    flags = [*(["error"] if failed else []), *(["content_missing"] if missing else [])]
    if not span.end:
        flags.append("unfinished")
    resource = span.resource
    metadata |= {
        **generation.details,
        "dialect": generation.dialect,
        "span_name": span.name or None,
        "response_id": generation.response_id,
        "service": resource.get("service.name"),
        "release": resource.get("service.version") or resource.get("langfuse.release"),
        "environment": _environment(resource),
        "error": _error(span) if failed else None,
        "content_missing": missing or None,
    }
    return {
        "flags": flags or None,
        "tags": _names(generation.tags or tags),
        "metadata": {key: value for key, value in metadata.items() if value is not None},
    }


def _environment(resource: Json) -> Any:
    names = ("deployment.environment.name", "deployment.environment", "langfuse.environment")
    return next((resource[name] for name in names if resource.get(name)), None)


def _missing(generation: Generation, failed: bool) -> list[str]:
    """Which texts the sender did not record; a failed call has no response to record."""
    asked = any(one.get("content") or one.get("tool_calls") for one in generation.messages or [])
    given = any(one.get("text") or one.get("tool_calls") for one in generation.responses or [])
    found = [] if asked else ["messages"]
    return found if given or failed else [*found, "responses"]


def _error(span: Span) -> Json:
    told = {"type": span.attributes.get("error.type"), "message": span.message or None}
    for event in span.events:
        if event.name == "exception":
            told["type"] = told["type"] or event.attributes.get("exception.type")
            told["message"] = told["message"] or event.attributes.get("exception.message")
    return {key: str(value)[:2_000] for key, value in told.items() if value} or {"type": "unknown"}


def _usage(generation: Generation) -> Json | None:
    told = {
        "input_tokens": _number(generation.input_tokens),
        "output_tokens": _number(generation.output_tokens),
    }
    return {key: value for key, value in told.items() if value is not None} or None


def _number(value: Any) -> float | int | None:
    """A count or an amount; anything else is not known."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    known = type(value) in (int, float) and 0 <= value <= _LARGEST_COUNT
    return value if known else None


def _fit(value: Any, longest: int) -> str | None:
    """A name that the store can keep, or none: no call is lost for its model's name."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if 0 < len(text) <= longest and text.isprintable() else None


def _names(values: list[Any]) -> list[str] | None:
    found = [name for one in values[:_MOST_NAMES] if (name := _fit(one, MAX_NAME))]
    return list(dict.fromkeys(found)) or None


def texts_of(row: Json) -> str:
    """What of a row must not change once it is an interaction."""
    return text_of({key: row.get(key) for key in ("messages", "responses", "context")})  # type: ignore[arg-type]
