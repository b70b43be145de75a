"""Who gets which task next, for how long, and what becomes of a hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from labeling import care
from labeling.errors import InvalidLabel, NotAllowed, NotAssigned
from labeling.fields import shown_order
from storage import Conflict, Session
from storage.queries import assignments, queues
from storage.queries.accounts import Account
from storage.queries.interactions import interaction_view, texts

ALWAYS_SHOWN = ("messages", "responses", "context")
SHOWABLE = (
    "source",
    "category",
    "model",
    "variant",
    "confidence",
    "flags",
    "tags",
    "scores",
    "feedback",
    "metadata",
    "created_at",
    "reason",
)
STATES = ("leased", "submitted", "skipped", "returned", "expired")
SKIP_REASON_CHARS = 500
CLAIMS_AT_ONCE = 100


@dataclass(frozen=True)
class Nothing:
    """There is no task for this person now, and why."""

    reason: str
    """done, leased_by_others, not_qualified, paused or nothing_drawn."""
    message: str
    retry_after_seconds: int | None = None


Held = assignments.AssignmentRow
"""One assignment with the task, queue and interaction that it is about."""


def may_enter(session: Session, queue: queues.QueueRow, account: Account) -> bool:
    """Whether a person may label in a queue: leads and admins in any, annotators by invitation."""
    if account.role in ("lead", "admin"):
        return True
    if account.role != "annotator":
        return False
    return bool(queue.everyone) or queues.is_member(session, queue.id, account.id)


def claim(
    session: Session, queue_name: str, account: Account, *, now: datetime, count: int = 1
) -> Sequence[Held] | Nothing:
    """Lease tasks to a person; their own open leases come first, renewed.

    Raises
    ------
    NotFound
        If there is no such queue.
    NotAllowed
        If the person was not invited to it.
    """
    queue = queues.queue_named(session, queue_name)
    if not may_enter(session, queue, account):
        raise NotAllowed(queue_name, account.name)
    if queue.paused_at is not None:
        return Nothing("paused", "The lead has paused this queue. What you typed is kept.")
    assignments.lock_account(session, account.id)
    assignments.release_expired(session, queue.id, now)
    expires = now + timedelta(seconds=queue.lease_seconds)
    own = assignments.renew_own(session, queue.id, account.id, expires)
    hold = assignments.Hold(queue.id, account.id, queue.guideline_id, expires)
    for place in range(min(count, CLAIMS_AT_ONCE) - own):
        at = now + timedelta(microseconds=place)  # they are told in the order they were given
        if care.lease_next(session, queue, account, hold, at) is None:
            break
    found = assignments.own_leases(session, queue.id, account.id)[:count]
    return found or _why_nothing(session, queue, account, now)


def _why_nothing(
    session: Session, queue: queues.QueueRow, account: Account, now: datetime
) -> Nothing:
    stands = care.standing(session, queue, account)
    if stands.state != care.OPEN:
        return Nothing("not_qualified", stands.told())
    why = assignments.waiting(session, queue.id, account.id)
    if why.sampled == 0:
        return Nothing(
            "nothing_drawn", "Nothing has been drawn into this queue yet. The lead does that."
        )
    if why.free:
        return Nothing("leased_by_others", "The next task is just changing hands.", 1)
    if why.leased_by_others:
        wait = max(1, int(((why.next_expiry or now) - now).total_seconds()) + 1)
        return Nothing(
            "leased_by_others",
            f"{why.leased_by_others} task(s) are open at other annotators. "
            "One comes back here if it is skipped, returned or left alone.",
            min(wait, 60),
        )
    skipped = f" and skipped {why.skipped}" if why.skipped else ""
    return Nothing(
        "done",
        f"You have labelled {why.submitted}{skipped}: all there is for you in this queue. "
        "New tasks appear when the lead or the schedule draws again.",
    )


def own(session: Session, assignment_id: int, account: Account) -> Held:
    """A person's own assignment; anybody else's does not exist for them."""
    row = assignments.held(session, assignment_id, account.id)
    if row is None:
        raise NotAssigned(assignment_id)
    return row


def blind(view: dict[str, Any], show: Sequence[str]) -> dict[str, Any]:
    """The conversation, its responses and context, and beyond these only what is to be shown."""
    seen = {key: view[key] for key in ALWAYS_SHOWN if view.get(key) is not None}
    seen |= {key: view[key] for key in show if key in SHOWABLE and view.get(key) is not None}
    hidden = {"model", "variant"}.difference(show)
    seen["responses"] = [
        {key: value for key, value in response.items() if key not in hidden}
        for response in seen.get("responses", [])
    ]
    return seen


def _in_shown_order(assignment_id: int, responses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Several responses as this assignment shows them."""
    order = shown_order(assignment_id, [str(one.get("id")) for one in responses])
    return sorted(responses, key=lambda one: order.index(str(one.get("id"))))


