"""Exports of other platforms: captured payloads become the right rows, hostile ones only faults."""

import gzip
import json
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from storage import BadRow
from storage.events import parse_feedback
from storage.intake import Intake, intake_file
from storage.interactions import parse_interaction
from storage.sources import PLATFORMS, FileOptions
from storage.sources.platforms import objects_of, parse_scales, platform_of
from storage.tables import content, feedback, interaction, score

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PAYLOADS = Path(__file__).resolve().parents[1] / "data" / "payloads"
REFUND = "You can request a refund within 30 days of purchase."


def taken(store, name: str | Path, **options: Any) -> Intake:
    settings = FileOptions(source="bot", **options)
    return intake_file(store, PAYLOADS / name, settings, clock=lambda: NOW)


def stored(store) -> dict[str, Any]:
    """Every interaction by its id."""
    with store.read() as session:
        rows = session.execute(select(interaction, content).join(content)).mappings()
        return {row["external_id"]: dict(row) for row in rows}


def said(store) -> list[tuple[str, dict[str, Any], float | None, str | None]]:
    """Whom feedback is on, what was said, its place on 0 to 1, the comment."""
    with store.read() as session:
        found = session.execute(
            select(interaction.c.external_id, feedback.c.raw, feedback.c.value, feedback.c.comment)
            .join(interaction)
            .order_by(feedback.c.id)
        )
        return [tuple(row) for row in found]


def written(folder: Path, name: str, value: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps(value))
    return path


@pytest.mark.parametrize("name", ["phoenix_spans.json", "phoenix_spans_otlpv1.json"])
def test_spans_of_phoenix_are_interactions_when_a_model_was_called(store, name):
    report = taken(store, name)
    assert (report.interactions.accepted, report.passed) == (6, 4)
    rows = stored(store)
    late = rows["52c5dcd5b4e6b322"]
    assert [one["role"] for one in late["messages"]] == ["system", "user", "assistant", "user"]
    assert late["responses"][0]["text"].startswith("Open Settings > Security")
    assert (late["session_id"], late["user_id"], late["model"], late["tags"]) == (
        "sess-1f3a", "user-42", "fake-mini-2026-01", ["prod"],
    )  # fmt: skip
    assert (late["input_tokens"], late["output_tokens"]) == (44, 20)
    assert late["extra"]["tenant"] == "acme"
    assert late["extra"]["prompt_template"]["version"] == "v3"
    failed = rows["59fc7a305b4ebf13"]
    assert (failed["responses"], failed["flags"]) == ([], ["error"])
    assert failed["extra"]["error"].startswith("RateLimitError")
    called = rows["1c570ceb13ae0c21"]["responses"][0]["tool_calls"][0]["function"]
    assert called == {"name": "get_weather", "arguments": '{"city": "Oslo"}'}
    asked = rows["b32ac84e8a8b81eb"]["messages"]
    assert (asked[0]["content"], asked[2]["tool_call_id"]) == (
        "What is the weather in Oslo?", "call_w1",
    )  # fmt: skip


def test_annotations_of_phoenix_wait_for_their_span_and_come_once(store):
    report = taken(store, "phoenix_span_annotations.json")
    assert (report.feedback.waiting, report.scores.waiting) == (2, 1)
    taken(store, "phoenix_spans.json")
    assert taken(store, "phoenix_span_annotations.json").feedback.duplicate == 2
    assert [
        (target, raw.get("thumb"), value, comment) for target, raw, value, comment in said(store)
    ] == [
        ("c62a3dc6c93b8290", None, None, "Customer asked twice."),
        ("c62a3dc6c93b8290", "up", 1.0, "Clear and quick."),
    ]
    with store.read() as session:
        (judged,) = session.execute(select(score.c.name, score.c.kind, score.c.value))
    assert tuple(judged) == ("correctness", "judge", 0.9)


@pytest.mark.parametrize(
    "name", ["mlflow_trace_to_json_boolean_feedback.json", "mlflow_rest_trace_get.json"]
)
def test_a_trace_of_mlflow_is_one_interaction_with_its_assessments(store, name):
    assert taken(store, name).interactions.accepted == 1
    row = stored(store)["tr-849f53c9ba8170297be7a8fabafb898d"]
    assert [one["content"] for one in row["messages"]] == [
        "Be brief.", "How do I get a refund for order 8841?",
    ]  # fmt: skip
    assert row["responses"][0]["text"].startswith(REFUND)
    assert (row["session_id"], row["user_id"], row["model"], row["latency_ms"]) == (
        "s-a", "u-a", "fake-mini-2026-01", 115.0,
    )  # fmt: skip
    (_, thumb, value, comment), (_, correction, none, _) = said(store)
    assert (thumb["name"], value, comment) == ("user_feedback", 1.0, "Clear and quick.")
    assert (correction["kind"], correction["expected"], none) == (
        "correction", "Refund within 30 days via order page.", None,
    )  # fmt: skip


