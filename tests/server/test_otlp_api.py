"""The receiver as clients meet it: types, packing, errors in their own words, who may send."""

import asyncio
import base64
import gzip
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from server.gate import MOST_AT_ONCE, TooMany
from server.jobs import assemble_traces
from storage.queries.interactions import interaction_view
from tests.storage.otlp.payloads import FOLDER, files

PB, JSON = {"content-type": "application/x-protobuf"}, {"content-type": "application/json"}
SPANS = (FOLDER / "otlp_traces_openinference.pb").read_bytes()


def assembled(town: Any) -> list[dict[str, Any]]:
    """Everything that became an interaction by now, once all is quiet."""
    town.clock.pass_(seconds=400)
    house = town.house
    assemble_traces(house.store, town.clock, "test", house.settings.patience())
    with house.store.read() as session:
        numbers = [row[0] for row in session.exec_driver_sql("SELECT id FROM interaction")]
        found = [interaction_view(session, number) for number in numbers]
    return sorted(found, key=lambda one: one["created_at"])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("suffix", [".pb", ".json"])
def test_both_types_packed_or_not_are_answered_in_their_own_type(town, suffix, packed) -> None:
    client, kind = town.client("eng"), PB if suffix == ".pb" else JSON
    for path in files("otel_genai_event_mode", suffix):
        body = path.read_bytes()
        headers = {**kind, **({"content-encoding": "gzip"} if packed else {})}
        where = "/v1/logs" if "_logs_" in path.name else "/v1/traces"
        answer = client.post(
            where, content=gzip.compress(body) if packed else body, headers=headers
        )
        assert answer.status_code == 200
        assert answer.headers["content-type"] == kind["content-type"]
        assert answer.content == (b"" if suffix == ".pb" else b"{}")
    found = assembled(town)
    assert len(found) == 6
    assert sum(len(one["feedback"]) for one in found) == 2


def test_a_body_without_a_length_is_taken(sqlite_town) -> None:
    def parts() -> Iterator[bytes]:
        yield SPANS[:1000]
        yield SPANS[1000:]

    answer = sqlite_town.client("eng").post("/v1/traces", content=parts(), headers=PB)
    assert answer.status_code == 200
    assert len(assembled(sqlite_town)) == 6


def test_a_bad_span_is_told_and_the_others_are_taken(sqlite_town) -> None:
    client = sqlite_town.client("eng")
    request = ExportTraceServiceRequest.FromString(SPANS)
    request.resource_spans[0].scope_spans[0].spans[0].trace_id = b"short"
    answer = client.post("/v1/traces", content=request.SerializeToString(), headers=PB)
    told = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert (answer.status_code, told.rejected_spans) == (200, 1)
    assert "traceId" in told.error_message
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "x"}]}]}]}
    partial = client.post("/v1/traces", json=body).json()["partialSuccess"]
    assert partial["rejectedSpans"] == "1"
    assert "traceId" in partial["errorMessage"]


def status_of(content: bytes) -> tuple[int, str]:
    """A google.rpc.Status of protobuf, read by hand: field 1 a number, field 2 a text."""
    assert (content[0], content[2]) == (8, 18)
    length, rest = content[3] & 127, content[4:]
    if content[3] > 127:
        length, rest = length | content[4] << 7, content[5:]
    assert len(rest) == length
    return content[1], rest.decode()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"content": b"\xff\xff"}, 400, 3),
        ({"content": b"x", "packed": "gzip"}, 400, 3),
        ({"packed": "br"}, 415, 3),
        ({"content": gzip.compress(b"\0" * 200_000), "packed": "gzip"}, 413, 8),
        ({"content": b"\0" * 200_000}, 413, 8),
        ({"who": None}, 401, 16),
        ({"who": "ann"}, 403, 7),
        ({"source": "a\tb"}, 400, 3),
    ],
)
def test_errors_come_as_the_protocol_wants_them(make_town, change, status, code) -> None:
    town = make_town(max_body_bytes=100_000)
    client = town.client(change.get("who", "eng"), raise_server_exceptions=False)
    more = {"content-encoding": change["packed"]} if "packed" in change else {}
    if "source" in change:
        more["x-goldloop-source"] = change["source"]
    for kind in (PB, JSON):
        content = change.get("content", SPANS if kind is PB else b"{}")
        answer = client.post("/v1/traces", content=content, headers={**kind, **more})
        assert answer.status_code == status, answer.content
        assert answer.headers["content-type"] == kind["content-type"]
        if kind is PB:
            assert status_of(answer.content)[0] == code
        else:
            assert answer.json()["code"] == code
            assert answer.json()["error"]["message"] == answer.json()["message"]


