"""Care for quality: who first has to qualify, who is given a check or a repeat, and when.

A check is a task with an agreed answer, a repeat one that the same person labelled long before.
Both look like any other task, and neither is a label that the queue wants. All of it is read off
labels and decisions anew every time, so that no second account of it can be wrong.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import ceil
from typing import Any

from labeling.errors import InvalidLabel
from labeling.fields import Subject, shown_order
from labeling.forms import form
from labeling.gold import in_words, is_right, judged
from storage import Conflict, Session
from storage.queries import assignments, care, queues
from storage.queries.accounts import Account
from storage.queries.assignments import AssignmentRow, Hold, Slot
from storage.queries.interactions import texts
from storage.queries.queues import QueueRow

APART = 20
"""Own labels after which somebody may meet a task again."""
OPEN, QUALIFYING, FAILED = "open", "qualifying", "not_qualified"
DECISIONS = ("admit", "again")


def fraction(seed: int, *parts: object) -> float:
    """A number in [0, 1) that only the seed can foretell."""
    text = ":".join(map(str, (seed, *parts)))
    return (int.from_bytes(sha256(text.encode()).digest()[:8], "big") >> 11) / 2**53


def opaque(seed: int, assignment_id: int, what: str) -> str:
    """An id that tells nothing but itself, for what a check must not be known by."""
    digest = sha256(f"{seed}:{assignment_id}:{what}".encode()).digest()
    return str(int.from_bytes(digest[:8], "big") >> 1)


def blinded_ids(row: AssignmentRow, account: Account) -> dict[str, str] | None:
    """Ids in place of those of task and interaction, where these would tell a check from others."""
    hides = row.check_seed is not None or row.role == "qualification"
    if account.role != "annotator" or not hides:
        return None
    seed = row.check_seed or 0
    return {"task": opaque(seed, row.id, "task"), "interaction": opaque(seed, row.id, "text")}


def counted(done: int, needed: int, hidden: int) -> int:
    """Labels done as one annotator is told them: each task of theirs moves it by one.

    Checks and repeats are no labels that the queue wants; if the count stood still after one, it
    would be known for what it was. It stays below what is needed as long as something is.
    """
    return min(done + hidden, needed - 1) if done < needed else done


# --- qualification -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """How far a person is with the qualification of a queue."""

    state: str
    """open: may label; qualifying: has tasks to go; not_qualified: it is for the lead to say."""
    answered: int = 0
    right: int = 0
    tasks: int = 0
    attempt: int = 0
    admitted: bool = False
    """Whether a lead let them in."""
    left: tuple[int, ...] = ()
    """Interactions still to be served in this attempt, the next one first."""

    def told(self) -> str:
        """What a person who may not label yet is told."""
        if not self.answered and self.state == FAILED:
            return "There is no task to qualify with at present. Ask your lead to let you in."
        return (
            f"Of {self.tasks} tasks to qualify you answered {self.right} as agreed, and that is "
            "too few to begin. Read the guideline once more, and ask your lead: they can let you "
            "try again, or let you in."
        )


def standing(session: Session, queue: QueueRow, account: Account) -> Standing:
    """Whether a person may label in a queue, and if not yet, how far they are."""
    asked = queue.qualification
    if asked is None or account.role != "annotator":
        return Standing(OPEN)
    decided = care.decisions(session, queue.id, account.id)
    if "admit" in decided:
        return Standing(OPEN, admitted=True)
    rows = care.qualification_answers(session, queue.id, account.id)
    attempt, wanted = decided.count("again"), int(asked["tasks"])
    mine = [row for row in rows if row.round == attempt]
    answered = [row for row in mine if row.state == "submitted"][:wanted]
    right = sum(_is_right(session, row) for row in answered)
    left: tuple[int, ...] = ()
    if len(answered) < wanted:
        left = _still_to_serve(session, queue, account, attempt)
        if left or any(row.state == "leased" for row in mine):
            return Standing(QUALIFYING, len(answered), right, wanted, attempt, left=left)
    needed = ceil(asked["pass"] * wanted - 1e-9)
    state = OPEN if right >= needed else FAILED
    return Standing(state, len(answered), right, wanted, attempt)


def _is_right(session: Session, row: Any) -> bool:
    return is_right(form(session, row.guideline_id), row.expected, row.values)


def _still_to_serve(
    session: Session, queue: QueueRow, account: Account, attempt: int
) -> tuple[int, ...]:
    """What is new to the person first; within that, an order of their own."""
    times: dict[int, int] = {}
    gone = set()
    for had in care.gold_had(session, account.id):
        if had.state in assignments.REOPENABLE:
            continue
        here = (had.queue_id, had.role, had.round) == (queue.id, "qualification", attempt)
        if here:
            gone.add(had.interaction_id)
        else:
            times[had.interaction_id] = times.get(had.interaction_id, 0) + 1
    items = care.gold_ids(session, queue.guideline_slug, "qualification")
    left = [one for one in items if one not in gone]
    return tuple(sorted(left, key=lambda one: (times.get(one, 0), fraction(account.id, one))))


def decide(
    session: Session, queue: QueueRow, account: Account, decision: str, by: Account, now: datetime
) -> Standing:
    """Let somebody in without more ado, or let them try again; where they stand then.

    Raises
    ------
    InvalidLabel
        If the queue asks for no qualification, or the decision is none.
    Conflict
        `not_failed` when there is nothing to try again.
    """
    if queue.qualification is None:
        hint = 'PATCH the queue with {"qualification": {"tasks": 5, "pass": 0.8}} first'
        raise InvalidLabel("queue", "this queue asks for no qualification", hint)
    if decision not in DECISIONS:
        hint = "admit or again"
        raise InvalidLabel("decision", f"{decision!r:.40} is no decision", hint)
    assignments.lock_account(session, account.id)
    stands = standing(session, queue, account)
    if decision == "again" and stands.state != FAILED:
        message = f"{account.name} has not failed the qualification of this queue"
        raise Conflict("not_failed", message, "wait until they have answered all of its tasks")
    if stands.state != OPEN:
        care.add_decision(
            session,
            {
                "queue_id": queue.id,
                "account_id": account.id,
                "decision": decision,
                "decided_by": by.id,
                "created_at": now,
            },
        )
    return standing(session, queue, account)


def feedback(session: Session, held: AssignmentRow, account: Account) -> dict[str, Any]:
    """What a person answered to a task to qualify, what was agreed, and why."""
    row = care.qualification_answer(session, held.id)
    fields = form(session, row.guideline_id)
    said, marks = row.values or {}, judged(fields, row.expected, row.values)
    subject = Subject.of(texts(session, held.interaction_id))
    order = shown_order(held.id, list(subject.responses))
    stands = standing(session, queues.queue_named(session, held.queue_name), account)
    return {
        "right": all(marks.values()),
        "fields": [
            {
                "name": one.name,
                "label": one.label,
                "said": in_words(one, said.get(one.name), order),
                "agreed": in_words(one, row.expected[one.name], order),
                "right": marks.get(one.name),
            }
            for one in fields
            if one.name in row.expected
        ],
        "why": row.why,
        "qualification": _told(stands),
    }


def _told(stands: Standing) -> dict[str, Any]:
    return {"state": stands.state, "answered": stands.answered, "tasks": stands.tasks}


def hints(session: Session, held: AssignmentRow, account: Account) -> dict[str, Any]:
    """What the page has to know of a task beside the task."""
    told: dict[str, Any] = {}
    if held.min_seconds is not None:
        told["min_seconds"] = held.min_seconds
    if held.role == "qualification":
        queue = queues.queue_named(session, held.queue_name)
        told["qualification"] = _told(standing(session, queue, account))
    return told


# --- who gets what -------------------------------------------------------------------------------


def lease_next(
    session: Session, queue: QueueRow, account: Account, hold: Hold, now: datetime
) -> int | None:
    """Lease what comes next for a person: a task to qualify, a check, a repeat, or the next one."""
    if account.role == "annotator":
        stands = standing(session, queue, account)
        if stands.state != OPEN:
            return _lease_to_qualify(session, stands, hold, now)
        if queue.gold_rate or queue.repeat_rate:
            leased = _lease_hidden(session, queue, account, hold, now)
            if leased is not None:
                return leased
    return assignments.claim_next(session, hold, now)


def _lease_to_qualify(session: Session, stands: Standing, hold: Hold, now: datetime) -> int | None:
    """One at a time: each answer is followed by what was agreed."""
    if not stands.left or care.holds(session, hold.queue_id, hold.account_id, "qualification"):
        return None
    task = care.check_task(session, hold.queue_id, stands.left[0], "qualification", now)
    slot = Slot(None, "qualification", stands.attempt)
    return assignments.lease(session, hold, task, slot, now)


def _lease_hidden(
    session: Session, queue: QueueRow, account: Account, hold: Hold, now: datetime
) -> int | None:
    """A check or a repeat, if it is time for one; never when it would be all there is."""
    rates = {"gold": queue.gold_rate, "repeat": queue.repeat_rate}
    roles = [role for role, rate in rates.items() if rate]
    back = care.put_back(session, queue.id, account.id, roles)
    if back is not None:  # it comes back like any other task that was put back
        slot = Slot(None, back.role, back.round)
        return assignments.lease(session, hold, back.task_id, slot, now)
    chance = fraction(
        queue.check_seed, account.id, care.count_served(session, queue.id, account.id)
    )
    if chance >= queue.gold_rate + queue.repeat_rate or not assignments.any_next(session, hold):
        return None
    if chance < queue.gold_rate:
        return _lease_gold(session, queue, account, hold, now)
    return _lease_repeat(session, queue, account, hold, now)


def _lease_gold(
    session: Session, queue: QueueRow, account: Account, hold: Hold, now: datetime
) -> int | None:
    had = {one.interaction_id for one in care.gold_had(session, account.id)}
    new = [one for one in care.gold_ids(session, queue.guideline_slug, "gold") if one not in had]
    if not new:
        return None
    chosen = min(new, key=lambda one: fraction(queue.check_seed, account.id, "gold", one))
    task = care.check_task(session, queue.id, chosen, "gold", now)
    return assignments.lease(session, hold, task, Slot(None, "gold"), now)


def _lease_repeat(
    session: Session, queue: QueueRow, account: Account, hold: Hold, now: datetime
) -> int | None:
    known = care.labelled_before(session, queue.id, account.id, queue.guideline_id, APART)
    if not known:
        return None
    chosen = min(known, key=lambda one: fraction(queue.check_seed, account.id, "repeat", one))
    return assignments.lease(session, hold, chosen, Slot(None, "repeat", 1), now)