def test_a_rating_has_a_place_only_on_a_known_scale(store):
    taken(store, "mlflow_trace_to_json_rating.json")
    assert [(raw["rating"], value) for _, raw, value, _ in said(store)] == [(4.0, None)]
    taken(store, "mlflow_trace_to_json_rating.json", scales=parse_scales({"rating": "1..5"}))
    assert [(raw["rating"], value) for _, raw, value, _ in said(store)][1:] == [(4.0, 0.75)]
    off = taken(store, "mlflow_trace_to_json_rating.json", scales={"rating": (0.0, 1.0)})
    assert "not on the scale" in off.feedback.rejected[0]["error"]["message"]
    with pytest.raises(BadRow, match="'five' is no scale"):
        parse_scales({"rating": "five"})


def test_a_search_of_mlflow_brings_what_was_said_and_no_texts(store):
    report = taken(store, "mlflow_rest_traces_search.json", format="mlflow")
    assert (report.interactions.accepted, report.feedback.waiting) == (0, 3)
    taken(store, "mlflow_trace_to_json_rating.json")
    assert [raw["rating"] for _, raw, *_ in said(store)] == [4.0]


def test_the_two_halves_of_a_run_of_langsmith_become_one(store, tmp_path):
    parts = [
        json.loads((PAYLOADS / f"langsmith_{n}_runs_batch.json").read_text()) for n in (1, 2, 5)
    ]
    lines = [one for part in parts for one in part.get("post", []) + part.get("patch", [])]
    lines += [json.loads((PAYLOADS / f"langsmith_{n}_feedback.json").read_text()) for n in (3, 4)]
    path = tmp_path / "runs.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(one) for one in lines).encode()))
    report = taken(store, path)
    assert (report.interactions.accepted, report.unattached) == (1, 0)
    ((name, row),) = stored(store).items()
    assert row["messages"][-1]["content"] == "How do I get a refund for order 8841?"
    assert row["responses"][0]["text"].startswith(REFUND)
    assert (row["session_id"], row["model"], row["input_tokens"]) == (
        "s-1",
        "fake-mini-2026-01",
        14,
    )
    # the feedback is on the root run, which is a chain: its last call of a model is meant
    assert [(target, raw["name"]) for target, raw, *_ in said(store)] == [
        (name, "user_feedback"), (name, "rating"),
    ]  # fmt: skip
    assert said(store)[1][1]["expected"] == {"answer": "better"}


def test_half_a_run_is_refused_rather_than_kept_without_its_question(store):
    report = taken(store, "langsmith_5_runs_batch.json")
    assert report.interactions.accepted == 0
    assert "only the end of a run" in report.interactions.rejected[0]["error"]["message"]


def test_scores_of_langfuse_go_to_the_last_answer_of_their_trace(store, tmp_path):
    early = taken(store, "langfuse_scores_post.json")
    assert (early.unattached, early.feedback.accepted) == (3, 0)
    trace = "d432cc05758efb27f61a5080105cc78f"
    rows = [
        {"id": name, "traceId": trace, "type": kind, "startTime": f"2026-11-21T06:49:4{at}Z",
         "endTime": end, "input": '[{"role": "user", "content": "Hello?"}]', "output": "Hi.",
         "usageDetails": {"input": 3, "output": 1}, "sessionId": "s", "level": "DEFAULT"}
        for name, kind, at, end in (
            ("span", "SPAN", 1, "2026-11-21T06:49:49Z"),
            ("65e8795d35bd8c83", "GENERATION", 2, "2026-11-21T06:49:43Z"),
            ("last", "GENERATION", 4, "2026-11-21T06:49:45Z"),
            ("runs", "GENERATION", 5, None),
        )
    ]  # fmt: skip
    report = taken(store, written(tmp_path, "page.json", {"data": rows, "meta": {}}))
    assert (report.interactions.accepted, report.passed) == (2, 2)
    assert taken(store, "langfuse_scores_post.json").feedback.accepted == 3
    told = {raw["name"]: (target, value, raw) for target, raw, value, _ in said(store)}
    assert told["user_feedback"][:2] == ("last", 1.0)
    assert told["rating"][:2] == ("65e8795d35bd8c83", None)
    assert told["category"][2]["label"] == "billing"
    row = stored(store)["last"]
    assert (row["messages"], row["latency_ms"], row["input_tokens"]) == (
        [{"role": "user", "content": "Hello?"}], 1000.0, 3,
    )  # fmt: skip


