"""Finding out what webhooks have to be told, and telling them.

Events come from rows that were committed, by their ids, never from a hook that a crash can lose.
Each is told at least once, those of one webhook in order as long as it takes them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from labeling.events import done_event, label_event, trial_event, verdict_event
from storage import Session, Store
from storage.engine import AnyRow
from storage.queries import webhooks
from storage.sinks import webhook as sink

if TYPE_CHECKING:
    import httpx

Clock = Callable[[], datetime]

RETRY_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
"""Until the next try, about 28 hours in all; after the last, a webhook is switched off."""
GONE = 410
THIS_EVENT = (400, 409, 413, 422)
"""What speaks against one event; everything else would befall the next one too."""
SETTLES = timedelta(minutes=5)
"""No transaction that adds a label or a verdict is open for longer. On PostgreSQL a row may appear
after one of higher id: what was seen is looked through again until it is this old."""
PART = 50
KEPT = timedelta(days=30)
"""How long what was told stays in the log."""


@dataclass(frozen=True)
class Post:
    """What telling takes."""

    store: Store
    client: "httpx.Client"
    secret: Callable[[str], str]
    clock: Clock
    until: datetime | None = None
    """When to leave the rest for the next time."""


def note_events(store: Store, row: AnyRow, clock: Clock) -> int:
    """Note what happened since the last time for one webhook; how many events are new."""
    now, progress, new = clock(), row.progress, 0
    with store.read() as session:
        newest = webhooks.newest(session)
    for kind, read, made in (
        ("label", webhooks.labels_after, label_event),
        ("verdict", webhooks.verdicts_after, verdict_event),
    ):
        after = progress["told"][kind]
        if after == newest[kind] or not any(one.startswith(kind) for one in row.events):
            continue
        while True:
            with store.write() as session:
                rows = read(session, after, row.queue_id)
                events = [event for one in rows if (event := made(session, one)).type in row.events]
                new += webhooks.add_deliveries(session, row.id, events, now)
            if len(rows) < webhooks.PART:
                break
            after = rows[-1].id
    with store.write() as session:
        done, added = _note_done(session, row, now)
        moved = _moved(progress, newest, now) | {"done": done}
        if moved != progress:
            webhooks.change_webhook(session, row.id, {"progress": moved})
    return new + added


def forget(store: Store, row: AnyRow, now: datetime) -> int:
    """Let the log not grow for ever: delete a part of what is older than KEPT; how many.

    What may still be noted again stays: the row in the log is what keeps it from being told twice.
    """
    before = min(now - KEPT, datetime.fromisoformat(row.progress["at"]))
    with store.write(durable=False) as session:
        return webhooks.forget_deliveries(session, row.id, before)


def _note_done(session: Session, row: AnyRow, now: datetime) -> tuple[dict[str, int], int]:
    """Queues that are done, with the labels that took; those not noted before become events."""
    known = row.progress["done"]
    if "queue.done" not in row.events:
        return known, 0
    rows = webhooks.done_queues(session, row.queue_id)
    fresh = [done_event(one, now) for one in rows if known.get(str(one.id)) != int(one.labels)]
    done = known | {str(one.id): int(one.labels) for one in rows}
    return done, webhooks.add_deliveries(session, row.id, fresh, now)


def _moved(progress: dict[str, Any], newest: dict[str, int], now: datetime) -> dict[str, Any]:
    """Up to where all was told: what was the newest so long ago that nothing older can appear."""
    if now - datetime.fromisoformat(progress["at"]) < SETTLES:
        return progress
    return progress | {"told": progress["seen"], "seen": newest, "at": now.isoformat()}


def deliver(post: Post, row: AnyRow) -> dict[str, int]:
    """Tell a webhook what waits until nothing is due, or it cannot be reached."""
    told = {"delivered": 0, "refused": 0}
    key = sink.key_of(post.secret(row.secret))
    while post.until is None or post.clock() < post.until:
        with post.store.read() as session:
            due = webhooks.due_deliveries(session, row.id, post.clock(), PART)
        if not due or not _deliver_part(post, row, key, due, told):
            break
    return told


def _deliver_part(
    post: Post, row: AnyRow, key: bytes, due: Sequence[AnyRow], told: dict[str, int]
) -> bool:
    """Tell a part in order; whether the webhook may be told more."""
    for one in due:
        if post.until is not None and post.clock() >= post.until:
            return False
        answer = _try(post, row, key, one)
        told["delivered" if answer.fault is None else "refused"] += 1
        if answer.fault is not None and answer.status not in THIS_EVENT:
            return False
    return True


def _try(post: Post, row: AnyRow, key: bytes, one: AnyRow) -> sink.Answer:
    """Tell one event once, and write down what came of it."""
    body, now = one.body.encode(), post.clock()
    answer = sink.post(post.client, row.url, key, one.event_id, int(now.timestamp()), body)
    tried = {
        "at": now,
        "status": answer.status,
        "seconds": answer.seconds,
        "body_hash": sha256(body).hexdigest(),
        "fault": answer.fault,
    }
    stands: dict[str, Any] = {"state": "delivered", "tries": one.tries + 1, "next_at": None}
    with post.store.write() as session:
        if answer.fault is None:
            healthy = {"tries": 0, "next_at": None, "fault": None}
            webhooks.change_webhook(session, row.id, healthy)
        elif answer.status in THIS_EVENT:
            stands |= _again(one.tries, now)
        else:
            stands |= {"state": "waiting"}
            _set_aside(session, row, answer, now)
        webhooks.record_attempt(session, one.id, tried, stands)
    return answer


def _again(tries: int, now: datetime) -> dict[str, Any]:
    """When an event that was refused is tried again; after the last time, it has failed."""
    if tries >= len(RETRY_SECONDS):
        return {"state": "failed"}
    return {"state": "waiting", "next_at": now + timedelta(seconds=RETRY_SECONDS[tries])}


def _set_aside(session: Session, row: AnyRow, answer: sink.Answer, now: datetime) -> None:
    """Leave a webhook alone for longer every time, in the end for good; say why."""
    tries = webhooks.webhook_named(session, row.name).tries
    if answer.status == GONE or tries >= len(RETRY_SECONDS):
        why = "asked to be told no more" if answer.status == GONE else f"failed {tries + 1} times"
        off = {"active": False, "next_at": None, "fault": f"switched off, {why}: {answer.fault}"}
        webhooks.change_webhook(session, row.id, off)
        return
    seconds = max(float(RETRY_SECONDS[tries]), answer.after or 0.0)
    later = now + timedelta(seconds=seconds)
    values = {"tries": tries + 1, "next_at": later, "fault": answer.fault}
    webhooks.change_webhook(session, row.id, values)


def try_webhook(post: Post, name: str, number: str) -> dict[str, Any]:
    """Tell a webhook `webhook.test` at once, whatever it is told otherwise; what came of it."""
    with post.store.read() as session:
        row = webhooks.webhook_named(session, name)
    key = sink.key_of(post.secret(row.secret))
    now = post.clock()
    event = trial_event(name, number, now)
    body = event.body.encode()
    answer = sink.post(post.client, row.url, key, event.event_id, int(now.timestamp()), body)
    return {
        "webhook": name,
        "event_id": event.event_id,
        "status": answer.status,
        "seconds": answer.seconds,
        "fault": answer.fault,
    }
