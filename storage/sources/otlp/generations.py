"""Which convention a span follows, told by its attributes alone; and what it says of a call."""

from collections.abc import Sequence

from storage.sources.otlp import (
    genai,
    indexed,
    langfuse,
    langsmith,
    legacy,
    openinference,
)
from storage.sources.otlp.generation import GENERATES, Generation, of_genai
from storage.sources.otlp.plain import Json, Record, Span

_OPERATION, _REQUEST = "gen_ai.operation.name", "llm.request.type"
_CALLS = ("chat", "completion")
_MODEL = ("gen_ai.request.model", "gen_ai.response.model")


def generation_of(span: Span, records: Sequence[Record]) -> Generation | None:
    """The call of a model that a span is, with the records of the log that belong to it.

    None for everything else: embeddings, tools, agents, chains, and what is no part of a model.
    """
    get = span.attributes.get
    if (kind := get(langfuse.TYPE)) is not None:
        return langfuse.from_span(span) if kind == "generation" else None
    if (kind := get(langsmith.TYPE)) is not None:
        return langsmith.from_span(span) if kind == "llm" else None
    if (kind := get(openinference.KIND)) is not None:
        return openinference.from_span(span) if str(kind).upper() == "LLM" else None
    return _genai(span, records)


def _genai(span: Span, records: Sequence[Record]) -> Generation | None:
    attributes = span.attributes
    told = [one for one in records if one.name == genai.EVENT]
    if not _answers({**told[0].attributes, **attributes} if told else attributes):
        return None
    if genai.INPUT in attributes or genai.OUTPUT in attributes or genai.SYSTEM in attributes:
        return genai.from_span(span)
    if told:
        return genai.from_event(span, records)
    if any(key.startswith((indexed.PROMPT, indexed.COMPLETION)) for key in attributes):
        return indexed.from_span(span)
    if any(legacy.is_message(one) for one in records):
        return legacy.from_records(span, records)
    return of_genai("gen_ai", attributes) if _named(attributes) else None


def _answers(attributes: Json) -> bool:
    """Whether the operation, as far as it is named, is one that answers somebody."""
    operation, request = attributes.get(_OPERATION), attributes.get(_REQUEST)
    if operation is not None:
        return operation in GENERATES
    return request is None or request in _CALLS


def _named(attributes: Json) -> bool:
    """Whether a span without texts is a call all the same."""
    named = _OPERATION in attributes or _REQUEST in attributes
    return named and any(attributes.get(name) for name in _MODEL)
