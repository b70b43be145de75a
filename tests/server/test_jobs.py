"""What happens by itself: one keeper of schedules at a time, log-ins forgotten, a demo repeated."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from labeling.assignment import claim
from labeling.draws import DrawRequest
from labeling.guideline import load_guidelines
from labeling.queues import QueueSpec, create_queue
from labeling.schedules import ScheduleSpec, set_schedule
from server import auth, jobs
from server.demo.load import QUEUE, load_demo
from server.scheduler import Scheduler
from server.settings import Settings
from storage import Conflict, frames
from storage.ingest import ingest_rows
from storage.queries import accounts, queues
from storage.tables import interaction, queue
from storage.traces import Patience
from tests import factories

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 11, 1, tzinfo=UTC)


def with_schedule(store) -> None:
    guideline = load_guidelines(ROOT / "guidelines")["response-quality"]
    with store.write() as session:
        create_queue(session, QueueSpec("q", guideline.slug), guideline, None, START)
        spec = ScheduleSpec(DrawRequest("random", rate=1.0), every_seconds=3600)
        set_schedule(session, "q", spec, START)
    rows = enumerate([{"id": "a", "query": "q", "response": "r"}])
    ingest_rows(store, rows, clock=lambda: START + timedelta(minutes=5))


def test_only_the_holder_of_the_lease_draws(store):
    with_schedule(store)
    later = START + timedelta(hours=1, seconds=1)
    assert jobs.keep_schedules(store, lambda: START, "one") == []
    assert jobs.keep_schedules(store, lambda: START, "two") == []
    (drawn,) = jobs.keep_schedules(store, lambda: later, "one")
    assert (drawn["queue"], drawn["new_tasks"]) == ("q", 1)
    assert jobs.keep_schedules(store, lambda: later, "two") == []


def test_a_dead_holder_is_replaced(store):
    with_schedule(store)
    due = START + timedelta(hours=2)
    jobs.keep_schedules(store, lambda: due - timedelta(minutes=61), "dead")
    assert len(jobs.keep_schedules(store, lambda: due, "alive")) == 2


def test_what_is_left_alone_is_freed_without_anybody_claiming(store):
    with_schedule(store)
    jobs.keep_schedules(store, lambda: START + timedelta(hours=2), "one")
    with store.write() as session:
        ann = auth.create_account(session, "ann", "annotator", START)
        claim(session, "q", ann, now=START + timedelta(hours=2))
    assert jobs.free_slots(store, lambda: START + timedelta(hours=2, minutes=5)) == 0
    assert jobs.free_slots(store, lambda: START + timedelta(hours=3)) == 1


def test_a_queue_that_cannot_be_learnt_from_does_not_keep_the_others_from_it(store, caplog):
    until = {"posterior": 0.9, "at_most": 4}
    with store.write() as session:
        ada, form = factories.account(session, "ada"), factories.guideline(session)
        for name in ("broken", "sound"):
            one = factories.queue(session, name, form, overlap=2, overlap_until=until)
            task = factories.task(session, one, factories.interaction(session))
            held = factories.assignment(session, task, ada, slot=0)
            factories.label(session, task, ada, {"quality": 4}, assignment_id=held)
        broken = update(queue).where(queue.c.name == "broken")
        session.execute(broken.values(overlap_until={"posterior": 2, "at_most": 4}))
    learnt = jobs.learn_people(store, lambda: START, "one")
    assert [(told["queue"], told["labels"]) for told in learnt] == [("sound", 1)]
    assert "queue broken could not be learnt from" in caplog.text


def test_expired_log_ins_are_forgotten(store):
    with store.write() as session:
        account = auth.create_account(session, "ann", "annotator", START, password="long enough 1")
        auth.open_login(session, account, START, days=1)
    assert jobs.forget_logins(store, lambda: START + timedelta(hours=23)) == 0
    assert jobs.forget_logins(store, lambda: START + timedelta(hours=25)) == 1


def test_the_scheduler_starts_and_stops(sqlite_store):
    scheduler = Scheduler(sqlite_store, lambda: START, Patience())
    scheduler.start()
    scheduler.stop()


def test_the_demo_leaves_a_store_alone_that_is_not_its_own(sqlite_store, tmp_path):
    rows = [(0, {"id": "a", "query": "Mine?", "response": "Yes."})]
    ingest_rows(sqlite_store, rows, clock=lambda: START)
    settings = Settings(demo_logins=tmp_path / "logins.json")
    with pytest.raises(Conflict, match="interactions of its own"):
        load_demo(sqlite_store, settings, lambda: START)
    with sqlite_store.read() as session:
        assert accounts.list_accounts(session) == []
        assert session.scalar(select(func.count()).select_from(interaction)) == 1


def test_the_demo_does_not_print_a_password_that_was_changed(sqlite_store, tmp_path):
    settings = Settings(demo_logins=tmp_path / "logins.json")
    load_demo(sqlite_store, settings, lambda: START)
    with sqlite_store.write() as session:
        auth.change_password(session, auth.existing(session, "noor"), "another one", START)
    again = load_demo(sqlite_store, settings, lambda: START)
    assert again.logins["noor"] == "(changed)"
    assert again.logins["anna"] != "(changed)"


def test_the_demo_can_be_repeated(sqlite_store, tmp_path):
    settings = Settings(demo_logins=tmp_path / "logins.json")
    first = load_demo(sqlite_store, settings, lambda: START)
    again = load_demo(sqlite_store, settings, lambda: START + timedelta(days=1))
    assert again == first
    assert (tmp_path / "logins.json").stat().st_mode & 0o077 == 0
    with sqlite_store.read() as session:
        queue = queues.queue_named(session, QUEUE)
        labels = frames.labels(session, queue.id)
        names = {account.name for account in accounts.list_accounts(session)}
    assert set(labels["annotator"]) <= names
    assert labels.groupby("task").size().max() >= 2
    for name, password in first.logins.items():
        with sqlite_store.read() as session:
            account = accounts.account_named(session, name)
            assert auth.password_fits(accounts.password_hash(session, account.id), password)
