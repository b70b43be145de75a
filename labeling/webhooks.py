"""Webhooks: made, changed, listed; and events that are told in the transaction that makes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from labeling.errors import InvalidLabel
from labeling.events import EVENTS, version_event
from storage import Session
from storage.engine import AnyRow
from storage.queries import queues, webhooks
from storage.values import OWN_NAME, is_own_name

URL_CHARS = 2_000
LOG = 100


@dataclass(frozen=True)
class WebhookSpec:
    """Who is told of what."""

    name: str
    url: str
    secret: str
    """Name of the signing key in the settings."""
    events: Sequence[str] = EVENTS
    queue: str | None = None
    """Only what happens in this queue."""


def add_webhook(
    session: Session, spec: WebhookSpec, by: int | None, now: datetime
) -> dict[str, Any]:
    """Keep a webhook; it is told of what happens from now on.

    Raises
    ------
    InvalidLabel
        If name, address or events cannot be; names the field.
    NotFound
        If there is no such queue.
    Conflict
        `exists` when the name is taken.
    """
    if not is_own_name(spec.name):
        raise InvalidLabel("name", f"{spec.name!r:.120} cannot name a webhook", OWN_NAME)
    _check_url(spec.url)
    events = [one for one in EVENTS if one in spec.events]
    strange = sorted(set(spec.events) - set(EVENTS))
    if strange or not events:
        message = f"{strange[0]!r:.80} is no event" if strange else "names none"
        raise InvalidLabel("events", message, f"of {', '.join(EVENTS)}")
    queue_id = None if spec.queue is None else queues.queue_named(session, spec.queue).id
    values = {
        "name": spec.name,
        "url": spec.url,
        "secret": spec.secret,
        "events": events,
        "queue_id": queue_id,
        "active": True,
        "progress": _from_now(session, queue_id, now),
        "created_by": by,
        "created_at": now,
    }
    webhooks.add_webhook(session, values)
    return told(session, webhooks.webhook_named(session, spec.name))


def switch_webhook(session: Session, name: str, *, active: bool) -> dict[str, Any]:
    """Switch a webhook off, or on again: then it is told what happened in between."""
    row = webhooks.webhook_named(session, name)
    values = {"active": active, "tries": 0, "next_at": None, "fault": None}
    webhooks.change_webhook(session, row.id, values)
    return told(session, webhooks.webhook_named(session, name))


def remove_webhook(session: Session, name: str, now: datetime) -> None:
    """Remove a webhook; its name is free again."""
    webhooks.remove_webhook(session, webhooks.webhook_named(session, name).id, now)


def webhooks_told(session: Session) -> list[dict[str, Any]]:
    """Every webhook."""
    return [told(session, row) for row in webhooks.webhook_rows(session)]


def told(session: Session, row: AnyRow) -> dict[str, Any]:
    """A webhook, for people and machines."""
    counts = webhooks.delivery_counts(session, row.id)
    return {
        "name": row.name,
        "url": row.url,
        "events": row.events,
        "queue": row.queue_name,
        "secret": row.secret,
        "active": row.active,
        "fault": row.fault,
        "next_at": row.next_at,
        **{state: counts.get(state, 0) for state in ("waiting", "delivered", "failed")},
    }


def webhook_log(session: Session, name: str, limit: int = LOG) -> list[dict[str, Any]]:
    """The latest tries of a webhook, the last one first."""
    row = webhooks.webhook_named(session, name)
    names = ("at", "event_id", "type", "status", "seconds", "fault", "body_hash", "state")
    return [
        {name: getattr(tried, name) for name in names}
        for tried in webhooks.attempt_rows(session, row.id, limit)
    ]


def announce_version(session: Session, data: Mapping[str, Any], now: datetime) -> int:
    """Tell of a new version of a dataset, in the transaction that makes it; how many are told.

    `data` names at least `dataset`, `version` and `hash`. The event is on disk with the version
    or not at all.
    """
    event = version_event(data, now)
    to = webhooks.subscribers(session, event.type, None)
    return sum(webhooks.add_deliveries(session, one, [event], now) for one in to)


def _from_now(session: Session, queue_id: int | None, now: datetime) -> dict[str, Any]:
    """Everything up to this moment counts as told."""
    newest = webhooks.newest(session)
    done = {str(row.id): int(row.labels) for row in webhooks.done_queues(session, queue_id)}
    return {"told": newest, "seen": newest, "at": now.isoformat(), "done": done}


def _check_url(url: str) -> None:
    """Refuse an address that is none, or that holds a password: those would be shown."""
    hint = "http:// or https:// and a host, without user, password or fragment"
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise InvalidLabel("url", "is no address", hint) from None
    fine = parts.scheme in ("http", "https") and parts.hostname and port_is_fine
    if not fine or len(url) > URL_CHARS or not url.isprintable() or " " in url:
        raise InvalidLabel("url", "is no address", hint)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidLabel("url", "holds a user, a password or a fragment", hint)
