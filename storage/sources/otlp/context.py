"""What a model was given beside the conversation: passages that were found, results of tools."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from storage.sources.otlp import langfuse, langsmith, openinference
from storage.sources.otlp.messages import listed, loaded
from storage.sources.otlp.plain import Json, Span
from storage.types import encode_json

MOST = 100
"""Most passages in the context of one call, the latest."""
_OPERATION = "gen_ai.operation.name"
# Where a span of a tool says what the tool is called, and what it gave.
_TOOLS = (
    (_OPERATION, "execute_tool", "gen_ai.tool.name", "gen_ai.tool.call.result"),
    (openinference.KIND, "TOOL", "tool.name", "output.value"),
    (langfuse.TYPE, "tool", None, "langfuse.observation.output"),
    (langsmith.TYPE, "tool", None, "langsmith.outputs"),
)


class Context:
    """The passages of a trace by the time at which they were there."""

    def __init__(self, spans: Iterable[Span]) -> None:
        found = sorted(
            (one.end or one.start, one.span_id, place, passage)
            for one in spans
            for place, passage in enumerate(map(_Held, passages_of(one)))
        )
        self._times = [one[0] for one in found]
        self._passages = [one[3].passage for one in found]

    def before(self, moment: int, messages: list[Json]) -> list[Any]:
        """What was there when a call began, without what its messages say anyway."""
        last = bisect_right(self._times, moment)
        some = self._passages[max(0, last - MOST) : last]
        if not any(isinstance(one, dict) and "tool" in one for one in some):
            return some
        said = "\n".join(one["content"] for one in messages if isinstance(one.get("content"), str))
        return [one for one in some if not (isinstance(one, dict) and _is_said(one, said))]


class _Held:
    """A passage that is never compared: times, spans and places order them already."""

    def __init__(self, passage: Any) -> None:
        self.passage = passage

    def __lt__(self, other: object) -> bool:
        return False


def _is_said(passage: Json, said: str) -> bool:
    return "tool" in passage and passage["text"] in said


def passages_of(span: Span) -> list[Any]:
    """The passages that a span retrieved, or the result of the tool that it ran."""
    if not span.attributes:
        return []
    found = openinference.documents(span) or langfuse.documents(span) or langsmith.documents(span)
    if not found and span.attributes.get(_OPERATION) == "retrieval":
        said = span.attributes.get("gen_ai.retrieval.documents")
        found = [one for one in listed(loaded(said)) if isinstance(one, str | dict)]
    return found or _result(span)


def _result(span: Span) -> list[Json]:
    for key, kind, name, result in _TOOLS:
        if span.attributes.get(key) == kind:
            given = span.attributes.get(result)
            if given in (None, "", [], {}):
                return []
            text = given if isinstance(given, str) else encode_json(given)
            named = span.attributes.get(name) if name else None
            return [{"tool": str(named or span.name), "text": text}]
    return []
