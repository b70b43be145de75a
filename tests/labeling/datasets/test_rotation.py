"""Rotation: due once, repeatable at any moment, items retired for good."""

from datetime import timedelta

import pytest

from labeling.datasets.rotation import rotate, rotate_due, set_rotation
from labeling.errors import InvalidLabel
from server import jobs
from storage import Conflict
from storage.queries import datasets as kept
from tests import factories

NOW = factories.NOON + timedelta(days=1)
WEEK = timedelta(weeks=1)


def begin(bench, keep: int, **recipe) -> None:
    bench.add(**recipe)
    with bench.store.write() as session:
        set_rotation(session, "bench", int(WEEK.total_seconds()), keep, NOW)


def keys(bench) -> set[str]:
    with bench.store.read() as session:
        found = kept.version_row(session, kept.dataset_named(session, "bench").id, None)
        return {row.key for row in kept.member_rows(session, found.id)}


def test_every_week_half_of_it_is_new_and_nothing_comes_back(store, make_bench):
    bench = make_bench(store)
    begin(bench, 2, size=4)
    seen, sizes = [keys(bench)], []
    for week in range(1, 5):
        at = NOW + week * WEEK
        assert rotate_due(store, lambda at=at: at - timedelta(seconds=1)) == []
        (made,) = rotate_due(store, lambda at=at: at)
        assert rotate_due(store, lambda at=at: at) == []
        seen.append(keys(bench))
        sizes.append(made["items"])
    assert sizes[0] == 4  # nobody has been through two rotations yet
    assert seen[0] == seen[1]
    assert not seen[2] & seen[0]
    assert not seen[4] & (seen[0] | seen[2])
    assert max(sizes) <= 4


def test_what_was_labelled_since_comes_in(bench):
    begin(bench, 10)
    for number in range(24, 30):
        bench.ask(number)
    bench.label(NOW + timedelta(days=2))
    (made,) = rotate_due(bench.store, lambda: NOW + WEEK)
    assert (made["version"], made["items"]) == (2, 30)
    assert made["planned_at"] == NOW + WEEK


def test_killed_between_the_version_and_the_count_it_is_finished_the_next_time(bench):
    begin(bench, 2, size=4)
    (first,) = rotate_due(bench.store, lambda: NOW + WEEK)
    (second,) = rotate_due(bench.store, lambda: NOW + 2 * WEEK)
    with bench.store.write() as session:  # as it was before the count was written
        row = kept.dataset_named(session, "bench")
        kept.change_dataset(session, row.id, {"rotate_at": NOW + 2 * WEEK})
    (again,) = rotate_due(bench.store, lambda: NOW + 2 * WEEK)
    assert (first["new"], second["version"], again["version"], again["new"]) == (
        False, 2, 2, False,
    )  # fmt: skip
    with bench.store.read() as session:
        assert kept.dataset_named(session, "bench").rotate_at == NOW + 3 * WEEK


def test_missed_weeks_are_one_rotation(bench):
    begin(bench, 9, size=4)
    assert len(rotate_due(bench.store, lambda: NOW + 5 * WEEK)) == 1
    with bench.store.read() as session:
        assert kept.dataset_named(session, "bench").rotate_at == NOW + 6 * WEEK
    assert rotate_due(bench.store, lambda: NOW + 5 * WEEK) == []


def test_one_that_cannot_is_passed_over(bench, caplog):
    begin(bench, 1)  # everything is retired, nothing is left to take
    assert rotate_due(bench.store, lambda: NOW + WEEK) == []
    assert "could not be rotated" in caplog.text
    assert len(keys(bench)) == 24


def test_the_job_runs_in_one_process_alone(bench):
    begin(bench, 9)
    with bench.store.write() as session:
        set_rotation(session, "bench", 60, 9, NOW)
    due, later = NOW + timedelta(seconds=60), NOW + timedelta(seconds=120)
    assert len(jobs.rotate_datasets(bench.store, lambda: due, "one")) == 1
    assert jobs.rotate_datasets(bench.store, lambda: later, "two") == []
    assert len(jobs.rotate_datasets(bench.store, lambda: later, "one")) == 1


def test_what_cannot_be_is_refused(bench):
    with bench.store.write() as session, pytest.raises(Conflict, match="never taken from a queue"):
        set_rotation(session, "bench", 3600, 3, NOW)
    with pytest.raises(Conflict, match="does not rotate"):
        rotate(bench.store, "bench", NOW)
    begin(bench, 3)
    with pytest.raises(Conflict, match="the next rotation is at"):
        rotate(bench.store, "bench", NOW)
    assert rotate(bench.store, "bench", NOW, early=True)["version"] == 1
    with bench.store.write() as session:
        for every, keep in ((5, 3), (3600, 0)):
            with pytest.raises(InvalidLabel):
                set_rotation(session, "bench", every, keep, NOW)
        assert set_rotation(session, "bench", None, 3, NOW)["rotation"] is None
