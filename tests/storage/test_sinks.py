"""What each platform is asked for, as its own clients ask; what its answers mean."""

from typing import Any

import httpx
import pytest

from storage.sinks import SINKS, Declined, Door, Down, Item, Origin
from tests.loopback import Reply, other

KEY = "goldloop:7:quality:settled"


@pytest.fixture
def there():
    with other() as one:
        yield one


@pytest.fixture
def client():
    with httpx.Client(timeout=5) as one:
        yield one


def body(kind: str = "rating", **more: Any) -> dict[str, Any]:
    said = {"value": 4, "score": 4.0, "label": "Good", "text": None}
    return {
        "name": "goldloop.quality", "kind": kind, **said, "reason": None, "by": "goldloop",
        "about": {"queue": "q", "labels": 2}, **more,
    }  # fmt: skip


ANSWER = body("answer", name="goldloop.expected_answer", value="Within 30 days.", score=None,
              label=None, text="Within 30 days.")  # fmt: skip


def test_phoenix_gets_annotations_by_people_that_a_repeat_replaces(there, client) -> None:
    door = Door(client, there.url, {}, "support bot")
    items = [Item(KEY, {"span_id": "b" * 16}, body(reason="as agreed"))]
    SINKS["phoenix"].put(door, items)
    SINKS["phoenix"].drop(door, items[0])
    put, drop = there.asked
    assert (put.method, put.path, put.query) == ("POST", "/v1/span_annotations", {"sync": "true"})
    (annotation,) = put.json["data"]
    assert annotation == {
        "span_id": "b" * 16, "name": "goldloop.quality", "annotator_kind": "HUMAN",
        "identifier": KEY, "metadata": {"queue": "q", "labels": 2, "by": "goldloop"},
        "result": {"label": "Good", "score": 4.0, "explanation": "as agreed"},
    }  # fmt: skip
    assert drop.method == "DELETE"
    assert drop.path == "/v1/projects/support%20bot/span_annotations"
    assert drop.query == {"identifier": KEY, "delete_all": "true"}


def test_mlflow_changes_an_assessment_and_makes_it_only_when_there_is_none(there, client) -> None:
    made: set[str] = set()

    def answer(asked):
        name = asked.path.rpartition("/")[2]
        if asked.method == "PATCH":
            return Reply() if name in made else Reply(404)
        made.add(asked.json["assessment"]["assessment_id"])
        return Reply()

    there.answer = answer
    door = Door(client, there.url, {}, None)
    item = Item(KEY, {"trace_id": "tr-1"}, body())
    SINKS["mlflow"].put(door, [item])
    SINKS["mlflow"].put(door, [item])
    SINKS["mlflow"].put(door, [item._replace(key="other", body=ANSWER)])
    (one,) = {path for method, path in there.paths()[:3] if method == "PATCH"}
    assert one.startswith("/api/3.0/mlflow/traces/tr-1/assessments/a-")
    assert [method for method, _ in there.paths()] == ["PATCH", "POST", "PATCH", "PATCH", "POST"]
    feedback, expectation = (there.asked[place].json["assessment"] for place in (1, 4))
    assert feedback["feedback"] == {"value": 4}
    assert feedback["rationale"] == "Good"
    assert feedback["source"] == {"source_type": "HUMAN", "source_id": "goldloop"}
    assert expectation["expectation"] == {"value": "Within 30 days."}


def test_langfuse_gets_scores_under_ids_of_ours(there, client) -> None:
    door = Door(client, there.url, SINKS["langfuse"].headers("pk:sk", {}), None)
    place = {"trace_id": "t1", "observation_id": "o1"}
    bodies = [
        body(),
        body("boolean", value=True, score=1.0, label="yes"),
        body("tags", value="incomplete", score=None, label="incomplete"),
        body("text", value="x" * 600, score=None, label=None, text="x" * 600),
        ANSWER,
    ]
    SINKS["langfuse"].put(door, [Item(KEY, place, one) for one in bodies])
    SINKS["langfuse"].drop(door, Item("a/b", place, {}))
    sent = [one.json for one in there.asked[:-1]]
    assert [(one["dataType"], one["value"]) for one in sent] == [
        ("NUMERIC", 4.0), ("BOOLEAN", 1), ("CATEGORICAL", "incomplete"), ("TEXT", "x" * 500),
        ("CORRECTION", "Within 30 days."),
    ]  # fmt: skip
    assert {(one["id"], one["traceId"], one["observationId"]) for one in sent} == {
        (KEY, "t1", "o1")
    }
    assert sent[3]["comment"] == "x" * 600
    assert there.asked[0].headers["authorization"] == "Basic cGs6c2s="
    assert there.paths()[-1] == ("DELETE", "/api/public/scores/a%2Fb")


