"""Messages of every dialect as one: OpenAI's shape, which the rest of the house speaks."""

from collections.abc import Mapping
from typing import Any

import msgspec

from storage.sources.otlp.plain import Json
from storage.types import encode_json
from storage.values import MAX_DEPTH, too_deep

_DEEPEST_KEY = 8
_TEXT_KINDS = ("text", "input_text", "output_text", "refusal")
_WORD = {"blob": "blob", "image_url": "image", "input_audio": "audio"}
_LONGEST_URI = 2_000


def loaded(value: Any) -> Any:
    """What a text of JSON says; anything else, and a text that is none or too deep, as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{", '"'):
        return value
    try:
        found = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return value
    brackets = value.count("[") + value.count("{")
    return value if brackets > MAX_DEPTH and too_deep(found) else found


def listed(value: Any) -> list[Any]:
    """A list as it is, anything else as none."""
    return value if isinstance(value, list) else []


def tree(attributes: Mapping[str, Any], prefix: str) -> list[Any]:
    """What dotted keys below a prefix say: the numbered things in their order."""
    root: Json = {}
    for key, value in attributes.items():
        if not key.startswith(prefix):
            continue
        *way, last = key[len(prefix) :].split(".", _DEEPEST_KEY)
        place = root
        for step in way:
            inner = place.get(step)
            if not isinstance(inner, dict):
                inner = place[step] = {}
            place = inner
        place.setdefault(last, value)
    return numbered(root)


def numbered(held: Any) -> list[Any]:
    """The values of an object whose keys are numbers, in their order."""
    if not isinstance(held, dict):
        return []
    keys = [key for key in held if key.isascii() and key.isdecimal() and len(key) < 9]
    return [held[key] for key in sorted(keys, key=int)]


def call(identity: Any, name: Any, arguments: Any) -> Json:
    """A call of a tool; arguments are a text of JSON, as a model writes them."""
    said = arguments if isinstance(arguments, str) else encode_json(arguments or {})
    found: Json = {"type": "function", "function": {"name": str(name or ""), "arguments": said}}
    return {"id": str(identity), **found} if identity else found


def content_of(value: Any) -> Any:
    """A content: a text, or parts when it has others than texts; one part of text is that text."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, list):
        return encode_json(value)
    parts = [_part(one) for one in value]
    if all(one["type"] == "text" for one in parts):
        return "\n".join(one["text"] for one in parts) if parts else None
    return parts


def _part(part: Any) -> Json:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if not isinstance(part, dict):
        return {"type": "text", "text": encode_json(part)}
    kind = part.get("type")
    text = part.get("text", part.get("content", part.get("refusal")))
    if isinstance(text, str) and (kind in _TEXT_KINDS or kind is None):
        return {"type": "text", "text": text}
    return _without_data(part, kind)


def _without_data(part: Json, kind: Any) -> Json:
    """A part that is no text: what it is and where it lies, never the data itself."""
    found: Json = {"type": _WORD.get(str(kind), str(kind or "part"))[:100]}
    for key, value in part.items():
        inner = value.get("url") if isinstance(value, dict) else value
        if key == "type" or not isinstance(inner, str | int | float | bool):
            continue
        if isinstance(inner, str) and (inner.startswith("data:") or len(inner) > _LONGEST_URI):
            found[f"{key}_chars_left_out"] = len(inner)
        elif key in ("data", "content") and kind != "file":
            found[f"{key}_chars_left_out"] = len(str(inner))
        else:
            found[key] = inner
    return found


def message_of(value: Any, role: str = "user") -> Json:
    """A message in OpenAI's shape, or something near it."""
    if not isinstance(value, dict):
        return {"role": role, "content": content_of(value)}
    kwargs = value.get("kwargs")
    if isinstance(kwargs, dict) and "content" in kwargs:  # as LangChain writes its own
        return message_of({"role": _role_of(value), **kwargs}, role)
    found: Json = {"role": _role(value, role), "content": content_of(value.get("content"))}
    calls = [_openai_call(one) for one in listed(value.get("tool_calls"))]
    if calls:
        found["tool_calls"] = calls
    for key in ("tool_call_id", "name"):
        if isinstance(value.get(key), str):
            found[key] = value[key]
    return found


def _role(value: Json, role: str) -> str:
    named = value.get("role") or _LANGCHAIN.get(str(value.get("type"))) or role
    text = str(named)
    return text if text.isprintable() and 0 < len(text) <= 100 else role


_LANGCHAIN = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}


def _role_of(value: Json) -> str:
    named = value.get("id")
    last = str(named[-1]) if isinstance(named, list) and named else ""
    kinds = (("Human", "user"), ("AI", "assistant"), ("System", "system"), ("Tool", "tool"))
    return next((role for word, role in kinds if last.startswith(word)), "user")


def _openai_call(one: Any) -> Json:
    held = one if isinstance(one, dict) else {}
    inner = held.get("function")
    function = inner if isinstance(inner, dict) else held
    arguments = function.get("arguments", function.get("args"))
    return call(held.get("id"), function.get("name"), arguments)


def messages_of(value: Any) -> list[Json] | None:
    """A conversation in any of the usual shapes; None when nothing was said."""
    value = loaded(value)
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        found = value["messages"]
        value = found[0] if len(found) == 1 and isinstance(found[0], list) else found
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, list) and any(isinstance(one, dict) and _says(one) for one in value):
        return [message_of(one) for one in value]
    return [message_of(value if _says(value) else {"content": _plain(value)})]


def _says(value: Any) -> bool:
    return isinstance(value, dict) and bool(
        ("role" in value or "kwargs" in value or "type" in value)
        and {"content", "tool_calls", "kwargs"}.intersection(value)
    )


def _plain(value: Any) -> Any:
    """The text of an input of a shape of its own: its one text, or all of it as JSON."""
    texts = list(value.values()) if isinstance(value, dict) else []
    return texts[0] if len(texts) == 1 and isinstance(texts[0], str) else value


def responses_of(value: Any) -> list[Json] | None:
    """Answers in any of the usual shapes: a completion, messages, a text; None for none."""
    value = loaded(value)
    if isinstance(value, dict):
        if isinstance(value.get("choices"), list):
            return [answer(_choice(one)) for one in value["choices"]] or None
        if isinstance(value.get("generations"), list):
            return responses_of(_flat(value["generations"]))
        if all(one is None for one in value.values()):
            return None
        held = value.get("output") if len(value) == 1 else value.get("messages")
        if held is not None and not _says(value):
            return responses_of(held)
    if value is None or value in ("", [], {}):
        return None
    many = value if isinstance(value, list) and all(map(_says, value)) else [value]
    return [answer(one if _says(one) else {"content": _plain(one)}) for one in many]


def _flat(generations: list[Any]) -> list[Any]:
    """The messages in what LangChain calls generations."""
    inner = [one for each in generations for one in (each if isinstance(each, list) else [each])]
    return [
        one.get("message") or {"role": "assistant", "content": one.get("text")}
        for one in inner
        if isinstance(one, dict)
    ]


def _choice(choice: Any) -> Any:
    held = choice if isinstance(choice, dict) else {}
    return held.get("message") or {"content": held.get("text")}


def answer(message: Any) -> Json:
    """A message of the model as a response."""
    said = message_of(message, "assistant")
    content = said["content"]
    if isinstance(content, list):
        content = "\n".join(one["text"] for one in content if one["type"] == "text")
    found: Json = {"text": content or ""}
    if "tool_calls" in said:
        found["tool_calls"] = said["tool_calls"]
    return found
