"""Which answers are told to which platform: asked for, compared with what was told, shown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from labeling.errors import InvalidLabel
from labeling.forms import forms_of
from labeling.statements import Telling, statements
from storage import NotFound, Session, Store
from storage.engine import AnyRow
from storage.queries import accounts, connections, queues, sending
from storage.queries.answers import TaskSaid, answered_tasks
from storage.queries.sending import Wanted
from storage.sinks import SINKS, Origin, Sink
from storage.types import microseconds

LABELS = ("settled", "raw")
BATCH = 250
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class SendingSpec:
    """How the answers of a queue are told; None leaves it as it is, or at its default."""

    labels: str | None = None
    """`settled` (default): one answer per task and field; `raw`: every annotator's and verdicts."""
    names: bool | None = None
    """Annotators by name; default: as `annotator-7`."""
    standing: bool | None = None
    """Whether it goes on by itself."""


@dataclass
class Compared:
    """What the answers of a queue are, against what was told of them."""

    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    unchanged: int = 0
    unplaced: int = 0
    """Tasks of other sources, or whose interaction has no id over there."""

    def to_json(self) -> dict[str, int]:
        """For people and machines."""
        return asdict(self)


class Asked(NamedTuple):
    """A sending as far as a comparison reads it; one that is not kept has the id 0."""

    queue_id: int
    queue_name: str
    id: int
    kind: str
    source: str
    labels: str
    names: bool


def set_sending(
    session: Session, queue_name: str, connection_name: str, spec: SendingSpec, now: datetime
) -> AnyRow:
    """Keep how a queue is told to a connection; the row with the names of both.

    Raises
    ------
    NotFound
        If there is no such queue or connection.
    InvalidLabel
        If `labels` is neither settled nor raw.
    """
    _check(spec)
    queue = queues.queue_named(session, queue_name)
    to = connections.connection_named(session, connection_name)
    values = {"labels": "settled", "names": False, "standing": False, "created_at": now}
    sending.add_sending(session, values | {"queue_id": queue.id, "connection_id": to.id})
    given = {name: one for name, one in asdict(spec).items() if one is not None}
    row = _there(session, queue.id, to.id)
    changed = {name: one for name, one in given.items() if getattr(row, name) != one}
    if changed:
        sending.change_sending(session, row.id, changed | {"mark": None, "next_at": None})
    return _there(session, queue.id, to.id)


def outlook(
    store: Store, queue_name: str, connection_name: str, spec: SendingSpec, clock: Clock
) -> Compared:
    """What would be told; the store stays as it is.

    Raises
    ------
    NotFound
        If there is no such queue or connection.
    """
    _check(spec)
    with store.read() as session:
        queue = queues.queue_named(session, queue_name)
        to = connections.connection_named(session, connection_name)
        row = sending.sending_of(session, queue.id, to.id)
    labels = spec.labels or (row.labels if row else "settled")
    names = spec.names if spec.names is not None else bool(row and row.names)
    asked = Asked(queue.id, queue.name, row.id if row else 0, to.kind, to.source, labels, names)
    return compare(store, asked, clock, keep=False)


def stop_sending(session: Session, queue_name: str, connection_name: str) -> AnyRow:
    """Let nothing more be told by itself; what was told stays over there.

    Raises
    ------
    NotFound
        If there is no such queue, connection or sending.
    """
    queue = queues.queue_named(session, queue_name)
    to = connections.connection_named(session, connection_name)
    row = sending.sending_of(session, queue.id, to.id)
    if row is None:
        raise NotFound("sending", f"{queue_name} to {connection_name}")
    sending.change_sending(session, row.id, {"standing": False})
    return _there(session, queue.id, to.id)


