"""Overviews that are kept: made by and by, so that the lead's page opens at once."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from labeling.overview import overview
from storage import NotFound, Session, Store
from storage.queries import queues, reports

log = logging.getLogger("goldloop.reports")
SHAPE = 1
"""Grows with every change of what an overview holds: an older one is made anew."""
SMALL = 2_000
"""With so few labels an overview is made while somebody waits."""
REST = 20
"""So many times as long as it took passes before it is made again by itself."""
LEAST = timedelta(minutes=1)
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
    """Which overviews of a queue are kept, the newest first: the last of every day."""
    rows = reports.reports_of(session, queues.queue_named(session, queue_name).id)
    return [{"report_id": row.id, "made_at": row.made_at} for row in rows]


def make(store: Store, queue_name: str, clock: Clock) -> None:
    """Make the overview of a queue and keep it."""
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
    }
    with store.write(durable=False) as session:
        reports.keep_report(session, values)


def make_due(store: Store, clock: Clock) -> list[str]:
    """Make the overview of every queue that has changed and was left alone for a while."""
    with store.read() as session:
        due = [row.name for row in queues.queue_rows(session) if _is_due(session, row.id, clock())]
    return [name for name in due if _made(store, name, clock)]


def _made(store: Store, queue_name: str, clock: Clock) -> bool:
    """Make one; what fails in one queue does not keep the others from theirs."""
    try:
        make(store, queue_name, clock)
    except Exception:
        log.exception("the overview of queue %s could not be made", queue_name)
        return False
    return True


def _is_due(session: Session, queue_id: int, now: datetime) -> bool:
    known = reports.newest_report(session, queue_id)
    if known is None or known.body.get("shape") != SHAPE:
        return bool(reports.labels_given(session, queue_id))
    if known.mark == reports.mark(session, queue_id):
        return False
    return bool(now >= known.made_at + max(LEAST, REST * timedelta(seconds=known.seconds)))


def _told(row: Any, *, newer: bool) -> dict[str, Any]:
    return {**row.body, "as_of": row.made_at, "newer": newer}
