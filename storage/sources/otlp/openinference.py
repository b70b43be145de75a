"""OpenInference: kinds of spans, and messages spread over numbered attributes."""

from typing import Any

from storage.sources.otlp.generation import Generation, first
from storage.sources.otlp.messages import (
    answer,
    call,
    loaded,
    message_of,
    messages_of,
    numbered,
    responses_of,
    tree,
)
from storage.sources.otlp.plain import Json, Span

KIND = "openinference.span.kind"
_COUNT = "llm.token_count."


def from_span(span: Span) -> Generation:
    """A call of a model, from a span of kind LLM."""
    get = span.attributes.get
    asked = [_message(one) for one in tree(span.attributes, "llm.input_messages.")]
    answers = [_message(one) for one in tree(span.attributes, "llm.output_messages.")]
    parameters = loaded(get("llm.invocation_parameters"))
    template = {
        "template": get("llm.prompt_template.template"),
        "version": get("llm.prompt_template.version"),
        "variables": loaded(get("llm.prompt_template.variables")),
    }
    tags = loaded(get("tag.tags"))
    return Generation(
        dialect="openinference",
        messages=[message_of(one) for one in asked] or messages_of(get("input.value")),
        responses=[answer(one) for one in answers] or responses_of(get("output.value")),
        model=first(span.attributes, "llm.model_name") or _named(parameters),
        input_tokens=get(f"{_COUNT}prompt"),
        output_tokens=get(f"{_COUNT}completion"),
        cost_usd=get("llm.cost.total"),
        response_id=_response_id(get("output.value")),
        tags=tags if isinstance(tags, list) else [],
        details={
            **_metadata(get("metadata")),
            "provider": first(span.attributes, "llm.provider", "llm.system"),
            "finish_reasons": [reason] if (reason := get("llm.finish_reason")) else None,
            "parameters": parameters,
            "prompt_template": template if any(template.values()) else None,
        },
    )


def documents(span: Span) -> list[Json]:
    """The passages that a span of kind RETRIEVER or RERANKER found."""
    prefix = {"RETRIEVER": "retrieval.documents.", "RERANKER": "reranker.output_documents."}
    held = tree(span.attributes, prefix.get(str(span.attributes.get(KIND)), "\0"))
    found = []
    for one in held:
        passage = one.get("document") if isinstance(one, dict) else None
        if isinstance(passage, dict) and passage.get("content"):
            told = {key: passage.get(key) for key in ("id", "score")}
            told |= {"text": passage["content"], "metadata": loaded(passage.get("metadata"))}
            found.append({key: value for key, value in told.items() if value is not None})
    return found


def _message(held: Any) -> Json:
    message = held.get("message") if isinstance(held, dict) else None
    if not isinstance(message, dict):
        return {"content": None}
    found = {key: message[key] for key in ("role", "content", "tool_call_id") if key in message}
    parts = [_part(one) for one in numbered(message.get("contents"))]
    if parts:
        found["content"] = parts
    calls = [one.get("tool_call") for one in numbered(message.get("tool_calls"))]
    found["tool_calls"] = [_call(one) for one in calls if isinstance(one, dict)]
    return found


def _part(held: Any) -> Any:
    content = held.get("message_content") if isinstance(held, dict) else None
    if not isinstance(content, dict):
        return {"type": "text", "text": ""}
    image = content.get("image")
    if isinstance(image, dict) and isinstance(image.get("image"), dict):
        return {"type": "image", "url": image["image"].get("url")}
    return content


def _call(held: Json) -> Json:
    function = held.get("function")
    inner = function if isinstance(function, dict) else {}
    return call(held.get("id"), inner.get("name"), inner.get("arguments"))


def _metadata(value: Any) -> Json:
    found = loaded(value)
    return found if isinstance(found, dict) else {"metadata": found} if found else {}


def _named(parameters: Any) -> Any:
    return parameters.get("model") if isinstance(parameters, dict) else None


def _response_id(value: Any) -> str | None:
    """The id that the provider gave its answer; it stands at the beginning of the raw one."""
    if not isinstance(value, str) or not value.startswith('{"id":"'):
        return None
    return value[7:].partition('"')[0][:512] or None
