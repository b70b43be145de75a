"""Plain text out of messages and responses, whatever shape their content has."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


def decoded(value: Any) -> Any:
    """What a text column of a row holds."""
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value


def text_of(content: Any) -> str:
    """The text of a message: parts joined by newlines, what is not text named in brackets."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, Sequence):
        return str(content)
    return "\n".join(_part(one) for one in content)


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        return str(part)
    text = part.get("text", part.get("content"))
    return text if isinstance(text, str) else f"[{part.get('type', 'part')}]"


def query_of(messages: Any) -> str | None:
    """The text of the last message of the user; None when there is none."""
    asked = [one for one in decoded(messages) or () if one.get("role") == "user"]
    return text_of(asked[-1].get("content")) if asked else None


def response_of(responses: Any) -> str | None:
    """The text of the first response; None when there is none."""
    found = decoded(responses)
    return text_of(found[0].get("text")) if found else None
