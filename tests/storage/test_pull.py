"""Pulling: everything once, whenever it breaks off and whatever the other side answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from storage import Conflict, PullFault, Store
from storage.connections import ConnectionSpec, make_connection, told
from storage.pull import Outside, PullOrder, PullReport, check, due_names, pull
from storage.queries import connections
from storage.queries.leases import take_lease
from storage.tables import feedback, interaction
from tests.platform_servers import SERVERS, Answer, Asked, Platform, payload, serving

START = datetime(2026, 11, 22, tzinfo=UTC)
KEY = "pk-lf-1:sk-lf-secret"
PROJECTS = {"mlflow": "support-bot", "langsmith": "support-bot", "phoenix": None, "langfuse": None}


@dataclass
class World:
    """A store, a clock, and how long was waited."""

    store: Store
    client: httpx.Client
    now: datetime = START
    waited: list[float] = field(default_factory=list)

    def outside(self) -> Outside:
        return Outside(self.client, lambda: self.now, self.waited.append, lambda _name: KEY)

    def connect(self, kind: str, url: str, **more: Any) -> None:
        spec = ConnectionSpec(kind, kind, url, project=PROJECTS[kind], **more)
        with self.store.write() as session:
            make_connection(session, spec, self.now)

    def pull(self, name: str, **order: Any) -> PullReport:
        return pull(self.store, name, self.outside(), PullOrder(**order))

    def row(self, name: str) -> Any:
        with self.store.read() as session:
            return connections.connection_named(session, name)

    def ids(self) -> list[str]:
        with self.store.read() as session:
            return sorted(session.scalars(select(interaction.c.external_id)))

    def said(self) -> list[tuple[Any, ...]]:
        with self.store.read() as session:
            rows = session.execute(
                select(interaction.c.external_id, feedback.c.raw, feedback.c.value).join(
                    interaction
                )
            )
            return sorted((row[1]["name"], row[0], row[2]) for row in rows)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=5) as one:
        yield one


@pytest.fixture
def world(store: Store, client: httpx.Client) -> World:
    return World(store, client)


@pytest.fixture
def small(sqlite_store: Store, client: httpx.Client) -> World:
    """The same where the database makes no difference."""
    return World(sqlite_store, client)


EXPECTED = {
    "phoenix": (6, 2, 1), "mlflow": (3, 3, 0), "langfuse": (3, 3, 0), "langsmith": (1, 2, 0)
}  # fmt: skip


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("size", ["1", "100"])
def test_everything_comes_once_whatever_the_size_of_a_page(world, kind, size):
    with serving(SERVERS[kind]) as platform:
        world.connect(kind, platform.url, options={"page_size": size}, secret="key")
        first = world.pull(kind)
        counts = [one.accepted for one in first.intake.parts().values()]
        assert (tuple(counts), first.finished, first.fault) == (EXPECTED[kind], True, None)
        assert first.intake.interactions.rejected == []
        world.now += timedelta(days=2)
        again = world.pull(kind)
        assert [one.accepted for one in again.intake.parts().values()] == [0, 0, 0]
        assert again.fault is None
    assert len(world.ids()) == EXPECTED[kind][0]


@pytest.mark.parametrize("kind", SERVERS)
def test_killed_after_any_page_it_goes_on_and_loses_nothing(small, kind):
    with serving(SERVERS[kind]) as platform:
        small.connect(kind, platform.url, options={"page_size": "1"})
        whole = 0
        while True:  # the server dies at every request once, which ends the pull there
            platform.instead = [None] * whole + [(401, {})]
            before = len(platform.asked)
            report = small.pull(kind)
            if report.fault is None:
                break
            assert small.row(kind).fault.startswith("/")
            whole = len(platform.asked) - before
            if whole > 60:
                pytest.fail("it never ends")
        platform.instead = []
        assert small.pull(kind).finished
    assert len(small.ids()) == EXPECTED[kind][0]
    assert len(small.said()) == EXPECTED[kind][1]
    assert small.row(kind).fault is None


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("kind", ["phoenix", "langfuse"])
def test_killed_at_any_moment_it_loses_nothing(small, kind):
    """The clock is read between all steps: the process dies at each of its readings in turn."""
    left = 0

    def clock() -> datetime:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return small.now

    with serving(SERVERS[kind]) as platform:
        small.connect(kind, platform.url, options={"page_size": "3"})
        outside = Outside(small.client, clock, small.waited.append, lambda _name: KEY)
        for life in range(1, 40):
            left = life
            small.now += timedelta(minutes=3)  # the lease of the dead one runs out
            try:
                report = pull(small.store, kind, outside, PullOrder())
            except Killed:
                continue
            assert report.fault is None
            break
        assert life > 5
    assert (len(small.ids()), len(small.said())) == EXPECTED[kind][:2]


def test_what_was_said_of_a_trace_is_on_its_last_answer(small):
    with serving(SERVERS["langfuse"]) as platform:
        small.connect("langfuse", platform.url, secret="key", options={"dataset": "bench"})
        small.pull("langfuse")
        (login,) = {one.headers["authorization"] for one in platform.asked}
    assert login == "Basic cGstbGYtMTpzay1sZi1zZWNyZXQ="
    assert small.said() == [
        ("bench", "last", None), ("category", "last", None),
        ("rating", "65e8795d35bd8c83", None), ("user_feedback", "last", 1.0),
    ]  # fmt: skip


def test_an_older_langfuse_is_asked_trace_by_trace(small):
    with serving(SERVERS["langfuse"]) as platform:
        small.connect("langfuse", platform.url, options={"api": "v1", "page_size": "1"})
        report = small.pull("langfuse")
    assert (report.intake.interactions.accepted, report.pages) == (6, 2)
    assert small.said() == [("user_feedback", "t-1-last", 1.0), ("user_feedback", "t-2-last", 1.0)]


def test_feedback_on_a_root_run_is_on_the_call_of_its_model(small):
    with serving(SERVERS["langsmith"]) as platform:
        small.connect("langsmith", platform.url, secret="key")
        small.pull("langsmith")
        assert platform.asked[0].headers["x-api-key"] == KEY
    call = payload("langsmith_2_runs_batch.json")["post"][0]["id"]
    assert small.said() == [("rating", call, None), ("user_feedback", call, None)]


def test_root_runs_are_interactions_when_wished(small):
    with serving(SERVERS["langsmith"]) as platform:
        small.connect("langsmith", platform.url, options={"runs": "root"})
        small.pull("langsmith")
    assert small.ids() == [payload("langsmith_1_runs_batch.json")["post"][0]["id"]]


def test_a_scale_that_was_given_puts_a_rating_in_its_place(small):
    with serving(SERVERS["mlflow"]) as platform:
        small.connect("mlflow", platform.url, options={"scale.rating": "1..5"})
        small.pull("mlflow")
    assert [value for name, _, value in small.said() if name == "rating"] == [0.75]


def test_known_traces_of_mlflow_are_not_fetched_again(small):
    with serving(SERVERS["mlflow"]) as platform:
        small.connect("mlflow", platform.url)
        small.pull("mlflow")
        assert sum(path.endswith("/batchGet") for path in platform.paths()) == 1
        small.now += timedelta(hours=1)
        small.pull("mlflow")
        assert sum(path.endswith("/batchGet") for path in platform.paths()) == 1


def test_traces_whose_spans_cannot_be_had_spoil_no_others(small):
    infos = payload("mlflow_rest_traces_search.json")["traces"]
    late = infos[0]["trace_id"]

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("/batchGet") or late in str(asked.query):
            return 500, {"message": "Trace data not stored in tracking store"}
        if asked.path.endswith("/traces/get"):
            return 200, payload("mlflow_rest_trace_get.json")
        return SERVERS["mlflow"](asked)

    with serving(answer) as platform:
        small.connect("mlflow", platform.url)
        report = small.pull("mlflow")
    assert (report.intake.interactions.accepted, report.intake.passed) == (2, 1)
    assert (report.finished, small.waited) == (True, [])
    assert late not in small.ids()
    with serving(SERVERS["mlflow"]) as platform:
        with small.store.write() as session:
            row = connections.connection_named(session, "mlflow")
            connections.change_connection(session, row.id, {"url": platform.url})
        small.now += timedelta(minutes=30)
        small.pull("mlflow")
    assert late in small.ids()


def windows(platform: Platform) -> list[str]:
    """From when on spans were asked for, without those of a trace."""
    asked = [one for one in platform.asked if one.path.endswith("/spans") and "limit" in one.query]
    return [one.one("start_time") for one in asked if "trace_id" not in one.query]


def test_the_next_window_overlaps_and_once_a_day_looks_back_for_what_came_late(small):
    with serving(SERVERS["phoenix"]) as platform:
        small.connect("phoenix", platform.url)
        small.pull("phoenix")
        small.now += timedelta(hours=2)
        small.pull("phoenix")
        small.now += timedelta(hours=23)
        small.pull("phoenix")
    day = START + timedelta(hours=2)
    assert windows(platform)[::2] == [
        "", (START - timedelta(hours=1)).isoformat(), (day - timedelta(days=7)).isoformat(),
    ]  # fmt: skip


def test_a_wished_window_leaves_the_usual_ones_where_they_were(small):
    with serving(SERVERS["phoenix"]) as platform:
        small.connect("phoenix", platform.url)
        since = START - timedelta(days=30)
        small.pull("phoenix", since=since)
        assert windows(platform)[0] == since.isoformat()
        before = small.row("phoenix").progress
        small.now += timedelta(hours=1)
        small.pull("phoenix", since=START - timedelta(days=90))
        assert small.row("phoenix").progress == before


def test_a_limit_ends_at_a_page_and_the_next_pull_goes_on_there(small):
    with serving(SERVERS["phoenix"]) as platform:
        small.connect("phoenix", platform.url, options={"page_size": "2"})
        part = small.pull("phoenix", limit=1)
        assert (part.finished, told(small.row("phoenix"))["unfinished"]) == (False, True)
        assert len(small.ids()) < 6
        assert small.pull("phoenix").finished
    assert len(small.ids()) == 6


def test_a_dry_run_tells_what_would_come_and_stores_nothing(small):
    with serving(SERVERS["phoenix"]) as platform:
        small.connect("phoenix", platform.url, options={"page_size": "5"})
        look = small.pull("phoenix", dry_run=True).to_json()
    assert (look["dry_run"], look["new"], look["known"], look["more"]) == (True, 1, 0, True)
    assert "How do I get a refund" in look["first"][0]["messages"]
    assert (small.ids(), small.row("phoenix").progress) == ([], {})


def test_one_bad_object_stops_no_other(small):
    def answer(asked: Asked) -> Answer:
        status, page, *_ = SERVERS["phoenix"](asked)
        if asked.path.endswith("/spans") and "trace_id" not in asked.query:
            page["data"][1:1] = [None, {"context": []}, {"context": {}, "attributes": [1]}]
        return status, page

    with serving(answer) as platform:
        small.connect("phoenix", platform.url)
        report = small.pull("phoenix")
    assert (report.intake.interactions.accepted, report.intake.interactions.rejected_total) == (
        6,
        3,
    )
    assert report.finished


# Hostile and tired servers


def faulty(small: World, *answers: Answer | None, usual: Callable[[Asked], Answer] | None = None):
    with serving(usual or SERVERS["phoenix"]) as platform:
        platform.instead = list(answers)
        small.connect("phoenix", platform.url, secret="key")
        return small.pull("phoenix"), platform


def test_a_tired_server_is_waited_for_as_long_as_it_says(small):
    tired = (429, {}, {"retry-after": "7"}), (503, {}, {"retry-after": "soon"}), (500, b"oops")
    report, _ = faulty(small, *tired, (429, {}, {"retry-after": "999999"}))
    assert report.fault is None
    assert small.waited == [7.0, 2.0, 4.0, 60.0]


def test_a_server_that_stays_broken_is_a_fault_that_is_kept(small):
    report, platform = faulty(small, *[(500, {"detail": f"no {KEY} here"})] * 5)
    assert (len(platform.asked), len(small.waited)) == (5, 4)
    assert report.fault is not None
    fault = small.row("phoenix").fault
    assert "answered 500" in fault
    assert "sk-lf-secret" not in fault


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, b"<html>login</html>"), "something else than JSON"),
        ((200, [1, 2]), "something else than JSON"),
        ((200, {"data": 7}), "no list 'data'"),
        ((200, {}), "no list 'data'"),
        ((200, {"data": [], "next_cursor": {"a": 1}}), "no cursor"),
        ((200, b"[" * 100_000), "something else than JSON"),
        ((401, {"detail": "who?"}), "the secret of the connection is wrong"),
        ((404, {"detail": "no"}), "the url or the project"),
        ((200, b" " * 64_000_001), "more than 64000000 bytes"),
        ((302, {}, {"location": "http://127.0.0.1:9/steal"}), "a key is sent to no other address"),
    ],
)
def test_nonsense_is_one_fault_that_says_what_to_do(small, answer, said):
    report, platform = faulty(small, answer)
    assert said in small.row("phoenix").fault
    assert (report.finished, len(platform.asked), small.waited) == (False, 1, [])


def test_a_cursor_that_comes_twice_ends_the_pull(small):
    def endless(asked: Asked) -> Answer:
        return 200, {"data": [], "next_cursor": "again"}

    report, platform = faulty(small, usual=endless)
    assert "the same cursor twice" in small.row("phoenix").fault
    assert (report.finished, len(platform.asked)) == (False, 2)


def test_a_list_without_end_inside_a_page_is_a_fault(small):
    def endless(asked: Asked) -> Answer:
        if asked.path.endswith("/span_annotations"):
            return 200, {"data": [], "next_cursor": asked.one("cursor", "0") + "1"}
        return SERVERS["phoenix"](asked)

    report, _ = faulty(small, usual=endless)
    assert "more than 100 pages" in str(report.fault)
    assert report.intake.interactions.accepted == 6


def test_a_cursor_that_the_server_forgot_begins_the_window_anew(small):
    with serving(SERVERS["phoenix"]) as platform:
        small.connect("phoenix", platform.url, options={"page_size": "4"})
        small.pull("phoenix", limit=1)
        assert small.row("phoenix").progress["window"]["cursor"] is not None
        platform.instead = [(422, {"detail": "Invalid cursor"})]
        assert small.pull("phoenix").fault is not None
        assert small.pull("phoenix").finished
    assert len(small.ids()) == 6


def test_a_server_that_is_not_there_is_a_fault(small):
    with serving(SERVERS["phoenix"]) as platform:
        gone = platform.url
    small.connect("phoenix", gone)
    report = small.pull("phoenix")
    assert "ConnectError" in str(report.fault)
    with pytest.raises(PullFault, match="ConnectError"):
        check(small.store, "phoenix", small.outside())


@pytest.mark.parametrize("kind", SERVERS)
def test_a_connection_can_be_tried(small, kind):
    with serving(SERVERS[kind]) as platform:
        small.connect(kind, platform.url)
        said = check(small.store, kind, small.outside())
        assert ("has spans" if kind == "phoenix" else "support-bot") in said
        platform.instead = [(401, {})] * 2
        with pytest.raises(PullFault, match="answered 401"):
            check(small.store, kind, small.outside())


@pytest.mark.parametrize("kind", ["mlflow", "langsmith"])
def test_a_project_that_is_given_by_id_is_asked_for_all_the_same(small, kind):
    given = {"mlflow": "1", "langsmith": "6f1c1a52-6a0e-4f0a-9a9a-3a6f0a1b2c3d"}[kind]
    with serving(SERVERS[kind]) as platform:
        with small.store.write() as session:
            spec = ConnectionSpec("byid", kind, platform.url, project=given)
            make_connection(session, spec, small.now)
        assert check(small.store, "byid", small.outside()).endswith("support-bot")
        assert len(platform.asked) == 1


def test_a_process_that_ends_stops_after_its_page(small):
    with serving(SERVERS["phoenix"]) as platform:
        small.connect("phoenix", platform.url, options={"page_size": "2"})
        usual = small.outside()
        ending = Outside(usual.client, usual.clock, usual.wait, usual.secret, lambda: True)
        report = pull(small.store, "phoenix", ending, PullOrder())
        assert (report.pages, report.finished, report.fault) == (1, False, None)
        assert small.pull("phoenix").finished
    assert len(small.ids()) == 6


# One at a time, when its time has come


def test_two_processes_do_not_pull_the_same_at_once(world):
    with serving(SERVERS["phoenix"]) as platform:
        world.connect("phoenix", platform.url)
        name, until = f"pull:{world.row('phoenix').id}", world.now + timedelta(seconds=90)
        with world.store.write() as session:
            assert take_lease(session, name, "another", world.now, until)
        with pytest.raises(Conflict, match="is being pulled"):
            world.pull("phoenix")
        world.now = until + timedelta(seconds=1)  # the other one was killed
        assert world.pull("phoenix").finished
        assert world.pull("phoenix").finished


def test_connections_are_due_by_their_own_clock(small):
    with serving(SERVERS["phoenix"]) as platform:
        small.connect("phoenix", platform.url, every_minutes=15)
        small.connect("mlflow", platform.url)

        def due() -> list[str]:
            with small.store.read() as session:
                return due_names(session, small.now)

        assert due() == ["phoenix"]
        small.pull("phoenix")
        assert due() == []
        small.now += timedelta(minutes=15)
        assert due() == ["phoenix"]


def test_removed_connections_leave_what_they_brought(small):
    with serving(SERVERS["langfuse"]) as platform:
        small.connect("langfuse", platform.url)
        small.pull("langfuse")
    with small.store.write() as session:
        connections.remove_connection(session, small.row("langfuse").id, small.now)
    with small.store.read() as session:
        assert session.scalar(select(func.count()).select_from(interaction)) == 3
