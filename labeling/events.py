"""What a webhook is told: ids, values and where to read more; no text that anybody wrote.

Every event is made from a row that is in the store for good, and has an id made from that row.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from labeling.forms import form
from storage import Session
from storage.engine import AnyRow
from storage.queries.webhooks import Event
from storage.types import encode_json, microseconds

EVENTS = (
    "label.created", "label.revised", "label.withdrawn", "verdict.settled", "verdict.withdrawn",
    "queue.done", "dataset.version",
)  # fmt: skip
TEST = "webhook.test"
WRITTEN = ("text", "answer")
"""Kinds of fields whose values are texts: those are fetched, not pushed."""


def label_event(session: Session, row: AnyRow) -> Event:
    """A label that was given, corrected or withdrawn."""
    if row.values is None:
        type_ = "label.withdrawn"
    else:
        type_ = "label.created" if row.revision == 1 else "label.revised"
    written = _written(session, row.made_under)
    values = row.values or {}
    data = _about(row) | {
        "label_id": row.id,
        "annotator": f"annotator-{row.account_id}",
        "revision": row.revision,
        "role": row.role,
        "values": {name: one for name, one in values.items() if name not in written},
        "left_out": sorted(name for name in values if name in written),
    }
    return _event(f"label-{row.id}", type_, row.created_at, data, row)


def verdict_event(session: Session, row: AnyRow) -> Event:
    """A field of a task that was settled, or whose verdict was withdrawn."""
    type_ = "verdict.withdrawn" if row.value is None else "verdict.settled"
    is_written = row.field in _written(session, row.guideline_id)
    data = _about(row) | {
        "verdict_id": row.id,
        "field": row.field,
        "value": None if is_written else row.value,
        "left_out": [row.field] if is_written and row.value is not None else [],
        "origin": row.origin,
        "revision": row.revision,
        "by": None if row.account_id is None else f"annotator-{row.account_id}",
    }
    return _event(f"verdict-{row.id}", type_, row.created_at, data, row)


def done_event(row: AnyRow, now: datetime) -> Event:
    """A queue in which every label that is wanted was given; again when more was drawn since."""
    data = {
        "queue": row.name,
        "tasks": row.tasks,
        "labels": int(row.labels),
        "links": {"queue": f"/v1/queues/{quote(row.name, safe='')}/progress"},
    }
    event_id = f"queue-{row.id}-{int(row.labels)}"
    return Event(event_id, "queue.done", _body("queue.done", now, data), row.id)


def version_event(data: Mapping[str, Any], now: datetime) -> Event:
    """A version of a dataset; `data` names at least `dataset`, `version` and `hash`."""
    named = f"{data['dataset']}\x1f{data['version']}\x1f{data['hash']}"
    event_id = f"dataset-{sha256(named.encode()).hexdigest()[:16]}"
    return Event(event_id, "dataset.version", _body("dataset.version", now, data))


def trial_event(name: str, number: str, now: datetime) -> Event:
    """Something to try a webhook with."""
    return Event(f"test-{number}", TEST, _body(TEST, now, {"webhook": name}))


def _event(key: str, type_: str, at: datetime, data: Mapping[str, Any], row: AnyRow) -> Event:
    """With an id that no other row gets, not even one that takes this id after a restore."""
    told = f"{row.task_id}\x1f{microseconds(at)}".encode()
    return Event(f"{key}-{sha256(told).hexdigest()[:8]}", type_, _body(type_, at, data),
                 row.queue_id)  # fmt: skip


def _body(type_: str, at: datetime, data: Mapping[str, Any]) -> str:
    return encode_json({"type": type_, "timestamp": at, "data": data})


def _about(row: AnyRow) -> dict[str, Any]:
    return {
        "queue": row.queue_name,
        "task_id": str(row.task_id),
        "purpose": row.purpose,
        "source": row.source,
        "interaction_id": row.external_id,
        "links": {"task": f"/v1/queues/{quote(row.queue_name, safe='')}/tasks/{row.task_id}"},
    }


def _written(session: Session, guideline_id: int) -> set[str]:
    return {field.name for field in form(session, guideline_id) if field.kind in WRITTEN}
