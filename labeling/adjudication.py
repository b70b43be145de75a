"""One task that people differ on, side by side without names, and the verdict that settles it.

A verdict is appended with its reason; to withdraw it is a revision too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labeling.disagreements import letters
from labeling.errors import InvalidLabel
from labeling.fields import Field, Subject, Tags, is_storable, refer_to
from labeling.outcomes import ADJUDICATED
from labeling.submit import form
from storage import Conflict, NotFound, Session
from storage.queries import lead, queues, verdicts
from storage.queries.accounts import Account
from storage.queries.interactions import texts

REASON_CHARS = 4_000
VOTING = ("planned", "extra", "import")
PURPOSES = ("sample", "import")


@dataclass(frozen=True)
class Ruling:
    """What is settled on one task at once."""

    values: Mapping[str, Any]
    """By field; None withdraws the verdict on it."""
    reason: str | None = None
    seen: Mapping[str, int] | None = None
    """Revision of the verdict that was looked at, by field; 0 when there was none."""


def case(session: Session, queue_name: str, task_id: int) -> dict[str, Any]:
    """One task with everything that was answered, under letters, and every verdict on it.

    Raises
    ------
    NotFound
        If the queue has no such task.
    """
    queue = queues.queue_named(session, queue_name)
    row = _task(session, queue.id, task_id)
    labels = [
        one._asdict()
        for one in lead.labels_of(session, task_id)
        if one.role in VOTING and one.round <= 0
    ]
    under = letters(task_id, list(dict.fromkeys(one["annotator"] for one in labels)))
    labels.sort(key=lambda one: under[one["annotator"]])
    return {
        "queue": queue.name,
        "task_id": str(task_id),
        "source": row.source,
        "interaction_id": row.external_id,
        "interaction": row.interaction_id,
        "reason": row.reason,
        "answers": [{"letter": under[one["annotator"]], **one} for one in labels],
        "verdicts": [_verdict(one) for one in verdicts.verdicts_of_task(session, task_id)],
    }


def subject_of(session: Session, queue_name: str, task_id: int) -> Subject:
    """What an answer to a task can point at.

    Raises
    ------
    NotFound
        If the queue has no such task.
    """
    row = _task(session, queues.queue_named(session, queue_name).id, task_id)
    return Subject.of(texts(session, row.interaction_id))


def settle(
    session: Session, queue_name: str, task_id: int, who: Account, ruling: Ruling, now: datetime
) -> dict[str, int]:
    """Append a verdict on each field that is named; its revision by field.

    The same value for the same reason again is no new revision.

    Raises
    ------
    NotFound
        If the queue has no such task.
    InvalidLabel
        If a field or value does not fit the form, or a reason is needed and missing.
    Conflict
        `stale_revision` when somebody else has settled a field since it was looked at.
    """
    queue = queues.queue_named(session, queue_name)
    row = _task(session, queue.id, task_id)
    verdicts.lock_task(session, task_id)
    fields = {one.name: one for one in form(session, queue.guideline_id)}
    subject = Subject.of(texts(session, row.interaction_id))
    given = [one for one in lead.labels_of(session, task_id) if one.role in VOTING]
    newest = {one.field: one for one in verdicts.verdicts_of_task(session, task_id)}
    if not ruling.values:
        raise InvalidLabel("values", "nothing is settled", "name a field and its value")
    reason = _reason(ruling.reason)
    made, wanted = {}, {}
    for name, value in ruling.values.items():
        known = newest.get(name)
        clean = _value(fields, name, value, subject, known)
        if known is not None and _says(known, clean, reason):
            made[name] = known.revision
            continue
        _check_seen(name, known, ruling.seen)
        wanted[name], made[name] = clean, (known.revision if known else 0) + 1
    _check_reason(wanted, given, fields, reason)
    for name, value in wanted.items():
        said = {
            "task_id": task_id,
            "field": name,
            "revision": made[name],
            "value": value,
            "origin": ADJUDICATED,
            "account_id": who.id,
            "reason": reason,
            "label_ids": [one.label_id for one in given],
            "created_at": now,
        }
        verdicts.add_verdict(session, said)
    return made


def queue_verdicts(session: Session, queue_name: str) -> list[dict[str, Any]]:
    """The newest verdict on every field of every task of a queue; withdrawn ones left out."""
    rows = verdicts.verdicts_of_queue(session, queues.queue_named(session, queue_name).id)
    return [_verdict(one) for one in rows if one.value is not None]


def _verdict(row: Any) -> dict[str, Any]:
    return {
        "task_id": str(row.task_id),
        "field": row.field,
        "revision": row.revision,
        "value": row.value,
        "origin": row.origin,
        "by": row.by,
        "reason": row.reason,
        "label_ids": row.label_ids,
        "created_at": row.created_at,
    }


def _task(session: Session, queue_id: int, task_id: int) -> Any:
    fits = 0 < task_id < 2**63
    row = lead.task_row(session, queue_id, task_id) if fits else None
    if row is None or row.purpose not in PURPOSES:
        raise NotFound("task", task_id)
    return row


def _value(fields: Mapping[str, Field], name: str, value: Any, subject: Subject, known: Any) -> Any:
    """A value that the form takes; None withdraws what is settled, asked still or not."""
    if value is None and known is not None and known.value is not None:
        return None
    if name not in fields:
        raise InvalidLabel(str(name), "no such field", "fields: " + ", ".join(fields))
    if value is None:
        raise InvalidLabel(name, "has no verdict to withdraw", "leave it out")
    clean = fields[name].validate(value)
    refer_to((fields[name],), {name: clean}, subject)
    return clean


def _says(known: Any, value: Any, reason: str | None) -> bool:
    """Whether a verdict of a person says this already: pressed twice, or sent again."""
    return bool((known.origin, known.value, known.reason) == (ADJUDICATED, value, reason))


def _reason(said: str | None) -> str | None:
    reason = (said or "").strip()
    if not is_storable(reason) or "\x00" in reason:
        raise InvalidLabel("reason", "holds a character that cannot be kept", "type it again")
    if len(reason) > REASON_CHARS:
        raise InvalidLabel("reason", f"is longer than {REASON_CHARS} characters", "say it shorter")
    return reason or None


def _check_reason(
    values: Mapping[str, Any], given: Sequence[Any], fields: Mapping[str, Field], reason: str | None
) -> None:
    """Who decides against everybody says why."""
    for name, value in values.items():
        said = [_answer(one, fields.get(name)) for one in given]
        answered = [one for one in said if one is not None]
        if reason is None and value is not None and answered and value not in answered:
            raise InvalidLabel("reason", f"nobody answered {name} like this", "say why it is right")


def _answer(label: Any, field: Field | None) -> Any:
    """What a label says of a field; tags that were shown and left untouched say none."""
    value = label.values.get(field.name) if field is not None else None
    if value is None and isinstance(field, Tags) and label.role != "import":
        return []
    return value


def _check_seen(name: str, known: Any, seen: Mapping[str, int] | None) -> None:
    revision = known.revision if known is not None else 0
    if seen is not None and name in seen and seen[name] != revision:
        hint = "look at the verdict that stands, then decide"
        raise Conflict("stale_revision", f"{name} was settled by somebody else meanwhile", hint)
