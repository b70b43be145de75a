"""Labels that were made elsewhere, brought in under their annotators' names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from labeling.errors import InvalidLabel
from labeling.fields import clean_values
from labeling.submit import form
from storage import BadRow, Session, Store
from storage.ingest import IngestReport
from storage.queries import accounts, draws, queues
from storage.queries import imports as stored
from storage.queries.keys import ids_of
from storage.values import MAX_ID, MAX_NAME, moment_of, name_of, number_of, shown

BATCH = 1_000
KEYS = ("source", "interaction_id", "annotator", "values", "created_at", "seconds")
SECONDS_AT_MOST = 1e7

Numbered = tuple[int, Mapping[str, Any] | BadRow]
"""A row with its place in the file or body; or what is wrong with it."""


@dataclass(frozen=True)
class LabelIn:
    """One row of an import, checked as far as it can be without the store."""

    index: int
    source: str
    interaction_id: str
    annotator: str
    values: dict[str, Any]
    created_at: datetime
    seconds: float | None


def import_labels(
    store: Store, queue_name: str, rows: Iterable[Numbered], *, now: datetime
) -> IngestReport:
    """Bring labels into a queue, a batch per transaction; bad rows are left out and listed.

    Unknown annotators become accounts that cannot log in, missing tasks are made with purpose
    `import`. The same values again are a duplicate, other values a new revision.
    """
    report = IngestReport()
    with store.read() as session:
        queue = queues.queue_named(session, queue_name)
    coming = iter(rows)
    while batch := list(islice(coming, BATCH)):
        with store.write() as session:
            draws.lock_queue(session, queue.id)  # one import after the other: no task made twice
            faults = sorted(_import_batch(session, queue, batch, report, now), key=_place)
        for index, error in faults:
            report.reject(index, error)
    return report


def _place(fault: tuple[int, BadRow]) -> int:
    return fault[0]


def _import_batch(
    session: Session,
    queue: queues.QueueRow,
    batch: list[Numbered],
    report: IngestReport,
    now: datetime,
) -> Iterator[tuple[int, BadRow]]:
    """Store what can be stored; the faults of the rest."""
    fields = form(session, queue.guideline_id)
    good: list[LabelIn] = []
    for index, row in batch:
        try:
            if isinstance(row, BadRow):
                raise row
            parsed = parse_label(index, row, now)
            good.append(replace(parsed, values=clean_values(fields, parsed.values)))
        except BadRow as error:
            yield index, error
        except InvalidLabel as error:
            yield index, BadRow(f"values.{error.field}", error.message, error.hint)
    ids = ids_of(session, [(one.source, one.interaction_id) for one in good])
    known = [one for one in good if (one.source, one.interaction_id) in ids]
    for one in good:
        if (one.source, one.interaction_id) not in ids:
            named = f"no interaction {one.interaction_id!r} of source {one.source!r}"
            yield one.index, BadRow("interaction_id", named, "ingest the interaction first")
    people = {
        name: _annotator(session, name, now) for name in dict.fromkeys(o.annotator for o in known)
    }
    tasks = stored.import_tasks(session, queue.id, sorted(set(ids.values())), now)
    for one in known:
        fresh = stored.import_label(
            session,
            stored.ImportedLabel(
                task_id=tasks[ids[one.source, one.interaction_id]],
                queue_id=queue.id,
                account_id=people[one.annotator],
                guideline_id=queue.guideline_id,
                values=one.values,
                seconds=one.seconds,
                created_at=one.created_at,
            ),
        )
        report.accepted += fresh
        report.duplicate += not fresh


def _annotator(session: Session, name: str, now: datetime) -> int:
    found = accounts.account_named(session, name)
    if found is None:
        found = accounts.add_account(session, name, "annotator", now)
    return int(found.id)


def parse_label(index: int, row: Mapping[str, Any], now: datetime) -> LabelIn:
    """One row of an import.

    Raises
    ------
    BadRow
        Naming the field, its value and the fix.
    """
    if not isinstance(row, Mapping):
        raise BadRow(None, f"{shown(row)} is not an object", "one JSON object a line")
    for key in row:
        if key not in KEYS:
            raise BadRow(str(key), "unknown key", f"possible: {', '.join(KEYS)}")
    values, when = row.get("values"), row.get("created_at")
    if not isinstance(values, Mapping):
        raise BadRow("values", f"{shown(values)} is not an object", "the answers by field name")
    return LabelIn(
        index=index,
        source=name_of("source", row.get("source"), MAX_NAME) or "default",
        interaction_id=_needed(row, "interaction_id", MAX_ID),
        annotator=_needed(row, "annotator", MAX_NAME),
        values=dict(values),
        created_at=now if when is None else moment_of("created_at", when),
        seconds=number_of("seconds", row.get("seconds"), 0, SECONDS_AT_MOST),
    )


def _needed(row: Mapping[str, Any], key: str, longest: int) -> str:
    found = name_of(key, row.get(key), longest)
    if found is None:
        raise BadRow(key, "missing", "a string")
    return found