def test_another_type_is_refused(sqlite_town) -> None:
    answer = sqlite_town.client("eng").post(
        "/v1/traces", content=b"x", headers={"content-type": "text/plain"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_type")


def test_too_many_at_once_are_asked_to_come_again(sqlite_town, clock) -> None:
    gate = sqlite_town.house.gate
    client = sqlite_town.client("eng")
    with ExitStack() as held:
        for _ in range(MOST_AT_ONCE):
            held.enter_context(gate.entered())
        answer = client.post("/v1/traces", content=SPANS, headers=PB)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert client.post("/v1/traces", content=SPANS, headers=PB).status_code == 200


def test_a_database_that_takes_nothing_is_no_fault_of_the_sender(sqlite_town) -> None:
    with sqlite_town.house.store.write() as session:
        session.exec_driver_sql("ALTER TABLE fragment RENAME TO gone")
    answer = sqlite_town.client("eng", raise_server_exceptions=False).post(
        "/v1/traces", content=SPANS, headers=PB
    )
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_metrics_are_accepted_and_nothing_is_kept(sqlite_town) -> None:
    answer = sqlite_town.client("eng").post("/v1/metrics", content=b"\x0a\x00", headers=PB)
    assert (answer.status_code, answer.content) == (200, b"")
    assert sqlite_town.client().post("/v1/metrics", content=b"", headers=PB).status_code == 401


def test_the_token_may_also_be_a_password_or_a_key(sqlite_town) -> None:
    token = sqlite_town.tokens["eng"]
    basic = base64.b64encode(f"goldloop:{token}".encode()).decode()
    client = sqlite_town.client()
    for headers in ({"authorization": f"Basic {basic}"}, {"x-api-key": token}):
        answer = client.post("/v1/traces", content=SPANS, headers={**PB, **headers})
        assert answer.status_code == 200
        assert client.get("/v1/me", headers=headers).status_code == 401  # for senders alone
    for wrong in ("Basic x", "Basic " + base64.b64encode(b"\xff:\xff").decode(), "Basic Og=="):
        answer = client.post("/v1/traces", content=SPANS, headers={**PB, "authorization": wrong})
        assert answer.status_code == 401


def test_the_address_or_a_header_names_the_source(sqlite_town) -> None:
    client = sqlite_town.client("eng")
    client.post("/v1/traces?source=shop", content=SPANS, headers=PB)
    other = (FOLDER / "otlp_traces_js_sdk_http_json.json").read_bytes()
    client.post("/v1/traces", content=other, headers={**JSON, "x-goldloop-source": "web"})
    assert {one["source"] for one in assembled(sqlite_town)} == {"shop", "web"}


def test_what_waits_and_what_failed_can_be_asked(sqlite_town) -> None:
    client = sqlite_town.client("eng")
    client.post("/v1/traces", content=SPANS, headers=PB)
    told = client.get("/v1/traces").json()
    assert (told["waiting"], told["late"], told["rejected"]) == (told["traces"], 0, 0)
    assembled(sqlite_town)
    assert client.get("/v1/traces").json()["waiting"] == 0
    assert sqlite_town.client("ann").get("/v1/traces").status_code == 403


def langfuse(town: Any) -> Any:
    secret = base64.b64encode(f"goldloop:{town.tokens['eng']}".encode()).decode()
    client = town.client()
    client.headers["authorization"] = f"Basic {secret}"
    return client


def test_langfuse_posts_spans_and_scores_and_finds_its_project(sqlite_town) -> None:
    client = langfuse(sqlite_town)
    assert client.get("/api/public/projects").json()["data"][0]["name"] == "goldloop"
    scores = json.loads((FOLDER / "langfuse_scores_post.json").read_bytes())
    answer = client.post("/api/public/scores", json=[*scores, {"name": "x"}, 7])
    assert (answer.status_code, answer.json()["accepted"]) == (207, 3)
    assert [one["index"] for one in answer.json()["rejected"]] == [3, 4]
    spans = gzip.compress((FOLDER / "otlp_traces_langfuse_sdk_5.pb").read_bytes())
    headers = {**PB, "content-encoding": "gzip"}
    where = "/api/public/otel/v1/traces"
    assert client.post(where, content=spans, headers=headers).status_code == 200
    client.post("/api/public/scores", json=scores)  # a retry
    (one,) = assembled(sqlite_town)
    assert (one["source"], one["session_id"], one["tags"]) == ("langfuse", "sess-1", ["prod"])
    assert one["metadata"]["tenant"] == "acme"
    said = {each["raw"]["name"]: (each["value"], each["comment"]) for each in one["feedback"]}
    assert said == {
        "user_feedback": (1.0, "Clear and quick."),
        "rating": (None, "stars"),
        "category": (None, None),
    }


def test_a_single_score_is_answered_with_its_id_and_a_bad_one_with_its_fault(sqlite_town) -> None:
    client = langfuse(sqlite_town)
    body = {"id": "s1", "traceId": "t", "name": "thumb", "value": 1, "dataType": "BOOLEAN"}
    assert client.post("/api/public/scores", json=body).json() == {"id": "s1"}
    answer = client.post("/api/public/scores", json={**body, "traceId": None})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "traceId")
    assert sqlite_town.client().post("/api/public/scores", json=body).status_code == 401


def test_batches_of_older_langfuse_clients_are_taken(sqlite_town) -> None:
    at = "2026-11-22T10:00:0{}Z"
    observed = {"id": "o1", "traceId": "t1", "name": "answer", "model": "m",
                "startTime": at.format(1),
                "input": [{"role": "user", "content": "Why?"}]}  # fmt: skip
    bodies = [
        ("trace-create", {"id": "t1", "sessionId": "s1", "userId": "u1", "tags": ["prod"]}),
        ("generation-create", observed),
        ("generation-update", {"id": "o1", "traceId": "t1", "endTime": at.format(2),
                               "output": "So.", "usage": {"input": 3, "output": 2}}),
        ("score-create", {"traceId": "t1", "name": "thumb", "value": 0, "dataType": "BOOLEAN"}),
        ("sdk-log", {"log": "x"}),
        ("span-create", {"id": 7, "traceId": "t1"}),
    ]  # fmt: skip
    batch = [
        {"id": f"e{n}", "type": kind, "timestamp": at.format(0), "body": body}
        for n, (kind, body) in enumerate(bodies)
    ]
    answer = langfuse(sqlite_town).post("/api/public/ingestion", json={"batch": batch})
    assert answer.status_code == 207
    assert [one["id"] for one in answer.json()["errors"]] == ["e5"]
    (one,) = assembled(sqlite_town)
    assert one["messages"] == [{"role": "user", "content": "Why?"}]
    assert (one["responses"][0]["text"], one["session_id"], one["tags"]) == ("So.", "s1", ["prod"])
    assert (one["latency_ms"], [each["value"] for each in one["feedback"]]) == (1000.0, [0.0])


LANGSMITH = [(FOLDER / f"langsmith_{name}.json") for name in (
    "4_feedback", "5_runs_batch", "2_runs_batch", "1_runs_batch", "3_feedback")]  # fmt: skip


def langsmith(town: Any) -> Any:
    client = town.client()
    client.headers["x-api-key"] = town.tokens["eng"]
    return client


def test_langsmith_posts_and_patches_runs_in_any_order(town) -> None:
    client = langsmith(town)
    assert client.get("/info").json()["batch_ingest_config"]["use_multipart_endpoint"] is False
    for path in (*LANGSMITH, *LANGSMITH):
        where = "/feedback" if "feedback" in path.name else "/runs/batch"
        answer = client.post(where, content=path.read_bytes(), headers=JSON)
        assert answer.status_code in (200, 202), answer.text
    (one,) = assembled(town)
    assert one["source"] == "support-bot"
    assert [each["role"] for each in one["messages"]] == ["system", "user"]
    assert one["responses"][0]["text"].startswith("You can request a refund within 30 days")
    assert (one["session_id"], one["user_id"], one["model"]) == ("s-1", "u-42", "fake-mini-2026-01")
    said = {each["raw"]["name"]: each for each in one["feedback"]}
    assert (said["user_feedback"]["value"], said["user_feedback"]["actor"]) == (1.0, "u-42")
    assert (said["rating"]["value"], said["rating"]["raw"]["rating"]) == (None, 4.0)
    assert said["rating"]["raw"]["correction"] == {"answer": "better"}


def test_langsmith_runs_in_parts(sqlite_town) -> None:
    run = {"id": "r1", "trace_id": "r1", "run_type": "llm", "session_name": "shop",
           "start_time": "2026-11-22T10:00:00+00:00",
           "end_time": "2026-11-22T10:00:01+00:00"}  # fmt: skip
    parts: dict[str, Any] = {
        "post.r1": run,
        "post.r1.inputs": {"messages": [{"role": "user", "content": "Why?"}]},
        "post.r1.outputs": {"choices": [{"message": {"role": "assistant", "content": "So."}}]},
        "attachment.r1.picture": "x",
        "feedback.f1": {"id": "f1", "run_id": "r1", "trace_id": "r1", "key": "x", "score": 3},
        "post.r2": [],
    }
    sent = [(name, (None, json.dumps(part), "application/json")) for name, part in parts.items()]
    answer = langsmith(sqlite_town).post("/runs/multipart", files=sent)
    assert (answer.status_code, answer.json()["rejected"]) == (
        202,
        1,
    )  # the list; the attachment is left out
    (one,) = assembled(sqlite_town)
    assert (one["source"], one["responses"][0]["text"]) == ("shop", "So.")
    assert [each["raw"]["rating"] for each in one["feedback"]] == [3.0]


@pytest.mark.parametrize("path", ["/api/public/scores", "/api/public/ingestion", "/runs/batch",
                                  "/runs/multipart", "/feedback"])  # fmt: skip
def test_hostile_posts_are_refused_in_the_one_shape(sqlite_town, path) -> None:
    client = sqlite_town.client("eng", raise_server_exceptions=False)
    for content in (b"", b"{", b"[[]]", b'{"batch": 7}', b"7", b"\xff" * 99):
        answer = client.post(path, content=content, headers=JSON)
        assert answer.status_code in (200, 202, 207, 400, 413, 422), answer.text
        if answer.status_code >= 400:
            assert answer.json()["error"]["message"]
        assert sqlite_town.client("ann").post(path, content=content).status_code == 403


def test_who_sends_slowly_holds_a_place_and_not_forever(sqlite_town) -> None:
    gate, seen = sqlite_town.house.gate, []
    gate.seconds = 0.05

    async def receive() -> Any:
        try:
            with ExitStack() as held:
                for _ in range(MOST_AT_ONCE):
                    held.enter_context(gate.entered())
        except TooMany as error:
            seen.append(str(error))
        await asyncio.Event().wait()

    answers: list[Any] = []

    async def send(message: Any) -> None:
        answers.append(message)

    token = f"Bearer {sqlite_town.tokens['eng']}".encode()
    headers = [(b"authorization", token), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/v1/traces", "query_string": b"",
             "headers": headers, "app": sqlite_town.app, "root_path": ""}  # fmt: skip
    asyncio.run(sqlite_town.app(scope, receive, send))
    assert (answers[0]["status"], seen) == (408, [f"more than {MOST_AT_ONCE} requests at once"])
    answer = sqlite_town.client("eng").post("/v1/traces", content=SPANS, headers=PB)
    assert answer.status_code == 200


def test_a_source_that_is_ours_is_refused_before_anything_is_acknowledged(sqlite_town) -> None:
    where = "/v1/traces?source=guideline:x"
    answer = sqlite_town.client("eng").post(where, content=b"{}", headers=JSON)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "source")


def test_an_event_that_cannot_be_kept_is_no_success(sqlite_town) -> None:
    deep: Any = "x"
    for _ in range(90):
        deep = [deep]
    batch = [
        {"id": f"e{n}", "type": "generation-create",
         "body": {"id": f"g{n}", "traceId": "t", "input": asked}}
        for n, asked in enumerate(("Why?", deep))
    ]  # fmt: skip
    answer = langfuse(sqlite_town).post("/api/public/ingestion", json={"batch": batch})
    assert [one["id"] for one in answer.json()["successes"]] == ["e0"]
    assert [(one["id"], one["status"]) for one in answer.json()["errors"]] == [("e1", 400)]
