"""MLflow 3: assessments of traces. A corrected answer is an expectation, all else feedback.

An assessment keeps the id it is made with, and a second one with that id is an error of the
server: so it is changed first, and made when there is none to change.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from storage.sinks.door import Declined, Door
from storage.sinks.shape import Item, Origin, Sink, first_text

_OTLP = re.compile(r"[0-9a-f]{32}")


def place(origin: Origin) -> dict[str, str] | None:
    """The trace of an interaction."""
    given = (
        first_text(origin.extra, "mlflow_trace_id"),
        origin.trace_id,
        *origin.external_id.split(":"),
    )
    found = next((one for one in given if one and one.startswith("tr-")), None)
    if found is None and origin.trace_id and _OTLP.fullmatch(origin.trace_id):
        found = f"tr-{origin.trace_id}"  # what MLflow makes of a trace that came to it by OTLP
    return None if found is None else {"trace_id": found}


def put(door: Door, items: Sequence[Item]) -> None:
    """Change an assessment, or make it."""
    for item in items:
        made = _assessment(item)
        said = next(name for name in ("expectation", "feedback") if name in made)
        changed = {"assessment": made, "update_mask": f"{said},rationale,metadata"}
        try:
            door.ask("PATCH", _path(item), json=changed)
        except Declined as error:
            if error.status != 404:
                raise
            door.ask("POST", _all(item), json={"assessment": made})


def drop(door: Door, item: Item) -> None:
    """Delete an assessment."""
    try:
        door.ask("DELETE", _path(item))
    except Declined as error:
        if error.status != 404:
            raise


def headers(key: str, _options: Mapping[str, Any]) -> dict[str, str]:
    """`user:password`, or a token."""
    if ":" in key:
        return {"authorization": f"Basic {b64encode(key.encode()).decode()}"}
    return {"authorization": f"Bearer {key}"}


def _assessment(item: Item) -> dict[str, Any]:
    body = item.body
    said = "expectation" if body["kind"] == "answer" else "feedback"
    return {
        "assessment_id": _id(item),
        "trace_id": item.place["trace_id"],
        "assessment_name": body["name"],
        "source": {"source_type": "HUMAN", "source_id": body["by"]},
        said: {"value": body["value"]},
        "rationale": body["reason"] or body["label"] or "",
        "metadata": {**{name: str(one) for name, one in body["about"].items()}, "key": item.key},
    }


def _id(item: Item) -> str:
    return "a-" + sha256(item.key.encode()).hexdigest()[:32]


def _all(item: Item) -> str:
    return f"/api/3.0/mlflow/traces/{quote(item.place['trace_id'], safe='')}/assessments"


def _path(item: Item) -> str:
    return f"{_all(item)}/{_id(item)}"


SINK = Sink(place, put, drop, headers, tags_apart=False)
