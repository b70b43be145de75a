"""What a person does at the labeling page, as plain functions from JSON-able values to such values.

Every answer has a `state`: `queues`, `task`, `nothing` or `error`. An error changes nothing and
tells the page what to say; the page keeps what it shows. Who asks is looked up anew in every call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labeling import assignment as work
from labeling import care
from labeling.calls import Answer, account_of, guarded, id_of, sentence
from labeling.errors import InvalidLabel
from labeling.fields import Field, Ranking, Subject, Text, Turns, is_storable, to_json
from labeling.queues import list_queues
from labeling.submit import SlotTaken, Submission, form, submit
from storage import Conflict, Session, Store
from storage.queries import assignments, labels, queues
from storage.queries import desk as own
from storage.queries.accounts import Account
from storage.types import encode_json

DRAFT_BYTES = 1_000_000
SECONDS_AT_MOST = 7 * 24 * 3600.0


@dataclass(frozen=True)
class Sent:
    """An answer as the page sends it."""

    assignment_id: str
    values: Mapping[str, Any]
    nonce: str
    """Made by the page when it showed the task: the same one twice is the same label."""
    seconds: float | None = None
    revises: int | None = None
    response_order: Sequence[str] | None = None


@dataclass(frozen=True)
class Desk:
    """The labeling page's way to the store."""

    store: Store
    clock: Callable[[], datetime]

    def queues(self, name: str) -> Answer:
        """The queues this person may enter, with counts."""
        return guarded(self._queues, name)

    def open(self, name: str, queue: str) -> Answer:
        """The task this person holds in a queue, or the next one."""
        return guarded(self._open, name, queue)

    def submit_and_next(self, name: str, queue: str, sent: Sent) -> Answer:
        """Store an answer, on disk before anything is said, then open what comes next."""
        return guarded(self._submit, name, queue, sent)

    def skip_and_next(self, name: str, queue: str, assignment_id: str, reason: str) -> Answer:
        """Decline a task for good, then open what comes next."""
        return guarded(self._skip, name, queue, assignment_id, reason)

    def give_back(self, name: str, assignment_id: str) -> Answer:
        """Put a task back for whoever comes next, and go to the list of queues."""
        return guarded(self._give_back, name, assignment_id)

    def undo(self, name: str, queue: str, before: str | None = None) -> Answer:
        """Reopen what this person finished last, or last before another reopened task."""
        return guarded(self._undo, name, queue, before)

    def keep(self, name: str, queue: str, assignment_id: str) -> Answer:
        """Leave a reopened task as it was, and go back to the open one."""
        return guarded(self._keep, name, queue, assignment_id)

    def save_draft(
        self, name: str, assignment_id: str, values: Mapping[str, Any], revises: int | None = None
    ) -> Answer:
        """Keep what was typed so far."""
        return guarded(self._save_draft, name, assignment_id, values, revises)

    def heartbeat(self, name: str, assignment_id: str) -> Answer:
        """Keep holding a task."""
        return guarded(self._heartbeat, name, assignment_id)

    def task(self, name: str, assignment_id: str) -> Answer:
        """What the task of an assignment shows, uncut."""
        return guarded(self._shown, name, assignment_id)

    def drawn(
        self, session: Session, row: assignments.AssignmentRow, account: Account, said: str | None
    ) -> Answer:
        """One assignment of this person as the page shows it."""
        return self._task(session, row, account, said)

    def progress(self, session: Session, queue_id: int, account: Account) -> dict[str, int]:
        """How far a queue is, and how much of it this person did."""
        return _progress(session, queue_id, account)

    def _queues(self, name: str) -> Answer:
        with self.store.read() as session:
            account = account_of(session, name)
            done = own.own_work(session, account.id)
            ids = {row.name: row.id for row in queues.queue_rows(session)}
            listed = []
            for one in list_queues(session, account):
                mine = done.get(ids[one["name"]], own.OwnWork())
                listed.append({**_listed(one, mine), "own": _told(mine)})
            return {"state": "queues", "account": name, "role": account.role, "queues": listed}

    def _open(self, name: str, queue: str, message: str | None = None) -> Answer:
        with self.store.write(durable=False) as session:
            account = account_of(session, name)
            found = work.claim(session, queue, account, now=self.clock())
        with self.store.read() as session:  # showing takes longer than claiming, and blocks nobody
            if isinstance(found, work.Nothing):
                return self._nothing(session, queue, account, found, message)
            return self._task(session, found[0], account, message)

    def _nothing(
        self, session: Session, queue: str, account: Account, why: work.Nothing, said: str | None
    ) -> Answer:
        row = queues.queue_named(session, queue)
        return {
            "state": "nothing",
            "account": account.name,
            "queue": {"name": row.name},
            "reason": why.reason,
            "why": why.message,
            "retry_after_seconds": why.retry_after_seconds,
            "progress": _progress(session, row.id, account),
            "message": said,
        }

    def _task(
        self, session: Session, row: assignments.AssignmentRow, account: Account, said: str | None
    ) -> Answer:
        guideline = queues.guideline_row(session, row.guideline_id)
        fields = form(session, row.guideline_id)
        label = labels.current_label(session, row.id) if row.state == "submitted" else None
        draft = assignments.read_draft(session, row.id)
        values = draft.values if draft is not None else label.values if label is not None else None
        task = work.held_view(session, row, account)["task"]
        subject = Subject.of(task["interaction"])
        return {
            "state": "task",
            "account": account.name,
            "queue": {"name": row.queue_name},
            "assignment_id": str(row.id),
            "lease_seconds": row.lease_seconds,
            "task": task,
            "turns": {
                one.name: subject.turns_of(one.roles) for one in fields if isinstance(one, Turns)
            },
            "guideline": {
                "title": guideline.title,
                "version": guideline.version,
                "hash": guideline.hash,
                "markdown": guideline.markdown,
                "fields": to_json(fields),
            },
            "values": drawable(fields, values or {}, subject),
            "drafted": draft is not None,
            "reopened": row.state if row.state in ("submitted", "skipped") else None,
            "revises": None if label is None else label.revision,
            "progress": _progress(session, row.queue_id, account),
            "message": said,
            **care.hints(session, row, account),
        }

    def _feedback(self, name: str, assignment_id: str) -> Answer:
        """What was agreed on a task to qualify; the next one comes when the person goes on."""
        with self.store.read() as session:
            account = account_of(session, name)
            row = work.own(session, id_of(assignment_id), account)
            return {
                "state": "feedback",
                "account": account.name,
                "queue": {"name": row.queue_name},
                "feedback": care.feedback(session, row, account),
                "progress": _progress(session, row.queue_id, account),
                "message": None,
            }

    def _shown(self, name: str, assignment_id: str) -> Answer:
        with self.store.read() as session:
            account = account_of(session, name)
            row = work.own(session, id_of(assignment_id), account)
            return {"state": "shown", "task": work.held_view(session, row, account)["task"]}

    def _submit(self, name: str, queue: str, sent: Sent) -> Answer:
        try:
            with self.store.write() as session:
                account = account_of(session, name)
                told = submission(sent)
                stored = submit(session, id_of(sent.assignment_id), account, told, self.clock())
        except Conflict as conflict:
            if conflict.code not in ("already_submitted", "stale_revision", "key_reused"):
                raise
            return self._collided(name, sent, conflict)
        if isinstance(stored, SlotTaken):
            return self._open(name, queue, message=sentence(stored.message))
        if stored.role == "qualification":
            return self._feedback(name, sent.assignment_id)
        return self._open(name, queue)

    def _collided(self, name: str, sent: Sent, conflict: Conflict) -> Answer:
        """The task has another answer of this person: show it again with what they sent now."""
        _check_draft(sent.values)
        with self.store.write(durable=False) as session:
            account = account_of(session, name)
            now = self.clock()
            row = work.own(session, id_of(sent.assignment_id), account)
            if row.role == "qualification" and row.state != "submitted":
                raise conflict  # what was agreed is told after an answer, never before
            if row.role != "qualification":  # there the first answer stands
                work.save_draft(session, row.id, account, dict(sent.values), now)
        if row.role == "qualification":
            return self._feedback(name, sent.assignment_id)
        with self.store.read() as session:
            said = (
                "You have already labelled this task, perhaps in another tab. Submit again to "
                "replace that answer with this one, or keep it as it was."
            )
            return self._task(session, row, account, said)

    def _skip(self, name: str, queue: str, assignment_id: str, reason: str) -> Answer:
        if not is_storable(reason):
            raise InvalidLabel("reason", "holds half a character", "type it again")
        with self.store.write(durable=False) as session:
            account = account_of(session, name)
            work.skip(session, id_of(assignment_id), account, reason, self.clock())
        return self._open(name, queue)

    def _give_back(self, name: str, assignment_id: str) -> Answer:
        with self.store.write(durable=False) as session:
            account = account_of(session, name)
            work.give_back(session, id_of(assignment_id), account, self.clock())
        return self._queues(name)

    def _undo(self, name: str, queue: str, before: str | None) -> Answer:
        with self.store.read() as session:
            account = account_of(session, name)
            queue_id = queues.queue_named(session, queue).id
            point = None
            if before is not None:
                row = work.own(session, id_of(before), account)
                point = (row.finished_at, row.id) if row.finished_at else None
            found = own.last_finished(session, account.id, queue_id, point)
            if found is None:
                more = "earlier " if point else ""
                message = f"There is no {more}task of yours to go back to in this queue."
                raise Conflict("nothing_to_undo", message)
            return self._task(session, work.own(session, found, account), account, None)

    def _keep(self, name: str, queue: str, assignment_id: str) -> Answer:
        with self.store.write(durable=False) as session:
            account = account_of(session, name)
            row = work.own(session, id_of(assignment_id), account)
            if row.state in ("submitted", "skipped"):
                assignments.drop_draft(session, row.id)
        return self._open(name, queue)

    def _save_draft(
        self, name: str, assignment_id: str, values: Mapping[str, Any], revises: int | None
    ) -> Answer:
        _check_draft(values)
        with self.store.write(durable=False) as session:
            account = account_of(session, name)
            row = work.own(session, id_of(assignment_id), account)
            if row.state == "submitted" and revises is None:
                # The answer overtook its own draft on the way here.
                return {"state": "saved", "kept": False}
            work.save_draft(session, row.id, account, dict(values), self.clock())
        return {"state": "saved", "kept": True}

    def _heartbeat(self, name: str, assignment_id: str) -> Answer:
        with self.store.write(durable=False) as session:
            account = account_of(session, name)
            assignments.lock_account(session, account.id)  # tabs take turns over the same rows
            until = work.heartbeat(session, id_of(assignment_id), account, self.clock())
            row = work.own(session, id_of(assignment_id), account)  # and what comes after it
            assignments.renew_own(session, row.queue_id, account.id, until)
        return {"state": "held"}