def held_view(session: Session, row: Held, account: Account) -> dict[str, Any]:
    """The public form of an assignment: what anchors a person is left out."""
    view = interaction_view(session, row.interaction_id) if row.show else None
    seen = blind(view or texts(session, row.interaction_id), row.show)
    seen["responses"] = _in_shown_order(row.id, seen["responses"])
    task: dict[str, Any] = {
        "id": str(row.task_id),
        "queue": row.queue_name,
        "interaction_id": row.external_id,
        "interaction": seen,
        "guideline": {
            "slug": row.guideline_slug,
            "version": row.guideline_version,
            "hash": row.guideline_hash,
        },
    }
    if account.role != "annotator" or "source" in row.show:
        task["source"] = row.source
    if "reason" in row.show:
        task["reason"] = row.reason
    if (ids := care.blinded_ids(row, account)) is not None:
        task |= {"id": ids["task"], "interaction_id": ids["interaction"]}
    return {
        "assignment_id": str(row.id),
        "lease_expires_at": row.lease_expires_at,
        "task": task,
    }


def heartbeat(session: Session, assignment_id: int, account: Account, now: datetime) -> datetime:
    """Renew a lease that is still held; until when.

    Raises
    ------
    Conflict
        `lease_lost` when the hold has ended.
    """
    row = own(session, assignment_id, account)
    expires = now + timedelta(seconds=row.lease_seconds)
    if not assignments.renew(session, row.id, expires):
        raise Conflict("lease_lost", f"this assignment is {row.state}", "claim again")
    return expires


def skip(
    session: Session, assignment_id: int, account: Account, reason: str, now: datetime
) -> None:
    """Decline a task for good: it is never offered to this person again."""
    said = reason.strip().replace("\x00", "")
    if not said or len(said) > SKIP_REASON_CHARS:
        message = f"want 1 to {SKIP_REASON_CHARS} characters, got {len(said)}"
        raise InvalidLabel("reason", message, "say in a few words why you skip this task")
    _end(session, assignment_id, account, "skipped", now, said)


def give_back(session: Session, assignment_id: int, account: Account, now: datetime) -> None:
    """Put a task back into the queue; the person may get it again."""
    _end(session, assignment_id, account, "returned", now, None)


def _end(
    session: Session,
    assignment_id: int,
    account: Account,
    state: str,
    now: datetime,
    reason: str | None,
) -> None:
    assignments.lock_account(session, account.id)
    row = assignments.lock_assignment(session, assignment_id, account.id)
    if row is None:
        raise NotAssigned(assignment_id)
    if row.state == state:
        return
    if row.state == "skipped":
        message = "you skipped this task; it is not offered to you again"
        raise Conflict("already_skipped", message, "label it, if you have changed your mind")
    if row.state == "submitted":
        message = "this task has your label; a label is corrected, never taken back"
        raise Conflict("already_submitted", message, "send a new revision instead")
    assignments.finish(session, row, state, now, reason=reason)


def my_assignments(
    session: Session, account: Account, *, state: str | None = None, queue: str | None = None
) -> list[dict[str, Any]]:
    """A person's assignments, newest first, without anything that anchors."""
    if state is not None and state not in STATES:
        raise InvalidLabel("state", f"{state!r} is none of {', '.join(STATES)}", "choose one")
    found = assignments.own_assignments(session, account.id, state=state, queue_name=queue)
    return [_listed(row, account) for row in found]


def _listed(row: Held, account: Account) -> dict[str, Any]:
    listed = {
        "assignment_id": str(row.id),
        "task_id": str(row.task_id),
        "queue": row.queue_name,
        "interaction_id": row.external_id,
        "state": row.state,
        "leased_at": row.leased_at,
        "lease_expires_at": row.lease_expires_at if row.state == "leased" else None,
        "finished_at": row.finished_at,
        "skip_reason": row.skip_reason,
    }
    if account.role != "annotator" or "source" in row.show:
        listed["source"] = row.source
    if (ids := care.blinded_ids(row, account)) is not None:
        listed |= {"task_id": ids["task"], "interaction_id": ids["interaction"]}
    return listed


def read_draft(session: Session, assignment_id: int, account: Account) -> dict[str, Any]:
    """What this person typed so far, and when it was kept."""
    row = assignments.read_draft(session, own(session, assignment_id, account).id)
    if row is None:
        return {"values": {}, "version": 0, "updated_at": None}
    return {"values": row.values, "version": row.version, "updated_at": row.updated_at}


def save_draft(
    session: Session,
    assignment_id: int,
    account: Account,
    values: dict[str, Any],
    now: datetime,
) -> int:
    """Keep what this person typed so far, as it is; the number of times it was kept."""
    return assignments.save_draft(session, own(session, assignment_id, account).id, values, now)
