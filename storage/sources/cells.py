"""What the flat cells of a table mean: JSON, lists, truth values, a rating with its comment."""

from collections.abc import Mapping
from typing import Any

import msgspec

from storage.errors import BadRow
from storage.values import number_of, shown

_OBJECTS = frozenset(("responses", "feedback", "scores", "usage", "metadata"))
_LISTS = frozenset(("flags", "tags", "context"))
_STRUCTURED = _OBJECTS | _LISTS | {"messages"}
_SAID = ("rating", "min", "max", "thumb", "comment")
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def from_cells(row: Mapping[str, Any]) -> dict[str, Any] | BadRow:
    """The row with structured cells read; texts stay texts, formulas included."""
    found: dict[str, Any] = {}
    try:
        for name, cell in row.items():
            found[name] = _read(name, cell) if isinstance(cell, str) else cell
    except BadRow as error:
        return error
    if "feedback" not in found and (_is_number(found.get("rating")) or _is_thumb(found)):
        found["feedback"] = {key: found.pop(key) for key in _SAID if key in found}
    return found


def _is_thumb(row: Mapping[str, Any]) -> bool:
    return "rating" not in row and row.get("thumb") in ("up", "down", True, False)


def _is_number(cell: object) -> bool:
    try:
        number_of("rating", cell, float("-inf"))
    except BadRow:
        return False
    return cell is not None


def _read(name: str, cell: str) -> Any:
    if name == "flagged":
        return _TRUTHS.get(cell.strip().lower(), cell)
    if name not in _STRUCTURED:
        return cell
    if cell.lstrip()[:1] in ("[", "{"):
        try:
            return msgspec.json.decode(cell)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
            if name in _OBJECTS or name == "messages":
                raise BadRow(name, f"{shown(cell)} is no JSON: {error!s:.100}", "JSON") from None
    return [cell] if name in _LISTS else cell
