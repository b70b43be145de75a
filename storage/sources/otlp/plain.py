"""What senders of traces bring, whatever it came in: spans, records, and what was said of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from storage.types import encode_json
from storage.values import hash63, mended

Json = dict[str, Any]

ERROR = 2
"""The status code of a span whose work failed."""
KEPT = (
    *("gen_ai.", "llm.", "langfuse.", "traceloop.", "langsmith.", "openinference.", "input."),
    *("output.", "retrieval.", "reranker.", "tool.", "tag.", "session.", "user.", "enduser."),
    *("error.", "metadata", "annotations.", "evaluations.", "trace."),
)
"""How the attributes begin that anybody reads here; the others of a span are not kept."""
KEPT_OF_RESOURCE = (
    *("service.name", "service.version", "deployment.environment", "deployment.environment.name"),
    *("langfuse.environment", "langfuse.release"),
)
_EVENTS = ("exception", "gen_ai.")


class Event(msgspec.Struct, omit_defaults=True):
    """Something that happened within a span."""

    name: str
    time: int
    attributes: Json = {}


class Span(msgspec.Struct, omit_defaults=True):
    """One piece of work: a call of a model, or what stands around it. Times in nanoseconds."""

    trace_id: str
    span_id: str
    parent_id: str | None = None
    name: str = ""
    start: int = 0
    end: int = 0
    """0 when it has not ended, as far as is known."""
    status: int = 0
    message: str = ""
    attributes: Json = {}
    events: list[Event] = []
    links: list[tuple[str, str]] = []
    """Trace and span that each link leads to."""
    resource: Json = {}


class Record(msgspec.Struct, omit_defaults=True):
    """One record of a log; its name is that of its event."""

    trace_id: str
    span_id: str
    name: str
    time: int = 0
    body: Any = None
    attributes: Json = {}
    resource: Json = {}


class Remark(msgspec.Struct, omit_defaults=True):
    """Feedback or a score, and what it is about, as far as its sender says."""

    kind: str
    """feedback or score."""
    row: Json
    """As `ingest_feedback` or `ingest_scores` takes it, without its interaction."""
    trace_id: str | None = None
    span_id: str | None = None
    response_id: str | None = None
    session_id: str | None = None


class Taken(NamedTuple):
    """What a body held, and what in it could not be read."""

    spans: list[Span]
    records: list[Record]
    rejected: int = 0
    reason: str = ""
    """Why the first of them was."""
    said: Sequence[Remark] = ()
    """What was said of calls, apart from any span."""


def slim(span: Span) -> Span:
    """The span with nothing that is never read: most spans of an application become very small."""
    vectors = span.attributes.get("openinference.span.kind") == "EMBEDDING"
    span.attributes = {
        key: value
        for key, value in span.attributes.items()
        if key.startswith(KEPT) and not (vectors and key.startswith(("input.", "output.")))
    }
    span.events = [one for one in span.events if one.name.startswith(_EVENTS)]
    return span


def source_of(resource: Json, default: str) -> str:
    """What the interactions of a sender are filed under: its service's name, if it has one."""
    name = resource.get("service.name")
    if not isinstance(name, str) or name.startswith(("unknown_service", "guideline:")):
        return default
    return name if 0 < len(name) <= 200 and name.isprintable() else default


def text_of(value: Span | Record | Remark) -> str:
    """The JSON text that is kept of it; half characters in it become U+FFFD."""
    try:
        return encode_json(value)
    except UnicodeEncodeError:
        return encode_json(mended(msgspec.to_builtins(value)))


def digest_of(text: str) -> int:
    """63 bits that are the same when the same thing comes again."""
    return hash63(text.encode())
