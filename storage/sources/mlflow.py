"""MLflow 3: traces with their assessments, as `trace.to_json()` and the REST interface write them.

A trace is one interaction and its id is the id of the trace, because assessments hang on traces.
Its texts are those of the last call of a chat model in it, else the input and output of its root.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from storage.errors import BadRow
from storage.sources.any_values import plain_pairs
from storage.sources.brought import (
    Brought,
    Json,
    Opinion,
    Scales,
    add_opinion,
    inner,
    listed,
    opened,
    present,
    read_each,
)  # fmt: skip
from storage.sources.chats import messages_of, responses_of
from storage.sources.jsonl import Row

_MODELS = ("CHAT_MODEL", "LLM")
_FINISHED = ("OK", "ERROR")


def recognises(value: Json) -> bool:
    """Whether an object is certainly a trace of MLflow."""
    info = _info(value)
    return "trace_id" in info and ("trace_location" in info or "trace_metadata" in info)


def read(objects: list[Row], scales: Scales) -> Brought:
    """What traces bring; those that still run are passed over.

    A search of traces answers without spans: of those only what was said of them is taken.
    """

    def one(index: int, value: Json, found: Brought) -> None:
        info, spans = parts_of(value)
        if not is_finished(info):
            found.passed += 1
            return
        if spans:
            found.interactions.append((index, interaction_of(info, spans)))
        else:
            found.passed += 1
        add_assessments(index, info, found, scales)

    return read_each(objects, one)


def parts_of(value: Json) -> tuple[Json, list[Json]]:
    """The info of a trace and its spans, attributes as plain values.

    Raises
    ------
    BadRow
        If there is no info.
    """
    info = _info(value)
    if not info.get("trace_id"):
        raise BadRow("info.trace_id", "missing", "a trace of MLflow 3, as trace.to_json()")
    spans = value.get("spans", inner(value, "data").get("spans"))
    return info, [_span(one) for one in listed(spans) if isinstance(one, Mapping)]


def _info(value: Json) -> Json:
    return inner(value, "info") or inner(value, "trace_info") or value


def is_finished(info: Json) -> bool:
    """Whether a trace has ended."""
    return info.get("state") in _FINISHED


def interaction_of(info: Json, spans: list[Json]) -> dict[str, Any]:
    """The interaction that a trace is."""
    about = inner(info, "trace_metadata")
    call, asked, said = _said(spans, about)
    attributes = inner(call, "attributes")
    spent = inner(_decoded(about.get("mlflow.trace.tokenUsage")))
    failed = info.get("state") == "ERROR"
    tags = {key: one for key, one in inner(info, "tags").items() if not key.startswith("mlflow.")}
    row = {
        "id": info["trace_id"],
        "trace_id": info["trace_id"],
        "messages": messages_of(asked),
        "responses": responses_of(said),
        "created_at": info.get("request_time"),
        "latency_ms": _duration(info),
        "session_id": about.get("mlflow.trace.session"),
        "user_id": about.get("mlflow.trace.user"),
        "model": _model(attributes, asked),
        "usage": {key: spent.get(key) for key in ("input_tokens", "output_tokens")},
        "flags": ["error"] if failed else None,
        "metadata": present({
            "platform": "mlflow",
            "trace_name": inner(info, "tags").get("mlflow.traceName"),
            "span_id": call.get("span_id"),
            "span_name": call.get("name"),
            "tags": tags or None,
            "error": inner(call, "status").get("message") or None if failed else None,
        }),
    }  # fmt: skip
    return present(row)


def add_assessments(index: int, info: Json, found: Brought, scales: Scales) -> None:
    """What people and judges said of a trace, expected answers included."""
    for one in listed(info.get("assessments")):
        value = one if isinstance(one, Mapping) else {}
        if value.get("valid") is False:  # somebody has overridden it
            found.passed += 1
            continue
        expected = value.get("expectation")
        source = inner(value, "source")
        said = Opinion(
            interaction_id=info["trace_id"],
            name=value.get("assessment_name"),
            by="HUMAN" if expected is not None else str(source.get("source_type") or "HUMAN"),
            value=inner(value, "feedback").get("value"),
            comment=value.get("rationale") or None,
            actor=source.get("source_id"),
            created_at=value.get("create_time"),
            expected=_expected(expected),
            version=None,
            about={"span_id": value["span_id"]} if value.get("span_id") else {},
        )
        add_opinion(found, index, said, scales)


def _expected(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if "serialized_value" in value:
        return _decoded(inner(value, "serialized_value").get("value"))
    return value.get("value")


def _span(value: Json) -> Json:
    attributes = value.get("attributes")
    if isinstance(attributes, Mapping):
        plain = {str(name): _decoded(one) for name, one in attributes.items()}
    else:
        plain = {name: opened(one) for name, one in plain_pairs(attributes).items()}
    return {**value, "attributes": plain}


def _decoded(value: Any) -> Any:
    """A value that was encoded as JSON once more; itself when it was not."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return value


def _said(spans: list[Json], about: Json) -> tuple[Json, Any, Any]:
    """The span that holds what was said, its input and its output."""
    calls = [one for one in spans if one["attributes"].get("mlflow.spanType") in _MODELS]
    roots = [one for one in spans if not one.get("parent_span_id") and not one.get("parent_id")]
    chosen = max(calls, key=_started) if calls else next(iter(roots), None)
    if chosen is None:
        asked, said = about.get("mlflow.traceInputs"), about.get("mlflow.traceOutputs")
        return {}, _decoded(asked), _decoded(said)
    attributes = chosen["attributes"]
    return chosen, attributes.get("mlflow.spanInputs"), attributes.get("mlflow.spanOutputs")


def _started(span: Json) -> int:
    value = span.get("start_time_unix_nano", span.get("start_time"))
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 25 else 0


def _duration(info: Json) -> float | None:
    spent = info.get("execution_duration_ms")
    if isinstance(spent, int | float):
        return max(float(spent), 0.0)
    text = str(info.get("execution_duration") or "").removesuffix("s")
    return float(text) * 1000 if text.replace(".", "", 1).isdecimal() and len(text) < 20 else None


def _model(attributes: Json, asked: Any) -> Any:
    named = attributes.get("mlflow.llm.model") or attributes.get("model")
    return named or inner(asked).get("model")
