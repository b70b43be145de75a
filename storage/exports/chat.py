"""Conversations in the shapes that tools take: an OpenAI chat, plain turns, or one text.

Roles are system, user, assistant or tool. A tool call that is answered right after it stays one in
a chat; any other would be refused by every model, and is told as text instead.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from storage.exports.texts import text_of

Json = dict[str, Any]
Messages = Sequence[Mapping[str, Any]]
NAMES = {"developer": "system", "function": "tool"}
ROLES = ("system", "user", "assistant", "tool")


class Call(NamedTuple):
    """One call of a tool."""

    id: str
    name: str
    arguments: Json


def role_of(message: Mapping[str, Any]) -> str:
    """One of ROLES; what is none of them is the user's."""
    role = str(message.get("role", "user"))
    role = NAMES.get(role, role)
    return role if role in ROLES else "user"


def calls_of(message: Mapping[str, Any]) -> list[Call]:
    """The tool calls of a message of the assistant, from the shape of OpenAI or a flat one."""
    given = message.get("tool_calls")
    if role_of(message) != "assistant" or not isinstance(given, list):
        return []
    return [_call(number, one) for number, one in enumerate(given, 1)]


def chat(messages: Messages) -> list[Json]:
    """The messages as any OpenAI-compatible model takes them; contents are texts."""
    found: list[Json] = []
    place = 0
    while place < len(messages):
        calls = calls_of(messages[place])
        answers = messages[place + 1 : place + 1 + len(calls)]
        if calls and _answered(calls, answers):
            found += _exchange(messages[place], calls, answers)
            place += len(calls)
        else:
            found.append(_turn(messages[place]))
        place += 1
    return found


def turns(messages: Messages) -> list[Json]:
    """The messages as role and text alone: tools are told as text, their answers by the user."""
    return [_turn(one) for one in messages]


def transcript(messages: Messages) -> str:
    """The conversation as one text; a single message of the user as it is."""
    if len(messages) == 1 and role_of(messages[0]) == "user":
        return str(_turn(messages[0])["content"])
    told = [(role_of(one).capitalize(), _turn(one)["content"]) for one in messages]
    return "\n\n".join(f"{role}: {text}" for role, text in told)


def grounded(messages: Messages, passages: Sequence[str]) -> list[Mapping[str, Any]]:
    """The messages with the passages that none of them shows in the first system message."""
    shown = "\n".join(text_of(one.get("content")) for one in messages)
    missing = [one for one in passages if one not in shown]
    if not missing:
        return list(messages)
    told = "Context:\n\n" + "\n\n".join(missing)
    if messages and role_of(messages[0]) == "system":
        first = f"{text_of(messages[0].get('content'))}\n\n{told}"
        return [{"role": "system", "content": first}, *messages[1:]]
    return [{"role": "system", "content": told}, *messages]


def _answered(calls: Sequence[Call], answers: Messages) -> bool:
    """Whether these messages answer these calls, each once; without an id, by their order."""
    if len(answers) < len(calls) or any(role_of(one) != "tool" for one in answers):
        return False
    pairs = zip(answers, calls, strict=True)
    ids = [str(one.get("tool_call_id") or call.id) for one, call in pairs]
    return sorted(ids) == sorted(call.id for call in calls) and len(set(ids)) == len(ids)


def _exchange(message: Mapping[str, Any], calls: Sequence[Call], answers: Messages) -> list[Json]:
    told = [
        {"id": one.id, "type": "function",
         "function": {"name": one.name, "arguments": _json(one.arguments)}}
        for one in calls
    ]  # fmt: skip
    asked = {"role": "assistant", "content": text_of(message.get("content")), "tool_calls": told}
    return [asked] + [
        {
            "role": "tool",
            "tool_call_id": str(one.get("tool_call_id") or call.id),
            "content": text_of(one.get("content")),
        }
        for one, call in zip(answers, calls, strict=True)
    ]


def _turn(message: Mapping[str, Any]) -> Json:
    role, text = role_of(message), text_of(message.get("content"))
    if role == "tool":
        return {"role": "user", "content": f"[{message.get('name') or 'tool'}] {text}"}
    calls = [f"[{one.name}({_json(one.arguments)})]" for one in calls_of(message)]
    return {"role": role, "content": "\n".join([text, *calls] if text else calls)}


def _call(number: int, call: Any) -> Call:
    if not isinstance(call, Mapping):
        return Call(f"call_{number}", "unknown", {"value": call})
    function = call.get("function")
    inner = function if isinstance(function, Mapping) else call
    name = inner.get("name", function)
    id_ = str(call.get("id") or f"call_{number}")
    return Call(id_, name if isinstance(name, str) else "unknown", _arguments(inner))


def _arguments(call: Mapping[str, Any]) -> Json:
    given = call.get("arguments")
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given)
        except msgspec.DecodeError:
            return {"raw": given}
    if isinstance(given, Mapping):
        return dict(given)
    return {} if given is None else {"value": given}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