def submission(sent: Sent) -> Submission:
    """An answer of the page as it is stored."""
    key = f"page:{sent.assignment_id}:{sent.nonce}"
    order = None if sent.response_order is None else list(sent.response_order)
    seconds = None if sent.seconds is None else min(max(sent.seconds, 0.0), SECONDS_AT_MOST)
    return Submission(dict(sent.values), seconds, sent.revises, key, order)


def _check_draft(values: Mapping[str, Any]) -> None:
    try:
        size = len(encode_json(values))
    except UnicodeEncodeError:
        hint = "type that place again"
        raise InvalidLabel("draft", "holds half a character", hint) from None
    if size > DRAFT_BYTES:
        raise InvalidLabel("draft", "is too long to be kept", f"at most {DRAFT_BYTES} bytes")


def drawable(
    fields: Sequence[Field], values: Mapping[str, Any], subject: Subject
) -> dict[str, Any]:
    """The part of a draft that the form can show: values that fit, texts and rankings half done."""
    shown: dict[str, Any] = {}
    for one in fields:
        value = values.get(one.name)
        if isinstance(one, Text):
            if isinstance(value, str):
                shown[one.name] = value
            continue
        try:
            fitting: Any = one.validate(value)
            if not isinstance(one, Ranking):
                one.check(fitting, subject)
        except InvalidLabel:
            continue
        shown[one.name] = fitting
    return shown


def _listed(info: Mapping[str, Any], mine: own.OwnWork) -> dict[str, Any]:
    kept = ("name", "paused", "tasks", "labels_needed")
    done = care.counted(info["labels_done"], info["labels_needed"], mine.hidden)
    shown = {key: info[key] for key in kept}
    return {**shown, "labels_done": done, "title": info["guideline"]["title"]}


def _told(mine: own.OwnWork) -> dict[str, int]:
    return {"submitted": mine.submitted, "skipped": mine.skipped, "leased": mine.leased}


def _progress(session: Session, queue_id: int, account: Account) -> dict[str, int]:
    counts = queues.task_counts(session, queue_id)
    mine = own.own_work_in(session, account.id, queue_id)
    needed = int(counts.labels_needed)
    return {
        "own": mine.submitted,
        "finished": mine.submitted + mine.skipped,
        "labels_done": care.counted(int(counts.labels_done), needed, mine.hidden),
        "labels_needed": needed,
    }
