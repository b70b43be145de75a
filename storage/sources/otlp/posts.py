"""What the requests of Langfuse and LangSmith have in common: checked objects, times, ids."""

from datetime import datetime
from typing import Any

from storage.errors import BadRow
from storage.sources.otlp.plain import Json
from storage.types import microseconds
from storage.values import moment_of, shown

LONGEST_ID = 200


def an_object(field: str, value: Any) -> Json:
    """The value, which must be an object, or BadRow."""
    if not isinstance(value, dict):
        raise BadRow(field, f"{shown(value)} is not an object")
    return value


def an_id(field: str, value: Any) -> str:
    """The value, which must be a short text without spaces, or BadRow."""
    found = id_or_none(field, value)
    if found is None:
        raise BadRow(field, "missing")
    return found


def id_or_none(field: str, value: Any) -> str | None:
    """The same; None when there is none."""
    if value is None or value == "":
        return None
    unfit = not isinstance(value, str) or not value.isprintable() or " " in value
    if unfit or len(value) > LONGEST_ID:
        raise BadRow(field, f"{shown(value)} is no id", f"at most {LONGEST_ID} characters")
    return str(value)


def nanoseconds(field: str, value: Any) -> int:
    """A time in nanoseconds; 0 when there is none."""
    if value is None or value == "":
        return 0
    moment: datetime = moment_of(field, value)
    return max(0, microseconds(moment)) * 1_000


def filled(held: Json) -> Json:
    """An object without what says nothing, so that a later one adds to an earlier one."""
    return {key: value for key, value in held.items() if value not in (None, "", [], {})}


def text(value: Any) -> str:
    """A text as it is, anything else as none."""
    return value if isinstance(value, str) else ""