def test_an_item_of_langfuse_corrects_what_it_was_made_from_or_is_a_question(store, tmp_path):
    item = json.loads((PAYLOADS / "langfuse_dataset_item_post.json").read_text())
    assert taken(store, "langfuse_dataset_item_post.json").unattached == 1
    item |= {"sourceTraceId": None}
    taken(store, written(tmp_path, "item.json", item))
    row = stored(store)["int_01J8Z3"]
    assert (row["messages"][0]["content"], row["responses"]) == (
        "How do I get a refund for order 8841?", [],
    )  # fmt: skip
    ((target, raw, value, _),) = said(store)
    assert (target, raw["expected"], value) == ("int_01J8Z3", "Paris", None)


def test_calls_of_litellm_are_kept_when_they_failed_too(store):
    assert taken(store, "litellm_standard_logging_payload.jsonl").interactions.accepted == 2
    good = stored(store)["chatcmpl-6ed831e9d2247ab90439"]
    assert good["responses"][0]["text"].startswith(REFUND)
    assert (good["user_id"], round(good["latency_ms"]), good["tags"]) == ("user-42", 1813, ["prod"])
    failed = stored(store)["1edc293b-2bbd-4cd8-ad02-8c89a340cd00"]
    assert (failed["responses"], failed["flags"]) == ([], ["error"])
    assert "OpenAIException - boom" in failed["extra"]["error_str"]


def test_what_goldloop_sent_there_is_not_taken_back(store, tmp_path):
    notes = json.loads((PAYLOADS / "phoenix_span_annotations.json").read_text())["data"]
    for one in notes:
        one["name"] = f"goldloop.{one['name']}"
    report = taken(store, written(tmp_path, "notes.json", {"data": notes}))
    assert (report.passed, report.feedback.accepted, report.scores.accepted) == (3, 0, 0)


def test_chats_of_openai_end_with_the_answer(store, tmp_path):
    assert taken(store, "phoenix_dataset_jsonl_openai_ft.jsonl").interactions.accepted == 2
    assert taken(store, "phoenix_dataset_jsonl_openai_evals.jsonl").feedback.accepted == 2
    assert [raw["expected"] for _, raw, *_ in said(store)] == ["Paris", "391"]
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    lines = [
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                      {"role": "assistant", "content": None, "tool_calls": calls}]},
        {"messages": [{"role": "user", "content": "Nobody answered."}]},
        {"object": "chat.completion", "id": "chatcmpl-1", "created": 1795243792, "model": "m",
         "messages": [{"role": "user", "content": "Why?"}], "metadata": {"team": "a"},
         "choices": [{"index": 0, "message": {"role": "assistant", "content": "So."}}]},
    ]  # fmt: skip
    path = tmp_path / "chats.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    assert taken(store, path).interactions.accepted == 3
    rows = stored(store)
    one = rows["chatcmpl-1"]
    assert (one["responses"][0]["text"], one["extra"], one["messages"][0]["content"]) == (
        "So.", {"team": "a"}, "Why?",
    )  # fmt: skip
    assert calls in [
        row["responses"][0].get("tool_calls") for row in rows.values() if row["responses"]
    ]


def test_a_file_is_known_by_what_is_in_it(store, tmp_path):
    files = [path for path in PAYLOADS.glob("*.json*") if not path.name.startswith("otlp_")]
    known = {path.name: platform_of(path) for path in files}
    wrong = {name: one for name, one in known.items() if one and not name.startswith(one)}
    assert set(wrong.values()) == {"openai"}
    assert all("openai" in name for name in wrong)
    unknown = [name for name, one in known.items() if one is None]
    assert [name for name in unknown if not name.startswith("otlp_")] == []  # those are sent
    plain = written(tmp_path, "plain.json", [{"id": "a", "messages": [], "response": "x"}])
    assert platform_of(plain) is None
    assert taken(store, plain).interactions.accepted == 1
    with pytest.raises(BadRow, match="has ids and names of its own"):
        taken(store, "phoenix_spans.json", format="phoenix", id_from="name")


