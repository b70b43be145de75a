"""What Langfuse's clients send beside OTLP: scores, and the batches of its older versions."""

from typing import Any

from storage.errors import BadRow
from storage.events import check_event
from storage.sources.otlp.plain import ERROR, Json, Remark, Span
from storage.sources.otlp.posts import an_id, an_object, filled, id_or_none, nanoseconds, text
from storage.sources.otlp.remarks import MACHINES, remark_of
from storage.types import EPOCH

_OBSERVED = {"span": "span", "generation": "generation", "event": "event"}
_OF = "langfuse.observation."
_TOLD = ("input", "output", "level")


def score(value: Any) -> Remark:
    """A score on a trace, on an observation in it, or on a session.

    Raises
    ------
    BadRow
        If it names nothing that it is about, or says nothing.
    """
    held = an_object("score", value)
    origin = str(held.get("source") or "API").upper()
    kind = str(held.get("dataType") or "").upper()
    found = remark_of(
        held.get("name"), held.get("value"), comment=held.get("comment"), id=held.get("id"),
        kind=origin if origin in MACHINES else "HUMAN", is_boolean=kind == "BOOLEAN",
        created_at=held.get("timestamp"),
    )  # fmt: skip
    if found is None:
        raise BadRow("value", "nothing was said", "send value or comment")
    found.trace_id = id_or_none("traceId", held.get("traceId"))
    found.span_id = id_or_none("observationId", held.get("observationId"))
    found.session_id = id_or_none("sessionId", held.get("sessionId"))
    if found.trace_id is None and found.session_id is None:
        raise BadRow("traceId", "missing", "name the trace or the session that it is about")
    check_event(found.kind, found.row, EPOCH)
    return found


def event(value: Any) -> Span | Remark | None:
    """One event of POST /api/public/ingestion; None for kinds that say nothing of a call.

    Raises
    ------
    BadRow
        If its body lacks what it needs.
    """
    held = an_object("event", value)
    body = an_object("body", held.get("body"))
    kind, _, action = text(held.get("type")).rpartition("-")
    if action not in ("create", "update"):
        return None
    if kind == "score":
        return score({"timestamp": held.get("timestamp"), **body})
    if kind == "trace":
        return _trace(body, held)
    return _observation(body, kind) if kind in _OBSERVED else None


def _trace(body: Json, held: Json) -> Span:
    """The trace itself, as the span around its outermost observations."""
    identity = an_id("id", body.get("id"))
    started = nanoseconds("timestamp", body.get("timestamp") or held.get("timestamp"))
    metadata = body.get("metadata")
    attributes = {
        "session.id": body.get("sessionId"),
        "user.id": body.get("userId"),
        "langfuse.trace.name": body.get("name"),
        "langfuse.trace.tags": body.get("tags"),
    }
    for key, value in (metadata if isinstance(metadata, dict) else {}).items():
        attributes[f"langfuse.trace.metadata.{key}"] = value
    name = text(body.get("name"))[:500]
    return Span(
        identity, identity, name=name, start=started, end=started, attributes=filled(attributes)
    )


def _observation(body: Json, kind: str) -> Span:
    trace_id = an_id("traceId", body.get("traceId"))
    identity = an_id("id", body.get("id"))
    end = nanoseconds("endTime", body.get("endTime"))
    start = nanoseconds("startTime", body.get("startTime"))
    usage = body.get("usageDetails") or body.get("usage")
    attributes = {
        "langfuse.observation.type": kind,
        **{f"{_OF}{name}": body.get(name) for name in _TOLD},
        f"{_OF}model.name": body.get("model"),
        f"{_OF}model.parameters": body.get("modelParameters"),
        f"{_OF}usage_details": usage if isinstance(usage, dict) else None,
        f"{_OF}cost_details": body.get("costDetails"),
    }
    failed = body.get("level") == "ERROR"
    return Span(
        trace_id=trace_id,
        span_id=identity,
        parent_id=id_or_none("parentObservationId", body.get("parentObservationId")) or trace_id,
        name=text(body.get("name"))[:500],
        start=start,
        end=end,
        status=ERROR if failed else 0,
        message=text(body.get("statusMessage"))[:2_000],
        attributes=filled(attributes),
    )
