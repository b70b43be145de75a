"""LangSmith's runs, kept as spans: the inputs and outputs of one of type llm are a call."""

from typing import Any

from storage.sources.otlp.generation import Generation, first
from storage.sources.otlp.messages import listed, messages_of, responses_of
from storage.sources.otlp.plain import Json, Span

TYPE = "langsmith.run_type"
_NOT_TOLD = ("ls_", "LANGSMITH_", "LANGCHAIN_")


def from_span(span: Span) -> Generation:
    """A call of a model, from a run of type llm."""
    attributes = span.attributes
    inputs, outputs = attributes.get("langsmith.inputs"), attributes.get("langsmith.outputs")
    asked, given = _object(inputs), _object(outputs)
    metadata = _object(attributes.get("langsmith.metadata"))
    usage = _object(given.get("usage_metadata") or given.get("usage"))
    return Generation(
        dialect="langsmith",
        messages=messages_of(inputs),
        responses=responses_of(outputs),
        model=first(given, "model") or first(asked, "model") or metadata.get("ls_model_name"),
        input_tokens=first(usage, "input_tokens", "prompt_tokens"),
        output_tokens=first(usage, "output_tokens", "completion_tokens"),
        response_id=given.get("id"),
        tags=listed(attributes.get("langsmith.tags")),
        details={
            **{key: value for key, value in metadata.items() if not key.startswith(_NOT_TOLD)},
            "provider": metadata.get("ls_provider"),
            "parameters": {
                key: value
                for key, value in asked.items()
                if key not in ("messages", "model", "tools", "input", "prompt")
            }
            or None,
            "finish_reasons": [
                one.get("finish_reason") for one in listed(given.get("choices"))
                if isinstance(one, dict)
            ]
            or None,
        },
    )  # fmt: skip


def documents(span: Span) -> list[Json]:
    """What a run of type retriever gave."""
    if span.attributes.get(TYPE) != "retriever":
        return []
    given = span.attributes.get("langsmith.outputs")
    held = given.get("documents", given.get("output")) if isinstance(given, dict) else given
    found = []
    for one in listed(held):
        passage = one if isinstance(one, dict) else {"page_content": one}
        text = passage.get("page_content")
        if isinstance(text, str) and text:
            found.append({"text": text, "metadata": passage.get("metadata") or {}})
    return found


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
