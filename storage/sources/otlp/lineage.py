"""Spans of one trace as a tree, in whatever order their fragments came."""

from collections.abc import Iterable, Mapping
from typing import Any

from storage.sources.otlp.langfuse import TRACE_METADATA
from storage.sources.otlp.messages import listed, loaded
from storage.sources.otlp.plain import Json, Span, text_of

SESSIONS = (
    *("gen_ai.conversation.id", "session.id", "langfuse.session.id"),
    *("traceloop.association.properties.session_id", "langsmith.session_id"),
)
USERS = (
    *("user.id", "enduser.id", "langfuse.user.id"),
    *("traceloop.association.properties.user_id", "langsmith.user_id"),
)

DEEPEST = 200
"""Most spans around a span that are looked at."""


def merged(fragments: Iterable[Span]) -> dict[str, Span]:
    """Each span once, put together from whatever was sent of it, by its id."""
    several: dict[str, list[Span]] = {}
    for one in fragments:
        several.setdefault(one.span_id, []).append(one)
    return {key: held[0] if len(held) == 1 else _one(held) for key, held in several.items()}


def _one(held: list[Span]) -> Span:
    """What was sent later adds to what was sent before, and outweighs it."""
    held = sorted(held, key=lambda one: (one.end, text_of(one)))
    last = held[-1]
    attributes: Json = {}
    for one in held:
        attributes |= one.attributes
    return Span(
        trace_id=last.trace_id,
        span_id=last.span_id,
        parent_id=_parent(held),
        name=next((one.name for one in reversed(held) if one.name), ""),
        start=min((one.start for one in held if one.start), default=0),
        end=last.end,
        status=max(one.status for one in held),
        message=next((one.message for one in reversed(held) if one.message), ""),
        attributes=attributes,
        events=max((one.events for one in held), key=len),
        links=max((one.links for one in held), key=len),
        resource=last.resource,
    )


def _parent(held: list[Span]) -> str | None:
    """The last that was named; a trace stands around its spans only when nothing nearer does."""
    named = [one.parent_id for one in reversed(held) if one.parent_id]
    near = (parent for parent in named if parent != held[0].trace_id)
    return next(near, named[0] if named else None)


def above(span: Span, spans: Mapping[str, Span]) -> list[str]:
    """The ids of the spans around a span, the nearest first; the last may not be there."""
    found: list[str] = []
    parent = span.parent_id
    while parent and parent != span.span_id and parent not in found and len(found) < DEEPEST:
        found.append(parent)
        outer = spans.get(parent)
        parent = outer.parent_id if outer else None
    return found


def inherited(span: Span, around: list[str], spans: Mapping[str, Span], names: Any) -> str | None:
    """What the span says under one of the names, or else the nearest span around it."""
    for one in (span, *(spans[key] for key in around if key in spans)):
        for name in names:
            value = one.attributes.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                return str(value)
    return None


def of_trace(span: Span, around: list[str], spans: Mapping[str, Span]) -> tuple[list[Any], Json]:
    """Tags and metadata that spans around it gave to the whole trace."""
    tags: list[Any] = []
    metadata: Json = {}
    for one in (span, *(spans[key] for key in around if key in spans)):
        if not one.attributes:
            continue
        tags = tags or listed(loaded(one.attributes.get("langfuse.trace.tags")))
        for key, value in one.attributes.items():
            if key.startswith(TRACE_METADATA):
                metadata.setdefault(key.removeprefix(TRACE_METADATA), loaded(value))
    return tags, metadata
