"""Bodies of every kind: traps of the encoding, single bad spans, and what is hostile."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from storage import BadRow
from storage.sources import otlp
from storage.sources.otlp import calls
from storage.sources.otlp.plain import text_of


def body(*spans: Any, **resource: Any) -> bytes:
    group = {"scopeSpans": [{"spans": list(spans)}], **resource}
    return json.dumps({"resourceSpans": [group]}).encode()


def span(**more: Any) -> dict[str, Any]:
    return {"traceId": "A" * 32, "spanId": "b" * 16, "startTimeUnixNano": "1795348800000000000",
            "endTimeUnixNano": 1795348800000000000, **more}  # fmt: skip


def attributes(**values: Any) -> list[dict[str, Any]]:
    return [{"key": f"gen_ai.{key}", "value": value} for key, value in values.items()]


def test_every_kind_of_value_is_read() -> None:
    values = attributes(
        text={"stringValue": "x"}, empty={}, null=None, whole={"intValue": "9007199254740993"},
        number={"intValue": 7}, part={"doubleValue": 0.5}, infinite={"doubleValue": "Infinity"},
        yes={"boolValue": True}, raw={"bytesValue": "AAE="},
        some={"arrayValue": {"values": [{"stringValue": "a"}, {}, {"intValue": 1}]}},
        none={"arrayValue": {}},
        held={"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "v"}},
                                         {"key": "n", "value": {}}]}},
    )  # fmt: skip
    (one,) = otlp.traces_from_json(body(span(attributes=values))).spans
    found = {key.removeprefix("gen_ai."): value for key, value in one.attributes.items()}
    assert found == {
        "text": "x", "empty": None, "null": None, "whole": 9007199254740993, "number": 7,
        "part": 0.5, "infinite": None, "yes": True, "raw": "AAE=", "some": ["a", None, 1],
        "none": [], "held": {"k": "v", "n": None},
    }  # fmt: skip
    assert (one.trace_id, one.span_id, one.end) == ("a" * 32, "b" * 16, 1795348800000000000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"traceId": "abc"}, {"traceId": "0" * 32}, {"traceId": "g" * 32}, {"spanId": None},
        {"spanId": 7}, {"startTimeUnixNano": "soon"}, {"startTimeUnixNano": -1},
        {"endTimeUnixNano": 10**30}, {"status": {"code": []}}, {"status": "bad"}, {"name": {}},
        {"attributes": {}}, {"attributes": [7]}, {"attributes": [{"key": 1}]},
        {"attributes": attributes(x={"intValue": "9" * 30})},
        {"attributes": attributes(x={"doubleValue": "x"})},
        {"attributes": attributes(x={"boolValue": 1})},
        {"events": [1]}, {"links": ["x"]}, {"links": [{"traceId": "1"}]},
    ],
)  # fmt: skip
def test_a_single_bad_span_is_counted_and_spoils_no_other(wrong) -> None:
    taken = otlp.traces_from_json(body(span(**wrong), span(spanId="c" * 16)))
    assert [one.span_id for one in taken.spans] == ["c" * 16]
    assert taken.rejected == 1
    assert taken.reason


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(depth):
        value = {"arrayValue": {"values": [value]}}
    return value


def test_deep_nesting_is_refused_in_both_encodings() -> None:
    sent = body(span(attributes=attributes(x=nested(40))), span(spanId="c" * 16))
    taken = otlp.traces_from_json(sent)
    assert (len(taken.spans), taken.rejected) == (1, 1)
    assert "nested deeper" in taken.reason
    request = ExportTraceServiceRequest()
    one = request.resource_spans.add().scope_spans.add().spans.add()
    one.trace_id, one.span_id = b"a" * 16, b"b" * 8
    value = one.attributes.add(key="gen_ai.x").value
    for _ in range(35):
        value = value.array_value.values.add()
    assert otlp.traces_from_protobuf(request.SerializeToString()).rejected == 1


@pytest.mark.parametrize(
    "wrong",
    [b"", b"{", b"[]", b"7", b'"x"', b"\xff\xfe", b'{"resourceSpans": 7}', b"[" * 100_000,
     b'{"resourceSpans": [7]}', b'{"resourceSpans": [{"scopeSpans": [{"spans": 7}]}]}'],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused(wrong) -> None:
    with pytest.raises(BadRow):
        otlp.traces_from_json(wrong)
    with pytest.raises(BadRow):
        otlp.traces_from_protobuf(b"\x0a" + wrong + b"\xff\xff")


def test_half_characters_and_zeros_survive_as_json() -> None:
    sent = body(span(attributes=attributes(x={"stringValue": "a\x00b"})))
    sent = sent.replace(b"a\\u0000b", b"a\\u0000b\\ud800")
    taken = otlp.traces_from_json(sent)
    assert "a\\u0000b\ufffd" in text_of(taken.spans[0])


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
NAMES = st.text(max_size=9)
ANY = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.sampled_from(
    ["gen_ai.choice", "gen_ai.user.message", "gen_ai.client.inference.operation.details"]
)
KEYS = st.sampled_from(
    [
        "gen_ai.operation.name", "gen_ai.input.messages", "gen_ai.output.messages",
        "gen_ai.system_instructions", "gen_ai.request.model", "gen_ai.response.finish_reasons",
        "gen_ai.prompt.0.role", "gen_ai.prompt.0.content", "gen_ai.prompt.0.tool_calls.0.name",
        "gen_ai.completion.0", "gen_ai.completion.99999999999.content", "llm.request.type",
        "openinference.span.kind", "llm.input_messages.0.message", "llm.output_messages.0",
        "llm.input_messages.0.message.contents.0.message_content", "llm.invocation_parameters",
        "metadata", "tag.tags", "input.value", "output.value", "langfuse.observation.type",
        "langfuse.observation.input", "langfuse.observation.output", "langfuse.trace.tags",
        "langfuse.observation.usage_details", "langsmith.run_type", "langsmith.inputs",
        "langsmith.outputs", "langsmith.metadata", "retrieval.documents.0.document",
    ]
)  # fmt: skip
KINDS = st.sampled_from(["chat", "LLM", "generation", "llm", "RETRIEVER", "retriever"])
TEXTS = ANY.map(lambda value: json.dumps(value, default=str))


@settings(max_examples=150)
@given(st.dictionaries(KEYS, ANY | KINDS | TEXTS, min_size=1, max_size=7), st.data())
def test_no_attribute_of_any_shape_breaks_the_reading(held, data) -> None:
    from storage.sources.otlp.plain import Record, Span

    records = [Record("a", "b", data.draw(EVENTS), body=data.draw(ANY), attributes=held)]
    for beside in ([], records):
        found = calls.trace_of([Span("a", "b", attributes=held)], beside)
        for one in found.calls:
            text_of(one.row)
