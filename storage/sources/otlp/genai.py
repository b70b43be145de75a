"""The current GenAI conventions: messages of parts, on the span or in one event beside it."""

from collections.abc import Sequence
from typing import Any

from storage.sources.otlp.generation import Generation, of_genai
from storage.sources.otlp.messages import call, content_of, listed, loaded
from storage.sources.otlp.plain import Json, Record, Span

EVENT = "gen_ai.client.inference.operation.details"
INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
SYSTEM = "gen_ai.system_instructions"


def from_span(span: Span) -> Generation:
    """A call whose messages stand on its span, as texts of JSON or as structures."""
    return _read("gen_ai", span.attributes)


def from_event(span: Span, records: Sequence[Record]) -> Generation:
    """A call whose messages stand in an event of the log."""
    told: Json = {}
    for record in records:
        if record.name == EVENT:
            told |= record.attributes
    return _read("gen_ai_event", {**told, **span.attributes})


def _read(dialect: str, attributes: Json) -> Generation:
    found = of_genai(dialect, attributes)
    system = listed(loaded(attributes.get(SYSTEM)))
    said = loaded(attributes.get(INPUT))
    if said or system:
        messages = [{"role": "system", "content": content_of(system)}] if system else []
        for one in listed(said):
            messages += _messages(one)
        found.messages = messages
    answers = listed(loaded(attributes.get(OUTPUT)))
    if answers:
        found.responses = [_answer(one) for one in answers]
        reasons = [_reason(one) for one in answers]
        if found.details["finish_reasons"] is None and any(reasons):
            found.details["finish_reasons"] = reasons
        thought = [text for one in answers for text in _thoughts(one)]
        found.details["reasoning"] = thought or None
    return found


def _reason(answer: Any) -> Any:
    return answer.get("finish_reason") if isinstance(answer, dict) else None


def _parts(message: Any) -> list[Json]:
    held = message.get("parts", message.get("content")) if isinstance(message, dict) else message
    if isinstance(held, str):
        return [{"type": "text", "content": held}]
    return [one for one in listed(held) if isinstance(one, dict)]


def _thoughts(message: Any) -> list[str]:
    parts = [one for one in _parts(message) if one.get("type") == "reasoning"]
    return [one["content"] for one in parts if isinstance(one.get("content"), str)]


def _messages(message: Any) -> list[Json]:
    """A message, with the results of tools that stand in it as messages of their own."""
    parts = _parts(message)
    role = message.get("role") if isinstance(message, dict) else None
    results = [one for one in parts if one.get("type") == "tool_call_response"]
    found = [
        {
            "role": "tool",
            "content": content_of(one.get("response", one.get("result"))),
            **({"tool_call_id": one["id"]} if isinstance(one.get("id"), str) else {}),
        }
        for one in results
    ]
    if len(results) < len(parts) or not parts:
        found.insert(0, {"role": str(role or "user")[:100], **_said(parts)})
    return found


def _said(parts: list[Json]) -> Json:
    calls = [
        call(one.get("id"), one.get("name"), one.get("arguments"))
        for one in parts
        if one.get("type") == "tool_call"
    ]
    left_out = ("tool_call", "tool_call_response", "reasoning")
    content = content_of([one for one in parts if one.get("type") not in left_out])
    return {"content": content, "tool_calls": calls} if calls else {"content": content}


def _answer(message: Any) -> Json:
    said = _said(_parts(message))
    content = said["content"]
    if isinstance(content, list):
        content = "\n".join(one["text"] for one in content if one["type"] == "text")
    found: Json = {"text": content or ""}
    return {**found, "tool_calls": said["tool_calls"]} if "tool_calls" in said else found
