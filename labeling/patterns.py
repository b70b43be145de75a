"""Failure patterns that were noted: what they were, what was decided, and what traffic says since.

A pattern is what its tasks have in common (`where`), or two issues that come together (`tags`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

import analysis
from analysis import Figure
from labeling.attributes import attributes, holds, parse_pattern, to_draw
from labeling.errors import InvalidLabel
from labeling.failing import failing_of, failure_rating, issues_given, with_attributes
from labeling.fields import Tags
from labeling.notes import LARGEST_ID, clean_text
from labeling.outcomes import Evidence, evidence, outcomes
from labeling.reports import first_tags
from labeling.weighing import sampled_tasks, survey_of
from storage import NotFound, Session
from storage.queries import notes, queues
from storage.queries.accounts import Account

NOT_RATED = "no rating of the guideline has failure_below"
NOT_DRAWN = "nothing was drawn, so there is no rate of the traffic"
NOBODY = "no labelled task has this any more: classes are cut anew as traffic comes in"


@dataclass(frozen=True)
class Pattern:
    """What some tasks have in common."""

    where: Mapping[str, str] = field(default_factory=dict)
    """Attributes and their values, as `labeling.attributes` reads them."""
    tags: tuple[str, ...] = ()
    """Or two issues that come together."""

    def __post_init__(self) -> None:
        parse_pattern(self.where)
        if bool(self.where) == bool(self.tags):
            raise InvalidLabel("where", "one pattern at a time", "give where, or two tags")
        if self.tags and len(set(self.tags)) != 2:
            raise InvalidLabel("tags", f"{len(set(self.tags))} issues are no pair", "name two")

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"where": dict(self.where), "tags": list(self.tags)}


@dataclass(frozen=True)
class Noted:
    """A pattern that is to be decided on."""

    pattern: Pattern
    figures: Mapping[str, Any]
    """Of the moment it is noted: `pattern_figures`."""
    text: str = ""
    """What is decided; may be said later."""


@dataclass(frozen=True)
class _Ground:
    """Labelled tasks, read once for all patterns."""

    found: Evidence
    known: pd.DataFrame
    """`attributes` of the labelled tasks."""


def pattern_figures(
    session: Session, queue_name: str, pattern: Pattern, now: datetime
) -> dict[str, Any]:
    """How often the labelled tasks of a pattern fail: tasks, failures, rate of all traffic of it.

    Raises
    ------
    InvalidLabel
        If no labelled task has the pattern.
    """
    queue = queues.queue_named(session, queue_name)
    figures = _figures(_ground(session, queue, now), pattern)
    if not figures["tasks"]:
        raise InvalidLabel("where", "no labelled task has this pattern", "look at Failures")
    return figures


def note_pattern(
    session: Session, queue_name: str, noted: Noted, who: Account, now: datetime
) -> int:
    """Keep a note on a pattern; its id.

    Raises
    ------
    InvalidLabel
        If the text cannot be kept.
    """
    queue = queues.queue_named(session, queue_name)
    values = {
        "guideline_id": queue.guideline_id,
        "queue_id": queue.id,
        "pattern": noted.pattern.to_json(),
        "figures": dict(noted.figures),
        "text": clean_text(noted.text) if noted.text.strip() else "",
        "account_id": who.id,
        "created_at": now,
    }
    return notes.add_note(session, values)


def noted_patterns(
    session: Session, queue_name: str, now: datetime, *, said: Evidence | None = None
) -> list[dict[str, Any]]:
    """The patterns that were noted in a queue, open ones first, each with its figures.

    `then` is what was known when it was noted, `today` the same over all labels there are now, and
    `since` over the labelled interactions that took place after it was noted: the only figure that
    can tell whether something was mended. `said` is the evidence where it was read already.
    """
    figures = figures_now(session, queue_name, now, said=said)
    return [one | figures[str(one["pattern_id"])] for one in kept_patterns(session, queue_name)]


def kept_patterns(session: Session, queue_name: str) -> list[dict[str, Any]]:
    """The same without the figures of today and since."""
    queue = queues.queue_named(session, queue_name)
    return [_told(row) for row in notes.patterns_of(session, queue.id)]


def figures_now(
    session: Session, queue_name: str, now: datetime, *, said: Evidence | None = None
) -> dict[str, dict[str, Any]]:
    """By the id of each noted pattern: its figures of `today` and `since`."""
    queue = queues.queue_named(session, queue_name)
    rows = notes.patterns_of(session, queue.id)
    ground = _ground(session, queue, now, said) if rows else None
    return {str(row.id): _now(ground, row) for row in rows if ground is not None}


def change_note(
    session: Session, note_id: int, who: Account, changes: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Say what was decided on a noted pattern (`text`), and whether that is `done`.

    Raises
    ------
    NotFound
        If there is no such note on a pattern.
    InvalidLabel
        If the text cannot be kept.
    """
    known = notes.note_row(session, note_id) if 0 < note_id <= LARGEST_ID else None
    if known is None or known.pattern is None:
        raise NotFound("noted pattern", note_id)
    values: dict[str, Any] = {}
    if changes.get("text") is not None:
        values["text"] = clean_text(changes["text"])
    done = changes.get("done")
    if done is not None and done != (known.closed_at is not None):
        values |= {"closed_at": now if done else None, "closed_by": who.id if done else None}
    if values:
        notes.change_note(session, note_id, values)
    return _told(notes.note_row(session, note_id))


