"""Langfuse: scores of traces and observations. A score is replaced by another with its id."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from storage.sinks.door import Declined, Door
from storage.sinks.shape import Item, Origin, Sink, remark

TEXT_CHARS = 500
"""Longer texts are no value of a score there; the comment holds them whole."""


def place(origin: Origin) -> dict[str, str] | None:
    """The trace of an interaction, and the observation in it when the id names one."""
    trace, own = origin.trace_id, origin.external_id
    if trace is None:
        return None
    within, colon, last = own.partition(":")
    named = last if colon and within == trace else own
    is_there = named is not own or origin.extra.get("platform") == "langfuse"
    return {"trace_id": trace} | ({"observation_id": named} if is_there and named != trace else {})


def put(door: Door, items: Sequence[Item]) -> None:
    """Make or replace scores."""
    for item in items:
        door.ask("POST", "/api/public/scores", json=_score(item))


def drop(door: Door, item: Item) -> None:
    """Delete a score."""
    try:
        door.ask("DELETE", f"/api/public/scores/{quote(item.key, safe='')}")
    except Declined as error:
        if error.status != 404:
            raise


def headers(key: str, _options: Mapping[str, Any]) -> dict[str, str]:
    """`pk-lf-...:sk-lf-...`."""
    return {"authorization": f"Basic {b64encode(key.encode()).decode()}"}


def _score(item: Item) -> dict[str, Any]:
    body, place_ = item.body, item.place
    kind, value, comment = _typed(body)
    made = {
        "id": item.key,
        "traceId": place_["trace_id"],
        "name": body["name"],
        "value": value,
        "dataType": kind,
        "metadata": {**body["about"], "by": body["by"]},
    }
    if "observation_id" in place_:
        made["observationId"] = place_["observation_id"]
    return made if comment is None else made | {"comment": comment}


def _typed(body: Any) -> tuple[str, Any, str | None]:
    """Data type, value and comment of a score."""
    if body["kind"] == "answer":
        return "CORRECTION", body["value"], body["reason"]
    if body["kind"] == "boolean" and body["score"] is not None:
        return "BOOLEAN", int(body["score"]), body["reason"]
    if body["score"] is not None:
        return "NUMERIC", body["score"], body["reason"] or body["label"]
    if body["label"] is not None:
        return "CATEGORICAL", body["label"], body["reason"]
    return "TEXT", body["text"][:TEXT_CHARS], remark(body)


SINK = Sink(place, put, drop, headers)
