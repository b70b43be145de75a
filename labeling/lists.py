"""A person's own tasks in a queue: what is open, begun, sent, declined, let go; and back to any.

Answers are those of the labeling page: `list`, `task`, `nothing` or `error`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from labeling import assignment as work
from labeling import care
from labeling.calls import Answer, account_of, guarded, id_of
from labeling.desk import Desk
from labeling.errors import NotAllowed, NotAssigned
from labeling.fields import Boolean, Choice, Field, Rating
from labeling.submit import form
from storage import Conflict, Session
from storage.queries import assignments, queues
from storage.queries import desk as own
from storage.queries.accounts import Account

ROWS = 50
VERDICTS = (Rating, Choice, Boolean)
LINE_CHARS = 160
LAST_PAGE = 10_000
FULL = (
    "Others have labelled this task since: it is full. What you type here is kept as a draft; it "
    "can be submitted only if a place in it comes free."
)
NOT_QUALIFIED = "this queue opens with tasks to qualify"
PAUSED = "the lead has paused this queue"


@dataclass(frozen=True)
class Lists:
    """The way from the labeling page to what a person had before."""

    desk: Desk

    def listed(self, name: str, queue: str, which: str, page: int) -> Answer:
        """A page of one of this person's lists, and how long each of them is."""
        return guarded(self._listed, name, queue, which, page)

    def reopen(self, name: str, queue: str, assignment_id: str) -> Answer:
        """One of this person's tasks again; one that was let go is taken anew if it is free."""
        return guarded(self._reopen, name, queue, assignment_id)

    def later(self, name: str, queue: str, after: str) -> Answer:
        """What this person finished after another finished task, or the open one."""
        return guarded(self._later, name, queue, after)

    def _listed(self, name: str, queue: str, which: str, page: int) -> Answer:
        wanted = which if which in own.LISTS else own.LISTS[0]
        number = min(max(page, 1), LAST_PAGE)
        piece = own.Piece(wanted, (number - 1) * ROWS, ROWS + 1)
        with self.desk.store.read() as session:
            account = account_of(session, name)
            here = _entered(session, queue, account)
            rows = own.own_list(session, account.id, here.id, piece)
            return {
                "state": "list",
                "account": account.name,
                "queue": {"name": here.name},
                "list": wanted,
                "page": number,
                "more": len(rows) > ROWS,
                "counts": own.own_counts(session, account.id, here.id),
                "rows": [_row(session, one) for one in rows[:ROWS]],
                "progress": self.desk.progress(session, here.id, account),
            }

    def _reopen(self, name: str, queue: str, assignment_id: str) -> Answer:
        with self.desk.store.write(durable=False) as session:
            account = account_of(session, name)
            assignments.lock_account(session, account.id)
            row = work.own(session, id_of(assignment_id), account)
            if row.queue_name != queue or row.role == "import":
                raise NotAssigned(assignment_id)
            full = row.state in assignments.REOPENABLE and not self._taken(session, row, account)
        with self.desk.store.read() as session:
            row = work.own(session, row.id, account)
            shown = self.desk.drawn(session, row, account, FULL if full else None)
        # What is full is left as it came: by the same way as what is finished.
        return shown | {"reopened": row.state} if full else shown

    def _taken(self, session: Session, row: assignments.AssignmentRow, account: Account) -> bool:
        """Whether a task that was let go is this person's again."""
        queue = queues.queue_named(session, row.queue_name)
        if not work.may_enter(session, queue, account):
            raise NotAllowed(queue.name, account.name)
        if queue.paused_at is not None:
            raise Conflict("paused", PAUSED, "What you typed is kept.")
        if (
            row.role in assignments.SLOTTED
            and care.standing(session, queue, account).state != care.OPEN
        ):
            raise Conflict("not_qualified", NOT_QUALIFIED, "Go back to labeling to qualify.")
        now = self.desk.clock()
        until = now + timedelta(seconds=queue.lease_seconds)
        assignments.release_expired(session, queue.id, now)
        hold = assignments.Hold(queue.id, account.id, queue.guideline_id, until)
        return own.take_again(session, row, hold, now)

    def _later(self, name: str, queue: str, after: str) -> Answer:
        with self.desk.store.read() as session:
            account = account_of(session, name)
            here = queues.queue_named(session, queue)
            row = work.own(session, id_of(after), account)
            found = None
            if row.state in ("submitted", "skipped"):
                point = (row.finished_at, row.id)
                found = own.next_finished(session, account.id, here.id, point)
            if found is not None:
                return self.desk.drawn(session, work.own(session, found, account), account, None)
        return self.desk.open(name, queue)


def _entered(session: Session, queue: str, account: Account) -> queues.QueueRow:
    """A queue that this person may enter, or where they have been."""
    here = queues.queue_named(session, queue)
    been = own.own_work_in(session, account.id, here.id)
    if not work.may_enter(session, here, account) and not any(been):
        raise NotAllowed(here.name, account.name)
    return here


def _row(session: Session, row: Any) -> dict[str, Any]:
    return {
        "assignment_id": str(row.id),
        "state": row.state,
        "at": row.at,
        "line": first_line(row.messages),
        "answer": said(form(session, row.guideline_id), row.values or {}),
    }


def first_line(messages: Sequence[Any] | None) -> str:
    """The beginning of what was asked last, cut; empty when nobody asked in words."""
    asked = [
        one for one in messages or () if isinstance(one, Mapping) and one.get("role") == "user"
    ]
    text = _text(asked[-1].get("content")) if asked else ""
    line = next((one.strip() for one in text.splitlines() if one.strip()), "")
    return line if len(line) <= LINE_CHARS else line[: LINE_CHARS - 1] + "…"


def _text(content: Any) -> str:
    if isinstance(content, list):
        parts = [one.get("text") if isinstance(one, Mapping) else one for one in content]
        return "\n".join(one for one in parts if isinstance(one, str))
    return content if isinstance(content, str) else ""


def said(fields: Sequence[Field], values: Mapping[str, Any]) -> str | None:
    """The first verdict of an answer in the words of its form, or None without one."""
    for one in fields:
        if one.name in values and isinstance(one, VERDICTS):
            return one.in_words(values[one.name])
    return None