def test_langsmith_gets_feedback_under_the_same_id_again(there, client) -> None:
    there.answer = lambda asked: Reply(404 if asked.method != "POST" else 200)
    headers = SINKS["langsmith"].headers("key", {"tenant": "t"})
    door, place = Door(client, there.url, headers, None), {"run_id": "r"}
    SINKS["langsmith"].put(door, [Item(KEY, place, body()), Item(KEY, place, ANSWER)])
    SINKS["langsmith"].drop(door, Item(KEY, place, {}))
    assert [method for method, _ in there.paths()] == ["PATCH", "POST", "PATCH", "POST", "DELETE"]
    score, correction = there.asked[1].json, there.asked[3].json
    assert (score["key"], score["score"], score["value"]) == ("goldloop.quality", 4.0, "Good")
    assert correction["correction"] == {"output": "Within 30 days."}
    assert there.paths()[0][1] == there.paths()[4][1] == f"/feedback/{score['id']}"
    assert there.asked[0].headers["x-tenant-id"] == "t"


@pytest.mark.parametrize(
    ("kind", "external_id", "trace_id", "extra", "place"),
    [
        ("phoenix", "b" * 16, "a" * 32, {}, {"span_id": "b" * 16}),
        ("phoenix", f"{'a' * 32}:{'b' * 16}", "a" * 32, {}, {"span_id": "b" * 16}),
        ("phoenix", "req-1", None, {"span_id": "c" * 16}, {"span_id": "c" * 16}),
        ("phoenix", "req-1", "a" * 32, {}, None),
        ("mlflow", "tr-1", "tr-1", {}, {"trace_id": "tr-1"}),
        ("mlflow", f"{'a' * 32}:{'b' * 16}", "a" * 32, {}, {"trace_id": f"tr-{'a' * 32}"}),
        ("mlflow", "req-1", None, {}, None),
        ("langfuse", "o1", "t1", {"platform": "langfuse"},
         {"trace_id": "t1", "observation_id": "o1"}),
        ("langfuse", "t1", "t1", {"platform": "langfuse"}, {"trace_id": "t1"}),
        ("langfuse", "t1:s1", "t1", {}, {"trace_id": "t1", "observation_id": "s1"}),
        ("langfuse", "req-1", "t1", {}, {"trace_id": "t1"}),
        ("langfuse", "req-1", None, {}, None),
        ("langsmith", "01a1fcde-5636-7842-b322-bd54d453cc13", None, {},
         {"run_id": "01a1fcde-5636-7842-b322-bd54d453cc13"}),
        ("langsmith", "req-1", "t1", {}, None),
    ],
)  # fmt: skip
def test_an_interaction_is_found_over_there(kind, external_id, trace_id, extra, place) -> None:
    assert SINKS[kind].place(Origin(external_id, trace_id, extra)) == place


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 503, 302])
def test_what_befalls_every_request_is_told_from_what_befalls_one(there, client, status) -> None:
    there.answer = lambda _: Reply(status, b"no\x00 pk:secret-key", {"retry-after": "7"})
    door = Door(client, there.url, {"authorization": "Bearer secret-key"}, None, "secret-key")
    with pytest.raises(Down) as down:
        door.ask("POST", "/x", json={})
    assert (down.value.after, len(there.asked)) == (7.0, 1)
    assert down.value.message == f"answered {status}: no pk:[key]"
    there.answer = lambda _: Reply(404, b"gone " * 1000)
    with pytest.raises(Declined, match="answered 404: gone gone") as declined:
        door.ask("POST", "/x", json={})
    assert len(declined.value.message) < 300


def test_the_page_of_a_log_in_is_no_answer(there, client) -> None:
    there.answer = lambda _: Reply(200, b"<html>", {"content-type": "text/html; charset=utf-8"})
    item = Item(KEY, {"span_id": "b" * 16, "trace_id": "tr-1", "run_id": "r"}, body())
    for sink in SINKS.values():
        with pytest.raises(Down, match="web page") as raised:
            sink.put(Door(client, there.url, {}, "p"), [item])
        assert not raised.value.passes


def test_a_dead_platform_and_an_impossible_address_are_down(client) -> None:
    for url in ("http://127.0.0.1:9", "http://[", "gopher://x", "http://\udcff"):
        with pytest.raises(Down, match="no answer"):
            Door(client, url, {}, None).ask("GET", "/")


@pytest.mark.parametrize(("text", "seconds"), [
    ("7", 7.0), ("nan", None), ("inf", 86_400.0), ("-1", 0.0), ("soon", None), (None, None),
    ("1e99", 86_400.0),
])  # fmt: skip
def test_only_a_sound_patience_is_granted(text, seconds) -> None:
    from storage.sinks.door import retry_after

    assert retry_after(text) == seconds
