"""Which interactions a draw may take: the `where` of the public contract, checked."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from labeling.errors import InvalidLabel
from storage.queries.pool import Filter

LISTS = ("source", "category", "model", "variant", "flags")
TIMES = ("since", "until")
NAMES = (*LISTS, *TIMES, "has_feedback", "feedback_below", "score", "dedupe")


def parse_filter(where: Mapping[str, Any]) -> Filter:
    """The filter of a JSON or command-line `where`.

    Raises
    ------
    InvalidLabel
        Naming the key, the value and what would be right.
    """
    values: dict[str, Any] = {}
    for key, value in where.items():
        if key not in _READ:
            hint = f"possible: {', '.join(NAMES)}"
            raise InvalidLabel(f"where.{key}", f"there is no filter {key!r:.80}", hint)
        if value is not None:
            values |= _READ[key](key, value)
    if ("score_name" in values) != ("score_below" in values):
        raise InvalidLabel("where.score", "half given", "give both name and below")
    return Filter(**values)


def _strings(key: str, value: object) -> dict[str, Any]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise InvalidLabel(f"where.{key}", f"{value!r}", "a string or a list of strings")
    return {key: tuple(listed)}


def _moment(key: str, value: object) -> dict[str, Any]:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # no time, or one before the calendar in UTC
        hint = "a time such as 2026-11-01T10:00:00Z, or a day"
        raise InvalidLabel(f"where.{key}", f"{value!r:.80} is not a time", hint) from None
    return {key: aware}


def _truth(key: str, value: object) -> dict[str, Any]:
    known = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
    if not isinstance(value, bool | str) or value not in known:
        raise InvalidLabel(f"where.{key}", f"{value!r}", "true or false")
    return {key: known[value]}


def _number(key: str, value: object) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(value)
        number = float(value)
        if not isfinite(number):
            raise ValueError(value)
        return number
    except (ValueError, OverflowError):
        raise InvalidLabel(f"where.{key}", f"{value!r} is not a number", "such as 0.5") from None


def _score(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping) or set(value) != {"name", "below"}:
        raise InvalidLabel("where.score", f"{value!r}", 'such as {"name": "judge", "below": 3}')
    return {"score_name": str(value["name"]), "score_below": _number("score.below", value["below"])}


_READ: dict[str, Callable[[str, Any], dict[str, Any]]] = {
    **dict.fromkeys(LISTS, _strings),
    **dict.fromkeys(TIMES, _moment),
    **dict.fromkeys(("has_feedback", "dedupe"), _truth),
    "feedback_below": lambda key, value: {key: _number(key, value)},
    "score": lambda _, value: _score(value),
    "score.name": lambda _, value: {"score_name": str(value)},
    "score.below": lambda key, value: {"score_below": _number(key, value)},
}
"""How each condition is read; the two with a dot are for the command line."""
