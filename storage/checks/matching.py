"""Patterns and schemas of the user's, run on texts of strangers: in linear time, offline.

Both are matched by one library that compiles them (jsonschema-rs). Python's own `re` goes back and
forth: a pattern with a loop inside a loop and a text made for it would hold up what comes in.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from storage.errors import BadRow

MAX_PATTERN = 10_000
MAX_COMPILED, MAX_WORDS = 200_000, 2_000_000
"""Bytes that a compiled pattern may take, and one of plain words.

Time grows with text times pattern: `(?:[x-z]{1,100}){1,100}[a-c]1` is as good as endless on a long
text, linear as it is. Words are found at once however many there are.
"""
_SPECIAL = frozenset(r"\.+*?()|[]{}^$#&-~")


def matches(at: str, pattern: object, *, size: int = MAX_COMPILED) -> Callable[[str], bool]:
    """Whether a pattern is found anywhere in a text; without look-around and back-references.

    Raises
    ------
    BadRow
        If it is no such pattern.
    """
    hint = "a regular expression without look-around, back-references and large repetitions"
    if not isinstance(pattern, str) or not pattern or len(pattern) > MAX_PATTERN:
        raise BadRow(at, "cannot be a pattern", f"{hint}, at most {MAX_PATTERN} characters")
    return _compiled(at, msgspec.json.encode({"type": "string", "pattern": pattern}), hint, size)


def word_pattern(words: list[str]) -> str:
    """Any of some words or phrases, whole and in any case."""
    return r"(?i)\b(?:" + "|".join(_escaped(one.strip()) for one in words) + r")\b"


def holds_schema(at: str, schema: object) -> Callable[[str], bool]:
    """Whether a text is JSON that a schema allows.

    Raises
    ------
    BadRow
        If it is no JSON schema, or refers to another file.
    """
    if not isinstance(schema, dict):
        raise BadRow(at, "is no table", 'such as json_schema = { type = "object" }')
    try:
        written = msgspec.json.encode(schema)
    except TypeError as error:
        raise BadRow(at, f"is no JSON: {error}", "texts, numbers, lists and tables") from error
    is_valid = _compiled(at, written, "a JSON schema that refers to nothing outside itself")

    def holds(text: str) -> bool:
        try:
            return is_valid(msgspec.json.decode(text))
        except (msgspec.DecodeError, RecursionError):
            return False

    return holds


def _compiled(at: str, schema: bytes, hint: str, size: int = MAX_COMPILED) -> Callable[[Any], bool]:
    found, problem = _validator(schema, size)
    if found is None:
        raise BadRow(at, f"cannot be used: {problem}", hint)
    return found


@cache
def _validator(schema: bytes, size: int) -> tuple[Callable[[Any], bool] | None, str]:
    import jsonschema_rs

    options = jsonschema_rs.RegexOptions(size_limit=size)
    try:
        made = jsonschema_rs.validator_for(
            msgspec.json.decode(schema), pattern_options=options, offline=True
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        return None, str(error).partition("\n")[0][:200]
    return made.is_valid, ""


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in text)