def _ground(
    session: Session, queue: queues.QueueRow, now: datetime, said: Evidence | None = None
) -> _Ground:
    found = said or evidence(session, queue, now)
    return _Ground(found, attributes(session, queue.id, found.chances))


def _told(row: Any) -> dict[str, Any]:
    return {
        "pattern_id": row.id,
        **row.pattern,
        "draw": to_draw(row.pattern["where"]),
        "text": row.text,
        "done": row.closed_at is not None,
        "by": row.by,
        "created_at": row.created_at,
        "done_at": row.closed_at,
        "done_by": row.closed_by_name,
        "then": row.figures,
    }


def _now(ground: _Ground, row: Any) -> dict[str, Any]:
    pattern = Pattern(row.pattern["where"], tuple(row.pattern["tags"]))
    return {
        "today": _figures(ground, pattern),
        "since": _figures(ground, pattern, row.created_at),
    }


def _figures(ground: _Ground, pattern: Pattern, after: datetime | None = None) -> dict[str, Any]:
    """How often the tasks of a pattern fail, or how often two issues come together."""
    told = _rate_of_tags if pattern.tags else _rate_of_slice
    frame, rate = told(ground, pattern, after)
    return {"tasks": len(frame), "failures": int(frame["y"].sum()), "rate": rate.to_json()}


def _rate_of_slice(
    ground: _Ground, pattern: Pattern, after: datetime | None
) -> tuple[pd.DataFrame, Figure]:
    rating = failure_rating(ground.found)
    if rating is None:
        return pd.DataFrame({"y": []}), Figure.undefined(NOT_RATED)
    failing = failing_of(ground.found, rating, ground.known)
    every = with_attributes(failing.every, ground.known)
    inside = every[holds(every, pattern.where) & _took_place(every, after)]
    if failing.survey is None:
        return inside, Figure.undefined(NOT_DRAWN, len(inside))
    frame = failing.sampled
    part = holds(frame, pattern.where)
    if not part.any():
        return inside, Figure.undefined(NOBODY)
    return inside, _domain(frame, part & _took_place(frame, after), failing.survey)


def _rate_of_tags(
    ground: _Ground, pattern: Pattern, after: datetime | None
) -> tuple[pd.DataFrame, Figure]:
    found, tags = ground.found, first_tags(ground.found.forms.fields)
    if tags is None or not set(pattern.tags) <= set(tags.categories):
        return pd.DataFrame({"y": []}), Figure.undefined("the form no longer has these issues")
    every = with_attributes(_both(found, tags, pattern.tags), ground.known)
    every = every[_took_place(every, after)]
    if found.design is None:
        return every, Figure.undefined(NOT_DRAWN, len(every))
    frame = with_attributes(sampled_tasks(found, _both(found, tags, pattern.tags)), ground.known)
    survey = survey_of(found, tags, frame)
    return every, _domain(frame, _took_place(frame, after), survey)


def _both(found: Evidence, tags: Tags, pair: Sequence[str]) -> pd.DataFrame:
    """Labelled tasks, `y` 1 where both issues are given."""
    frame = outcomes(found, tags, of=pair[0])
    given = issues_given(found, tags)
    both = [float(set(pair) <= set(given.get(task, ()))) for task in frame["task"]]
    return frame.assign(y=both, within=np.nan)


def _took_place(frame: pd.DataFrame, after: datetime | None) -> Any:
    """Which interactions took place after a moment."""
    if after is None:
        return np.ones(len(frame), dtype=bool)
    return (frame["created_at"] > pd.Timestamp(after)).to_numpy()


def _domain(frame: pd.DataFrame, inside: Any, survey: analysis.Survey) -> Figure:
    """The rate of a part of what the tasks stand for."""
    if not inside.any():
        return Figure.undefined("no labelled interaction of it took place since")
    parts = frame.assign(part=pd.Series(inside, index=frame.index).map({True: "inside"}))
    return analysis.estimate_by(parts, "part", survey)["inside"]
