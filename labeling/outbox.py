"""Telling another platform what waits to be told: whatever is sent twice is one thing over there.

A statement is marked as sent after the platform took it. Ended in between, it is sent again under
the same key. One that is refused waits for its next try and holds up no other; a platform that
cannot be asked is left alone for a while.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from labeling.sending import Compared, compare, has_changed
from storage import Conflict, Session, Store
from storage.engine import AnyRow
from storage.queries import sending
from storage.queries.leases import take_lease
from storage.sinks import SINKS, Declined, Door, Down, Item

if TYPE_CHECKING:
    import httpx

Clock = Callable[[], datetime]
Wait = Callable[[float], None]

REFUSED_SECONDS = (60, 300, 1_800, 7_200, 21_600, 43_200)
"""Until the next try of a statement that was refused; after the last it has failed."""
DOWN_SECONDS = (30, 120, 600, 1_800, 3_600)
"""Until a platform is asked again; the last one for ever."""
REST = 20
"""So many times as long as a comparison took passes before the next one that nobody asks for."""
LEAST_REST = 30.0
LEASE_SECONDS = 180
PART = 100
PATIENCE = 4
LONGEST_WAIT = 60.0


@dataclass
class Sent:
    """What became of telling a platform, this time."""

    sent: int = 0
    withdrawn: int = 0
    refused: int = 0
    fault: str | None = None
    """Why the platform could not be asked any more."""


@dataclass(frozen=True)
class Errand:
    """One sending, on its way."""

    store: Store
    row: AnyRow
    door: Door
    clock: Clock
    holder: str
    wait: Wait | None = None
    """Given, a platform that asks for a moment's patience gets it; else it is asked later."""
    until: datetime | None = None
    """When to leave the rest for the next time."""


def door_of(row: AnyRow, client: "httpx.Client", secret: Callable[[str], str]) -> Door:
    """How the platform of a sending is asked; its key is looked up by name."""
    key = secret(row.secret) if row.secret else ""
    headers = SINKS[row.kind].headers(key, row.options) if key else {}
    return Door(client, row.url, headers, row.project, key)


def send(errand: Errand) -> tuple[Compared | None, Sent]:
    """Compare a queue with what was told of it, and tell the difference.

    Raises
    ------
    Conflict
        `busy` when another process does the same just now.
    """
    with errand.store.write(durable=False) as session:
        if not _hold(session, errand, LEASE_SECONDS):
            message = f"{errand.row.queue_name} is being sent to {errand.row.connection_name}"
            raise Conflict("busy", message, "try again in a few minutes")
    try:
        with errand.store.read() as session:
            stale = has_changed(session, errand.row)
        begun = time.monotonic()
        found = compare(errand.store, errand.row, errand.clock, keep=True) if stale else None
        seconds = REST * (time.monotonic() - begun)
        sent = flush(errand)
        if sent.fault is None and seconds > LEAST_REST:
            _rest(errand, seconds)
        return found, sent
    finally:
        with errand.store.write(durable=False) as session:
            _hold(session, errand, 0)


def flush(errand: Errand) -> Sent:
    """Tell what waits, in parts, until nothing is due or the platform cannot be asked."""
    sent, sink = Sent(), SINKS[errand.row.kind]
    while errand.until is None or errand.clock() < errand.until:
        with errand.store.write(durable=False) as session:
            _hold(session, errand, LEASE_SECONDS)
            rows = sending.due(session, errand.row.id, errand.clock(), PART)
        if not rows:
            break
        try:
            dropped = [row for row in rows if row.body is None]
            told = [row for row in rows if row.body is not None]
            for start in range(0, len(told), sink.at_once):
                _tell(errand, told[start : start + sink.at_once], sent)
            for row in dropped:
                _tell(errand, [row], sent)
        except Down as down:
            _pause(errand, down)
            sent.fault = down.message
            return sent
    if sent != Sent() or errand.row.fault is not None or errand.row.sent_at is None:
        with errand.store.write() as session:
            done = {"tries": 0, "next_at": None, "fault": None, "sent_at": errand.clock()}
            sending.change_sending(session, errand.row.id, done)
    return sent


def _tell(errand: Errand, rows: Sequence[AnyRow], sent: Sent) -> None:
    """Tell some at once; when they are refused together, find out which by halves."""
    try:
        _patiently(errand, rows)
    except Declined as refused:
        if len(rows) > 1:
            middle = len(rows) // 2
            _tell(errand, rows[:middle], sent)
            _tell(errand, rows[middle:], sent)
            return
        sent.refused += 1
        _settle(errand, rows, _after_refusal(rows[0], refused, errand.clock()))
        return
    taken_back = rows[0].body is None
    sent.withdrawn += len(rows) if taken_back else 0
    sent.sent += 0 if taken_back else len(rows)
    state = "withdrawn" if taken_back else "sent"
    done = {"state": state, "tries": 0, "next_at": None, "fault": None, "sent_at": errand.clock()}
    _settle(errand, rows, done)


def _patiently(errand: Errand, rows: Sequence[AnyRow]) -> None:
    """Ask, and when the platform wants a moment and there is time for it, ask again."""
    sink, tries = SINKS[errand.row.kind], 0
    items = [Item(row.key, row.place, row.body or {}) for row in rows]
    while True:
        try:
            if rows[0].body is None:
                sink.drop(errand.door, items[0])
            else:
                sink.put(errand.door, items)
        except Down as down:
            tries += 1
            seconds = 2.0**tries if down.after is None else down.after
            is_over = tries >= PATIENCE or seconds > LONGEST_WAIT or not down.passes
            if errand.wait is None or is_over:
                raise
            errand.wait(seconds)
        else:
            return


def _after_refusal(row: AnyRow, refused: Declined, now: datetime) -> dict[str, Any]:
    """When a refused statement is tried again; never, after the last time."""
    tries = row.tries + 1
    told: dict[str, Any] = {"tries": tries, "fault": refused.message}
    if tries > len(REFUSED_SECONDS):
        return told | {"state": "failed", "next_at": None}
    return told | {"next_at": now + timedelta(seconds=REFUSED_SECONDS[tries - 1])}


def _settle(errand: Errand, rows: Sequence[AnyRow], values: Mapping[str, Any]) -> None:
    with errand.store.write() as session:
        sending.settle_outgoing(session, rows, values)


def _pause(errand: Errand, down: Down) -> None:
    """Leave a platform alone that cannot be asked, for longer every time."""
    tries = errand.row.tries + 1
    seconds = float(DOWN_SECONDS[min(tries, len(DOWN_SECONDS)) - 1])
    if down.after is not None:
        seconds = max(seconds, down.after)
    values = {
        "tries": tries,
        "next_at": errand.clock() + timedelta(seconds=seconds),
        "fault": down.message,
    }
    with errand.store.write() as session:
        sending.change_sending(session, errand.row.id, values)


def _rest(errand: Errand, seconds: float) -> None:
    """Let it not be compared all the time, when that takes long."""
    later = errand.clock() + timedelta(seconds=seconds)
    with errand.store.write(durable=False) as session:
        sending.change_sending(session, errand.row.id, {"next_at": later})


def _hold(session: Session, errand: Errand, seconds: int) -> bool:
    now = errand.clock()
    name = f"sending:{errand.row.id}"
    return take_lease(session, name, errand.holder, now, now + timedelta(seconds=seconds))
