"""What LangSmith's client sends: runs that are posted and patched, and feedback on them."""

from collections.abc import Iterable
from typing import Any

from storage.errors import BadRow
from storage.events import check_event
from storage.sources.jsonl import json_value
from storage.sources.otlp.messages import listed
from storage.sources.otlp.plain import ERROR, Json, Remark, Span, Taken
from storage.sources.otlp.posts import (
    an_id,
    an_object,
    filled,
    id_or_none,
    nanoseconds,
    text,
)
from storage.sources.otlp.remarks import remark_of
from storage.types import EPOCH
from storage.values import shown

_SESSION = ("session_id", "thread_id", "conversation_id")
_LONGEST = 2_000
_PARTS = ("inputs", "outputs", "extra", "error", "events", "serialized")


def runs_from_batch(body: bytes) -> Taken:
    """The runs of POST /runs/batch; one that is posted and patched later is one span.

    Raises
    ------
    BadRow
        If the body is none; a single bad run is counted instead.
    """
    held = an_object("body", json_value(body))
    return runs([one for key in ("post", "patch") for one in listed(held.get(key))])


def runs(found: Iterable[Any]) -> Taken:
    """Runs as spans."""
    spans, faults = [], []
    for one in found:
        try:
            spans.append(_span(an_object("run", one)))
        except BadRow as error:
            faults.append(str(error))
    return Taken(spans, [], len(faults), faults[0] if faults else "")


def runs_from_parts(parts: Iterable[tuple[str, bytes]]) -> tuple[Taken, list[Remark]]:
    """The runs and the feedback of POST /runs/multipart; attachments are not taken.

    A run comes in parts that are named `post.ID` or `patch.ID`, and `post.ID.inputs` and so on
    for its larger fields.
    """
    whole: dict[str, Json] = {}
    said: list[Remark] = []
    faults: list[str] = []
    for name, body in parts:
        operation, _, rest = name.partition(".")
        identity, _, field = rest.partition(".")
        try:
            if operation == "feedback":
                said += feedback(json_value(body))
            elif operation in ("post", "patch") and field in ("", *_PARTS):
                run = whole.setdefault(f"{operation}.{identity}", {"id": identity})
                value = json_value(body)
                run |= {field: value} if field else an_object("run", value)
        except BadRow as error:
            faults.append(str(error))
    taken = runs(whole.values())
    reason = taken.reason or "".join(faults[:1])
    return taken._replace(rejected=taken.rejected + len(faults), reason=reason), said


def _span(run: Json) -> Span:
    get = run.get
    identity = an_id("id", get("id"))
    extra = get("extra")
    held = extra.get("metadata") if isinstance(extra, dict) else None
    metadata: Json = held if isinstance(held, dict) else {}
    error = text(get("error"))
    name = text(get("session_name"))
    return Span(
        trace_id=id_or_none("trace_id", get("trace_id")) or identity,
        span_id=identity,
        parent_id=id_or_none("parent_run_id", get("parent_run_id")),
        name=text(get("name"))[:500],
        start=nanoseconds("start_time", get("start_time")),
        end=nanoseconds("end_time", get("end_time")),
        status=ERROR if error else 0,
        message=error[:_LONGEST],
        attributes=filled(
            {
                "langsmith.run_type": get("run_type"),
                "langsmith.inputs": get("inputs"),
                "langsmith.outputs": get("outputs"),
                "langsmith.tags": get("tags"),
                "langsmith.metadata": metadata,
                "langsmith.session_id": _first(metadata, _SESSION),
                "langsmith.user_id": metadata.get("user_id"),
            }
        ),
        resource={"service.name": name} if name else {},
    )


def _first(held: Json, names: Iterable[str]) -> Any:
    return next((held[name] for name in names if held.get(name)), None)


def feedback(value: Any) -> list[Remark]:
    """The feedback of POST /feedback on a run.

    Raises
    ------
    BadRow
        If it names no run, or says nothing.
    """
    held = an_object("body", value)
    origin = held.get("feedback_source")
    source = origin if isinstance(origin, dict) else {}
    metadata = source.get("metadata")
    about = metadata if isinstance(metadata, dict) else {}
    score, word = held.get("score"), held.get("value")
    found = remark_of(
        held.get("key"), word if score is None else score,
        label=word if score is not None else None,
        comment=held.get("comment"), correction=held.get("correction"), id=held.get("id"),
        kind="LLM" if source.get("type") == "model" else "HUMAN",
        actor=about.get("user") or about.get("user_id"), created_at=held.get("created_at"),
    )  # fmt: skip
    if found is None:
        raise BadRow("score", "nothing was said", "send score, value, comment or correction")
    found.span_id = id_or_none("run_id", held.get("run_id"))
    found.trace_id = id_or_none("trace_id", held.get("trace_id"))
    if found.span_id is None and found.trace_id is None:
        raise BadRow("run_id", f"{shown(held.get('run_id'))} names no run")
    check_event(found.kind, found.row, EPOCH)
    return [found]
