"""What one call of a model is here, whichever convention its sender follows."""

from typing import Any

import msgspec

from storage.sources.otlp.messages import loaded
from storage.sources.otlp.plain import Json

GENERATES = ("chat", "text_completion", "generate_content")
"""Operations of the GenAI conventions that answer somebody."""


class Generation(msgspec.Struct, kw_only=True):
    """One call of a model."""

    dialect: str
    messages: list[Json] | None = None
    """None when the sender does not record them."""
    responses: list[Json] | None = None
    model: str | None = None
    input_tokens: Any = None
    output_tokens: Any = None
    cost_usd: Any = None
    response_id: str | None = None
    tags: list[Any] = []
    details: Json = {}
    """For the metadata."""


def first(attributes: Json, *names: str) -> Any:
    """The first of several attributes that says something."""
    for name in names:
        value = attributes.get(name)
        if value is not None and value != "":
            return value
    return None


def of_genai(dialect: str, attributes: Json) -> Generation:
    """What every version of the GenAI conventions says of a call beside its texts."""
    details = {
        key.removeprefix("gen_ai.request."): value
        for key, value in attributes.items()
        if key.startswith("gen_ai.request.") and not isinstance(value, dict)
    }
    details.pop("model", None)
    usage = "gen_ai.usage."
    return Generation(
        dialect=dialect,
        model=first(attributes, "gen_ai.response.model", "gen_ai.request.model"),
        input_tokens=first(attributes, f"{usage}input_tokens", f"{usage}prompt_tokens"),
        output_tokens=first(attributes, f"{usage}output_tokens", f"{usage}completion_tokens"),
        response_id=first(attributes, "gen_ai.response.id"),
        details={
            "provider": first(attributes, "gen_ai.provider.name", "gen_ai.system"),
            "operation": first(attributes, "gen_ai.operation.name", "llm.request.type"),
            "finish_reasons": first(attributes, "gen_ai.response.finish_reasons"),
            "parameters": details or None,
            "tools": loaded(first(attributes, "gen_ai.tool.definitions")),
            "time_to_first_chunk": first(attributes, "gen_ai.response.time_to_first_chunk"),
        },
    )
