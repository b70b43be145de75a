"""LangSmith: feedback of runs, under ids of our own."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from storage.sinks.door import Declined, Door
from storage.sinks.shape import Item, Origin, Sink, first_text, remark

OURS = UUID("6f0b8a8e-52f2-4c55-9d6a-9a9c3c0e7d11")
_RUN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def place(origin: Origin) -> dict[str, str] | None:
    """The run of an interaction."""
    given = first_text(origin.extra, "run_id", "runId")
    last = re.split(r"[:/]", origin.external_id)[-1]
    found = next((one for one in (last, given) if one and _RUN.fullmatch(one.lower())), None)
    return None if found is None else {"run_id": found.lower()}


def put(door: Door, items: Sequence[Item]) -> None:
    """Change feedback, or make it."""
    for item in items:
        made = _feedback(item)
        changed = {name: made[name] for name in ("score", "value", "comment", "correction")}
        try:
            door.ask("PATCH", _path(item), json=changed)
        except Declined as error:
            if error.status != 404:
                raise
            door.ask("POST", "/feedback", json=made)


def drop(door: Door, item: Item) -> None:
    """Delete feedback."""
    try:
        door.ask("DELETE", _path(item))
    except Declined as error:
        if error.status != 404:
            raise


def headers(key: str, options: Mapping[str, Any]) -> dict[str, str]:
    """An API key of LangSmith, and the workspace it is for when there are several."""
    tenant = options.get("tenant")
    return {"x-api-key": key} | ({"x-tenant-id": str(tenant)} if tenant else {})


def _feedback(item: Item) -> dict[str, Any]:
    body = item.body
    is_answer = body["kind"] == "answer"
    return {
        "id": _id(item),
        "run_id": item.place["run_id"],
        "key": body["name"],
        "score": body["score"],
        "value": body["label"],
        "comment": body["reason"] if is_answer else remark(body),
        "correction": {"output": body["value"]} if is_answer else None,
        "feedback_source": {"type": "api", "metadata": {**body["about"], "by": body["by"]}},
    }


def _id(item: Item) -> str:
    return str(uuid5(OURS, item.key))


def _path(item: Item) -> str:
    return f"/feedback/{_id(item)}"


SINK = Sink(place, put, drop, headers)
