"""What happens by itself: idempotent functions of a store and a clock with a small report."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

from labeling.overlap import learn
from labeling.schedules import draw_due
from server.settings import Settings
from storage import Conflict, Store
from storage.queries.assignments import release_expired
from storage.queries.judging import waiting_runs
from storage.queries.leases import take_lease
from storage.queries.queues import queue_rows

if TYPE_CHECKING:
    from storage.assembly import Assembled
    from storage.pull import Outside, PullReport
    from storage.traces import Patience

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


def rotate_datasets(store: Store, clock: Clock, holder: str) -> list[dict[str, Any]]:
    """Make the rotations of datasets that are due, in one process alone; the versions."""
    from labeling.datasets.rotation import rotate_due

    until = clock() + timedelta(seconds=REPORT_SECONDS)
    with store.write(durable=False) as session:
        mine = take_lease(session, "datasets", holder, clock(), until)
    return rotate_due(store, clock) if mine else []


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


def judge_waiting(
    store: Store, clock: Clock, settings: Settings, stopping: Event
) -> list[tuple[int, str]]:
    """Execute the judge runs that wait, or whose process has ended; each run and its state."""
    from server.judges import holder, judge_now

    done = []
    with store.read() as session:
        waiting = waiting_runs(session)
    for run_id in waiting:
        try:
            state = judge_now(store, run_id, settings, clock, holder=holder(), stopping=stopping)
        except Conflict:
            continue  # another process has it
        except Exception:
            log.exception("judge run %s could not be executed", run_id)
            continue
        done.append((run_id, state))
        if stopping.is_set():
            break
    return done


def pull_due(store: Store, clock: Clock, holder: str, outside: "Outside") -> list["PullReport"]:
    """Pull every connection whose time has come, if this process is the one that does.

    A connection that cannot be pulled is logged, keeps its fault, and does not keep the others.
    """
    from storage.pull import PullOrder, due_names, pull

    with store.read() as session:
        names = due_names(session, clock())
    until = clock() + timedelta(seconds=TURN_SECONDS)
    with store.write(durable=False) as session:
        if not names or not take_lease(session, "pulls", holder, clock(), until):
            return []
    reports = []
    for name in names:
        if outside.stopped():
            break
        try:
            reports.append(pull(store, name, outside, PullOrder()))
        except Conflict:
            log.info("connection %s is being pulled elsewhere", name)
        except Exception:
            log.exception("connection %s could not be pulled", name)
    return reports


def assemble_traces(
    store: Store, clock: Clock, holder: str, patience: "Patience"
) -> "Assembled | None":
    """Make interactions of traces that are quiet, in one process alone; else None."""
    from storage.assembly import assemble, has_work

    if not has_work(store, patience, clock):
        return None
    until = clock() + timedelta(seconds=TURN_SECONDS)
    with store.write(durable=False) as session:
        mine = take_lease(session, "traces", holder, clock(), until)
    if not mine:
        return None
    told = assemble(store, patience, clock)
    if told.late or told.rejected:
        log.warning("traces: %s calls came too late, %s were refused", told.late, told.rejected)
    return told


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