def test_a_bad_object_stops_no_other(store, tmp_path):
    spans = json.loads((PAYLOADS / "phoenix_spans.json").read_text())["data"]
    spans[3:3] = ["no object", {"context": 7, "span_kind": "LLM"}]
    report = taken(store, written(tmp_path, "spans.json", spans), format="phoenix")
    assert (report.interactions.accepted, report.interactions.rejected_total) == (6, 2)


WORDS = """
id context span_id trace_id attributes span_kind start_time end_time parent_id result score name
annotator_kind info trace_metadata assessments feedback expectation value spans data source type
traceId startTime endTime input output observations scores dataType usageDetails run_type inputs
outputs messages role content choices message generations kwargs feedback_source key run_id
correction extra metadata litellm_call_id status response_time input.value tag.tags
llm.input_messages.0.message.role llm.input_messages.x.y
"""
KEYS = st.sampled_from(WORDS.split())


def test_ids_that_no_database_can_compare_are_faults_and_no_more(store, tmp_path):
    notes = json.loads((PAYLOADS / "langfuse_scores_post.json").read_text())
    notes += [{**notes[1], "observationId": "a\x00b"}, {**notes[0], "traceId": "\ud800"}]
    report = taken(store, written(tmp_path, "scores.json", notes))
    assert (report.unattached, report.feedback.rejected_total) == (5, 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(PLATFORMS)),
    st.lists(st.dictionaries(KEYS, JSON, max_size=10), min_size=1, max_size=3),
)
def test_no_object_breaks_a_reader(name, objects):
    brought = PLATFORMS[name].read(list(enumerate(objects)), {})
    for rows in (brought.interactions, brought.feedback, brought.scores):
        for index, row in rows:
            assert 0 <= index < len(objects)
            assert isinstance(row, BadRow | dict)


OBJECTS = [
    (name, one)
    for name, file in (
        ("phoenix", "phoenix_spans.json"), ("phoenix", "phoenix_spans_otlpv1.json"),
        ("phoenix", "phoenix_span_annotations.json"), ("mlflow", "mlflow_rest_trace_get.json"),
        ("mlflow", "mlflow_trace_to_json_rating.json"),
        ("langfuse", "langfuse_dataset_item_post.json"), ("langfuse", "langfuse_scores_post.json"),
        ("langsmith", "langsmith_2_runs_batch.json"), ("langsmith", "langsmith_5_runs_batch.json"),
        ("langsmith", "langsmith_4_feedback.json"),
    )
    for _, one in objects_of(PAYLOADS / file)
]  # fmt: skip
OBJECTS += [
    ("litellm", json.loads(line))
    for line in (PAYLOADS / "litellm_standard_logging_payload.jsonl").read_text().splitlines()
]
OBJECTS += [
    ("langfuse", {"id": "o", "traceId": "t", "type": "GENERATION", "startTime": 1.0, "endTime": 2.0,
                  "input": {"messages": []}, "output": {"choices": []}, "usageDetails": {},
                  "tags": [], "metadata": {}, "level": "", "model": "", "totalCost": 1}),
    ("langfuse", {"id": "t", "timestamp": 1, "observations": [], "scores": [], "input": "x"}),
    ("openai", {"object": "chat.completion", "choices": [{"message": {}}], "usage": {}}),
    ("openai", {"messages": [{"role": "user", "content": ""}], "ideal": "x"}),
]  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every holder in a value with every key in it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[Any, Any]] = []
    for key, one in pairs:
        found.append((value, key))
        if isinstance(one, dict | list):
            found += places(one)
    return found


HOSTILE = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1e308,
        10**40,
        "",
        "x",
        "\x00",
        "\ud800",
        "[",
        [],
        [[]],
        [1],
        ["x"],
        {},
        {"a": []},
    ]
)


@settings(max_examples=300)
@given(
    st.sampled_from(range(len(OBJECTS))),
    st.lists(st.tuples(st.floats(0, 0.999), HOSTILE), max_size=3),
)
def test_no_value_anywhere_breaks_a_reader_or_the_way_in(number, changes):
    name, one = OBJECTS[number]
    one = json.loads(json.dumps(one))
    for place, value in changes:
        found = places(one)
        if found:
            holder, key = found[int(place * len(found))]
            holder[key] = deepcopy(value)
    brought = PLATFORMS[name].read([(0, one)], {"rating": (1.0, 5.0)})
    for _, row in brought.interactions:
        if not isinstance(row, BadRow):
            with suppress(BadRow):
                parse_interaction(row, now=NOW)
    for _, row in brought.feedback:
        if not isinstance(row, BadRow):
            with suppress(BadRow):
                parse_feedback({**row, "source": "bot"}, now=NOW)
