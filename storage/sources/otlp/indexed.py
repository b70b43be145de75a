"""OpenLLMetry before 0.50: every message spread over numbered attributes."""

from typing import Any

from storage.sources.otlp.generation import Generation, of_genai
from storage.sources.otlp.messages import answer, call, loaded, message_of, numbered, tree
from storage.sources.otlp.plain import Json, Span

PROMPT, COMPLETION = "gen_ai.prompt.", "gen_ai.completion."
_ASSOCIATED = "traceloop.association.properties."


def from_span(span: Span) -> Generation:
    """A call whose messages stand under gen_ai.prompt.N and gen_ai.completion.N."""
    attributes = span.attributes
    found = of_genai("openllmetry_indexed", attributes)
    asked, answers = tree(attributes, PROMPT), tree(attributes, COMPLETION)
    found.messages = [message_of(_whole(one)) for one in asked] or None
    found.responses = [answer(_whole(one)) for one in answers] or None
    reasons = [one.get("finish_reason") for one in answers if isinstance(one, dict)]
    if any(reasons):
        found.details["finish_reasons"] = reasons
    more = {
        key.removeprefix(_ASSOCIATED): value
        for key, value in attributes.items()
        if key.startswith(_ASSOCIATED)
    }
    found.details["association"] = more or None
    return found


def _whole(held: Any) -> Json:
    """A message with its parts and calls put together."""
    if not isinstance(held, dict):
        return {"content": held}
    calls = [
        call(one.get("id"), one.get("name"), one.get("arguments"))
        for one in numbered(held.get("tool_calls"))
        if isinstance(one, dict)
    ]
    content = loaded(held.get("content"))
    made = {**held, "content": content if isinstance(content, list) else held.get("content")}
    return {**made, "tool_calls": calls}
