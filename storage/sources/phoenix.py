"""Phoenix: spans, annotations and dataset examples, as its API gives them and its exports hold.

An interaction is an LLM span; of a trace without one it is the root span that has an input. Its
id is the id of the span.
"""

from collections.abc import Mapping
from typing import Any

from storage.sources.any_values import plain_pairs
from storage.sources.brought import (
    Brought,
    Json,
    Opinion,
    Scales,
    add_opinion,
    faults_of,
    inner,
    listed,
    mapping,
    milliseconds,
    names_of,
    opened,
    present,
    read_each,
)  # fmt: skip
from storage.sources.chats import messages_of, responses_of
from storage.sources.flattened import documents_at, messages_at, under
from storage.sources.jsonl import Row
from storage.values import moment_of

MOST_PARENTS = 100
_OF_WHOLE_ANSWERS = ("CHAIN", "AGENT", "UNKNOWN", None)
"""Kinds of root spans that can be an interaction themselves."""
_OF_SPAN = ("parent_id", "span_kind", "start_time", "end_time", "status_code", "status_message")
_OTLP_STATUS = {1: "OK", 2: "ERROR"}


def recognises(value: Json) -> bool:
    """Whether an object is certainly one of Phoenix's."""
    span = "span_kind" in value and isinstance(value.get("context"), Mapping)
    otlp = "trace_state" in value and "start_time_unix_nano" in value
    annotation = "annotator_kind" in value and isinstance(value.get("result"), Mapping)
    return span or otlp or annotation or ("node_id" in value and "input" in value)


def read(objects: list[Row], scales: Scales) -> Brought:
    """What spans, annotations and examples bring."""
    spans: dict[str, Json] = {}

    def one(index: int, value: Json, found: Brought) -> None:
        if "annotator_kind" in value and "result" in value:
            add_annotation(index, value, found, scales, traces={})
        elif "node_id" in value and "input" in value:
            found.interactions.append((index, _example(value)))
        else:
            span = span_of(value)
            spans[str(span["span_id"])] = {**span, "index": index}

    found = read_each(objects, one)
    brought = read_spans(spans, range(0))
    found.interactions += brought.interactions
    found.passed += brought.passed
    return found


def span_of(value: Json) -> dict[str, Any]:
    """A span in one shape, whichever of the two addresses it came from.

    Raises
    ------
    BadRow
        If it has no id.
    """
    if "start_time_unix_nano" in value:
        attributes = plain_pairs(value.get("attributes"))
        code = inner(value, "status").get("code")
        ids: Json = value
        span = {
            "parent_id": value.get("parent_span_id"),
            "span_kind": attributes.get("openinference.span.kind"),
            "start_time": value.get("start_time_unix_nano"),
            "end_time": value.get("end_time_unix_nano"),
            "status_code": _OTLP_STATUS.get(code) if isinstance(code, int) else None,
            "status_message": inner(value, "status").get("message"),
        }
    else:
        ids = mapping(value.get("context"), "context")
        attributes = dict(mapping(value.get("attributes") or {}, "attributes"))
        span = {key: value.get(key) for key in _OF_SPAN}
    ids_of = {"trace_id": ids.get("trace_id"), "span_id": ids.get("span_id")}
    named = {"parent_id": span["parent_id"], "span_kind": span["span_kind"], **ids_of}
    texts = {key: one if isinstance(one, str) else None for key, one in named.items()}
    return {**span, **texts, "name": value.get("name"), "attributes": attributes}


def read_spans(spans: Mapping[str, Json], taken: range | set[str]) -> Brought:
    """The interactions among spans by id; those of `taken` ids only give context to the others."""
    found = Brought()
    of_models = {span["trace_id"] for span in spans.values() if span["span_kind"] == "LLM"}
    for number, (name, span) in enumerate(spans.items()):
        if name in taken:
            continue
        alone = span["trace_id"] not in of_models and not span["parent_id"]
        if span["span_kind"] == "LLM" or (alone and is_whole_answer(span)):
            index = span.get("index", number)
            with faults_of(found.interactions, index):
                row = _interaction(span, _ancestors(span, spans), spans)
                found.interactions.append((index, row))
        else:
            found.passed += 1
    return found


