"""Langfuse's own attributes: an input and an output of any shape, and what belongs to the trace."""

from typing import Any

from storage.sources.otlp.generation import Generation, first
from storage.sources.otlp.messages import listed, loaded, messages_of, responses_of
from storage.sources.otlp.plain import Json, Span

TYPE = "langfuse.observation.type"
_OF = "langfuse.observation."
TRACE_METADATA = "langfuse.trace.metadata."
_OWN_METADATA = "langfuse.observation.metadata."


def from_span(span: Span) -> Generation:
    """A call of a model, from an observation of type generation."""
    attributes = span.attributes
    usage = _object(attributes.get(f"{_OF}usage_details"))
    cost = _object(attributes.get(f"{_OF}cost_details"))
    return Generation(
        dialect="langfuse",
        messages=messages_of(attributes.get(f"{_OF}input")),
        responses=responses_of(attributes.get(f"{_OF}output")),
        model=first(attributes, f"{_OF}model.name"),
        input_tokens=first(usage, "input", "input_tokens", "prompt_tokens"),
        output_tokens=first(usage, "output", "output_tokens", "completion_tokens"),
        cost_usd=cost.get("total"),
        tags=listed(loaded(attributes.get("langfuse.trace.tags"))),
        details={
            **below(attributes, TRACE_METADATA),
            **below(attributes, _OWN_METADATA),
            "parameters": loaded(attributes.get(f"{_OF}model.parameters")),
            "trace_name": attributes.get("langfuse.trace.name"),
            "version": attributes.get("langfuse.version"),
            "prompt": attributes.get(f"{_OF}prompt.name"),
            "prompt_version": attributes.get(f"{_OF}prompt.version"),
            "level": attributes.get(f"{_OF}level"),
        },
    )


def documents(span: Span) -> list[Any]:
    """What an observation of type retriever gave."""
    if span.attributes.get(TYPE) != "retriever":
        return []
    found = loaded(span.attributes.get(f"{_OF}output"))
    held = found.get("documents", found) if isinstance(found, dict) else found
    passages = held if isinstance(held, list) else [held]
    return [one for one in passages if one and isinstance(one, str | dict)]


def below(attributes: Json, prefix: str) -> Json:
    """The attributes below a prefix without it."""
    return {
        key.removeprefix(prefix): loaded(value)
        for key, value in attributes.items()
        if key.startswith(prefix)
    }


def _object(value: Any) -> Json:
    found = loaded(value)
    return found if isinstance(found, dict) else {}
