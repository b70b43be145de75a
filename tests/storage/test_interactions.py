"""One row in, one interaction out, or a fault that names field, value and fix."""

import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import BadRow
from storage.interactions import MAX_TEXT, InteractionIn, key_of, parse_interaction

NOW = datetime(2026, 11, 2, tzinfo=UTC)
ROW = {
    "id": "req_1", "source": "support-bot", "created_at": "2026-11-01T10:00:00Z",
    "session_id": "s1", "user_id": "u9", "trace_id": "t7",
    "messages": [{"role": "user", "content": "Why?"}], "response": "Because.",
    "context": ["A passage."], "model": "m-1", "variant": "B", "category": "billing",
    "tags": ["faq"], "confidence": 0.42, "flags": ["too_short"],
    "feedback": {"score": 0.0, "comment": "wrong"}, "scores": {"judge": 2.5},
    "latency_ms": 812, "usage": {"input_tokens": 10, "output_tokens": 20}, "cost_usd": 0.0004,
    "metadata": {"locale": "de"},
}  # fmt: skip


def parsed(**changes) -> InteractionIn:
    return parse_interaction({"id": "a", "query": "Why?", **changes}, now=NOW)


def extra(row: InteractionIn) -> object:
    return json.loads(row.extra) if row.extra else None


def test_the_documented_row():
    row = parse_interaction(ROW, now=NOW)
    assert (row.source, row.external_id) == ("support-bot", "req_1")
    assert row.created_at == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert (row.session_id, row.user_id, row.trace_id) == ("s1", "u9", "t7")
    assert (row.model, row.variant, row.category) == ("m-1", "B", "billing")
    assert (row.tags, row.flags, row.confidence) == (["faq"], ["too_short"], 0.42)
    assert (row.latency_ms, row.input_tokens, row.output_tokens) == (812, 10, 20)
    assert (row.cost_usd, row.chars) == (0.0004, len("Because."))
    assert json.loads(row.messages) == ROW["messages"]
    assert json.loads(row.responses) == [{"id": "1", "text": "Because."}]
    assert json.loads(row.context or "") == ["A passage."]
    assert extra(row) == {"locale": "de"}
    assert [(one.value, one.comment) for one in row.feedback] == [(0.0, "wrong")]
    assert [(one.name, one.kind, one.value) for one in row.scores] == [("judge", "judge", 2.5)]


def test_the_sample_key_is_the_documented_hash():
    digest = sha256(b"support-bot\x1freq_1").digest()
    assert key_of("support-bot", "req_1") == int.from_bytes(digest[:8], "big") >> 1
    assert parse_interaction(ROW, now=NOW).sample_key == key_of("support-bot", "req_1")
    assert 0 <= key_of("", "") < 2**63


def test_equal_input_has_an_equal_hash_however_it_was_spelled():
    one = parsed(query="Why?").input_hash
    assert parsed(query=None, messages=[{"content": "Why?", "role": "user"}]).input_hash == one
    assert parsed(query=None, input="Why?", id="b", response="x").input_hash == one
    assert parsed(query="Why").input_hash != one


def test_defaults():
    row = parse_interaction({"id": 7, "query": "Why?"}, default_source="log", now=NOW)
    assert (row.source, row.external_id, row.created_at) == ("log", "7", NOW)
    assert (row.flags, row.tags, row.confidence, row.extra) == (None, None, None, None)


def test_unknown_keys_and_unused_spellings_are_kept_as_metadata():
    row = parsed(locale="de", question="Other?", expected_output="Because", timestamp=None,
                 created_at=1772359260, start_time="2026", metadata={"x": 1})  # fmt: skip
    assert extra(row) == {
        "locale": "de", "question": "Other?", "expected_output": "Because", "start_time": "2026",
        "x": 1,
    }  # fmt: skip


def test_flagged_is_short_for_a_flag():
    assert parsed(flagged=True).flags == ["flagged"]
    assert parsed(flagged=False, flags=[]).flags is None
    assert parsed(flagged=True, flags=["rude"]).flags == ["rude"]


def test_usage_by_either_name_and_the_rest_is_kept():
    row = parsed(usage={"prompt_tokens": 9, "completion_tokens": 2, "cached_tokens": 4})
    assert (row.input_tokens, row.output_tokens) == (9, 2)
    assert extra(row) == {"usage": {"cached_tokens": 4}}


def test_the_one_response_tells_the_model_when_the_row_does_not():
    response = {"text": "x", "model": "m-2", "variant": "A"}
    row = parsed(response=response)
    assert (row.model, row.variant) == ("m-2", "A")
    assert parsed(model="m-1", response=response).model == "m-1"


