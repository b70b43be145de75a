"""OpenInference attributes as Phoenix flattens them: `llm.input_messages.0.message.content`."""

from collections.abc import Iterator, Mapping
from typing import Any

from storage.sources.brought import Json, listed, opened

MOST = 2_000
"""Most messages, parts or documents of one list; a hostile index costs nothing."""


def messages_at(attributes: Json, prefix: str) -> list[dict[str, Any]]:
    """The messages under a prefix, with their parts and tool calls."""
    return [_message(one) for one in _numbered(attributes, prefix, "message")]


def documents_at(attributes: Json, prefix: str = "retrieval.documents") -> list[dict[str, Any]]:
    """The retrieved documents under a prefix: content, id, score, metadata."""
    found = []
    for one in _numbered(attributes, prefix, "document"):
        kept = {key: one[key] for key in ("id", "content", "score") if one.get(key) is not None}
        if one.get("metadata") is not None:
            kept["metadata"] = opened(one["metadata"])
        found.append(kept)
    return [one for one in found if one]


def under(attributes: Json, prefix: str) -> dict[str, Any]:
    """What stands under a prefix, flattened or as one JSON text."""
    whole = opened(attributes.get(prefix))
    found = dict(whole) if isinstance(whole, Mapping) else {}
    for name, value in attributes.items():
        if name.startswith(f"{prefix}."):
            found[name[len(prefix) + 1 :]] = value
    return found


def _message(one: Json) -> dict[str, Any]:
    parts = [_part(part) for part in _numbered(one, "contents", "message_content")]
    found: dict[str, Any] = {"role": one.get("role"), "content": one.get("content")}
    if parts and found["content"] is None:
        only_text = len(parts) == 1 and parts[0].get("type") == "text"
        found["content"] = parts[0].get("text") if only_text else parts
    calls = [
        {
            "id": call.get("id"),
            "type": "function",
            "function": {
                "name": call.get("function.name"),
                "arguments": call.get("function.arguments"),
            },
        }
        for call in _numbered(one, "tool_calls", "tool_call")
    ]
    if calls:
        found["tool_calls"] = calls
    for key in ("tool_call_id", "name"):
        if one.get(key) is not None:
            found[key] = one[key]
    return found


def _part(part: Json) -> dict[str, Any]:
    return {key: value for key, value in part.items() if value is not None}


def _numbered(attributes: Json, prefix: str, kind: str) -> list[dict[str, Any]]:
    """The objects of a list in their order, each without the name of its kind in front."""
    whole = attributes.get(prefix)
    if isinstance(whole, list):
        return [_bare(one, kind) for one in listed(whole)[:MOST] if isinstance(one, Mapping)]
    found: dict[int, dict[str, Any]] = {}
    for number, name, value in _places(attributes, f"{prefix}.", f"{kind}."):
        found.setdefault(number, {})[name] = value
    return [found[number] for number in sorted(found)[:MOST]]


def _places(attributes: Json, prefix: str, kind: str) -> Iterator[tuple[int, str, Any]]:
    for name, value in attributes.items():
        if name.startswith(prefix):
            number, _, rest = name[len(prefix) :].partition(".")
            if number.isascii() and number.isdigit() and len(number) < 10 and rest:
                yield int(number), rest.removeprefix(kind), value


def _bare(one: Json, kind: str) -> dict[str, Any]:
    return {str(name).removeprefix(f"{kind}."): value for name, value in one.items()}
