"""Single values as they arrive: checked, bounded, and faulted by name."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from storage.errors import BadRow
from storage.types import EPOCH

MAX_ID = 512
MAX_NAME = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def hash63(text: bytes) -> int:
    """The first 63 bits of SHA-256."""
    return int.from_bytes(sha256(text).digest()[:8], "big") >> 1


def name_of(field: str, value: object, longest: int) -> str | None:
    """A short text without control characters; numbers are taken as written."""
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise BadRow(field, f"{value!r:.80} is no text", "a string")
    if len(value) > longest:
        raise BadRow(field, f"{len(value)} characters", f"at most {longest}")
    if not value.isprintable() and _CONTROL.search(value):
        raise BadRow(field, f"{value!r:.80} holds a control character", "leave it out")
    return storable(field, value)


def storable(field: str, value: str) -> str:
    """The text, if a database can hold it."""
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRow(field, "holds half a character (a lone surrogate)", "send UTF-8") from None
    return value


def number_of(field: str, value: object, low: float, high: float = float("inf")) -> float | None:
    """A number between two bounds, or None."""
    if value is None:
        return None
    if type(value) is float or type(value) is int:
        try:
            found = float(value)
        except OverflowError:
            found = float("inf")
        if low <= found <= high and found != float("inf"):
            return found
    bounds = f"from {low:g}" + (f" to {high:g}" if high != float("inf") else "")
    raise BadRow(field, f"{value!r:.80} is out of range", f"a number {bounds}, or null")


def moment_of(field: str, value: object) -> datetime:
    """A time: ISO 8601 (UTC without a zone), or seconds, milli-, micro- or nanoseconds."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    try:
        if isinstance(value, str):
            if not value.replace(".", "", 1).isdigit():
                found = datetime.fromisoformat(value)
                return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(value)
        size = abs(value)
        unit = 1 if size < 1e11 else 1e3 if size < 1e14 else 1e6 if size < 1e17 else 1e9
        return EPOCH + timedelta(seconds=value / unit)
    except (ValueError, OverflowError):
        hint = "ISO 8601 such as 2026-11-01T10:00:00Z, or seconds since 1970"
        raise BadRow(field, f"{value!r:.80} is not a time", hint) from None
