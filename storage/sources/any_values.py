"""OTLP values as JSON servers write them with snake_case names, absent ones as null."""

from collections.abc import Mapping
from typing import Any

from storage.sources.brought import listed

_PLAIN = ("string_value", "bool_value", "int_value", "double_value", "bytes_value")
_INTEGER = "int_value"


def plain_value(value: Any) -> Any:
    """A value without its wrapping; None for an empty one."""
    if not isinstance(value, Mapping):
        return value
    for name in _PLAIN:
        if value.get(name) is not None:
            found = value[name]
            return int(found) if name == _INTEGER and _is_count(found) else found
    values = value.get("array_value")
    if isinstance(values, Mapping):
        return [plain_value(one) for one in listed(values.get("values"))]
    pairs = value.get("kvlist_value")
    return plain_pairs(pairs.get("values")) if isinstance(pairs, Mapping) else None


def plain_pairs(pairs: Any) -> dict[str, Any]:
    """The attributes of a list of `{key, value}`."""
    return {
        str(one["key"]): plain_value(one.get("value"))
        for one in listed(pairs)
        if isinstance(one, Mapping) and "key" in one
    }


def _is_count(found: Any) -> bool:
    return isinstance(found, str) and found.lstrip("-").isdecimal() and len(found) < 21