def test_context_as_text_object_or_list():
    assert parsed(context="p").context == '["p"]'
    assert parsed(context={"text": "p"}).context == '[{"text":"p"}]'
    assert parsed(context=[]).context is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "id"),
        ({"id": ""}, "id"),
        ({"id": "a\x00"}, "id"),
        ({"id": "x" * 513}, "id"),
        ({"source": "a\nb"}, "source"),
        ({"created_at": "soon"}, "created_at"),
        ({"timestamp": "soon"}, "timestamp"),
        ({"session_id": "a\x1f"}, "session_id"),
        ({"category": "x" * 201}, "category"),
        ({"model": ["m"]}, "model"),
        ({"variant": "\x00"}, "variant"),
        ({"confidence": 42}, "confidence"),
        ({"confidence": True}, "confidence"),
        ({"flags": "rude"}, "flags"),
        ({"flags": [["rude"]]}, "flags"),
        ({"flagged": "maybe"}, "flagged"),
        ({"tags": ["x"] * 101}, "tags"),
        ({"context": [3]}, "context"),
        ({"latency_ms": -1}, "latency_ms"),
        ({"usage": 3}, "usage"),
        ({"usage": {"prompt_tokens": -1}}, "usage.prompt_tokens"),
        ({"usage": {"input_tokens": 2**31}}, "usage.input_tokens"),
        ({"cost_usd": "cheap"}, "cost_usd"),
        ({"metadata": "x"}, "metadata"),
        ({"feedback": "good"}, "feedback"),
        ({"feedback": {"score": 4}}, "feedback.score"),
        ({"feedback": [{"thumb": "up"}] * 101}, "feedback"),
        ({"scores": 3}, "scores"),
        ({"scores": {"judge": "high"}}, "scores.value"),
        ({"scores": {"a\x00": 1}}, "scores.name"),
    ],
)
def test_a_fault_names_its_field_and_a_fix(changes, field):
    with pytest.raises(BadRow) as refused:
        parsed(**changes)
    told = refused.value.to_json()
    assert (told["code"], told["field"]) == ("invalid", field)
    assert told["message"]
    assert told["hint"]


@pytest.mark.parametrize(
    ("row", "way"),
    [
        ({"id": "s1", "interaction_id": "r1", "name": "judge", "value": 2.5}, "/v1/scores"),
        ({"interaction_id": "r1", "name": "judge", "value": 0}, "/v1/scores"),
        ({"interaction_id": "r1", "thumb": "down"}, "/v1/feedback"),
    ],
)
def test_a_score_among_interactions_is_told_its_own_way_in(row, way):
    with pytest.raises(BadRow) as refused:
        parse_interaction(row, now=NOW)
    assert refused.value.field == "interaction_id"
    assert way in str(refused.value.hint)


@pytest.mark.parametrize("row", [None, 3, "x", [], [1], True])
def test_what_is_no_object_is_refused(row):
    with pytest.raises(BadRow, match="not an object"):
        parse_interaction(row, now=NOW)


def test_an_interaction_may_be_large_but_not_endless():
    assert parsed(response="x" * (MAX_TEXT - 1_000)).chars == MAX_TEXT - 1_000
    half = "x" * (MAX_TEXT // 2)
    with pytest.raises(BadRow, match="characters") as refused:
        parsed(query=half, response=half)
    assert refused.value.hint == "at most 4000000 per interaction"


def test_deep_metadata_is_refused():
    deep: list = []
    for _ in range(5_000):
        deep = [deep]
    for changes in ({"metadata": {"x": deep}}, {"unknown": deep}, {"context": [{"x": deep}]},
                    {"messages": [{"role": "user", "content": [{"x": deep}]}]},
                    {"feedback": {"thumb": "up", "x": deep}}):  # fmt: skip
        with pytest.raises(BadRow, match="nested deeper"):
            parsed(**changes)


def test_half_characters_are_replaced_in_texts_and_refused_in_names():
    row = parsed(query="a\ud800b", response="\udc00", context=["\ud800"], note="\udfff")
    assert json.loads(row.messages)[0]["content"] == "a�b"
    assert json.loads(row.responses)[0]["text"] == "�"
    assert (row.context, extra(row)) == ('["�"]', {"note": "�"})
    with pytest.raises(BadRow, match="control character"):
        parsed(category="a\ud800")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
KEYS = st.sampled_from([*ROW, "query", "input", "responses", "output", "timestamp", "flagged", "x"])
ROWS = st.dictionaries(KEYS, JSON, max_size=8) | st.builds(
    lambda key, value: {**ROW, key: value}, KEYS, JSON
)


@settings(max_examples=600, deadline=None)
@given(ROWS | JSON)
def test_any_json_gives_an_interaction_or_a_bad_row(row):
    try:
        found = parse_interaction(row, now=NOW)
    except BadRow as error:
        json.dumps(error.to_json()).encode()
        return
    for text in (found.messages, found.responses, found.context, found.extra):
        text is None or json.loads(text.encode())
    assert found.external_id
    assert 0 <= found.input_hash < 2**63
