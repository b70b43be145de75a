"""Webhooks: signed as the standard says, every event at least once and in order, none lost."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from labeling.datasets.versions import Change, DatasetSpec, add_version, create_dataset
from labeling.datasets.written import from_rows
from labeling.deliveries import (
    RETRY_SECONDS,
    SETTLES,
    Post,
    deliver,
    forget,
    note_events,
    try_webhook,
)
from labeling.errors import InvalidLabel
from labeling.events import EVENTS
from labeling.webhooks import (
    WebhookSpec,
    add_webhook,
    announce_version,
    remove_webhook,
    switch_webhook,
    webhook_log,
    webhooks_told,
)
from storage import Conflict, NotFound, Store
from storage.queries import webhooks
from storage.sinks.webhook import key_of, signature
from storage.tables import delivery, task
from tests import factories
from tests.factories import NOON
from tests.loopback import Asked, Other, Reply, other

KEY = base64.b64encode(b"0123456789abcdefghijklmn").decode()


@dataclass
class Office:
    """A store with a queue, a receiver, and a webhook that leads to it."""

    store: Store
    there: Other
    client: httpx.Client
    now: datetime = NOON
    ids: dict[str, int] = field(default_factory=dict)

    def clock(self) -> datetime:
        return self.now

    def add(self, name: str = "bi", **more: Any) -> None:
        with self.store.write() as session:
            add_webhook(session, WebhookSpec(name, self.there.url, "bi", **more), None, self.now)

    def task(self, queue: str = "q", **columns: Any) -> int:
        with self.store.write() as session:
            one = factories.interaction(session)
            return factories.task(session, self.ids[queue], one, **columns)

    def label(self, task_id: int, values: Any, **columns: Any) -> int:
        with self.store.write() as session:
            return factories.label(session, task_id, self.ids["ann"], values, **columns)

    def turn(self, name: str = "bi") -> dict[str, int]:
        """What the scheduler does every half minute."""
        with self.store.read() as session:
            row = webhooks.webhook_named(session, name)
        noted = note_events(self.store, row, self.clock)
        if not row.active or (row.next_at is not None and row.next_at > self.now):
            return {"noted": noted}
        post = Post(self.store, self.client, lambda _: "whsec_" + KEY, self.clock)
        return {"noted": noted, **deliver(post, row)}

    def told(self) -> list[tuple[str, Any]]:
        return [(one.json["type"], one.json["data"]) for one in self.there.asked]

    def stands(self) -> dict[str, Any]:
        with self.store.read() as session:
            return webhooks_told(session)[0]


@pytest.fixture
def office(store):
    with other() as there, httpx.Client(timeout=5) as client:
        made = Office(store, there, client)
        with store.write() as session:
            made.ids["ann"] = factories.account(session, "ann")
            made.ids["q"] = factories.queue(session, "q")
        yield made


def test_the_signature_is_that_of_the_standard() -> None:
    # the example of the reference libraries: secret, id, time, body and signature
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["short", "whsec_c2hvcnQ=", "whsec_%%%"])
def test_a_weak_key_is_none(secret) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of base64 or of us
        key_of(secret)


def test_labels_and_verdicts_are_told_signed_in_order_and_without_texts(office) -> None:
    before = office.task()
    office.label(before, {"quality": 1})
    office.add()
    one = office.task()
    label = office.label(one, {"quality": 4, "notes": "Call me at home.", "issues": []})
    with office.store.read() as session:
        from storage.tables import label as labels

        held = session.scalar(select(labels.c.assignment_id).where(labels.c.id == label))
    office.label(one, {"quality": 3}, assignment_id=held, revision=2)
    office.label(one, None, assignment_id=held, revision=3)
    with office.store.write() as session:
        factories.verdict(session, one, "quality", 4, [label], account_id=office.ids["ann"])
        factories.verdict(session, one, "notes", "secret words", [label])
        factories.verdict(session, one, "quality", None, [label], revision=2)
    assert office.turn() == {"noted": 7, "delivered": 7, "refused": 0}
    assert [type_ for type_, _ in office.told()] == [
        "label.created", "label.revised", "label.withdrawn", "verdict.settled", "verdict.settled",
        "verdict.withdrawn", "queue.done",
    ]  # fmt: skip
    created, settled = office.told()[0][1], office.told()[3][1]
    assert created["values"] == {"quality": 4, "issues": []}
    assert created["left_out"] == ["notes"]
    assert created["annotator"] == f"annotator-{office.ids['ann']}"
    assert created["links"] == {"task": f"/v1/queues/q/tasks/{one}"}
    assert (settled["field"], settled["value"], settled["origin"]) == ("quality", 4, "adjudicated")
    assert "secret words" not in repr(office.there.asked)
    for asked in office.there.asked:
        stamp = asked.headers["webhook-timestamp"]
        signed = f"{asked.headers['webhook-id']}.{stamp}.".encode() + asked.body
        made = hmac.new(base64.b64decode(KEY), signed, hashlib.sha256).digest()
        assert asked.headers["webhook-signature"] == "v1," + base64.b64encode(made).decode()
        assert int(stamp) == int(NOON.timestamp())
    assert len({asked.headers["webhook-id"] for asked in office.there.asked}) == 7
    assert office.turn() == {"noted": 0, "delivered": 0, "refused": 0}


def test_a_queue_is_done_once_and_again_when_more_was_drawn(office) -> None:
    office.add(events=["queue.done"])
    office.task(free_slots=1)
    assert office.turn()["noted"] == 0
    with office.store.write() as session:
        session.execute(update(task).values(free_slots=0))
    assert [office.turn()["noted"] for _ in range(2)] == [1, 0]
    office.task()
    assert office.turn()["delivered"] == 1
    assert [(data["queue"], data["labels"]) for _, data in office.told()] == [("q", 1), ("q", 2)]


def test_only_what_was_asked_for_is_told(office) -> None:
    with office.store.write() as session:
        office.ids["other"] = factories.queue(session, "other queue", office.ids["q"])
    office.add(events=["label.created"], queue="other queue")
    office.label(office.task(), {"quality": 1})
    office.label(office.task("other"), {"quality": 2})
    assert office.turn()["delivered"] == 1
    ((type_, data),) = office.told()
    assert (type_, data["values"]) == ("label.created", {"quality": 2})
    assert data["links"]["task"].startswith("/v1/queues/other%20queue/tasks/")


def test_a_label_that_appears_late_under_a_lower_id_is_told(office) -> None:
    office.add(events=["label.created"])
    one, two = office.task(), office.task()
    office.label(two, {"quality": 2}, id=20)
    assert office.turn()["noted"] == 1
    office.now += SETTLES - timedelta(seconds=1)
    office.label(one, {"quality": 1}, id=10)  # its transaction was open all the time
    assert office.turn()["noted"] == 1
    for _ in range(3):
        office.now += SETTLES
        assert office.turn()["noted"] == 0
    with office.store.read() as session:
        assert webhooks.webhook_named(session, "bi").progress["told"]["label"] == 20


def test_a_receiver_that_is_down_gets_everything_in_order_when_it_is_back(office) -> None:
    office.add(events=["label.created"])
    for quality in (1, 2, 3):
        office.label(office.task(), {"quality": quality})
    office.there.answer = lambda _: Reply(503, b"back soon \x00" + b"x" * 5000)
    assert office.turn() == {"noted": 3, "delivered": 0, "refused": 1}
    assert office.turn() == {"noted": 0}
    stands = office.stands()
    assert (stands["waiting"], stands["active"]) == (3, True)
    assert stands["fault"].startswith("answered 503: back soon")
    assert len(stands["fault"]) < 300
    assert stands["next_at"] == NOON + timedelta(seconds=RETRY_SECONDS[0])
    office.there.answer = lambda _: Reply()
    office.now += timedelta(seconds=RETRY_SECONDS[0])
    assert office.turn()["delivered"] == 3
    assert [data["values"]["quality"] for _, data in office.told()] == [1, 1, 2, 3]
    first, again = office.there.asked[:2]
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.headers["webhook-signature"] != again.headers["webhook-signature"]
    assert office.stands()["fault"] is None
    with office.store.read() as session:
        log = webhook_log(session, "bi")
    assert [tried["status"] for tried in log] == [200, 200, 200, 503]
    assert log[-1]["body_hash"] == hashlib.sha256(first.body).hexdigest()


def test_after_a_day_of_failures_it_is_switched_off_and_told_everything_when_on_again(
    office,
) -> None:
    office.add(events=["label.created"])
    office.label(office.task(), {"quality": 1})
    office.there.answer = lambda _: Reply(302, b"", {"location": "http://127.0.0.1:9/"})
    for seconds in (*RETRY_SECONDS, 0):
        assert office.turn()["refused"] == 1
        office.now += timedelta(seconds=seconds)
    stands = office.stands()
    assert not stands["active"]
    assert stands["fault"] == "switched off, failed 8 times: answered 302"
    assert office.now - NOON > timedelta(hours=24)
    office.label(office.task(), {"quality": 2})
    office.there.answer = lambda _: Reply()
    with office.store.write() as session:
        switch_webhook(session, "bi", active=True)
    assert office.turn() == {"noted": 1, "delivered": 2, "refused": 0}


def test_one_event_that_is_refused_does_not_hold_up_the_others(office) -> None:
    office.add(events=["label.created"])
    for quality in (1, 2, 3):
        office.label(office.task(), {"quality": quality})

    def answer(asked: Asked) -> Reply:
        return Reply(422 if asked.json["data"]["values"]["quality"] == 2 else 204, b"")

    office.there.answer = answer
    assert office.turn() == {"noted": 3, "delivered": 2, "refused": 1}
    for seconds in RETRY_SECONDS:
        office.now += timedelta(seconds=seconds)
        assert office.turn()["refused"] == 1
    stands = office.stands()
    assert (stands["failed"], stands["delivered"], stands["active"]) == (1, 2, True)


@pytest.mark.parametrize(("reply", "off"), [(Reply(410, b""), True), (Reply(429, b""), False)])
def test_gone_is_for_good_and_too_many_is_not(office, reply, off) -> None:
    office.add(events=["label.created"])
    office.label(office.task(), {"quality": 1})
    office.there.answer = lambda _: reply._replace(headers={"retry-after": "4000"})
    office.turn()
    assert office.stands()["active"] != off
    assert office.stands()["next_at"] == (None if off else NOON + timedelta(seconds=4000))


def test_killed_after_telling_it_tells_again_under_the_same_id(office) -> None:
    office.add(events=["label.created"])
    office.label(office.task(), {"quality": 1})

    def die(_: httpx.Response) -> None:
        raise KeyboardInterrupt

    with httpx.Client(event_hooks={"response": [die]}) as killed:
        alive, office.client = office.client, killed
        with pytest.raises(KeyboardInterrupt):
            office.turn()
        office.client = alive
    assert office.turn()["delivered"] == 1
    first, second = office.there.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_the_log_forgets_what_is_old_and_tells_nothing_twice_for_it(office) -> None:
    office.add(events=["label.created"])
    office.label(office.task(), {"quality": 4})
    assert office.turn()["delivered"] == 1
    office.now += timedelta(days=40)

    def forgotten() -> int:
        with office.store.read() as session:
            row = webhooks.webhook_named(session, "bi")
        return forget(office.store, row, office.now)

    assert forgotten() == 0  # nothing looked on since: it could be noted anew
    for _ in range(2):
        assert office.turn()["noted"] == 0
        office.now += timedelta(minutes=6)
    assert [forgotten(), forgotten()] == [1, 0]
    assert office.turn()["delivered"] == 0
    stands = office.stands()
    assert (stands["delivered"], stands["waiting"]) == (0, 0)
    with office.store.read() as session:
        assert webhook_log(session, "bi") == []


def rolled_back(store: Store, data: dict[str, Any]) -> None:
    """An announcement whose transaction fails."""
    with store.write() as session:
        announce_version(session, data, NOON)
        raise KeyError


def test_a_version_of_a_dataset_is_told_with_the_transaction_that_makes_it(office) -> None:
    office.add()
    office.add("labels only", events=["label.created"])
    data = {"dataset": "refunds", "version": 2, "hash": "abc", "items": 10}
    with pytest.raises(KeyError):
        rolled_back(office.store, data)
    assert office.turn()["delivered"] == 0
    with office.store.write() as session:
        assert [announce_version(session, data, NOON) for _ in range(2)] == [1, 0]
    assert office.turn()["delivered"] == 1
    assert office.told() == [("dataset.version", data)]


def test_who_makes_a_version_of_a_dataset_tells_of_it_once(office) -> None:
    office.add()
    create_dataset(office.store, DatasetSpec("refunds", "CC0"), NOON)
    rows = [(0, {"id": "q1", "query": "May I?", "expected": "No."})]
    change = Change(from_rows(office.store, rows, "experts", NOON).items)
    made = [add_version(office.store, "refunds", change, NOON) for _ in range(2)]
    assert [one["new"] for one in made] == [True, False]
    assert office.turn()["delivered"] == 1
    [(kind, data)] = office.told()
    assert (kind, data["dataset"], data["hash"]) == ("dataset.version", "refunds", made[0]["hash"])
    assert (data["version"], data["items"]) == (1, 1)


def test_a_trial_is_told_at_once_and_what_is_wrong_is_said(office) -> None:
    office.add()
    post = Post(office.store, office.client, lambda _: "whsec_" + KEY, office.clock)
    assert try_webhook(post, "bi", "1")["status"] == 200
    assert json.loads(office.there.asked[0].body)["type"] == "webhook.test"
    office.there.answer = lambda _: Reply(500, b"oh")
    assert try_webhook(post, "bi", "2")["fault"] == "answered 500: oh"
    with office.store.read() as session:
        assert session.execute(select(delivery)).all() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "a\x00"), ("url", "ftp://x"), ("url", "http://"), ("url", "nope"),
     ("url", "http://user:pw@x/"), ("url", "http://x/#f"), ("url", "http://x:99999/"),
     ("url", "http://a b/"), ("url", "http://x/" + "a" * 2000), ("url", "http://["),
     ("events", []), ("events", ["label.made"])],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_field(sqlite_store, field, value) -> None:
    given = {"name": "bi", "url": "http://127.0.0.1:1/", "secret": "bi"} | {field: value}
    with sqlite_store.write() as session, pytest.raises(InvalidLabel) as error:
        add_webhook(session, WebhookSpec(**given), None, NOON)
    assert error.value.field == field
    assert "user:pw" not in str(error.value)


def test_a_name_is_given_once_and_free_again(office) -> None:
    office.add()
    with pytest.raises(Conflict, match="there is a webhook 'bi'"):
        office.add()
    with office.store.write() as session:
        remove_webhook(session, "bi", NOON)
        with pytest.raises(NotFound):
            switch_webhook(session, "bi", active=True)
    office.add()
    with office.store.read() as session:
        assert [one["name"] for one in webhooks_told(session)] == ["bi"]


def test_the_command_knows_every_event() -> None:
    from server.cli.webhooks import EVENTS as OFFERED

    assert OFFERED == EVENTS
