"""What failures are looked for by: the attributes of labelled tasks, in classes with plain names.

A pattern is a few of them with their values, as `{"category": "refunds", "length": "..."}`; here it
is read, found again among the tasks, and turned into what a draw can be told.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import log10
from typing import Any

import numpy as np
import pandas as pd

from labeling.errors import InvalidLabel
from storage import Session
from storage.queries.attributes import attribute_rows
from storage.queries.texts import HOLDS_BELOW, rules_holding, score_of

ATTRIBUTES = (
    "category", "model", "variant", "source", "flags", "tags", "length", "turns", "language",
    "confidence", "release", "week",
)  # fmt: skip
"""In the order in which slices of the same tasks are named."""
TEXTS = "texts"
"""The rules on texts that hold: no attribute to search by, since they were made of what fails."""
DRAWN_BY = ("category", "model", "variant", "source", "flags")
"""Attributes that the filter of a draw has under the same name."""
SENDERS = {"language": ("language", "lang", "locale"), "release": ("release", "app_version")}
"""Keys of the sender's metadata that an attribute is read from, the first that is there."""
MESSAGES = {1: "1 message", 2: "2 messages", 5: "3 to 5 messages", 15: "6 to 15 messages"}
MANY_MESSAGES = "more than 15 messages"
VALUE_CHARS = 200
QUARTERS = (0.25, 0.5, 0.75)


def attributes(session: Session, queue_id: int, chances: Mapping[int, float]) -> pd.DataFrame:
    """The labelled tasks of a queue with their attributes.

    `chances` is pi by task; lengths and confidences are cut at the quarters of the population
    that the tasks stand for. Columns: task, interaction, interaction_id, created_at, and
    `ATTRIBUTES`: texts, None where nothing is known; flags and tags lists of texts. And `texts`:
    the names of the kept rules that hold (`labeling.texts`).
    """
    rows = attribute_rows(session, queue_id)
    weight = np.array([1 / chances[one] if one in chances else 0.0 for one in rows["task"]])
    frame = rows[["task", "interaction", "interaction_id", "created_at"]].copy()
    for name in ("category", "model", "variant", "source"):
        frame[name] = _texts(_short(value) for value in rows[name])
    for name in ("flags", "tags"):
        frame[name] = pd.Series(
            [[str(one)[:VALUE_CHARS] for one in value or ()] for value in rows[name]], dtype=object
        )
    frame["length"] = _texts(_classes(rows["chars"].astype(float), weight, _characters))
    frame["turns"] = _texts(map(_messages, rows["messages"]))
    confidence = _classes(rows["confidence"], weight, lambda value: f"{value:g}")
    frame["confidence"] = _texts(confidence)
    for name, keys in SENDERS.items():
        frame[name] = _texts(_sent(extra, keys) for extra in rows["extra"])
    frame["week"] = weeks(rows["created_at"])
    ruled = rules_holding(session, queue_id)
    frame[TEXTS] = pd.Series([ruled.get(task, []) for task in frame["task"]], dtype=object)
    return frame


def weeks(moments: "pd.Series[Any]") -> "pd.Series[Any]":
    """The week of the calendar that each moment (UTC) lies in, as `2026-W45`."""
    days = pd.to_datetime(moments, utc=True).dt.floor("D")
    names = {day: "{}-W{:02}".format(*day.isocalendar()[:2]) for day in days.unique()}
    return _texts(names[day] for day in days)


def _texts(values: Iterable[str | None]) -> "pd.Series[Any]":
    return pd.Series(list(values), dtype=object)


def _short(value: Any) -> str | None:
    return None if value is None else str(value)[:VALUE_CHARS]


def _sent(extra: Mapping[str, Any] | None, keys: Sequence[str]) -> str | None:
    """What a sender's metadata says under the first of some keys."""
    places = [extra or {}]
    if isinstance((extra or {}).get("metadata"), Mapping):
        places.append((extra or {})["metadata"])
    found = [place[key] for place in places for key in keys if place.get(key) not in (None, "")]
    return str(found[0])[:VALUE_CHARS] if found else None


def _messages(count: int) -> str | None:
    if count < 1:
        return None
    return next((name for most, name in MESSAGES.items() if count <= most), MANY_MESSAGES)


def _characters(value: float) -> str:
    return f"{int(value):,} characters"


