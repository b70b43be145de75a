"""One answer in: checked by the form that was shown, stored once, never changed."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from labeling.errors import InvalidLabel, NotAssigned
from labeling.fields import (
    Subject,
    clean_values,
    needs_subject,
    shown_order,
)
from labeling.forms import form, parsed
from labeling.overlap import ask_further
from storage import Conflict, Session
from storage.queries import assignments, labels
from storage.queries.accounts import Account
from storage.queries.interactions import texts_of_task
from storage.queries.verdicts import lock_task
from storage.types import encode_json
from storage.values import mended

__all__ = ["SlotTaken", "Submission", "Submitted", "form", "submit"]

KEY_CHARS = 200
LATE = ("expired", "returned", "skipped")


@dataclass(frozen=True)
class Submission:
    """What a person sends: values by field, and how the answer came about."""

    values: dict[str, Any]
    seconds: float | None = None
    """Time the task was in view."""
    revises: int | None = None
    """The revision that this one corrects."""
    key: str | None = None
    """Idempotency key: the same key and body get the same answer."""
    response_order: list[str] | None = field(default=None)
    """Ids of the responses as they were shown; None: in the order in which they were served."""

    def body_hash(self, assignment_id: int) -> int:
        """63 bits over what was sent, to tell a repeat from a reused key."""
        said = [assignment_id, self.values, self.seconds, self.revises, self.response_order]
        body = encode_json(mended(said))
        return int.from_bytes(sha256(body.encode()).digest()[:8], "big") >> 1


@dataclass(frozen=True)
class Submitted:
    """The label is stored (on disk once the transaction has ended)."""

    label_id: int
    revision: int
    repeated: bool = False
    role: str = "planned"
    """Of the assignment."""


@dataclass(frozen=True)
class SlotTaken:
    """The hold had ended and the task is full; the answer was kept as a draft."""

    message: str = (
        "your hold on this task ended and others have labelled it; your answer is kept as a draft"
    )


def submit(
    session: Session,
    assignment_id: int,
    account: Account,
    submission: Submission,
    now: datetime,
) -> Submitted | SlotTaken:
    """Store an answer, or a correction of one.

    Raises
    ------
    NotAssigned
        If the assignment is not this person's.
    InvalidLabel
        If a value does not fit the form; names the field.
    Conflict
        `key_reused`, `already_submitted` (say what it revises) or `stale_revision`.
    """
    _check_envelope(submission)
    assignments.lock_account(session, account.id)  # a twin of this request goes first
    row = assignments.lock_assignment(session, assignment_id, account.id)
    if row is None:
        raise NotAssigned(assignment_id)
    if submission.key is not None:
        repeated = _repeated(session, row, account, submission)
        if repeated is not None:
            return repeated
    fields = parsed(row.form)
    subject, order = None, submission.response_order
    if needs_subject(fields):
        subject = Subject.of(texts_of_task(session, row.task_id))
        order = _shown_order(row.id, subject, order)
    values = clean_values(fields, submission.values, subject)
    revision = _next_revision(session, row, submission.revises)
    if row.state == "leased":
        assignments.finish(session, row, "submitted", now)
    elif row.state in LATE and not assignments.take_late(session, row, now):
        assignments.save_draft(session, row.id, submission.values, now)
        return SlotTaken()
    asks = _may_ask(session, row)
    label_id = labels.add_label(
        session,
        {
            "assignment_id": row.id,
            "task_id": row.task_id,
            "account_id": account.id,
            "revision": revision,
            "values": values,
            "guideline_id": row.guideline_id,
            "seconds": submission.seconds,
            "response_order": order,
            "idempotency_key": submission.key,
            "body_hash": submission.body_hash(assignment_id),
            "created_at": now,
        },
    )
    assignments.drop_draft(session, row.id)
    if asks:
        ask_further(session, row.queue_id, row.task_id, row.overlap_until, fields)
    return Submitted(label_id, revision, role=row.role)


def _may_ask(session: Session, row: assignments.AssignmentRow) -> bool:
    """Whether this label may lead to a further one; if so, the task is locked.

    Before the label refers to it: two who share a lock by that would wait for each other.
    """
    if row.overlap_until is None or row.role not in assignments.SLOTTED:
        return False
    lock_task(session, row.task_id)
    return True


def _check_envelope(submission: Submission) -> None:
    seconds = submission.seconds
    if seconds is not None and not 0 <= seconds < 1e7:
        raise InvalidLabel("seconds", f"{seconds} is not a time", "send seconds in view, from 0")
    if submission.key is not None and not 0 < len(submission.key) <= KEY_CHARS:
        message = f"want 1 to {KEY_CHARS} characters, got {len(submission.key)}"
        raise InvalidLabel("Idempotency-Key", message, "a UUID is fine")


def _shown_order(assignment_id: int, subject: Subject, told: list[str] | None) -> list[str] | None:
    """The order in which the responses were shown: as served, or as another page says it was."""
    served = shown_order(assignment_id, list(subject.responses))
    if told is None:
        return served if len(served) > 1 else None
    if sorted(told) != sorted(served):
        hint = "every id once: " + ", ".join(served)
        raise InvalidLabel("response_order", f"{told!r:.80} is another set of responses", hint)
    return told


def _repeated(
    session: Session, row: assignments.AssignmentRow, account: Account, submission: Submission
) -> Submitted | None:
    known = labels.label_by_key(session, account.id, submission.key or "")
    if known is None:
        return None
    if known.body_hash != submission.body_hash(row.id):
        message = f"idempotency key {submission.key!r} was used for another label"
        raise Conflict("key_reused", message, "use a new key for a new answer")
    return Submitted(known.id, known.revision, repeated=True, role=row.role)


def _next_revision(session: Session, row: assignments.AssignmentRow, revises: int | None) -> int:
    latest = labels.latest_revision(session, row.id)
    if revises is None:
        if row.state == "submitted":
            message = f"this task has your label, revision {latest}"
            raise Conflict("already_submitted", message, f'send "revises": {latest} to correct it')
        return latest + 1
    if revises != latest:
        message = f"revision {revises} is not the latest, {latest} is"
        raise Conflict("stale_revision", message, "load the latest and correct that")
    return latest + 1
