"""Phoenix: human annotations of spans.

An annotation is replaced by another with the same span, name and identifier.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from storage.sinks.door import Declined, Door
from storage.sinks.shape import Item, Origin, Sink, first_text, remark

_SPAN = re.compile(r"[0-9a-f]{16}")


def place(origin: Origin) -> dict[str, str] | None:
    """The span of an interaction."""
    given = first_text(origin.extra, "span_id", "spanId")
    last = re.split(r"[:/]", origin.external_id)[-1]
    found = next((one for one in (last, given) if one and _SPAN.fullmatch(one)), None)
    return None if found is None else {"span_id": found}


def put(door: Door, items: Sequence[Item]) -> None:
    """Make or replace annotations: all of them, or none when one of the spans is not there."""
    data = [_annotation(item) for item in items]
    door.ask("POST", "/v1/span_annotations", json={"data": data}, params={"sync": "true"})


def drop(door: Door, item: Item) -> None:
    """Delete the one annotation that has this identifier: no key is empty, so never all."""
    project = quote(door.project or "default", safe="")
    path = f"/v1/projects/{project}/span_annotations"
    which = {"identifier": item.key, "delete_all": "true"}
    try:
        door.ask("DELETE", path, params=which)
    except Declined as error:
        if error.status != 405:
            raise
        message = "this Phoenix cannot delete annotations by identifier: update it"
        raise Declined(405, message) from error


def headers(key: str, _options: Mapping[str, Any]) -> dict[str, str]:
    """An API key of Phoenix."""
    return {"authorization": f"Bearer {key}"}


def _annotation(item: Item) -> dict[str, Any]:
    body = item.body
    result = {"label": body["label"], "score": body["score"], "explanation": remark(body)}
    return {
        "span_id": item.place["span_id"],
        "name": body["name"],
        "annotator_kind": "HUMAN",
        "identifier": item.key,
        "result": result,
        "metadata": {**body["about"], "by": body["by"]},
    }


SINK = Sink(place, put, drop, headers, at_once=100)
