"""What leaves by itself: answers to other platforms, events to webhooks; one process at a time."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from labeling.errors import InvalidLabel
from server.settings import SettingsError
from storage import Conflict, Store
from storage.engine import AnyRow
from storage.queries import sending, webhooks
from storage.queries.leases import take_lease

if TYPE_CHECKING:
    import httpx

log = logging.getLogger("goldloop.outgoing")

Clock = Callable[[], datetime]
Secret = Callable[[str], str]
TURN_SECONDS = 60
LEASE_SECONDS = TURN_SECONDS + 60
"""Longer than a turn and the last request in it take."""


def client() -> "httpx.Client":
    """What other machines are asked with."""
    import httpx

    return httpx.Client(timeout=httpx.Timeout(30.0, connect=10.0), follow_redirects=False)


def check_key(secret: Secret, name: str) -> None:
    """Refuse the name of a signing key that is nowhere, or of one that is none.

    Raises
    ------
    InvalidLabel
        Says what would be right.
    """
    from storage.sinks.webhook import KEY_BYTES, key_of

    hint = f"whsec_ and at least {KEY_BYTES} random bytes in base64"
    try:
        key_of(secret(name))
    except (SettingsError, ValueError) as error:
        raise InvalidLabel("secret", str(error), hint) from error


def keep_sendings(
    store: Store, clock: Clock, holder: str, secret: Secret, via: "httpx.Client"
) -> list[dict[str, Any]]:
    """Tell other platforms of what has changed, for every sending that stands."""
    with store.read() as session:
        rows = [row for row in sending.sending_rows(session) if row.standing]
    now = clock()
    due = [row for row in rows if row.next_at is None or row.next_at <= now]
    return [told for row in due if (told := _sent(store, clock, holder, row, (secret, via)))]


def _sent(
    store: Store, clock: Clock, holder: str, row: AnyRow, means: tuple[Secret, "httpx.Client"]
) -> dict[str, Any] | None:
    """One of them; what fails in one does not keep the others from theirs."""
    from labeling.outbox import Errand, door_of, send

    secret, via = means
    until = clock() + timedelta(seconds=TURN_SECONDS)
    try:
        door = door_of(row, via, secret)
        _, sent = send(Errand(store, row, door, clock, holder, until=until))
    except Conflict:
        return None
    except SettingsError as error:
        _fault_of_sending(store, row, str(error), clock)
        return None
    except Exception:
        log.exception("queue %s could not be sent to %s", row.queue_name, row.connection_name)
        return None
    told = {"queue": row.queue_name, "connection": row.connection_name, "sent": sent.sent,
            "withdrawn": sent.withdrawn, "refused": sent.refused, "fault": sent.fault}  # fmt: skip
    return told if sent.sent or sent.withdrawn or sent.refused or sent.fault else None


def _fault_of_sending(store: Store, row: AnyRow, fault: str, clock: Clock) -> None:
    with store.write() as session:
        later = clock() + timedelta(minutes=5)
        sending.change_sending(session, row.id, {"fault": fault, "next_at": later})


def keep_webhooks(
    store: Store, clock: Clock, holder: str, secret: Secret, via: "httpx.Client"
) -> dict[str, int]:
    """Note what happened and tell the webhooks, if this process is the one that does."""
    told = {"events": 0, "delivered": 0, "refused": 0}
    with store.read() as session:
        rows = [row for row in webhooks.webhook_rows(session) if row.active]
    if not rows:
        return told
    with store.write(durable=False) as session:
        until = clock() + timedelta(seconds=LEASE_SECONDS)
        mine = take_lease(session, "webhooks", holder, clock(), until)
    if not mine:
        return told
    for row in rows:
        until = clock() + timedelta(seconds=TURN_SECONDS / len(rows))  # a slow one takes no other's
        for name, count in _delivered(store, clock, row, secret, via, until).items():
            told[name] += count
    return told


def _delivered(
    store: Store, clock: Clock, row: AnyRow, secret: Secret, via: "httpx.Client", until: datetime
) -> dict[str, int]:
    """One webhook; what fails in one does not keep the others from theirs."""
    from labeling.deliveries import Post, deliver, forget, note_events

    try:
        found = {"events": note_events(store, row, clock)}
        forget(store, row, clock())
        if row.next_at is not None and row.next_at > clock():
            return found
        return found | deliver(Post(store, via, secret, clock, until), row)
    except (SettingsError, ValueError) as error:
        with store.write() as session:
            later = clock() + timedelta(minutes=5)
            webhooks.change_webhook(session, row.id, {"fault": str(error), "next_at": later})
    except Exception:
        log.exception("webhook %s could not be told", row.name)
    return {}
