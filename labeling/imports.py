"""Labels that were made elsewhere, brought in under their annotators' names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from labeling.errors import InvalidLabel
from labeling.fields import Field, Subject, clean_values, needs_subject, refer_to
from labeling.submit import form
from storage import BadRow, Session, Store
from storage.ingest import IngestReport
from storage.queries import accounts, draws, queues
from storage.queries import imports as stored
from storage.queries.interactions import texts
from storage.queries.keys import ids_of
from storage.redaction import Redactors, source_of
from storage.values import (
    MAX_ID,
    MAX_NAME,
    OWN_NAME,
    is_own_name,
    moment_of,
    name_of,
    number_of,
    shown,
)

BATCH = 1_000
KEYS = ("source", "interaction_id", "annotator", "values", "created_at", "seconds")
SECONDS_AT_MOST = 1e7
CLOCKS_APART = timedelta(days=1)
"""How far ahead the clock or the time zone of another tool may be."""

Numbered = tuple[int, Mapping[str, Any] | BadRow]
"""A row with its place in the file or body; or what is wrong with it."""
Fault = tuple[int, BadRow]


@dataclass(frozen=True)
class LabelIn:
    """One row of an import, checked as far as it can be without the store."""

    index: int
    source: str
    interaction_id: str
    annotator: str
    values: dict[str, Any]
    created_at: datetime | None
    seconds: float | None


def import_labels(
    store: Store, queue_name: str, rows: Iterable[Numbered], *, now: datetime
) -> IngestReport:
    """Bring labels into a queue, a batch per transaction; bad rows are left out and listed.

    Unknown annotators become accounts that cannot log in, missing tasks are made with purpose
    `import`. The same values again are a duplicate, other values a new revision, and an older
    answer than the one that is there is refused.
    """
    report, redactors = IngestReport(), Redactors.of_store(store)
    with store.read() as session:
        queue = queues.queue_named(session, queue_name)
        fields = form(session, queue.guideline_id)
    coming = iter(rows)
    while batch := list(islice(coming, BATCH)):
        faults: list[Fault] = []
        told = [(index, _told(redactors, row, report)) for index, row in batch]
        good = list(_checked(told, fields, now, faults))
        with store.write() as session:
            draws.lock_queue(session, queue.id)  # one import after the other: no task made twice
            if needs_subject(fields):
                good = _referring(session, fields, good, faults)
            for fresh in _stored(session, queue, good, now, faults):
                report.accepted += fresh
                report.duplicate += not fresh
            redactors.record(session, {}, now)
        for index, error in sorted(faults, key=lambda fault: fault[0]):
            report.reject(index, error)
    return report


def _told(
    redactors: Redactors, row: Mapping[str, Any] | BadRow, report: IngestReport
) -> Mapping[str, Any] | BadRow:
    """A row without what its source's policy takes out."""
    source = source_of(row, "default")
    try:
        if isinstance(row, BadRow):
            return redactors.error(row, source)
        told: Mapping[str, Any] = redactors.label(row)
        redactors.keep(source, report.redacted)
    except BadRow as error:
        return redactors.error(error, source)
    return told


def _checked(
    batch: list[Numbered], fields: Sequence[Field], now: datetime, faults: list[Fault]
) -> Iterator[LabelIn]:
    """The rows that the form can take."""
    for index, row in batch:
        try:
            if isinstance(row, BadRow):
                raise row
            parsed = parse_label(index, row, now)
            yield replace(parsed, values=clean_values(fields, parsed.values))
        except BadRow as error:
            faults.append((index, error))
        except InvalidLabel as error:
            faults.append((index, BadRow(f"values.{error.field}", error.message, error.hint)))


def _referring(
    session: Session, fields: Sequence[Field], rows: Sequence[LabelIn], faults: list[Fault]
) -> list[LabelIn]:
    """The rows whose answers point at what is there; what has no interaction is told later."""
    ids = ids_of(session, [(one.source, one.interaction_id) for one in rows])
    good = []
    for one in rows:
        interaction = ids.get((one.source, one.interaction_id))
        try:
            if interaction is not None:
                refer_to(fields, one.values, Subject.of(texts(session, interaction)))
            good.append(one)
        except InvalidLabel as error:
            fault = BadRow(f"values.{error.field}", error.message, error.hint)
            faults.append((one.index, fault))
    return good


def _stored(
    session: Session,
    queue: queues.QueueRow,
    rows: Sequence[LabelIn],
    now: datetime,
    faults: list[Fault],
) -> Iterator[bool]:
    """Store what has an interaction; whether each label was new."""
    ids = ids_of(session, [(one.source, one.interaction_id) for one in rows])
    tasks = stored.import_tasks(session, queue.id, sorted(set(ids.values())), now)
    named = {one.annotator for one in rows if (one.source, one.interaction_id) in ids}
    people = accounts.ensure_annotators(session, named, now)
    for one in rows:
        interaction = ids.get((one.source, one.interaction_id))
        if interaction is None:
            message = f"no interaction {one.interaction_id!r} of source {one.source!r}"
            fault = BadRow("interaction_id", message, "ingest the interaction first")
            faults.append((one.index, fault))
            continue
        label = stored.ImportedLabel(
            task_ids=tasks[interaction],
            queue_id=queue.id,
            account_id=people[one.annotator],
            guideline_id=queue.guideline_id,
            values=one.values,
            seconds=one.seconds,
            created_at=one.created_at,
        )
        try:
            yield stored.import_label(session, label, now)
        except BadRow as error:
            faults.append((one.index, error))


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
        annotator=_person(row, "annotator"),
        values=dict(values),
        created_at=None if when is None or when == "" else _past("created_at", when, now),
        seconds=number_of("seconds", row.get("seconds"), 0, SECONDS_AT_MOST),
    )


def _past(key: str, value: object, now: datetime) -> datetime:
    moment = moment_of(key, value)
    if moment > now + CLOCKS_APART:
        raise BadRow(key, f"{shown(value)} lies in the future", "when the label was made")
    return moment


def _person(row: Mapping[str, Any], key: str) -> str:
    name = _needed(row, key, MAX_NAME)
    if not is_own_name(name):
        raise BadRow(key, f"{shown(name)} cannot name an account", OWN_NAME)
    return name


def _needed(row: Mapping[str, Any], key: str, longest: int) -> str:
    found = name_of(key, row.get(key), longest)
    if found is None:
        raise BadRow(key, "missing", "a string")
    return found
