"""Answers to another platform: what is told, repeats that change nothing, nothing lost."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import select

from labeling.errors import InvalidLabel
from labeling.outbox import REFUSED_SECONDS, Errand, Sent, door_of, flush, send
from labeling.sending import (
    Compared,
    SendingSpec,
    compare,
    marked,
    outlook,
    sendings,
    set_sending,
    stop_sending,
)
from storage import Conflict, NotFound, Store
from storage.queries import connections, queues, sending
from storage.queries.accounts import ensure_annotators
from storage.tables import outgoing
from tests import factories
from tests.factories import NOON
from tests.loopback import Asked, Other, Reply, other

_queues = count(1)
SPANS = [f"{number:016x}" for number in range(1, 7)]


@dataclass
class Post:
    """A queue on interactions of a platform, and the platform."""

    store: Store
    there: Other
    client: httpx.Client
    now: datetime = NOON
    queue: str = "q"
    connection: str = "there"
    ids: dict[str, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    def task(self, span: str, *labels: Any, source: str = "px") -> int:
        with self.store.write() as session:
            one = factories.interaction(session, span, source=source)
            task = factories.task(session, self.ids["q"], one)
            for name, values in labels:
                if name not in self.ids:
                    self.ids[name] = ensure_annotators(session, [name], NOON)[name]
                factories.label(session, task, self.ids[name], values)
        return task

    def label(self, task: int, name: str, values: Any, revision: int) -> None:
        with self.store.write() as session:
            held = self.store_assignment(session, task, self.ids[name])
            factories.label(session, task, self.ids[name], values, assignment_id=held,
                            revision=revision)  # fmt: skip

    @staticmethod
    def store_assignment(session: Any, task: int, account: int) -> int:
        from storage.tables import assignment

        wanted = select(assignment.c.id).where(
            assignment.c.task_id == task, assignment.c.account_id == account
        )
        return int(session.scalar(wanted))

    def errand(self, holder: str = "me", **spec: Any) -> Errand:
        with self.store.write() as session:
            row = set_sending(session, self.queue, self.connection, SendingSpec(**spec), self.now)
        door = door_of(row, self.client, lambda name: f"key-of-{name}")
        return Errand(self.store, row, door, self.clock, holder, wait=self.waits.append)

    def send(self, **spec: Any) -> Sent:
        return send(self.errand(**spec))[1]

    def bodies(self) -> list[dict[str, Any]]:
        """Every annotation that was asked for."""
        return [one for asked in self.there.asked if asked.method == "POST"
                for one in asked.json["data"]]  # fmt: skip

    def stands(self) -> dict[str, Any]:
        with self.store.read() as session:
            (one,) = sendings(session, self.queue)
        return one


def platform(url: str, name: str, source: str) -> dict[str, Any]:
    return {"name": name, "kind": "phoenix", "url": url, "project": "p", "source": source,
            "secret": "px", "options": {}, "progress": {}, "created_at": NOON}  # fmt: skip


def unknown(*spans: str):
    """A platform that refuses whole requests as Phoenix does when it lacks some of the spans."""

    def answer(asked: Asked) -> Reply:
        if asked.method != "POST":
            return Reply(204, b"")
        gone = [one["span_id"] for one in asked.json["data"] if one["span_id"] in spans]
        return Reply(404, f"Spans with IDs {gone} do not exist.".encode()) if gone else Reply()

    return answer


@pytest.fixture
def post(store):
    with other() as there, httpx.Client(timeout=5) as client:
        made = Post(store, there, client)
        with store.write() as session:
            made.ids["q"] = factories.queue(session, "q")
            connections.add_connection(session, platform(there.url, "there", "px"))
        yield made


def test_settled_answers_are_told_once_and_again_when_they_change(post) -> None:
    task = post.task(
        SPANS[0], ("ann", {"quality": 4, "issues": ["incomplete", "wrong_tone"], "notes": "fine"})
    )
    post.task(SPANS[1], ("ann", {"quality": 2}), ("ben", {"quality": 2}))
    post.task("no span", ("ann", {"quality": 1}))
    post.task(SPANS[2], ("ann", {"quality": 1}), source="another")
    assert post.send() == Sent(sent=6)
    told = {(one["span_id"], one["name"], one["result"]["label"]): one for one in post.bodies()}
    assert set(told) == {
        (SPANS[0], "goldloop.quality", "4"), (SPANS[0], "goldloop.issues", "incomplete"),
        (SPANS[0], "goldloop.issues", "wrong_tone"), (SPANS[0], "goldloop.notes", None),
        (SPANS[1], "goldloop.quality", "2"), (SPANS[1], "goldloop.issues", "(none)"),
    }  # fmt: skip
    agreed = told[SPANS[1], "goldloop.quality", "2"]
    assert agreed["metadata"]["origin"] == "unanimous"
    assert (agreed["result"]["score"], agreed["metadata"]["by"]) == (2.0, "goldloop")
    assert post.there.asked[0].headers["authorization"] == "Bearer key-of-px"
    assert post.stands()["unplaced"] == 2
    assert post.send() == Sent()
    post.label(task, "ann", {"quality": 3, "issues": ["incomplete"], "notes": "fine"}, 2)
    assert post.send() == Sent(sent=1, withdrawn=1)
    changed = post.bodies()[-1]
    assert changed["identifier"] == told[SPANS[0], "goldloop.quality", "4"]["identifier"]
    assert post.there.asked[-1].query["identifier"].endswith(":issues:settled:wrong_tone")
    post.label(task, "ann", None, 3)
    assert post.send() == Sent(withdrawn=3)
    assert (post.stands()["sent"], post.stands()["withdrawn"]) == (2, 4)


def test_everybodys_labels_are_told_under_other_names_beside_the_verdicts(post) -> None:
    task = post.task(SPANS[0], ("ann", {"quality": 4}), ("ben", {"quality": 1}))
    with post.store.write() as session:
        factories.verdict(session, task, "quality", 4, [1], account_id=post.ids["ben"],
                          reason="Read the policy.")  # fmt: skip
    post.send(labels="raw")
    told = {(one["name"], one["metadata"]["by"]): one["result"] for one in post.bodies()}
    ann, ben = f"annotator-{post.ids['ann']}", f"annotator-{post.ids['ben']}"
    assert told["goldloop.quality.label", ann]["score"] == 4
    assert told["goldloop.quality.label", ben]["score"] == 1
    assert told["goldloop.quality", ben]["explanation"] == "Read the policy."
    assert len(told) == 3
    assert not {"ann", "ben"} & set(repr(post.bodies()).split("'"))
    keys = {one["identifier"] for one in post.bodies()}
    post.send(names=True)
    assert {one["metadata"]["by"] for one in post.bodies()[3:]} == {"ann", "ben"}
    assert {one["identifier"] for one in post.bodies()} == keys


def test_two_stores_that_speak_to_one_platform_do_not_take_each_others_keys(post) -> None:
    labels = ("ann", {"quality": 4})
    with post.store.read() as session:
        here = marked(queues.queue_named(session, "q"))
    there = marked(
        cast("Any", SimpleNamespace(id=post.ids["q"], created_at=NOON + timedelta(microseconds=1)))
    )
    post.task(SPANS[0], labels)
    post.send()
    assert here != there
    assert all(one["identifier"].startswith(f"goldloop:{here}:") for one in post.bodies())


def test_a_statement_that_is_refused_holds_up_no_other_and_is_given_up_in_the_end(post) -> None:
    for span in SPANS:
        post.task(span, ("ann", {"quality": 5}))
    post.there.answer = unknown(SPANS[1], SPANS[4])
    assert post.send() == Sent(sent=8, refused=4)
    asked = len(post.there.asked)
    assert post.send() == Sent()
    assert len(post.there.asked) == asked
    for seconds in REFUSED_SECONDS:
        post.now += timedelta(seconds=seconds)
        assert post.send().refused == 4
    post.now += timedelta(days=30)
    assert post.send() == Sent()
    stands = post.stands()
    assert (stands["sent"], stands["failed"], stands["fault"]) == (8, 4, None)
    assert "do not exist" in stands["refused"][0]["fault"]
    post.there.answer = lambda _: Reply()
    errand = post.errand()
    with post.store.write() as session:
        assert sending.try_again(session, errand.row.id) == 4
    assert post.send() == Sent(sent=4)


def test_killed_after_sending_it_is_sent_again_under_the_same_key(post) -> None:
    post.task(SPANS[0], ("ann", {"quality": 5}))

    def die(_: httpx.Response) -> None:
        raise KeyboardInterrupt

    errand = post.errand()
    compare(post.store, errand.row, post.clock, keep=True)
    killed = httpx.Client(event_hooks={"response": [die]})  # it was taken by then
    with killed, pytest.raises(KeyboardInterrupt):
        flush(Errand(post.store, errand.row, door_of(errand.row, killed, str), post.clock, "it"))
    assert post.stands()["waiting"] == 2
    post.now += timedelta(minutes=5)
    assert post.send() == Sent(sent=2)
    first, second = (asked.json for asked in post.there.asked)
    assert first == second


@pytest.mark.parametrize("status", [500, 401, 429])
def test_a_platform_that_cannot_be_asked_is_left_alone_for_longer_every_time(post, status) -> None:
    post.task(SPANS[0], ("ann", {"quality": 5}))
    post.there.answer = lambda _: Reply(status, b"key-of-px is no good", {"retry-after": "900"})
    pauses = []
    for _ in range(3):
        errand = post.errand()
        sent = send(errand)[1]
        assert sent.fault == f"answered {status}: [key] is no good"
        pauses.append((post.stands()["next_at"] - post.now).total_seconds())
    assert pauses == [900.0, 900.0, 900.0]
    assert (len(post.there.asked), post.waits) == (3, [])
    assert post.stands()["waiting"] == 2
    post.there.answer = lambda _: Reply()
    assert post.send() == Sent(sent=2)
    assert (post.stands()["fault"], post.stands()["next_at"]) == (None, None)


def test_a_moments_patience_is_granted(post) -> None:
    post.task(SPANS[0], ("ann", {"quality": 5}))
    replies = [Reply(429, b"", {"retry-after": "3"}), Reply(503), Reply()]
    post.there.answer = lambda _: replies.pop(0)
    assert post.send() == Sent(sent=2)
    assert post.waits == [3.0, 4.0]


def test_a_slow_platform_is_down_and_what_it_took_is_sent_again(post) -> None:
    from threading import Event

    gate = Event()
    post.task(SPANS[0], ("ann", {"quality": 5}))

    def answer(_: Asked) -> Reply:
        gate.wait(5)
        return Reply()

    post.there.answer = answer
    errand = post.errand()
    with httpx.Client(timeout=0.05) as hasty:
        door = door_of(errand.row, hasty, str)
        sent = send(Errand(post.store, errand.row, door, post.clock, "me"))[1]
    gate.set()
    assert sent.fault == "no answer: ReadTimeout"
    assert post.send() == Sent(sent=2)
    assert post.bodies()[0] == post.bodies()[2]


def test_two_processes_do_not_send_the_same_at_once(post) -> None:
    post.task(SPANS[0], ("ann", {"quality": 5}))
    found = []

    def answer(_: Asked) -> Reply:
        with pytest.raises(Conflict) as busy:
            send(post.errand("another"))
        found.append(busy.value.code)
        return Reply()

    post.there.answer = answer
    assert post.send() == Sent(sent=2)
    assert found == ["busy"]
    assert send(post.errand("another"))[1] == Sent()


def test_what_changes_while_it_is_sent_is_sent_again(post) -> None:
    task = post.task(SPANS[0], ("ann", {"quality": 5}))

    def answer(_: Asked) -> Reply:
        post.there.answer = lambda _: Reply()
        post.now += timedelta(seconds=1)
        post.label(task, "ann", {"quality": 1}, 2)
        compare(post.store, post.errand().row, post.clock, keep=True)
        return Reply()

    post.there.answer = answer
    post.send()
    assert post.bodies()[-1]["result"]["score"] == 1
    assert post.stands()["waiting"] == 0


def test_a_dry_run_keeps_nothing_and_asks_nobody(post) -> None:
    post.task(SPANS[0], ("ann", {"quality": 5}))
    found = outlook(post.store, "q", "there", SendingSpec(), post.clock)
    assert found == Compared(new=2)
    with post.store.read() as session:
        assert sendings(session) == []
        assert session.execute(select(outgoing)).all() == []
    assert post.there.asked == []


def test_what_cannot_be_is_refused(post) -> None:
    with post.store.write() as session:
        for queue, name in (("nope", "there"), ("q", "nope")):
            with pytest.raises(NotFound, match="nope"):
                set_sending(session, queue, name, SendingSpec(), NOON)
        with pytest.raises(InvalidLabel, match="labels"):
            set_sending(session, "q", "there", SendingSpec("all"), NOON)
        with pytest.raises(NotFound, match="sending"):
            stop_sending(session, "q", "there")
        set_sending(session, "q", "there", SendingSpec(standing=True), NOON)
        assert set_sending(session, "q", "there", SendingSpec(), NOON).standing
        assert not stop_sending(session, "q", "there").standing


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=strategies.data())
def test_whatever_happens_the_platform_holds_what_stands_here_in_the_end(
    sqlite_store, data
) -> None:
    """Labels, corrections, withdrawals, refusals, silence and crashes in any order."""
    over_there: dict[str, Any] = {}
    replies = data.draw(
        strategies.lists(strategies.sampled_from(["ok", "lost", "404", "503"]), max_size=6)
    )

    def answer(request: httpx.Request) -> httpx.Response:
        fate = replies.pop() if replies else "ok"
        if fate in ("404", "503"):
            return httpx.Response(int(fate))
        if request.method == "DELETE":
            over_there.pop(request.url.params["identifier"], None)
        else:
            told = json.loads(request.content)["data"]
            over_there.update({one["identifier"]: one["result"]["score"] for one in told})
        if fate == "lost":  # it was taken, and we died before we knew
            raise KeyboardInterrupt
        return httpx.Response(200)

    post, stands, tasks = laid_out(sqlite_store, httpx.MockTransport(answer))
    moves = strategies.tuples(
        strategies.integers(0, 2),
        strategies.one_of(strategies.none(), strategies.integers(1, 5)),
    )
    for place, quality in data.draw(strategies.lists(moves, max_size=8)):
        task = tasks[place]
        revision = stands[task][0] + 1
        stands[task] = revision, quality
        post.label(task, "ann", None if quality is None else {"quality": quality}, revision)
        with suppress(KeyboardInterrupt):
            post.send()
        post.now += timedelta(days=1)
    post.errand()
    while replies or post.stands()["waiting"]:
        with suppress(KeyboardInterrupt):
            post.send()
        post.now += timedelta(days=1)
        replies[:] = replies[:-1]
    post.send()
    scores = sorted(score for score in over_there.values() if score is not None)
    assert scores == sorted(quality for _, quality in stands.values() if quality is not None)
    assert len(over_there) == 2 * len(scores)


def laid_out(store: Store, transport: httpx.MockTransport) -> Any:
    """A new queue with three labelled tasks, and a platform behind a transport."""
    number = next(_queues)
    there = Other(url="http://platform")
    post = Post(store, there, httpx.Client(transport=transport), connection=f"there-{number}")
    with store.write() as session:
        form = factories.guideline(session, slug=f"toy-{number}")
        post.ids["q"] = factories.queue(session, f"q{number}", form)
        connections.add_connection(session, platform(there.url, f"there-{number}", f"s{number}"))
    post.queue = f"q{number}"
    spans = [f"{100 * number + place:016x}" for place in range(3)]
    tasks = [post.task(span, ("ann", {"quality": 3}), source=f"s{number}") for span in spans]
    return post, dict.fromkeys(tasks, (1, 3)), tasks
