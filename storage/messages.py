"""The conversation of an interaction: many spellings in, messages and responses out.

Only what belongs to a conversation stays in it. Whatever else a sender writes into a message or a
response goes to the metadata, which annotators see only when the queue shows it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from storage.errors import BadRow
from storage.values import MAX_NAME, name_of, shown

INPUTS = ("messages", "query", "input", "prompt", "question")
OUTPUTS = ("responses", "response", "output", "completion", "answer")
MAX_MESSAGES = 2_000
MAX_RESPONSES = 100
_OF_MESSAGE = ("content", "tool_calls", "tool_call_id", "name")
_OF_RESPONSE = frozenset(("id", "text", "content", "role", "model", "variant", "tool_calls"))
_SAID = frozenset(("text", "content", "tool_calls"))

Json = dict[str, Any]


class Conversation(NamedTuple):
    """What was said, and what else was written beside it."""

    messages: list[Json]
    responses: list[Json]
    used: tuple[str | None, str | None]
    """The keys of the row that messages and responses came under."""
    details: Json
    """Other keys of messages (by place) and of responses (by id)."""


def conversation_of(row: Mapping[str, Any]) -> Conversation:
    """The conversation of a row; a chat that ends with the assistant brings its own response.

    Raises
    ------
    BadRow
        Naming the place of what cannot be read.
    """
    details: Json = {}
    given = next((name for name in INPUTS if row.get(name) is not None), None)
    named = next((name for name in OUTPUTS if row.get(name) is not None), None)
    if given is None and named is None:
        raise BadRow("messages", "neither input nor output", f"send one of {', '.join(INPUTS)}")
    messages = [] if given is None else _messages(given, row[given], details)
    if named is not None:
        responses = _responses(named, row[named], details)
    elif messages and messages[-1]["role"] == "assistant":
        responses = _responses(given or "messages", messages.pop(), details)
    else:
        responses = []
    return Conversation(messages, responses, (given, named), details)


def _messages(field: str, value: object, details: Json) -> list[Json]:
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    if not isinstance(value, list):
        raise BadRow(field, f"{shown(value)} is no conversation", "a text or a list of messages")
    if len(value) > MAX_MESSAGES:
        raise BadRow(field, f"{len(value)} messages", f"at most {MAX_MESSAGES}")
    return [_message(field, place, one, details) for place, one in enumerate(value)]


def _message(field: str, place: int, message: object, details: Json) -> Json:
    if not isinstance(message, dict):
        at = f"{field}[{place}]"
        raise BadRow(at, f"{shown(message)} is no message", "an object with role and content")
    role, content = message.get("role"), message.get("content")
    if type(role) is not str or not role.isprintable() or not 0 < len(role) <= MAX_NAME:
        at = f"{field}[{place}].role"
        raise BadRow(at, f"{shown(role)} is no role", "system, user, assistant or tool")
    if type(content) is not str and content is not None:
        _check_parts(f"{field}[{place}].content", content)
    if len(message) == 2 and "content" in message:
        return {"role": role, "content": content}
    return _with_tools(field, place, message, details)


def _check_parts(field: str, content: object) -> None:
    if not isinstance(content, list) or not all(isinstance(p, str | dict) for p in content):
        raise BadRow(field, f"{shown(content)} is no content", "a text, a list of parts, or null")


def _with_tools(field: str, place: int, message: Mapping[str, Any], details: Json) -> Json:
    calls = message.get("tool_calls")
    if calls is not None and not isinstance(calls, list):
        raise BadRow(f"{field}[{place}].tool_calls", f"{shown(calls)} is no list", "a list or null")
    found = {"role": message["role"], "content": message.get("content")}
    for key in _OF_MESSAGE[1:]:
        if message.get(key) is not None:
            found[key] = message[key]
    rest = {key: one for key, one in message.items() if key not in found and one is not None}
    if rest:
        details.setdefault("message_details", {})[str(place)] = rest
    return found


def _responses(field: str, value: object, details: Json) -> list[Json]:
    if isinstance(value, str):
        return [{"id": "1", "text": value}]
    listed = _of_object(field, value, details) if isinstance(value, dict) else value
    if not isinstance(listed, list):
        raise BadRow(field, f"{shown(value)} is no response", "a text, or a list of {id, text}")
    if len(listed) > MAX_RESPONSES:
        raise BadRow(field, f"{len(listed)} responses", f"at most {MAX_RESPONSES}")
    found = [
        {"id": str(place + 1), "text": one}
        if isinstance(one, str)
        else _response(f"{field}[{place}]", str(place + 1), one, details)
        for place, one in enumerate(listed)
    ]
    if len({one["id"] for one in found}) < len(found):
        raise BadRow(field, "two responses have the same id", "give each its own, or none")
    return found


def _of_object(field: str, value: Json, details: Json) -> list[Any]:
    """The responses of one object: of a chat completion its choices, of an empty one none."""
    choices = value.get("choices")
    if not isinstance(choices, list):
        return [value] if value else []
    details[field] = {key: one for key, one in value.items() if key != "choices"}
    found: list[Any] = []
    for choice in choices:
        message = choice.get("message") if isinstance(choice, dict) else None
        found.append(
            {**choice, **message, "message": None} if isinstance(message, dict) else choice
        )
    return found


def _response(field: str, number: str, value: object, details: Json) -> Json:
    if not isinstance(value, dict):
        raise BadRow(field, f"{shown(value)} is no response", "a text, or an object with text")
    if not _SAID.intersection(value):
        raise BadRow(f"{field}.text", "missing", "a text, under text or content")
    content = value.get("text") if value.get("text") is not None else value.get("content")
    found: Json = {
        "id": name_of(f"{field}.id", value.get("id"), MAX_NAME) or number,
        "text": _text(f"{field}.text", content),
    }
    for key in ("model", "variant"):
        if (named := name_of(f"{field}.{key}", value.get(key), MAX_NAME)) is not None:
            found[key] = named
    if value.get("tool_calls"):
        found["tool_calls"] = value["tool_calls"]
    rest = {k: one for k, one in value.items() if k not in _OF_RESPONSE and one is not None}
    if content and not isinstance(content, str):
        rest["content"] = content
    if rest:
        details.setdefault("response_details", {})[found["id"]] = rest
    return found


def _text(field: str, content: Any) -> str:
    """The text of a content: of a list of parts, their texts one after the other."""
    if content is None or isinstance(content, str):
        return content or ""
    _check_parts(field, content)
    texts = [p if isinstance(p, str) else p.get("text", p.get("content")) for p in content]
    return "\n".join(one for one in texts if isinstance(one, str))