def is_whole_answer(span: Json) -> bool:
    """Whether a root span can stand for its trace."""
    kind = span["span_kind"]
    return kind in _OF_WHOLE_ANSWERS and span["attributes"].get("input.value") is not None


def _ancestors(span: Json, spans: Mapping[str, Json]) -> list[Json]:
    found: list[Json] = []
    parent = span["parent_id"]
    while isinstance(parent, str) and parent in spans and len(found) < MOST_PARENTS:
        found.append(spans[parent])
        parent = spans[parent]["parent_id"]
    return found


def _interaction(span: Json, above: list[Json], spans: Mapping[str, Json]) -> dict[str, Any]:
    attributes = span["attributes"]
    line = [attributes, *(one["attributes"] for one in above)]
    asked = messages_at(attributes, "llm.input_messages")
    said = messages_at(attributes, "llm.output_messages")
    failed = span["status_code"] == "ERROR"
    outputs = [{key: value for key, value in one.items() if key != "role"} for one in said]
    documents = documents_at(attributes) or [
        one for other in spans.values()
        if other["span_kind"] == "RETRIEVER" and other["trace_id"] == span["trace_id"]
        for one in documents_at(other["attributes"])
    ]  # fmt: skip
    row = {
        "id": span["span_id"],
        "trace_id": span["trace_id"],
        "messages": asked or messages_of(attributes.get("input.value")),
        "responses": outputs or responses_of(attributes.get("output.value")),
        "created_at": span["start_time"],
        "latency_ms": milliseconds(span["start_time"], span["end_time"]),
        "session_id": _first(line, "session.id", "gen_ai.conversation.id"),
        "user_id": _first(line, "user.id", "enduser.id"),
        "model": attributes.get("llm.model_name"),
        "tags": names_of(opened(_first(line, "tag.tags"))),
        "usage": {"input_tokens": attributes.get("llm.token_count.prompt"),
                  "output_tokens": attributes.get("llm.token_count.completion")},
        "context": documents or None,
        "flags": ["error"] if failed else None,
        "metadata": _metadata(span, attributes),
    }  # fmt: skip
    return present(row)


def _metadata(span: Json, attributes: Json) -> dict[str, Any]:
    found: dict[str, Any] = under(attributes, "metadata")
    prompt = under(attributes, "llm.prompt_template")
    kept = {
        "platform": "phoenix",
        "span_kind": span["span_kind"],
        "span_name": span["name"],
        "parent_span_id": span["parent_id"],
        "error": span["status_message"] or None if span["status_code"] == "ERROR" else None,
        "prompt_template": prompt or None,
        "invocation_parameters": opened(attributes.get("llm.invocation_parameters")),
    }
    return found | present(kept)


def _first(line: list[Json], *names: str) -> Any:
    """The value nearest to a span, on itself or on its ancestors."""
    for attributes in line:
        for name in names:
            if attributes.get(name) not in (None, ""):
                return attributes[name]
    return None


def add_annotation(
    index: int, value: Json, found: Brought, scales: Scales, *, traces: Mapping[str, Any]
) -> None:
    """What an annotation says; `traces` gives the trace of a span by its id."""
    result = inner(value, "result")
    target = value.get("span_id", value.get("trace_id"))
    trace = value.get("trace_id", traces.get(str(target)))
    about = inner(value, "metadata")
    said = Opinion(
        interaction_id=target,
        trace_id=trace,
        name=value.get("name"),
        by=str(value.get("annotator_kind") or "HUMAN"),
        value=result.get("score"),
        label=result.get("label"),
        comment=result.get("explanation"),
        actor=about.get("user") or value.get("user_id") or value.get("identifier") or None,
        created_at=value.get("created_at"),
        about={"annotation_metadata": dict(about)} if about else {},
    )
    add_opinion(found, index, said, scales)


def _example(value: Json) -> dict[str, Any]:
    """An example of a dataset: what its creator put down as the output is the response."""
    return present(
        {
            "id": value.get("id"),
            "messages": messages_of(value.get("input")),
            "responses": responses_of(value.get("output")),
            "created_at": _known(value.get("updated_at")),
            "metadata": {**inner(value, "metadata"), "platform": "phoenix"}
            | ({"splits": value["splits"]} if listed(value.get("splits")) else {}),
        }
    )


def _known(moment: object) -> object:
    return None if moment is None else moment_of("updated_at", moment)
