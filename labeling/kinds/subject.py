"""What an answer can refer to: the turns, the responses, the places in their texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

RESPONSE = "response"
"""Names the response of a task that has one; of several, each is named by its id."""


@dataclass(frozen=True)
class Subject:
    """The parts of an interaction that a label points into."""

    responses: Mapping[str, str]
    """Text by id, in stored order."""
    turns: Mapping[int, str]
    """Role by place in the messages, of turns that say something in words.

    A single response is the turn after the last message.
    """

    @classmethod
    def of(cls, interaction: Mapping[str, Any]) -> "Subject":
        """From an interaction with its messages and responses."""
        messages = interaction.get("messages") or ()
        responses = {
            str(one.get("id")): str(one.get("text") or "")
            for one in interaction.get("responses") or ()
        }
        turns = {
            place: str(one.get("role"))
            for place, one in enumerate(messages)
            if isinstance(one, Mapping) and _says_something(one.get("content"))
        }
        if len(responses) == 1 and any(text.strip() for text in responses.values()):
            turns[len(messages)] = "assistant"
        return cls(responses, turns)

    @property
    def texts(self) -> dict[str, str]:
        """The texts that spans lie in, by the name they go by in an answer."""
        if len(self.responses) != 1:
            return dict(self.responses)
        (only,) = self.responses.values()
        return {RESPONSE: only}

    def turns_of(self, roles: Sequence[str]) -> list[int]:
        """The places of the turns of these roles."""
        return [place for place, role in self.turns.items() if role in roles]


def shown_order(assignment_id: int, ids: Sequence[str]) -> list[str]:
    """Ids of responses as one assignment shows them: the same at every look, no side favoured."""
    return sorted(ids, key=lambda one: sha256(f"{assignment_id}\x1f{one}".encode()).digest())


def _says_something(content: object) -> bool:
    if isinstance(content, str):
        return bool(content.strip())
    if not isinstance(content, Sequence):
        return False
    told = [part.get("text") if isinstance(part, Mapping) else part for part in content]
    return any(isinstance(one, str) and one.strip() for one in told)