def compare(store: Store, row: AnyRow | Asked, clock: Clock, *, keep: bool) -> Compared:
    """Find what has to be said, changed or taken back; with `keep`, note it to be sent.

    It reads what stands now, so nothing is lost if it was ended halfway: the next one finds the
    same. Notes are kept in batches of tasks.
    """
    found, sink = Compared(), SINKS[row.kind]
    with store.snapshot() as session:
        mark = sending.answers_mark(session, row.queue_id)
        telling = _telling(session, row, sink)
        tasks = answered_tasks(session, row.queue_id, texts=False)
        while batch := list(islice(tasks, BATCH)):
            ids = [task.task_id for task in batch]
            origins = sending.origins(session, ids, row.source)
            known = {one.key: one for one in sending.known(session, row.id, ids)}
            wanted = list(_differences(batch, origins, known, telling, sink, found))
            if keep and wanted:
                with store.write() as writing:
                    sending.want(writing, row.id, wanted, clock())
    if keep:
        with store.write() as session:
            sending.change_sending(session, row.id, {"mark": mark, "unplaced": found.unplaced})
    return found


def has_changed(session: Session, row: AnyRow) -> bool:
    """Whether there may be something to say since the last comparison."""
    return bool(row.mark != sending.answers_mark(session, row.queue_id))


def told(session: Session, row: AnyRow) -> dict[str, Any]:
    """A sending, for people and machines: how far it has come, and what was refused."""
    counts = sending.outgoing_counts(session, row.id)
    return {
        "queue": row.queue_name,
        "connection": row.connection_name,
        "kind": row.kind,
        "labels": row.labels,
        "names": row.names,
        "standing": row.standing,
        "fault": row.fault,
        "next_at": row.next_at,
        "sent_at": row.sent_at,
        "unplaced": row.unplaced,
        **{state: counts.get(state, 0) for state in ("waiting", "sent", "withdrawn", "failed")},
        "refused": [
            {"key": one.key, "state": one.state, "fault": one.fault, "tries": one.tries}
            for one in sending.outgoing_faults(session, row.id)
        ],
    }


def sendings(session: Session, queue_name: str | None = None) -> list[dict[str, Any]]:
    """Every sending, or those of a queue."""
    queue = None if queue_name is None else queues.queue_named(session, queue_name).id
    return [told(session, row) for row in sending.sending_rows(session, queue)]


def _check(spec: SendingSpec) -> None:
    if spec.labels not in (None, *LABELS):
        raise InvalidLabel("labels", f"{spec.labels!r:.80} is neither", "settled or raw")


def _there(session: Session, queue_id: int, connection_id: int) -> AnyRow:
    row = sending.sending_of(session, queue_id, connection_id)
    if row is None:
        raise NotFound("sending", f"{queue_id} to {connection_id}")
    return row


def _telling(session: Session, row: AnyRow | Asked, sink: Sink) -> Telling:
    queue = queues.queue_named(session, row.queue_name)
    people = {one.name: one.id for one in accounts.list_accounts(session)}
    forms, raw = forms_of(session, queue), row.labels == "raw"
    mark = f"goldloop:{marked(queue)}"
    return Telling(queue.name, mark, forms, raw, people, bool(row.names), sink.tags_apart)


def marked(queue: AnyRow) -> str:
    """What tells this queue from those of other stores that speak to the same platform.

    Ids of tasks begin at 1 in every store; the moment in which a queue was made is its own, and
    comes along when a store is restored.
    """
    told = f"{queue.id}\x1f{microseconds(queue.created_at)}"
    return sha256(told.encode()).hexdigest()[:8]


def _differences(
    batch: Sequence[TaskSaid],
    origins: dict[int, Origin],
    known: dict[str, AnyRow],
    telling: Telling,
    sink: Sink,
    found: Compared,
) -> Iterator[Wanted]:
    """What is not over there as it stands here."""
    for task in batch:
        origin = origins.get(task.task_id)
        place = None if origin is None else sink.place(origin)
        if place is None:
            found.unplaced += 1
            continue
        for statement in statements(task, telling):
            old = known.pop(statement.key, None)
            if old is not None and old.body == statement.body:
                found.unchanged += 1
                continue
            found.changed += old is not None
            found.new += old is None
            yield Wanted(statement.key, task.task_id, place, statement.body)
    for old in known.values():
        if old.body is not None:
            found.withdrawn += 1
            yield Wanted(old.key, old.task_id, old.place, None)
