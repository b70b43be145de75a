"""Tasks and labels of a queue as lines of JSON, read as they are sent."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from labeling.chances import chances
from labeling.rows import raw_rows
from storage import Session, Store
from storage.exports.jsonl import lines
from storage.queries import queues
from storage.queries.answers import answered_tasks
from storage.queries.listing import task_rows


def task_lines(store: Store, queue_name: str, now: datetime) -> Iterator[bytes]:
    """One line per task in serving order; an unknown queue is refused before the first line."""
    queue_id = _queue_id(store, queue_name)
    return _read(store, lambda session: _tasks(session, queue_id, now))


def label_lines(store: Store, queue_name: str, now: datetime) -> Iterator[bytes]:
    """One line per current label in the order of arrival of what was labelled."""
    queue_id = _queue_id(store, queue_name)
    return _read(store, lambda session: _labels(session, queue_id, now))


def _queue_id(store: Store, queue_name: str) -> int:
    with store.read() as session:
        return int(queues.queue_named(session, queue_name).id)


def _read(store: Store, rows_of: Callable[[Session], Iterator[dict[str, Any]]]) -> Iterator[bytes]:
    with store.snapshot() as session:
        yield from lines(rows_of(session))


def _labels(session: Session, queue_id: int, now: datetime) -> Iterator[dict[str, Any]]:
    known = chances(session, queue_id, now)
    tasks = answered_tasks(session, queue_id, texts=False)
    for row in known.along(tasks, lambda task: task.task_id, raw_rows):
        yield {key: value for key, value in row.items() if key != "interaction"}


def _tasks(session: Session, queue_id: int, now: datetime) -> Iterator[dict[str, Any]]:
    known = chances(session, queue_id, now)
    yield from known.along(task_rows(session, queue_id), lambda row: int(row.id), _told)


def _told(rows: Iterable[Any], known: Mapping[int, float]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            "task_id": str(row.id),
            "source": row.source,
            "interaction_id": row.external_id,
            "purpose": row.purpose,
            "pi": known.get(row.id),
            "reason": row.reason,
            "planned_labels": row.planned_labels,
            "labels": row.submitted,
            "state": _state(row),
        }


def _state(row: Any) -> str:
    """done, leased (somebody holds it), started (has a label, wants more) or open."""
    if row.submitted >= row.labels_wanted:
        return "done"
    if row.leased:
        return "leased"
    return "started" if row.submitted else "open"
