"""Reports by the calendar: one per period, however often the job runs, and kept for good."""

from datetime import UTC, datetime, timedelta

import pytest

from labeling import kept, planned_reports
from labeling.errors import InvalidLabel
from labeling.planned_reports import Calendar, make_planned
from storage import NotFound
from tests.labeling.conftest import Lab
from tests.labeling.test_kept import label_one

SUNDAY = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "at", "expected"),
    [
        ("week", "Monday 07:00", datetime(2026, 11, 2, 7, tzinfo=UTC)),
        ("week", "sunday 12:00", datetime(2026, 11, 8, 12, tzinfo=UTC)),
        ("week", "sunday 12:01", datetime(2026, 11, 1, 12, 1, tzinfo=UTC)),
        ("month", "1 07:00", datetime(2026, 12, 1, 7, tzinfo=UTC)),
        ("month", "28 00:30", datetime(2026, 11, 28, 0, 30, tzinfo=UTC)),
    ],
)
def test_the_next_time(every: str, at: str, expected: datetime) -> None:
    calendar = Calendar.read(every, at)
    assert calendar.after(SUNDAY) == expected
    assert Calendar.read(every, calendar.at) == calendar


@pytest.mark.parametrize(
    ("every", "at"),
    [("day", "monday 07:00"), ("week", "moonday 07:00"), ("week", "monday"), ("week", "1 07:00"),
     ("month", "31 07:00"), ("month", "0 07:00"), ("month", "1 25:00"), ("month", "monday 07:00")],
)  # fmt: skip
def test_what_is_no_time_is_refused(every: str, at: str) -> None:
    with pytest.raises(InvalidLabel):
        Calendar.read(every, at)


def listed(lab: Lab) -> list[str | None]:
    with lab.store.read() as session:
        return [one["period"] for one in kept.kept(session, "q")]


def test_one_per_period_beside_the_daily_ones(lab: Lab) -> None:
    lab.queue(5)
    label_one(lab)
    with lab.store.write() as session:
        told = planned_reports.plan(session, "q", Calendar.read("week", "monday 07:00"), lab.now)
    assert told["next_at"] == datetime(2026, 11, 2, 7, tzinfo=UTC)
    assert make_planned(lab.store, lambda: lab.now) == []
    lab.now += timedelta(days=1)
    assert make_planned(lab.store, lambda: lab.now) == ["q"]
    assert make_planned(lab.store, lambda: lab.now) == []
    kept.make(lab.store, "q", lambda: lab.now)
    kept.make(lab.store, "q", lambda: lab.now)
    kept.make(lab.store, "q", lambda: lab.now, period="week to 2026-11-02")
    assert listed(lab) == [None, "week to 2026-11-02"]
    lab.now += timedelta(days=15)  # nobody was at home for two weeks
    assert make_planned(lab.store, lambda: lab.now) == ["q"]
    assert listed(lab) == ["week to 2026-11-16", None, "week to 2026-11-02"]
    with lab.store.write() as session:
        planned_reports.stop(session, "q")
        with pytest.raises(NotFound):
            planned_reports.stop(session, "q")
    lab.now += timedelta(days=15)
    assert make_planned(lab.store, lambda: lab.now) == []


def test_what_fails_is_tried_again_after_an_hour(lab: Lab, caplog) -> None:
    lab.queue(5)
    label_one(lab)
    tries = []

    def broken(*given: object) -> None:
        tries.append(given)
        raise RuntimeError("no")

    class Row:
        id, name = 1, "q"

    assert not kept.tried(lab.store, Row, lambda: lab.now, broken)
    assert "again in an hour" in caplog.text
    assert kept.make_due(lab.store, lambda: lab.now) == [], "it rests"
    lab.wait(3601)
    assert kept.make_due(lab.store, lambda: lab.now) == ["q"]
