"""Which interactions a draw may take: the `where` of the public contract, checked."""

from collections.abc import Mapping
from datetime import UTC, datetime
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
        if key not in NAMES and key not in ("score.name", "score.below"):
            raise InvalidLabel(f"where.{key}", "unknown filter", f"possible: {', '.join(NAMES)}")
        if value is None:
            continue
        if key in LISTS:
            values[key] = _strings(key, value)
        elif key in TIMES:
            values[key] = _moment(key, value)
        elif key in ("has_feedback", "dedupe"):
            values[key] = _truth(key, value)
        elif key == "feedback_below":
            values[key] = _number(key, value)
        elif key == "score":
            values |= _score(value)
        else:
            values["score_" + key.removeprefix("score.")] = value
    if isinstance(values.get("score_below"), str):
        values["score_below"] = _number("score.below", values["score_below"])
    if ("score_name" in values) != ("score_below" in values):
        raise InvalidLabel("where.score", "half given", "give both name and below")
    return Filter(**values)


def _strings(key: str, value: object) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise InvalidLabel(f"where.{key}", f"{value!r}", "a string or a list of strings")
    return tuple(listed)


def _moment(key: str, value: object) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        hint = "a time such as 2026-11-01T10:00:00Z, or a day"
        raise InvalidLabel(f"where.{key}", f"{value!r} is not a time", hint) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _truth(key: str, value: object) -> bool:
    known = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
    if value not in known:
        raise InvalidLabel(f"where.{key}", f"{value!r}", "true or false")
    return known[value]  # type: ignore[index]


def _number(key: str, value: object) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(value)
        return float(value)
    except ValueError:
        raise InvalidLabel(f"where.{key}", f"{value!r} is not a number", "such as 0.5") from None


def _score(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping) or set(value) != {"name", "below"}:
        raise InvalidLabel("where.score", f"{value!r}", 'such as {"name": "judge", "below": 3}')
    return {"score_name": str(value["name"]), "score_below": _number("score.below", value["below"])}
