"""What happens by itself: idempotent functions of a store and a clock with a small report."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from labeling.overlap import learn
from labeling.schedules import draw_due
from storage import Store
from storage.queries.assignments import release_expired
from storage.queries.leases import take_lease
from storage.queries.queues import queue_rows

log = logging.getLogger("goldloop.jobs")

Clock = Callable[[], datetime]
TURN_SECONDS = 90
REPORT_SECONDS = 900
"""Longer than the overviews of all queues take."""
READING_SECONDS = 10.0
"""Of a turn in which texts are read: a third, so that people are not kept waiting."""


def keep_schedules(store: Store, clock: Clock, holder: str) -> list[dict[str, Any]]:
    """Make the draws that are due, if this process is the one that keeps the schedules."""
    until = clock() + timedelta(seconds=TURN_SECONDS)
    with store.write(durable=False) as session:
        mine = take_lease(session, "schedules", holder, clock(), until)
    return draw_due(store, clock) if mine else []


def keep_reports(store: Store, clock: Clock, holder: str) -> list[str]:
    """Make the reports that are due, if this process is the one that does; of which queues."""
    from labeling.kept import make_due
    from labeling.planned_reports import make_planned

    until = clock() + timedelta(seconds=REPORT_SECONDS)
    with store.write(durable=False) as session:
        mine = take_lease(session, "reports", holder, clock(), until)
    return make_planned(store, clock) + make_due(store, clock) if mine else []


def learn_people(store: Store, clock: Clock, holder: str) -> list[dict[str, Any]]:
    """Learn anew what the people of queues with further labels are like, in one process alone.

    A queue that cannot be learnt from is logged and does not keep the others from it.
    """
    until = clock() + timedelta(seconds=TURN_SECONDS)
    with store.write(durable=False) as session:
        mine = take_lease(session, "consensus", holder, clock(), until)
    if not mine:
        return []
    with store.read() as session:
        names = [row.name for row in queue_rows(session) if row.overlap_until is not None]
    learnt = []
    for name in names:
        try:
            told = learn(store, name, clock)
        except Exception:
            log.exception("queue %s could not be learnt from", name)
        else:
            learnt += [told] if told is not None else []
    return learnt


def read_texts(store: Store, clock: Clock, holder: str) -> int:
    """Look for the rules on texts in what came in, in one process alone; texts left to read."""
    from labeling.texts import read_texts as read

    until = clock() + timedelta(seconds=TURN_SECONDS)
    with store.write(durable=False) as session:
        mine = take_lease(session, "texts", holder, clock(), until)
    return read(store, clock, seconds=READING_SECONDS) if mine else 0


def free_slots(store: Store, clock: Clock) -> int:
    """Free what people hold and have left alone for too long; how many holds ended."""
    with store.write(durable=False) as session:
        return sum(release_expired(session, queue.id, clock()) for queue in queue_rows(session))


def forget_logins(store: Store, clock: Clock) -> int:
    """Drop log-in sessions that have run out; how many."""
    from storage.queries.accounts import drop_expired_logins

    with store.write(durable=False) as session:
        return drop_expired_logins(session, clock())