def _classes(
    values: "pd.Series[float]", weight: Any, told: Callable[[float], str]
) -> list[str | None]:
    """Each value as the quarter it lies in, cut at round numbers; all None when there is one."""
    known = values.notna().to_numpy()
    weight = np.where(known, weight, 0.0)
    weight = weight if weight.sum() > 0 else known.astype(float)
    if not weight.any():
        return [None] * len(values)
    order = np.argsort(values.fillna(0).to_numpy(), kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    at = [float(values.iloc[order[np.searchsorted(reached, share)]]) for share in QUARTERS]
    cuts = sorted({_round(one) for one in at})
    cuts = [cut for cut in cuts if (values <= cut).any() and (values > cut).any()]
    if not cuts:
        return [None] * len(values)
    names = [f"up to {told(cuts[0])}"]
    names += [f"{_bare(told(low))} to {told(high)}" for low, high in pairwise(cuts)]
    names += [f"more than {told(cuts[-1])}"]
    place = np.searchsorted(cuts, values.to_numpy())
    return [names[one] if there else None for one, there in zip(place, known, strict=True)]


def _bare(told: str) -> str:
    return told.split(" ", maxsplit=1)[0]


def _round(value: float) -> float:
    """A number with two digits that count, so that a few more tasks do not move it."""
    if value <= 0:
        return value
    return float(round(value, 1 - int(np.floor(log10(value)))))


def parse_pattern(where: Mapping[str, Any] | Sequence[str]) -> dict[str, str]:
    """A pattern as a mapping, or as `NAME=VALUE` texts.

    Raises
    ------
    InvalidLabel
        Naming what is no attribute, no pair, or there twice.
    """
    if not isinstance(where, Mapping):
        pairs = [one.partition("=") for one in where]
        if wrong := [one for one, (_, equals, _) in zip(where, pairs, strict=True) if not equals]:
            raise InvalidLabel("where", f"{wrong[0]!r:.80} is no pair", "such as category=refunds")
        names = [name for name, _, _ in pairs]
        if twice := [name for name in names if names.count(name) > 1]:
            hint = "one value each: take one pattern at a time"
            raise InvalidLabel("where", f"{twice[0]!r:.80} is there twice", hint)
        where = {name: value for name, _, value in pairs}
    for name in where:
        if name not in (*ATTRIBUTES, TEXTS):
            hint = f"possible: {', '.join((*ATTRIBUTES, TEXTS))}"
            raise InvalidLabel("where", f"there is no attribute {name!r:.80}", hint)
    return {name: str(value) for name, value in where.items()}


def having(frame: pd.DataFrame, where: Mapping[str, str]) -> pd.DataFrame:
    """The tasks of a pattern.

    Raises
    ------
    InvalidLabel
        If no labelled task has one of the values: it names those that there are.
    """
    for name, value in where.items():
        inside = np.array([_has(one, value) for one in frame[name]], dtype=bool)
        if not inside.any() and len(frame):
            there = sorted({str(one) for one in frame[name].explode().dropna()})[:10]
            hint = f"there are: {', '.join(there)}" if there else f"no task here has a {name}"
            raise InvalidLabel("where", f"no labelled task has {name} {value!r:.80}", hint)
        frame = frame[inside]
    return frame


def holds(frame: pd.DataFrame, where: Mapping[str, str]) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Which tasks have a pattern; none where its values are gone."""
    inside = np.ones(len(frame), dtype=bool)
    for name, value in where.items():
        inside &= np.array([_has(one, value) for one in frame[name]], dtype=bool)
    return inside


def _has(found: Any, value: str) -> bool:
    return value in found if isinstance(found, list) else found == value


def to_draw(where: Mapping[str, str]) -> dict[str, Any]:
    """What a draw is told to look at a pattern: `where`, and what it has no condition for."""
    told: dict[str, Any] = {name: [where[name]] for name in DRAWN_BY if name in where}
    if "week" in where:
        year, week = where["week"].split("-W")
        monday = datetime.fromisocalendar(int(year), int(week), 1).replace(tzinfo=UTC)
        told["since"] = monday.isoformat()
        told["until"] = (monday + timedelta(days=7)).isoformat()
    if TEXTS in where:
        told["score"] = {"name": score_of(where[TEXTS]), "below": HOLDS_BELOW}
    left = [name for name in where if name not in (*DRAWN_BY, "week", TEXTS)]
    return {"where": told, "left_out": left}
