"""Verdicts are appended; the newest stands, and one without a value lets the labels speak."""

from datetime import UTC, datetime

import pytest

from storage import Store, frames
from storage.queries import verdicts
from tests import factories


@pytest.fixture
def task_of(store: Store) -> tuple[int, int]:
    """A queue and a task in it."""
    with store.write() as session:
        queue = factories.queue(session, name="q")
        return queue, factories.task(session, queue, factories.interaction(session))


def add(store: Store, task: int, value: object, revision: int, **more: object) -> int:
    said = {"task_id": task, "field": "quality", "origin": "adjudicated", "label_ids": [1, 2]}
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with store.write() as session:
        return verdicts.add_verdict(
            session, said | {"value": value, "revision": revision, "created_at": now} | more
        )


def test_the_newest_revision_stands_and_the_older_ones_stay(store: Store, task_of) -> None:
    queue, task = task_of
    with store.write() as session:
        lead = factories.account(session, name="lea", role="lead")
    add(store, task, 2, 1, account_id=lead, reason="too short")
    add(store, task, 4, 2)
    with store.read() as session:
        assert frames.verdicts(session, queue) == {(task, "quality"): 4}
        (newest,) = verdicts.verdicts_of_queue(session, queue)
        first, second = verdicts.verdicts_of_task(session, task)
        assert verdicts.latest_revision(session, task, "quality") == 2
        assert verdicts.latest_revision(session, task, "issues") == 0
    assert (newest.value, newest.by, newest.label_ids) == (4, None, [1, 2])
    assert (first.value, first.by, first.reason, second.revision) == (2, "lea", "too short", 2)


def test_a_verdict_without_a_value_is_none(store: Store, task_of) -> None:
    queue, task = task_of
    add(store, task, 2, 1)
    add(store, task, None, 2)
    with store.read() as session:
        assert frames.verdicts(session, queue) == {}
        assert [one.value for one in verdicts.verdicts_of_queue(session, queue)] == [None]
