"""Many tasks at once, for forms where one verdict is a whole answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from labeling import assignment as work
from labeling.calls import Answer, account_of, guarded, id_of, sentence
from labeling.care import OPEN, standing
from labeling.desk import Desk, Sent, drawable, submission
from labeling.fields import Field, Spans, Subject, Tags, asked_of, to_json
from labeling.submit import SlotTaken, form, submit
from storage import Conflict, Session
from storage.queries import assignments, queues
from storage.queries import desk as own
from storage.queries.accounts import Account

SIZES = (10, 25, 50)
VERDICTS = ("rating", "choice", "boolean")


def verdict_field(fields: Sequence[Field]) -> Field | None:
    """The one field whose answer is enough, or None: the only one needed, or the only one.

    None beside tags or spans: left untouched they say that none applies, and here nobody saw them.
    """
    if any(isinstance(one, Tags | Spans) for one in fields):
        return None
    needed = [one for one in fields if one.required or one.required_when]
    found = needed or list(fields)
    simple = len(found) == 1 and found[0].kind in VERDICTS and found[0].asked_when is None
    return found[0] if simple else None


@dataclass(frozen=True)
class Bulk:
    """The labeling page's way to many tasks of a queue, a verdict each."""

    desk: Desk

    def rows(self, name: str, queue: str, count: int) -> Answer:
        """Tasks of a queue in serving order, held for this person; `why` when there are none."""
        return guarded(self._rows, name, queue, count)

    def submit(self, name: str, queue: str, count: int, sent: Sequence[Sent]) -> Answer:
        """Store each answer by itself, then what comes next; `results` tells what became of each.

        An answer that cannot be stored stays with its reason and keeps no other one back.
        """
        results = [self._result(name, one) for one in sent[: max(SIZES)]]
        answer = guarded(self._rows, name, queue, count)
        if answer["state"] == "error":
            answer = {"state": "bulk", "rows": [], "why": answer["error"]["message"]}
        return answer | {"results": results}

    def _rows(self, name: str, queue: str, count: int) -> Answer:
        with self.desk.store.write(durable=False) as session:
            account = account_of(session, name)
            here = queues.queue_named(session, queue)
            if standing(session, here, account).state != OPEN:
                message = "this queue opens with tasks to qualify"
                raise Conflict("not_qualified", message, "Label one task at a time first.")
            asked = verdict_field(form(session, here.guideline_id))
            if asked is None:
                message = "this form needs more than one verdict"
                raise Conflict("not_simple", message, "Label one task at a time.")
            size = _fair(session, here.id, account, count if count in SIZES else SIZES[0])
            found = work.claim(session, queue, account, now=self.desk.clock(), count=size)
        held = [] if isinstance(found, work.Nothing) else found
        with self.desk.store.read() as session:
            return {
                "state": "bulk",
                "account": account.name,
                "queue": {"name": here.name},
                "count": count if count in SIZES else SIZES[0],
                "lease_seconds": here.lease_seconds,
                "guideline": here.guideline_hash,
                "field": to_json([asked])[0],
                "rows": [
                    _row(session, one, account)
                    for one in held
                    if one.guideline_id == here.guideline_id  # others were asked something else
                ],
                "why": _why(found, here.guideline_id),
                "progress": self.desk.progress(session, here.id, account),
            }

    def _result(self, name: str, sent: Sent) -> dict[str, Any]:
        done = guarded(self._store, name, sent)
        return {"assignment_id": sent.assignment_id, **done}

    def _store(self, name: str, sent: Sent) -> Answer:
        with self.desk.store.write() as session:
            account = account_of(session, name)
            row = work.own(session, id_of(sent.assignment_id), account)
            told = submission(sent)
            told = replace(told, values=asked_of(form(session, row.guideline_id), told.values))
            stored = submit(session, row.id, account, told, self.desk.clock())
        if isinstance(stored, SlotTaken):
            return {
                "state": "error",
                "error": {"code": "slot_taken", "message": sentence(stored.message)},
            }
        return {"state": "stored"}


def _why(found: Sequence[work.Held] | work.Nothing, guideline_id: int) -> str | None:
    """Why there is no row to be shown."""
    if isinstance(found, work.Nothing):
        return found.message
    if any(one.guideline_id == guideline_id for one in found):
        return None
    return "The tasks that are open for you ask by an earlier guideline: finish them one at a time."


def _fair(session: Session, queue_id: int, account: Account, count: int) -> int:
    """How many one person may hold at once: an even share where others work at the same time."""
    others = own.at_work(session, queue_id) - {account.id}
    if not others:
        return count
    mine = len(assignments.own_leases(session, queue_id, account.id))
    shares = len(others) + 1
    free = own.free_tasks(session, queue_id, account.id, count * shares)
    return max(1, min(count, mine + free // shares))


def _row(session: Session, row: assignments.AssignmentRow, account: Account) -> dict[str, Any]:
    draft = assignments.read_draft(session, row.id)
    fields = form(session, row.guideline_id)
    task = work.held_view(session, row, account)["task"]
    subject = Subject.of(task["interaction"])
    return {
        "assignment_id": str(row.id),
        "task": task,
        "values": drawable(fields, draft.values if draft else {}, subject),
    }
