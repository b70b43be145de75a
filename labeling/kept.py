"""Overviews that are kept: made by and by, so that the lead's page opens at once."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from labeling.overview import overview
from storage import NotFound, Session, Store
from storage.queries import leases, queues, reports

log = logging.getLogger("goldloop.reports")
SHAPE = 1
"""Grows with every change of what an overview holds: an older one is made anew."""
SMALL = 2_000
"""With so few labels an overview is made while somebody waits."""
REST = 20
"""So many times as long as it took passes before it is made again by itself."""
LEAST = timedelta(minutes=1)
AFTER_FAILURE = timedelta(hours=1)
FAILED = "report of queue {} failed"
Clock = Callable[[], datetime]


def latest(session: Session, queue_name: str, now: datetime) -> dict[str, Any] | None:
    """The overview of a queue: of this moment, or with `newer` true, the last that was made.

    None when the queue is too large to be waited for and none has been made yet.
    """
    queue = queues.queue_named(session, queue_name)
    known = reports.newest_report(session, queue.id)
    if known is not None and known.body.get("shape") != SHAPE:
        known = None
    if known is not None and known.mark == reports.mark(session, queue.id):
        return _told(known, newer=False)
    if reports.labels_given(session, queue.id) <= SMALL:
        return overview(session, queue_name, now) | {"newer": False}
    return None if known is None else _told(known, newer=True)


def at(session: Session, queue_name: str, report_id: int) -> dict[str, Any]:
    """An overview as it was made; NotFound when it is not kept, or was made in an older shape."""
    row = reports.report_row(session, queues.queue_named(session, queue_name).id, report_id)
    if row is None or row.body.get("shape") != SHAPE:
        raise NotFound("report", report_id)
    return _told(row, newer=False)


def kept(session: Session, queue_name: str) -> list[dict[str, Any]]:
    """Which overviews of a queue are kept, the newest first: the last of every day.

    `period` is that of a report made by the calendar, which is kept beside them; else None.
    """
    rows = reports.reports_of(session, queues.queue_named(session, queue_name).id)
    return [{"report_id": row.id, "made_at": row.made_at, "period": row.period} for row in rows]


def make(store: Store, queue_name: str, clock: Clock, *, period: str | None = None) -> None:
    """Make the overview of a queue and keep it; of a period once."""
    now, begun = clock(), time.monotonic()
    with store.snapshot() as session:
        queue = queues.queue_named(session, queue_name)
        mark = reports.mark(session, queue.id)
        found = overview(session, queue_name, now)
    values = {
        "queue_id": queue.id,
        "made_at": now,
        "mark": mark,
        "seconds": time.monotonic() - begun,
        "body": found | {"shape": SHAPE},
        "period": period,
    }
    with store.write(durable=False) as session:
        reports.keep_report(session, values)


def make_due(store: Store, clock: Clock) -> list[str]:
    """Make the overview of every queue that has changed and was left alone for a while."""
    with store.read() as session:
        due = [row for row in queues.queue_rows(session) if _is_due(session, row.id, clock())]
    return [row.name for row in due if tried(store, row, clock, _make_of)]


def _make_of(store: Store, row: Any, clock: Clock) -> None:
    make(store, row.name, clock)


def tried(store: Store, row: Any, clock: Clock, made: Callable[[Store, Any, Clock], None]) -> bool:
    """Make one; whether it worked. A queue that failed `rests`, and the others get theirs."""
    try:
        made(store, row, clock)
    except Exception:
        log.exception("the report of queue %s could not be made; again in an hour", row.name)
        queue_id, now = getattr(row, "queue_id", None) or row.id, clock()
        with store.write(durable=False) as session:
            leases.take_lease(session, FAILED.format(queue_id), "reports", now, now + AFTER_FAILURE)
        return False
    return True


def rests(session: Session, queue_id: int, now: datetime) -> bool:
    """Whether making a report of a queue failed less than an hour ago."""
    return leases.is_held(session, FAILED.format(queue_id), now)


def _is_due(session: Session, queue_id: int, now: datetime) -> bool:
    if rests(session, queue_id, now):
        return False
    known = reports.newest_report(session, queue_id)
    if known is None or known.body.get("shape") != SHAPE:
        return bool(reports.labels_given(session, queue_id))
    if known.mark == reports.mark(session, queue_id):
        return False
    return bool(now >= known.made_at + max(LEAST, REST * timedelta(seconds=known.seconds)))


def _told(row: Any, *, newer: bool) -> dict[str, Any]:
    return {**row.body, "as_of": row.made_at, "newer": newer}
