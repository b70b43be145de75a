"""OpenAI: JSONL of chats, of evaluations, and stored completions.

A line of `messages` alone is a chat whose last assistant message is the answer; with `ideal` it
is a question whose right answer is known. A stored completion is the answer; its input messages
are fetched separately, and taken from `messages` where somebody put them beside it.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from storage.errors import BadRow
from storage.sources.brought import (
    Brought,
    Json,
    Opinion,
    Scales,
    add_opinion,
    inner,
    listed,
    present,
    read_each,
)
from storage.sources.chats import message_of, responses_of
from storage.sources.jsonl import Row
from storage.values import json_of

_CHAT = frozenset(("messages", "ideal", "tools", "functions", "parallel_tool_calls", "metadata"))
_COMPLETION = "chat.completion"


def recognises(value: Json) -> bool:
    """Whether an object is certainly one of OpenAI's, and no plain interaction."""
    if value.get("object") == _COMPLETION:
        return isinstance(value.get("choices"), list)
    asked = isinstance(value.get("messages"), list) or ("ideal" in value and "input" in value)
    return asked and value.keys() <= _CHAT | {"input"}


def read(objects: list[Row], scales: Scales) -> Brought:
    """What chats and stored completions bring."""

    def one(index: int, value: Json, found: Brought) -> None:
        if value.get("object") == _COMPLETION:
            found.interactions.append((index, _completion(value)))
        else:
            _chat(index, value, found, scales)

    return read_each(objects, one)


def _completion(value: Json) -> dict[str, Any]:
    spent = inner(value, "usage")
    messages = [message_of(one) for one in listed(value.get("messages"))]
    return present(
        {
            "id": value.get("id"),
            "messages": messages,
            "responses": responses_of({"choices": listed(value.get("choices"))}),
            "created_at": value.get("created"),
            "model": value.get("model"),
            "usage": {key: spent.get(key) for key in ("prompt_tokens", "completion_tokens")},
            "metadata": value.get("metadata") or None,
            "request_id": value.get("request_id"),
            "temperature": value.get("temperature"),
        }
    )


def _chat(index: int, value: Json, found: Brought, scales: Scales) -> None:
    given = value.get("messages", value.get("input"))
    if not isinstance(given, list | str):
        raise BadRow("messages", "missing", "a chat of OpenAI has a list of messages")
    number = sha256(json_of("messages", [given, value.get("ideal")]).encode()).hexdigest()[:32]
    chat = given if isinstance(given, str) else [message_of(one) for one in given]
    row = {"id": number, "messages": chat, "tools": value.get("tools", value.get("functions")),
           "metadata": value.get("metadata")}  # fmt: skip
    if "ideal" in value:
        row["responses"] = []
        said = Opinion(number, name="ideal", expected=value["ideal"])
        add_opinion(found, index, said, scales)
    elif not isinstance(given, str) and given and _is_answer(given[-1]):
        row |= {"messages": chat[:-1], "responses": [chat[-1]]}
    found.interactions.append((index, present(row)))


def _is_answer(message: object) -> bool:
    return isinstance(message, Mapping) and message.get("role") == "assistant"
