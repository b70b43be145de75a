"""What a check looks at: one question and one answer, as plain texts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True)
class Exchange:
    """One response and what it answers."""

    answer: str
    acts: bool
    """Whether the response calls a tool: without a text it is not empty."""
    messages: str | Sequence[Mapping[str, Any]]
    """The conversation before, as JSON text or read; read only when a check asks for it."""

    @cached_property
    def question(self) -> str:
        """The text of the last message of the user; empty without one."""
        said = _decode(self.messages) if isinstance(self.messages, str) else self.messages
        for message in reversed(said):
            if message.get("role") == "user":
                return plain_text(message.get("content"))
        return ""


def exchanges(
    messages: str | Sequence[Mapping[str, Any]], responses: str | Sequence[Mapping[str, Any]]
) -> Iterator[Exchange]:
    """One exchange per response; an empty one for an interaction without any."""
    given = _decode(responses) if isinstance(responses, str) else responses
    if not given:
        yield Exchange("", False, messages)
    for one in given:
        yield Exchange(str(one.get("text") or ""), bool(one.get("tool_calls")), messages)


def plain_text(content: object) -> str:
    """The texts of a message's content, one after the other."""
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    parts = [one.get("text") if isinstance(one, Mapping) else one for one in content]
    return "\n".join(one for one in parts if isinstance(one, str))
