"""What leads can do, asked as the page asks: JSON text in, JSON text out, by name of account."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from labeling.assignment import claim
from labeling.attributes import attributes
from labeling.submit import Submission, submit
from server import auth
from server.pages.calls import SENT_CHARS, handler
from server.pages.lead import Office
from server.pages.views import SECTIONS
from storage.queries import accounts, queues

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(sqlite_town: Any) -> Ask:
    """Calls an act of the page as somebody, with the values of a form."""
    acts = Office(sqlite_town.house).acts()

    def call(who: str | None, act: str, **values: str | list[str]) -> dict[str, Any]:
        named = {key.replace("__", "."): value for key, value in values.items()}
        told = {key: one if isinstance(one, list) else [one] for key, one in named.items()}
        handle = handler(sqlite_town.house, auth.may_lead, acts[act])
        request: Any = SimpleNamespace(username=who)
        answer: dict[str, Any] = json.loads(handle(json.dumps({"values": told}), request))
        return answer

    return call


def label_all(town: Any, queue: str, answers: dict[str, Callable[[int], dict[str, Any]]]) -> None:
    """Everybody labels everything in a queue, by their own rule."""
    for name, rule in answers.items():
        for number in range(10_000):
            with town.house.store.write() as session:
                held = claim(session, queue, town.accounts[name], now=town.clock.now)
                if not isinstance(held, list | tuple) or hasattr(held, "reason"):
                    break
                told = Submission(rule(number), seconds=10.0)
                submit(session, held[0].id, town.accounts[name], told, town.clock.now)


def page(answer: dict[str, Any]) -> str:
    assert "error" not in answer, answer["error"]
    return str(answer["parts"]["ld-page"])


@pytest.mark.parametrize("who", [None, "ann", "eng", "nobody"])
def test_every_act_is_refused_to_the_wrong_role(ask: Ask, sqlite_town: Any, who: str) -> None:
    sqlite_town.queue("q", tasks=2)
    for act in Office(sqlite_town.house).acts():
        answer = ask(who, act, queue="q", name="new", guideline="response-quality", section="draw")
        assert answer["error"]["code"] == "not_allowed", act
        assert set(answer) == {"error"}
    with sqlite_town.house.store.read() as session:
        assert [row.name for row in queues.queue_rows(session)] == ["q"]
        assert accounts.account_named(session, "new") is None


def test_a_lead_who_was_disabled_meanwhile_is_refused(ask: Ask, sqlite_town: Any) -> None:
    with sqlite_town.house.store.write() as session:
        auth.disable_account(session, sqlite_town.accounts["lee"], sqlite_town.clock.now)
    assert ask("lee", "show")["error"]["code"] == "not_allowed"


@pytest.mark.parametrize("sent", ["{", '{"values": {"queue": 5}}', "[]", 7, "x" * (SENT_CHARS + 1)])
def test_what_is_unreadable_is_refused(sqlite_town: Any, sent: Any) -> None:
    handle = handler(sqlite_town.house, auth.may_lead, Office(sqlite_town.house).show)
    request: Any = SimpleNamespace(username="lee")
    assert json.loads(handle(sent, request))["error"]["code"] in ("malformed", "too_large")


def test_from_an_empty_store_to_a_queue(ask: Ask, sqlite_town: Any) -> None:
    start = page(ask("lee", "show"))
    assert "No interactions are stored yet" in start
    assert "No queue yet" in start
    made = ask(
        "lee", "create_queue", name="support & co", guideline="response-quality", overlap="2",
        overlap_rate="20", lease_seconds="1", lease_seconds__unit="hours", show=["model"],
        entrance="chosen", people=["ann"],
    )  # fmt: skip
    assert made["go"] == "?queue=support+%26+co&section=draw"
    with sqlite_town.house.store.read() as session:
        row = queues.queue_named(session, "support & co")
        assert (row.overlap, row.overlap_rate, row.lease_seconds) == (2, 0.2, 3600)
        assert row.show == ["model"]
        assert queues.members(session, row.id) == ["ann"]
        assert row.created_by == sqlite_town.accounts["lee"].id


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": "a/b"}),
        ("name", {"name": ""}),
        ("overlap", {"name": "n", "overlap": "99"}),
        ("overlap_rate", {"name": "n", "overlap_rate": "120"}),
        ("lease_seconds", {"name": "n", "lease_seconds": "0.1"}),
        ("show", {"name": "n", "show": ["secrets"]}),
    ],
)
def test_an_impossible_queue_names_the_field(ask: Ask, field: str, values: dict[str, Any]) -> None:
    answer = ask("lee", "create_queue", **{"guideline": "response-quality", **values})
    assert answer["error"]["field"] == field


def test_a_name_that_is_taken_or_missing_is_told(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue("q", tasks=0)
    again = ask("lee", "create_queue", name="q", guideline="response-quality")
    assert again["error"]["code"] == "exists"
    gone = ask("lee", "show", queue="<b>gone</b>")
    assert gone["error"]["code"] == "not_found"
    assert "<b>gone" not in gone["parts"]["ld-page"]


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_every_section_of_an_empty_queue_opens(ask: Ask, sqlite_town: Any, section: str) -> None:
    sqlite_town.queue("q", tasks=0)
    shown = page(ask("lee", "show", queue="q", section=section))
    assert 'aria-current="page"' in shown
    assert "<h1><bdi>q</bdi></h1>" in shown


def test_pause_and_resume(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue("q", tasks=1)
    assert "Paused" in ask("root", "pause", queue="q")["said"]
    assert 'data-act="resume"' in page(ask("lee", "show", queue="q"))
    ask("lee", "resume", queue="q")
    assert 'data-act="pause"' in page(ask("lee", "show", queue="q"))


def test_rules_and_entrance_can_be_changed(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue("q", tasks=0)
    assert ask("lee", "change_queue", queue="q", overlap="3", show=[])["said"] == "Rules saved."
    ask("lee", "let_in", queue="q", entrance="chosen", people=["ben"])
    with sqlite_town.house.store.read() as session:
        row = queues.queue_named(session, "q")
        assert row.overlap == 3
        assert (row.everyone, queues.members(session, row.id)) == (False, ["ben"])
    nobody = ask("lee", "let_in", queue="q", entrance="chosen", people=[])
    assert nobody["error"]["field"] == "people"
    ask("lee", "let_in", queue="q", entrance="everyone", people=["ben"])
    with sqlite_town.house.store.read() as session:
        assert queues.queue_named(session, "q").everyone


def test_a_dry_run_changes_nothing_and_a_draw_does(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue("q", tasks=0)
    sqlite_town.queue("empty", tasks=0)
    sqlite_town.interactions(30)
    sqlite_town.clock.pass_(seconds=1)
    asked = {
        "queue": "q", "strategy": "mixture", "size": "10", "size.unit": "interactions",
        "mixture.random": "50", "mixture.target": "confidence", "mixture.gamma": "2", "seed": "11",
    }  # fmt: skip
    dry = ask("lee", "dry_run", **asked)
    assert "Would draw 10 of 30 eligible interactions; 10 new tasks." in dry["parts"]["ld-drawn"]
    assert "half-width" in dry["parts"]["ld-drawn"]
    with sqlite_town.house.store.read() as session:
        assert queues.task_counts(session, queues.queue_named(session, "q").id).tasks == 0
    made = ask("lee", "draw", **asked)
    assert "Drew 10 of 30 eligible interactions" in made["parts"]["ld-drawn"]
    assert "10 tasks" in made["parts"]["ld-head"]
    assert "lee" in made["parts"]["ld-log"]
    assert (
        "Nothing drawn yet" in ask("lee", "show", queue="empty", section="draw")["parts"]["ld-page"]
    )
    assert made["parts"]["ld-begin"] == ""
    assert ask("lee", "draw", **asked)["error"]["code"] == "seed_reused"


def test_a_filter_and_a_rate_reach_the_draw(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue("q", tasks=0)
    sqlite_town.interactions(20)
    sqlite_town.clock.pass_(seconds=1)
    asked = {"strategy": "random", "size": "50", "size.unit": "percent", "where.model": "m-1"}
    told = ask("lee", "dry_run", queue="q", **asked)["parts"]["ld-drawn"]
    assert "of 10 eligible interactions" in told


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("strategy", {"strategy": "hope"}),
        ("size", {"strategy": "random", "size": "many"}),
        ("where.since", {"strategy": "random", "size": "5", "where.since": "yesterday"}),
    ],
)
def test_an_impossible_draw_names_the_field(
    ask: Ask, sqlite_town: Any, field: str, values: dict[str, str]
) -> None:
    sqlite_town.queue("q", tasks=0)
    assert ask("lee", "dry_run", queue="q", **values)["error"]["field"] == field


def test_a_schedule_is_saved_shown_and_stopped(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue("q", tasks=0)
    asked = {
        "queue": "q", "strategy": "random", "size": "25", "every_seconds": "12",
        "every_seconds.unit": "hours",
    }  # fmt: skip
    ask("lee", "schedule", **asked)
    shown = page(ask("lee", "show", queue="q", section="draw"))
    assert "every 12 hours, 25 by random" in shown
    assert "2026-11-02 21:00 UTC" in shown
    assert "2026-11-02 21:00 UTC" in page(ask("lee", "show"))
    ask("lee", "stop_schedule", queue="q")
    assert "stopped; it was every 12 hours" in page(ask("lee", "show", queue="q", section="draw"))
    bad = ask("lee", "schedule", **{**asked, "every_seconds": "0.001"})
    assert bad["error"]["field"] == "every_seconds"


def test_an_invited_annotator_can_log_in_once_told_and_enters(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue("q", tasks=1, people=("ann",))
    answer = ask("lee", "invite", queue="q", name="Zoë <b>")
    shown = answer["then"]["ld-invited"]
    assert "Zoë &lt;b&gt;" in shown
    password = re.search(r'data-copy="([^"]+)"', shown)
    assert password is not None
    with sqlite_town.house.store.read() as session:
        made = accounts.account_named(session, "Zoë <b>")
        assert made is not None
        assert made.role == "annotator"
        assert auth.password_fits(accounts.password_hash(session, made.id), password[1])
        queue_id = queues.queue_named(session, "q").id
        assert queues.members(session, queue_id) == ["Zoë <b>", "ann"]
    assert password[1] not in json.dumps(ask("lee", "show", queue="q", section="people"))
    assert ask("lee", "invite", queue="q", name="ann")["error"]["code"] == "exists"


def test_what_two_annotators_said_is_reported(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue("q", tasks=24, overlap=2)
    label_all(
        sqlite_town,
        "q",
        {
            "ann": lambda n: {"quality": 1 + n % 5, "issues": ["hallucination"] if n < 8 else []},
            "ben": lambda n: {"quality": 1 + (n + n // 20) % 5, "notes": "<script>x</script>"},
        },
    )
    shown = page(ask("lee", "show", queue="q", section="agreement"))
    assert "48 labels by 2 annotators on 24 tasks" in shown
    assert "<bdi>ann</bdi> and <bdi>ben</bdi>" in shown
    tags = page(ask("lee", "show", queue="q", section="agreement", field="issues"))
    assert "Agreement per tag" in tags
    narrow = page(ask("lee", "show", queue="q", section="agreement", model="m-1"))
    assert "24 labels by 2 annotators on 12 tasks" in narrow

    listed = page(ask("lee", "show", queue="q", section="disagreements"))
    task = re.search(r"task=(\d+)", listed)
    assert task is not None
    opened = ask("lee", "show", queue="q", section="disagreements", task=task[1])
    assert "ld-differs" in page(opened)
    assert "&lt;script&gt;x&lt;/script&gt;" in page(opened)
    assert "Why it was drawn" in page(opened)
    assert opened["task"]["turns"][0]["blocks"][0]["text"].startswith("Question")
    assert opened["task"]["responses"][0]["facts"] or opened["task"]["facts"]  # leads see all

    assert "Failure rate of the population" in page(
        ask("lee", "show", queue="q", section="failures")
    )
    quality = page(ask("lee", "show", queue="q", section="quality"))
    assert "Speaks for 24 interactions that could be drawn." in quality
    assert "Plain mean of the labelled" in quality
    people = page(ask("lee", "show", queue="q", section="people"))
    assert "10 s" in people


def test_a_task_of_another_queue_is_not_shown(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue("q", tasks=1)
    sqlite_town.queue("other", tasks=0)
    with sqlite_town.house.store.read() as session:
        task = session.exec_driver_sql("SELECT id FROM task").scalar_one()
    answer = ask("lee", "show", queue="other", section="disagreements", task=str(task))
    assert answer["error"]["code"] == "not_found"


def test_a_pattern_becomes_a_dataset_and_then_its_next_version(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue("q", tasks=6)
    rule = {"ann": lambda n: {"quality": 1 + n % 2, "expected_answer": f"Better {n}"}}
    label_all(sqlite_town, "q", rule)
    shown = page(ask("lee", "show", queue="q", section="exports", where__week="2026-W44"))
    assert 'data-act="take_dataset"' in shown
    assert "None yet." in shown
    with sqlite_town.house.store.read() as session:
        known = attributes(session, queues.queue_named(session, "q").id, {})
    week = str(known["week"].iloc[0])
    told = {"queue": "q", "pattern": json.dumps({"where": {"week": week}})}
    assert ask("lee", "take_dataset", into="b", **told)["error"]["field"] == "licence"
    assert ask("lee", "take_dataset", into="b", licence="CC0", queue="no", pattern="{}")["error"]
    taken = ask("lee", "take_dataset", into="b", licence="<i>CC0", note="The worst", **told)
    assert taken["said"].startswith("b has version 1 with ")
    again = ask("lee", "take_dataset", into="b", **told)
    assert "stays at version 1" in again["said"]
    listed = page(ask("lee", "show", queue="q", section="exports"))
    assert "/v1/datasets/b/export?format=jsonl&amp;version=1" in listed
    assert "&lt;i&gt;CC0" in listed
    got = sqlite_town.client("lee").get("/v1/datasets/b/export?format=jsonl&version=1")
    assert got.headers["content-type"] == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(got.content)).namelist()
    assert not any("test" in name for name in names)
