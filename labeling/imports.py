"""Labels that were made elsewhere, brought in under their annotators' names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from labeling.errors import InvalidLabel
from labeling.fields import clean_values
from labeling.submit import form
from storage import BadRow, Session, Store
from storage.queries import accounts, queues
from storage.queries import imports as stored
from storage.queries.keys import ids_of

BATCH = 1_000
KEYS = ("source", "interaction_id", "annotator", "values", "created_at", "seconds")
NAME_CHARS = 200


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
    store: Store,
    queue_name: str,
    rows: Iterable[tuple[int, Mapping[str, Any] | BadRow]],
    *,
    now: datetime,
) -> dict[str, Any]:
    """Bring labels into a queue, a batch per transaction; bad rows are left out and listed.

    Unknown annotators become accounts that cannot log in, missing tasks are made with purpose
    `import`. The same values again are a duplicate, other values a new revision.
    """
    report: dict[str, Any] = {"accepted": 0, "duplicate": 0, "rejected": []}
    with store.read() as session:
        queue = queues.queue_named(session, queue_name)
    for batch in _batches(rows):
        with store.write() as session:
            _import_batch(session, queue, batch, report, now)
    return report


def _batches(
    rows: Iterable[tuple[int, Mapping[str, Any] | BadRow]],
) -> Iterable[list[tuple[int, Mapping[str, Any] | BadRow]]]:
    batch: list[tuple[int, Mapping[str, Any] | BadRow]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _import_batch(
    session: Session,
    queue: queues.QueueRow,
    batch: list[tuple[int, Mapping[str, Any] | BadRow]],
    report: dict[str, Any],
    now: datetime,
) -> None:
    fields = form(session, queue.guideline_id)
    good: list[LabelIn] = []
    for index, row in batch:
        try:
            if isinstance(row, BadRow):
                raise row
            parsed = parse_label(index, row, now)
            good.append(replace(parsed, values=clean_values(fields, parsed.values)))
        except BadRow as error:
            report["rejected"].append({"index": index, "error": error.to_json()})
        except InvalidLabel as error:
            bad = BadRow(f"values.{error.field}", error.message, error.hint)
            report["rejected"].append({"index": index, "error": bad.to_json()})
    ids = ids_of(session, [(one.source, one.interaction_id) for one in good])
    known = []
    for one in good:
        if (one.source, one.interaction_id) in ids:
            known.append(one)
            continue
        named = f"no interaction {one.interaction_id!r} of source {one.source!r}"
        bad = BadRow("interaction_id", named, "ingest the interaction first")
        report["rejected"].append({"index": one.index, "error": bad.to_json()})
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
        report["accepted" if fresh else "duplicate"] += 1
    report["rejected"].sort(key=lambda entry: entry["index"])


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
        raise BadRow(None, f"{type(row).__name__} is not an object", "one JSON object a line")
    for key in row:
        if key not in KEYS:
            raise BadRow(str(key), "unknown key", f"possible: {', '.join(KEYS)}")
    values = row.get("values")
    if not isinstance(values, Mapping):
        raise BadRow("values", f"{values!r:.80} is not an object", "the answers by field name")
    return LabelIn(
        index=index,
        source=_name(row, "source", "default"),
        interaction_id=_name(row, "interaction_id", None),
        annotator=_name(row, "annotator", None),
        values=dict(values),
        created_at=_moment(row.get("created_at"), now),
        seconds=_seconds(row.get("seconds")),
    )


def _name(row: Mapping[str, Any], key: str, default: str | None) -> str:
    value = row.get(key, default)
    if not isinstance(value, str) or not 0 < len(value) <= 512 or not value.isprintable():
        raise BadRow(key, f"{value!r:.80}", "a printable string of 1 to 512 characters")
    if key == "annotator" and len(value) > NAME_CHARS:
        raise BadRow(key, f"{len(value)} characters", f"at most {NAME_CHARS}")
    return value


def _moment(value: object, now: datetime) -> datetime:
    if value is None:
        return now
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRow("created_at", f"{value!r:.80}", "such as 2026-11-01T10:00:00Z") from None


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7:
        raise BadRow("seconds", f"{value!r:.80}", "a number from 0")
    return float(value)
