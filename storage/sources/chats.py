"""Inputs and outputs as frameworks hand them to a model, as messages and responses of ours."""

from collections.abc import Mapping
from typing import Any

from storage.sources.brought import Json, opened, text_of

_ROLES = {"human": "user", "ai": "assistant", "AIMessage": "assistant", "HumanMessage": "user",
          "SystemMessage": "system", "ToolMessage": "tool", "developer": "system"}  # fmt: skip
_QUESTIONS = ("question", "query", "input", "prompt", "message", "text")
_ANSWERS = ("answer", "output", "response", "completion", "result", "text", "content")


def messages_of(value: Any) -> list[Any] | str:
    """The messages in an input of any shape: a chat, a text, an object with one question.

    What is none of these is one user message with its JSON.
    """
    value = opened(value)
    chat = _chat_of(value)
    if chat is not None:
        return [message_of(one) for one in chat]
    if isinstance(value, Mapping):
        system = value.get("instructions")
        asked = _only_text(value, _QUESTIONS)
        if asked is not None and isinstance(system, str):
            return [{"role": "system", "content": system}, {"role": "user", "content": asked}]
        value = asked if asked is not None else value
    return "" if value is None else text_of(value)


def responses_of(value: Any) -> list[Any]:
    """The responses in an output of any shape; none when there is no output."""
    value = opened(value)
    if value is None or value in ({}, [], ""):
        return []
    if isinstance(value, Mapping):
        if isinstance(value.get("choices"), list):
            return _of_choices(value)
        return [_response(value)]
    chat = _chat_of(value)
    if chat is not None:
        said = [message_of(one) for one in chat]
        return [_of_message(said[-1])] if said else []
    return [text_of(value)]


def message_of(value: Any) -> Any:
    """One message with the role and the place of its text as ours are."""
    if not isinstance(value, Mapping):
        return value
    kept = value.get("kwargs")  # how LangChain writes its own classes
    if isinstance(kept, Mapping):
        named = value.get("id")
        last = named[-1] if isinstance(named, list) and named else None
        value = {"type": last, **kept}
    role = value.get("role", value.get("type"))
    found = {key: one for key, one in value.items() if key not in ("role", "type")}
    found["role"] = _ROLES.get(str(role), role)
    found.setdefault("content", None)
    calls = found.pop("tool_calls", None)
    return {**found, "tool_calls": calls} if calls else found


def _chat_of(value: Any) -> list[Any] | None:
    """A list of messages, wherever an input keeps it."""
    if isinstance(value, Mapping):
        value = value.get("messages")
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]  # one batch, as LangChain keeps it
    if isinstance(value, list) and value and all(_is_message(one) for one in value):
        return value
    return None


def _is_message(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    return (
        isinstance(value.get("role"), str) or str(value.get("type")) in _ROLES or "kwargs" in value
    )


def _only_text(value: Json, names: tuple[str, ...]) -> str | None:
    for name in names:
        if isinstance(value.get(name), str):
            return str(value[name])
    return None


def _of_choices(value: Json) -> list[Any]:
    found = []
    for choice in value["choices"]:
        message = choice.get("message") if isinstance(choice, Mapping) else None
        if isinstance(message, Mapping):
            found.append(_of_message(message))
        elif isinstance(choice, Mapping) and isinstance(choice.get("text"), str):
            found.append({"text": choice["text"]})
    return found


def _of_message(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"content": message.get("content")}
    if message.get("tool_calls"):
        found["tool_calls"] = message["tool_calls"]
    return found


def _response(value: Json) -> dict[str, Any]:
    if _is_message(value):
        return _of_message(message_of(value))
    generations = value.get("generations")
    while isinstance(generations, list) and generations:
        generations = generations[0]
    if isinstance(generations, Mapping):
        message = generations.get("message")
        if isinstance(message, Mapping) and _is_message(message):
            return _of_message(message_of(message))
        value = generations
    chat = _chat_of(value)
    if chat is not None:
        return _of_message(message_of(chat[-1]))
    said = _only_text(value, _ANSWERS)
    nested = value.get("output")
    if said is None and isinstance(nested, Mapping):
        return _response(nested)
    return {"text": said if said is not None else text_of(value)}
