"""Places in the response, each with a tag."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from labeling.errors import InvalidLabel
from labeling.kinds.asked import Scale
from labeling.kinds.options import Options
from labeling.kinds.subject import RESPONSE, Subject

MOST = 1_000
Span = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Spans(Options):
    """Passages of the response, in code points, the end not included; spans may overlap."""

    kind: ClassVar = "spans"
    scale: ClassVar[Scale] = "overlap"
    refers: ClassVar[bool] = True

    def validate(self, value: object) -> list[Span]:
        """The spans in the order of the text, those of one response together."""
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.invalid(value, "a list of spans")
        if len(value) > MOST:
            raise InvalidLabel(self.name, f"{len(value)} spans are too many", f"at most {MOST}")
        spans = [self._span(one) for one in value]
        spans.sort(key=_place)
        twice = next((a for a, b in pairwise(spans) if a == b), None)
        if twice is not None:
            raise self.invalid(twice, "each span once")
        return spans

    def _span(self, value: object) -> Span:
        if not isinstance(value, Mapping):
            raise self.invalid(value, '{"in": "response", "start", "end", "tag"}')
        if not {"start", "end", "tag"} <= set(value) <= {"in", "start", "end", "tag"}:
            raise self.invalid(value, "the keys in, start, end and tag")
        where, tag = value.get("in", RESPONSE), value["tag"]
        start, end = value["start"], value["end"]
        if not isinstance(where, str):
            raise self.invalid(where, '"response", or the id of one of several responses')
        if tag not in self.categories:
            raise self.invalid(tag, "a tag out of: " + ", ".join(self.categories))
        if not (_is_place(start) and _is_place(end) and 0 <= start < end):
            raise self.invalid(value, "whole numbers of characters: 0 <= start < end")
        return {"in": where, "start": start, "end": end, "tag": tag}

    def in_words(self, value: Sequence[Span], order: Sequence[str] = ()) -> str:
        """The tags that were given, each once."""
        return super().in_words(list(dict.fromkeys(span["tag"] for span in value)), order)

    def check(self, value: Sequence[Span], subject: Subject) -> None:
        """Refuse spans outside the text."""
        texts = subject.texts
        for span in value:
            if span["in"] not in texts:
                raise self.invalid(span["in"], "in one of: " + ", ".join(texts))
            if span["end"] > len(texts[span["in"]]):
                longest = len(texts[span["in"]])
                raise self.invalid(span, f"the response has {longest} characters")


def _is_place(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _place(span: Span) -> tuple[str, int, int, str]:
    return span["in"], span["start"], span["end"], span["tag"]
