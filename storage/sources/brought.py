"""What an object of another platform brings: an interaction, what people and machines said of it.

Readers of platforms look at objects that anybody may have written, so every value is looked at
before it is believed; one object that cannot be read becomes one fault and stops no other.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from storage.errors import BadRow
from storage.sources.jsonl import Row
from storage.values import json_of, moment_of, shown

Json = Mapping[str, Any]
Scales = Mapping[str, tuple[float, float]]
"""Lowest and highest value by name of a rating."""

OURS = "goldloop."
"""Names of what Goldloop itself sent to a platform begin so; it is not taken back in."""
_UP = frozenset(("thumbs_up", "thumbs-up", "thumbs up", "thumb_up", "up", "👍"))
_DOWN = frozenset(("thumbs_down", "thumbs-down", "thumbs down", "thumb_down", "down", "👎"))
_MACHINES = {"LLM": "judge", "LLM_JUDGE": "judge", "AI_JUDGE": "judge", "CODE": "check"}


@dataclass
class Brought:
    """Rows for `ingest_rows`, `ingest_feedback` and `ingest_scores`.

    A row of feedback or a score names its `interaction_id`, and the `trace_id` whose last
    interaction is meant when there is no interaction of that id.
    """

    interactions: list[Row] = field(default_factory=list)
    feedback: list[Row] = field(default_factory=list)
    scores: list[Row] = field(default_factory=list)
    passed: int = 0
    """Objects that are none of these: spans of tools, calls that still run, our own labels."""


Read = Callable[[int, Json, Brought], None]


@dataclass(frozen=True)
class Opinion:
    """What somebody said of an interaction, in the words of no platform."""

    interaction_id: object
    trace_id: object = None
    name: object = None
    by: str = "HUMAN"
    """HUMAN, LLM or CODE."""
    value: Any = None
    label: object = None
    comment: object = None
    actor: object = None
    created_at: object = None
    expected: Any = None
    """The answer that should have been given."""
    version: object = None
    about: Json = field(default_factory=dict)
    """What else is kept beside the raw value."""


def read_each(objects: Iterable[Row], read: Read) -> Brought:
    """Everything that objects bring, each read by itself."""
    found = Brought()
    for index, one in objects:
        with faults_of(found.interactions, index):
            if isinstance(one, BadRow):
                raise one
            read(index, mapping(one, "row"), found)
    return found


@contextmanager
def faults_of(rows: list[Row], index: int) -> Iterator[None]:
    """Keep what is wrong with one object as one of the rows."""
    try:
        yield
    except BadRow as error:
        rows.append((index, error))
    except RecursionError:
        rows.append((index, BadRow(None, "nested too deep", "flatten it")))


def add_opinion(found: Brought, index: int, said: Opinion, scales: Scales) -> None:
    """Feedback when a person said it, a score when a machine did; nothing when it was us."""
    if str(said.name or "").startswith(OURS):
        found.passed += 1
        return
    kind = _MACHINES.get(said.by.upper())
    rows = found.feedback if kind is None else found.scores
    with faults_of(rows, index):
        row = _feedback(said, scales) if kind is None else _score(said, kind)
        row["interaction_id"] = said.interaction_id
        if said.trace_id is not None:
            row["trace_id"] = said.trace_id
        if said.created_at is not None:
            row["created_at"] = said.created_at
        rows.append((index, row))


def _feedback(said: Opinion, scales: Scales) -> dict[str, Any]:
    row: dict[str, Any] = {"name": said.name, "actor": _short(said.actor), **said.about}
    if said.comment:
        row["comment"] = said.comment if isinstance(said.comment, str) else text_of(said.comment)
    if said.expected is not None:
        row |= {"kind": "correction", "expected": said.expected}
    if said.label is not None:
        row["label"] = said.label
    return row | _on_scale(str(said.name or ""), said.value, said.label, scales)


def _on_scale(name: str, value: Any, label: object, scales: Scales) -> dict[str, Any]:
    """The value, with its scale only where that is certain."""
    if isinstance(value, bool):
        return {"score": value}
    number = isinstance(value, int | float)
    if number and name in scales:
        low, high = scales[name]
        return {"rating": value, "min": low, "max": high}
    said = str(label if label is not None else value).strip().lower()
    if said in _UP or said in _DOWN:
        return {"thumb": "up" if said in _UP else "down", **({"value": value} if number else {})}
    if number:
        return {"rating": value}
    return {} if value is None else {"label" if isinstance(value, str) else "value": value}


def _score(said: Opinion, kind: str) -> dict[str, Any]:
    value = said.value
    if not isinstance(value, bool | int | float):
        told = shown(value if value is not None else said.label)
        raise BadRow("value", f"{told} is no number", "a score of a machine is a number")
    return {"name": said.name, "kind": kind, "value": value, "version": said.version}


def _short(actor: object) -> object:
    return actor if actor is None or isinstance(actor, str | int) else text_of(actor)[:200]


def mapping(value: object, name: str) -> Json:
    """A value that has to be an object.

    Raises
    ------
    BadRow
        If it is none.
    """
    if not isinstance(value, Mapping):
        raise BadRow(name, f"{shown(value)} is not an object", "as the platform writes it")
    return value


def inner(value: object, *keys: str) -> Json:
    """The object under a path of keys; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def listed(value: object) -> list[Any]:
    """A list as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []


def opened(value: Any) -> Any:
    """What a text holds when it is JSON of an object or a list; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return value
    return value


def text_of(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json_of("text", value)


def milliseconds(start: object, end: object) -> float | None:
    """The time between two moments; None unless both are there and in order."""
    if start is None or end is None:
        return None
    spent = moment_of("end", end) - moment_of("start", start)
    return max(spent / timedelta(milliseconds=1), 0.0)


def moment_text(value: object) -> str | None:
    """A moment as ISO 8601 in UTC, whatever it was written as; None when absent."""
    return None if value is None else moment_of("time", value).astimezone(UTC).isoformat()


def nanoseconds(value: object) -> datetime | None:
    """The moment of a count of nanoseconds, also when it is a text; None when absent."""
    return None if value is None else moment_of("time", value)


def names_of(value: object) -> list[Any]:
    """Texts of a list, for tags: the others and the too many are left out."""
    return [one for one in listed(value) if isinstance(one, str) and one][:100]


def present(row: dict[str, Any]) -> dict[str, Any]:
    """The row without what is absent."""
    return {key: value for key, value in row.items() if value is not None}
