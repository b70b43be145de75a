"""Reports by the calendar: one per week or month, kept for good."""

import logging
from calendar import day_name
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from labeling import kept
from labeling.errors import InvalidLabel
from storage import NotFound, Session, Store
from storage.queries import queues, reports

log = logging.getLogger("goldloop.reports")
EVERY = ("week", "month")
DAYS = [name.lower() for name in day_name]
LAST_DAY = 28
"""The last day of a month that every month has."""
MINUTES = 60
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Calendar:
    """When a report is made, in UTC."""

    every: str
    day: int
    """Of a week 1 to 7, Monday is 1; of a month 1 to 28."""
    minute: int
    """Of the day."""

    @classmethod
    def read(cls, every: str, at: str) -> "Calendar":
        """`week` and `monday 07:00`, or `month` and `1 07:00`.

        Raises
        ------
        InvalidLabel
            Naming what cannot be read, and how it is written.
        """
        if every not in EVERY:
            raise InvalidLabel("every", f"{every!r:.80} is neither", "week or month")
        hint = "such as monday 07:00" if every == "week" else "such as 1 07:00, day 1 to 28"
        day, _, clock = at.strip().lower().partition(" ")
        try:
            time = datetime.strptime(clock.strip(), "%H:%M")  # noqa: DTZ007 - a time of day
            number = DAYS.index(day) + 1 if every == "week" else int(day)
        except ValueError:
            raise InvalidLabel("at", f"{at!r:.80} is no day and time", hint) from None
        if not 1 <= number <= LAST_DAY:
            raise InvalidLabel("at", f"there is no day {day!r:.80} in every month", hint)
        return cls(every, number, time.hour * MINUTES + time.minute)

    @property
    def at(self) -> str:
        """Day and time as they are read."""
        day = DAYS[self.day - 1] if self.every == "week" else str(self.day)
        return f"{day} {self.minute // MINUTES:02}:{self.minute % MINUTES:02}"

    def after(self, moment: datetime) -> datetime:
        """The first time after a moment."""
        day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        while True:
            planned = day + timedelta(minutes=self.minute)
            here = day.isoweekday() if self.every == "week" else day.day
            if here == self.day and planned > moment:
                return planned
            day += timedelta(days=1)


def plan(session: Session, queue_name: str, calendar: Calendar, now: datetime) -> dict[str, Any]:
    """Have a report of a queue made by the calendar; the plan as `planned` gives it."""
    queue = queues.queue_named(session, queue_name)
    values = {"every": calendar.every, "day": calendar.day, "minute": calendar.minute,
              "next_at": calendar.after(now)}  # fmt: skip
    reports.put_plan(session, queue.id, values)
    return planned(session, queue_name) or {}


def stop(session: Session, queue_name: str) -> None:
    """Make no more by the calendar; those that were made stay.

    Raises
    ------
    NotFound
        If none is planned.
    """
    if not reports.drop_plan(session, queues.queue_named(session, queue_name).id):
        raise NotFound("plan of reports of queue", queue_name)


def planned(session: Session, queue_name: str) -> dict[str, Any] | None:
    """How often, when, and when next; None when none is planned."""
    row = reports.plan_of(session, queues.queue_named(session, queue_name).id)
    if row is None:
        return None
    calendar = Calendar(row.every, row.day, row.minute)
    return {"every": row.every, "at": calendar.at, "next_at": row.next_at}


def make_planned(store: Store, clock: Clock) -> list[str]:
    """Make every report whose time has come, one per planned time; of which queues.

    Safe to run twice at once. What was missed is not made up for, because nobody knows any more
    what it would have said: the latest planned time gets its report. A queue that fails waits for
    an hour and does not keep the others from theirs.
    """
    with store.read() as session:
        due = [row for row in reports.due_plans(session, clock())
               if not kept.rests(session, row.queue_id, clock())]  # fmt: skip
    return [row.name for row in due if kept.tried(store, row, clock, _make_one)]


def _make_one(store: Store, row: Any, clock: Clock) -> None:
    calendar, now = Calendar(row.every, row.day, row.minute), clock()
    latest = row.next_at
    while (following := calendar.after(latest)) <= now:
        latest = following
    kept.make(store, row.name, clock, period=f"{row.every} to {latest:%Y-%m-%d}")
    with store.write(durable=False) as session:
        reports.advance_plan(session, row.queue_id, row.next_at, following)
