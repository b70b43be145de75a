"""Langfuse: observations, scores, traces and dataset items, as its API and its exports write them.

An interaction is a generation, its id the id of the observation; of a trace without one, as
`GET /traces/{id}` gives it whole, it is the trace itself.
"""

from collections.abc import Mapping
from typing import Any

from storage.sources.brought import (
    Brought,
    Json,
    Opinion,
    Scales,
    add_opinion,
    inner,
    listed,
    milliseconds,
    names_of,
    opened,
    present,
    read_each,
)  # fmt: skip
from storage.sources.chats import messages_of, responses_of
from storage.sources.jsonl import Row

_TYPES = frozenset(("SPAN", "GENERATION", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER",
                    "EVALUATOR", "EMBEDDING", "GUARDRAIL"))  # fmt: skip
_COUNTS = {"input_tokens": ("input", "inputTokens", "promptTokens"),
           "output_tokens": ("output", "outputTokens", "completionTokens")}  # fmt: skip
_BY = {"EVAL": "LLM"}


def recognises(value: Json) -> bool:
    """Whether an object is certainly one of Langfuse's."""
    observation = str(value.get("type")) in _TYPES and "traceId" in value and "startTime" in value
    trace = isinstance(value.get("observations"), list) and "timestamp" in value
    return observation or trace or _is_score(value) or _is_item(value)


def read(objects: list[Row], scales: Scales) -> Brought:
    """What observations, scores, whole traces and dataset items bring."""

    def one(index: int, value: Json, found: Brought) -> None:
        if _is_score(value):
            add_score(index, value, found, scales)
        elif _is_item(value):
            _item(index, value, found, scales)
        elif isinstance(value.get("observations"), list):
            _trace(index, value, found, scales)
        else:
            _observation(index, value, {}, found)

    return read_each(objects, one)


def add_score(index: int, value: Json, found: Brought, scales: Scales) -> None:
    """What a score says of an observation, or of the last interaction of a trace."""
    subject = inner(value, "subject")
    trace, observation = value.get("traceId"), value.get("observationId")
    if subject.get("kind") == "observation":
        trace, observation = subject.get("traceId"), subject.get("id")
    elif subject.get("kind") == "trace":
        trace = subject.get("id")
    elif subject or (trace is None and observation is None):
        found.passed += 1  # of a session or an experiment: no interaction is meant
        return
    kind, said = value.get("dataType"), value.get("value")
    text = value.get("stringValue")
    if kind == "BOOLEAN":
        said = bool(said)
    elif kind != "NUMERIC" and text is not None:
        said = text
    corrects = kind == "CORRECTION"
    opinion = Opinion(
        interaction_id=observation or trace,
        trace_id=trace,
        name=value.get("name"),
        by="HUMAN" if corrects else _BY.get(str(value.get("source")), "HUMAN"),
        value=None if corrects or kind == "TEXT" else said,
        comment=value.get("comment") or (said if kind == "TEXT" else None),
        actor=value.get("authorUserId") or inner(value, "metadata").get("user_id"),
        created_at=value.get("timestamp") or value.get("createdAt"),
        expected=said if corrects else None,
        about={"data_type": kind} if kind is not None else {},
    )
    add_opinion(found, index, opinion, scales)


def _is_score(value: Json) -> bool:
    return "dataType" in value and "name" in value and ("value" in value or "stringValue" in value)


def _is_item(value: Json) -> bool:
    return "expectedOutput" in value and ("datasetName" in value or "datasetId" in value)


def _observation(index: int, value: Json, trace: Json, found: Brought) -> None:
    if value.get("type") != "GENERATION" or value.get("endTime") is None:
        found.passed += 1
        return
    failed = value.get("level") == "ERROR"
    row = {
        "id": value.get("id"),
        "trace_id": value.get("traceId"),
        "messages": messages_of(value.get("input")),
        "responses": responses_of(value.get("output")),
        "created_at": value.get("startTime"),
        "latency_ms": milliseconds(value.get("startTime"), value.get("endTime")),
        "session_id": value.get("sessionId") or trace.get("sessionId"),
        "user_id": value.get("userId") or trace.get("userId"),
        "model": value.get("model") or value.get("providedModelName"),
        "tags": names_of(value.get("tags") or trace.get("tags")),
        "usage": _usage(value),
        "cost_usd": value.get("totalCost", value.get("calculatedTotalCost")) or None,
        "flags": ["error"] if failed else None,
        "metadata": _metadata(value, trace, failed),
    }
    found.interactions.append((index, present(row)))


def _usage(value: Json) -> dict[str, Any]:
    told = (inner(value, "usageDetails"), inner(value, "usage"), value)
    return {
        name: next(
            (one[key] for one in told for key in keys if isinstance(one.get(key), int)), None
        )
        for name, keys in _COUNTS.items()
    }


def _metadata(value: Json, trace: Json, failed: bool) -> dict[str, Any]:
    found: dict[str, Any] = {**inner(trace, "metadata"), **inner(opened(value.get("metadata")))}
    kept = {
        "platform": "langfuse",
        "observation_name": value.get("name"),
        "trace_name": value.get("traceName") or trace.get("name"),
        "environment": value.get("environment"),
        "release": value.get("release") or trace.get("release"),
        "prompt_name": value.get("promptName"),
        "prompt_version": value.get("promptVersion"),
        "model_parameters": opened(value.get("modelParameters")),
        "error": value.get("statusMessage") if failed else None,
    }
    return found | present(kept)


def _trace(index: int, value: Json, found: Brought, scales: Scales) -> None:
    """A trace with everything in it, as its own address gives it."""
    before = len(found.interactions)
    for one in listed(value.get("observations")):
        if isinstance(one, Mapping):
            _observation(index, {"traceId": value.get("id"), **one}, value, found)
    if len(found.interactions) == before and value.get("input") is not None:
        row = {
            "id": value.get("id"),
            "trace_id": value.get("id"),
            "messages": messages_of(value.get("input")),
            "responses": responses_of(value.get("output")),
            "created_at": value.get("timestamp"),
            "session_id": value.get("sessionId"),
            "user_id": value.get("userId"),
            "tags": names_of(value.get("tags")),
            "metadata": _metadata({}, value, False),
        }
        found.interactions.append((index, present(row)))
    for one in listed(value.get("scores")):
        if isinstance(one, Mapping):
            add_score(index, {"traceId": value.get("id"), **one}, found, scales)


def _item(index: int, value: Json, found: Brought, scales: Scales) -> None:
    """An item of a dataset: a correction of what it was made from, else a question of its own."""
    observation, trace = value.get("sourceObservationId"), value.get("sourceTraceId")
    if value.get("status") == "ARCHIVED":
        found.passed += 1
        return
    if observation is None and trace is None:
        row = {
            "id": value.get("id"),
            "messages": messages_of(value.get("input")),
            "responses": [],
            "created_at": value.get("createdAt"),
            "metadata": {"platform": "langfuse", "dataset": value.get("datasetName")},
        }
        found.interactions.append((index, present(row)))
    if value.get("expectedOutput") is None:
        return
    said = Opinion(
        interaction_id=observation or trace or value.get("id"),
        trace_id=trace,
        name=value.get("datasetName") or "dataset",
        created_at=value.get("createdAt"),
        expected=value["expectedOutput"],
    )
    add_opinion(found, index, said, scales)
