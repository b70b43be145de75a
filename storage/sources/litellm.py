"""LiteLLM: one `standard_logging_object` per call, as its callbacks and its logs write it."""

from typing import Any

from storage.sources.brought import Brought, Json, Scales, inner, names_of, present, read_each
from storage.sources.chats import messages_of, responses_of
from storage.sources.jsonl import Row

_KEPT = ("call_type", "custom_llm_provider", "litellm_call_id", "model_group", "cache_hit",
         "model_parameters", "error_str", "guardrail_information")  # fmt: skip
_CHATS = frozenset(("completion", "acompletion", "text_completion", "atext_completion",
                    "anthropic_messages", "responses", "aresponses", "generate_content",
                    "agenerate_content"))  # fmt: skip


def recognises(value: Json) -> bool:
    """Whether an object is certainly a logged call of LiteLLM."""
    return "litellm_call_id" in value and "startTime" in value and "call_type" in value


def read(objects: list[Row], scales: Scales) -> Brought:  # noqa: ARG001 - people say nothing here
    """What logged calls bring; embeddings and other calls without an answer are passed over."""
    return read_each(objects, _call)


def _call(index: int, value: Json, found: Brought) -> None:
    if str(value.get("call_type")) not in _CHATS:
        found.passed += 1
        return
    failed = value.get("status") == "failure"
    details = inner(value, "metadata")
    answered = value.get("response")
    spent = {"input_tokens": value.get("prompt_tokens"),
             "output_tokens": value.get("completion_tokens")}  # fmt: skip
    row: dict[str, Any] = {
        "id": value.get("id"),
        "messages": messages_of(value.get("messages")),
        "responses": [] if failed else responses_of(answered),
        "created_at": value.get("startTime"),
        "model": inner(answered).get("model") or value.get("model"),
        "user_id": value.get("end_user") or inner(value, "model_parameters").get("user"),
        "session_id": value.get("session_id") or None,
        "trace_id": value.get("trace_id"),
        "tags": names_of(value.get("request_tags")),
        "flags": ["error"] if failed else None,
        "usage": spent,
        "latency_ms": _milliseconds(value),
        "cost_usd": value.get("response_cost") or None,
        "metadata": present({key: value.get(key) for key in _KEPT}
                            | {"requester_metadata": details.get("requester_metadata")}),
    }  # fmt: skip
    found.interactions.append((index, present(row)))


def _milliseconds(value: Json) -> float | None:
    spent = value.get("response_time")
    return spent * 1000 if isinstance(spent, int | float) and spent >= 0 else None
