"""Single values as they arrive: checked, bounded, and faulted by name."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from storage.errors import BadRow
from storage.types import EPOCH, encode_json

MAX_ID = 512
MAX_NAME = 200
OWN_NAME_CHARS = 100
OWN_NAME = f"1 to {OWN_NAME_CHARS} printable characters without spaces at the ends"
"""What an account or a queue may be called here."""
MAX_DEPTH = 64
"""Deepest nesting of lists and objects in one value."""
TIMES = ("created_at", "timestamp", "time", "start_time")
_UNENDING = float("inf")
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHORTEST_EPOCH = 9  # digits; fewer are a date such as 20261101


def hash63(text: bytes) -> int:
    """The first 63 bits of SHA-256."""
    return int.from_bytes(sha256(text).digest()[:8], "big") >> 1


def shown(value: object) -> str:
    """A value in an error message: short, whatever was sent."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:60]}...")
    if isinstance(value, int) and value.bit_length() > 200:
        return "a number of more than 60 digits"
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else type(value).__name__


def name_of(field: str, value: object, longest: int) -> str | None:
    """A short text without control characters; whole numbers are taken as written."""
    if value is None or value == "":
        return None
    if type(value) is int and value.bit_length() < 128:
        value = str(value)
    if not isinstance(value, str):
        raise BadRow(field, f"{shown(value)} is no text", "a string")
    if len(value) > longest:
        raise BadRow(field, f"{len(value)} characters", f"at most {longest}")
    if not value.isprintable() and (found := _UNFIT.search(value)):
        unfit = f"U+{ord(found[0]):04X}"
        raise BadRow(field, f"{shown(value)} holds the control character {unfit}", "leave it out")
    return value


def is_own_name(text: str) -> bool:
    """Whether an account or a queue may be called so, see `OWN_NAME`."""
    return 0 < len(text) <= OWN_NAME_CHARS and text.isprintable() and text == text.strip()


def number_of(field: str, value: Any, low: float, high: float = _UNENDING) -> float | None:
    """A finite number between two bounds, also when sent as text; None when absent."""
    if value is None or value == "":
        return None
    try:
        kind = type(value)
        if kind is not float and kind is not int and not (kind is str and "_" not in value):
            raise ValueError(value)
        found = float(value)
    except (ValueError, OverflowError):
        found = float("nan")
    if low <= found <= high and -_UNENDING < found < _UNENDING:
        return found
    bounds = "a finite number" if low == -_UNENDING else f"a number from {low:g}"
    upper = "" if high == _UNENDING else f" to {high:g}"
    raise BadRow(field, f"{shown(value)} is not {bounds}{upper}", "correct it, or send null")


def moment_of(field: str, value: object) -> datetime:
    """A time: ISO 8601 (UTC without a zone), or seconds, milli-, micro- or nanoseconds."""
    try:
        if isinstance(value, str):
            if not _counts(value):
                return _in_utc(datetime.fromisoformat(value))
            value = float(value)
        if isinstance(value, datetime):
            return _in_utc(value)
        if type(value) is not int and type(value) is not float:
            raise ValueError(value)
        size = abs(value)
        unit = 1 if size < 1e11 else 1_000 if size < 1e14 else 1_000_000 if size < 1e17 else 10**9
        return EPOCH + timedelta(seconds=value / unit)
    except (ValueError, OverflowError):
        hint = "ISO 8601 such as 2026-11-01T10:00:00Z, or seconds since 1970"
        raise BadRow(field, f"{shown(value)} is not a time", hint) from None


def _counts(text: str) -> bool:
    """Whether a text is a count of seconds or parts of them, and not a date."""
    whole = text.partition(".")[0]
    return whole.isdecimal() and len(whole) >= _SHORTEST_EPOCH


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def time_key(row: Mapping[str, Any]) -> str | None:
    """What the sender calls the time; None when there is none."""
    for name in TIMES:
        value = row.get(name)
        if value is not None and value != "":
            return name
    return None


def time_said(row: Mapping[str, Any]) -> datetime | None:
    """The sender's time; None when there is none."""
    key = time_key(row)
    return None if key is None else moment_of(key, row[key])


def json_of(field: str, value: Any) -> str:
    """The JSON text of a value; half characters in it become U+FFFD.

    Raises
    ------
    BadRow
        If it is nested deeper than every reader can follow, or is nothing JSON can hold.
    """
    try:
        try:
            text = encode_json(value)
        except UnicodeEncodeError:
            text = encode_json(mended(value))
    except RecursionError:
        text, deep = "", True
    except (TypeError, ValueError) as error:
        raise BadRow(field, f"JSON cannot hold it: {error!s:.80}", "send plain JSON") from None
    else:
        deep = _may_be_deep(text) and too_deep(value)
    if deep:
        raise BadRow(field, f"nested deeper than {MAX_DEPTH} levels", "flatten it")
    return text


def _may_be_deep(text: str) -> bool:
    """Whether there are brackets enough; most texts have not, and need no walk."""
    return len(text) > 2 * MAX_DEPTH and text.count("[") + text.count("{") > MAX_DEPTH


def mended(value: Any) -> Any:
    """The value with every lone surrogate replaced by U+FFFD; no database holds those."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {mended(key): mended(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [mended(one) for one in value]
    return value


def too_deep(value: Any) -> bool:
    """Whether lists and objects are nested deeper than MAX_DEPTH levels."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for one in level:
            inner += one.values() if isinstance(one, dict) else one
        level = [one for one in inner if isinstance(one, dict | list | tuple)]
        if not level:
            return False
    return True
