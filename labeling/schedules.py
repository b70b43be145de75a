"""Queues that draw by themselves: one disjoint window of arrivals after the other."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from labeling.draws import DrawRequest, Occasion, draw_into
from labeling.errors import InvalidLabel
from labeling.filters import parse_filter
from labeling.queues import queue_info
from sampling import Plan, strategy_from
from storage import Conflict, NotFound, Session, Store
from storage.queries import queues

log = logging.getLogger("goldloop.schedules")
EVERY_SECONDS = (60, 366 * 86_400)
CATCH_UP = 100


@dataclass(frozen=True)
class ScheduleSpec:
    """What is drawn, and how often."""

    request: DrawRequest
    every_seconds: int = 86_400
    enabled: bool = True
    starts_at: datetime | None = None
    """Where the next window begins; None: where the last one ended, or now."""


def set_schedule(
    session: Session, queue_name: str, spec: ScheduleSpec, now: datetime
) -> dict[str, Any]:
    """Give a queue a schedule; a changed one goes on where its last window ended, unless told.

    Raises
    ------
    InvalidLabel
        If what is to be drawn, or how often, cannot be.
    """
    queue = queues.queue_named(session, queue_name)
    _check(spec)
    known = queues.schedule_of(session, queue.id)
    start = spec.starts_at or (known.window_from if known else now)
    every = timedelta(seconds=spec.every_seconds)
    queues.put_schedule(
        session,
        queue.id,
        {
            "strategy": spec.request.strategy,
            "params": dict(spec.request.params),
            "size": spec.request.size,
            "rate": spec.request.rate,
            "where": dict(spec.request.where),
            "every_seconds": spec.every_seconds,
            "next_at": start + every,
            "window_from": start,
            "enabled": spec.enabled,
        },
    )
    return queue_info(session, queue_name)


def stop_schedule(session: Session, queue_name: str) -> dict[str, Any]:
    """Let a queue be drawn into by hand only; its schedule is kept.

    Raises
    ------
    NotFound
        If the queue has none.
    """
    queue = queues.queue_named(session, queue_name)
    if queues.schedule_of(session, queue.id) is None:
        raise NotFound("schedule of queue", queue_name)
    queues.put_schedule(session, queue.id, {"enabled": False})
    return queue_info(session, queue_name)


def _check(spec: ScheduleSpec) -> None:
    low, high = EVERY_SECONDS
    if not low <= spec.every_seconds <= high:
        message = f"{spec.every_seconds} is out of range"
        raise InvalidLabel("every_seconds", message, f"from {low} to {high}")
    if spec.request.seed is not None:
        message = "a schedule draws with a new seed each time"
        raise InvalidLabel("seed", message, "leave the seed out")
    try:
        strategy = strategy_from(spec.request.strategy, spec.request.params)
        Plan(strategy, size=spec.request.size, rate=spec.request.rate, seed=0)
    except ValueError as error:
        raise InvalidLabel("strategy", str(error), None) from error
    parse_filter(spec.request.where)


def draw_due(store: Store, clock: Callable[[], datetime]) -> list[dict[str, Any]]:
    """Make every draw that is due, the oldest window first; what was drawn.

    Safe to run twice at once: a planned time is drawn once (the database sees to it). A queue that
    cannot draw is logged and does not keep the others from theirs.
    """
    made: list[dict[str, Any]] = []
    failed: set[int] = set()
    for _ in range(CATCH_UP):
        with store.read() as session:
            due = [row for row in queues.due_schedules(session, clock()) if row.id not in failed]
        if not due:
            break
        for row in due:
            try:
                made += _draw_one(store, row, clock)
            except Exception:
                log.exception("queue %s could not draw as planned", row.queue_name)
                failed.add(row.id)
    return made


def _draw_one(store: Store, row: Any, clock: Callable[[], datetime]) -> list[dict[str, Any]]:
    request = DrawRequest(row.strategy, row.params, row.size, row.rate, None, row.where)
    occasion = Occasion(row.id, row.next_at, row.window_from)
    made: list[dict[str, Any]] = []
    try:
        drawn = draw_into(store, row.queue_name, request, clock=clock, occasion=occasion)
        made.append({"queue": row.queue_name, "planned_at": row.next_at, **drawn})
    except Conflict as error:
        if error.code != "drawn_already":
            raise
    following = row.next_at + timedelta(seconds=row.every_seconds)
    with store.write(durable=False) as session:
        queues.advance_schedule(session, row.id, row.next_at, following)
    return made
