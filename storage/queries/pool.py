"""The candidates of a draw, streamed in chunks without ever reading a text.

What an interaction looked like *as of* a moment is what was received by then: later feedback and
scores do not count, so that a draw can be replayed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    Text,
    and_,
    exists,
    func,
    or_,
    select,
    type_coerce,
)

from storage.engine import Session
from storage.interactions import GUIDELINE_SOURCE
from storage.tables import feedback, interaction, score
from storage.types import encode_json

CHUNK = 50_000
_PLAIN = ("confidence", "category", "model", "variant", "source", "chars")


@dataclass(frozen=True)
class Filter:
    """Which interactions may be drawn; every condition given must hold."""

    source: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    """Bounds of the sender's `created_at`: since inclusive, until exclusive."""
    category: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    variant: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    """Any of these."""
    has_feedback: bool | None = None
    feedback_below: float | None = None
    score_name: str | None = None
    score_below: float | None = None
    dedupe: bool = False
    """Only the first of interactions with the same input."""


@dataclass(frozen=True)
class Pool:
    """A population as of a moment."""

    where: Filter
    as_of: datetime
    window_from: datetime | None = None
    window_to: datetime | None = None
    """Bounds of the server's `received_at`: from inclusive, to exclusive."""
    columns: frozenset[str] = frozenset()
    scores: frozenset[str] = field(default_factory=frozenset)


def conditions(pool: Pool) -> list[ColumnElement[bool]]:
    """What an interaction must fulfil to be in the pool."""
    return [*_plain_conditions(pool), *_event_conditions(pool)] + (
        [_first_of_its_input(pool)] if pool.where.dedupe else []
    )


def _plain_conditions(pool: Pool) -> list[ColumnElement[bool]]:
    where, columns = pool.where, interaction.c
    ours = func.substr(columns.source, 1, len(GUIDELINE_SOURCE)) == GUIDELINE_SOURCE
    found: list[ColumnElement[bool]] = [columns.received_at <= pool.as_of, ~ours]
    if pool.window_from is not None:
        found.append(columns.received_at >= pool.window_from)
    if pool.window_to is not None:
        found.append(columns.received_at < pool.window_to)
    if where.since is not None:
        found.append(columns.created_at >= where.since)
    if where.until is not None:
        found.append(columns.created_at < where.until)
    for name in ("source", "category", "model", "variant"):
        if allowed := getattr(where, name):
            found.append(columns[name].in_(allowed))
    if where.flags:
        found.append(or_(*(_has_flag(flag) for flag in where.flags)))
    return found


def _has_flag(flag: str) -> ColumnElement[bool]:
    # flags are JSON text; a flag stands in it as its own JSON string
    quoted = encode_json(flag)
    return func.replace(type_coerce(interaction.c.flags, Text), quoted, "") != interaction.c.flags


def _event_conditions(pool: Pool) -> list[ColumnElement[bool]]:
    where = pool.where
    said = and_(feedback.c.interaction_id == interaction.c.id, feedback.c.received_at <= pool.as_of)
    found: list[ColumnElement[bool]] = []
    if where.has_feedback is not None:
        any_feedback = exists().where(said)
        found.append(any_feedback if where.has_feedback else ~any_feedback)
    if where.feedback_below is not None:
        mean = select(func.avg(feedback.c.value)).where(said).scalar_subquery()
        found.append(mean < where.feedback_below)
    if where.score_name is not None and where.score_below is not None:
        latest = (
            select(score.c.value)
            .where(
                score.c.interaction_id == interaction.c.id,
                score.c.name == where.score_name,
                score.c.received_at <= pool.as_of,
            )
            .order_by(score.c.received_at.desc(), score.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        found.append(latest < where.score_below)
    return found


def _first_of_its_input(pool: Pool) -> ColumnElement[bool]:
    firsts = (
        select(func.min(interaction.c.id))
        .where(*_plain_conditions(pool), *_event_conditions(pool))
        .group_by(interaction.c.input_hash)
    )
    return interaction.c.id.in_(firsts)


def chunks(session: Session, pool: Pool, *, size: int = CHUNK) -> Iterator[pd.DataFrame]:
    """The candidates in order of arrival, `size` at a time.

    Yields frames with `interaction` (int64), `sample_key` (int64) and the columns asked for:
    `confidence`, `chars`, `category`, `model`, `variant`, `source`, `flagged` (bool), `feedback`
    (mean of the normalised values, NaN without any) and `score:<name>` (the latest, NaN without).
    """
    statement = _select(pool).where(*conditions(pool)).order_by(interaction.c.id).limit(size)
    last = 0
    while True:
        frame = _frame(session, pool, statement.where(interaction.c.id > last))
        if frame.empty:
            return
        last = int(frame["interaction"].iloc[-1])
        yield frame
        if len(frame) < size:
            return


def among(session: Session, pool: Pool, ids: Sequence[int]) -> Iterator[pd.DataFrame]:
    """The candidates among given interactions."""
    statement = _select(pool).where(*conditions(pool)).order_by(interaction.c.id)
    for start in range(0, len(ids), 5_000):
        part = [int(one) for one in ids[start : start + 5_000]]
        frame = _frame(session, pool, statement.where(interaction.c.id.in_(part)))
        if not frame.empty:
            yield frame


def between(session: Session, pool: Pool, first: int, last: int) -> pd.DataFrame:
    """The candidates with ids from `first` to `last`, both included."""
    found = interaction.c.id.between(first, last)
    return _frame(
        session, pool, _select(pool).where(*conditions(pool), found).order_by(interaction.c.id)
    )


def _select(pool: Pool) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [interaction.c.id, interaction.c.sample_key]
    columns += [interaction.c[name] for name in _PLAIN if name in pool.columns]
    if "flagged" in pool.columns:
        columns.append(interaction.c.flags.is_not(None).label("flagged"))
    return select(*columns)


def _frame(session: Session, pool: Pool, statement: Select[Any]) -> pd.DataFrame:
    names = ["interaction", *list(statement.selected_columns.keys())[1:]]
    with session.execute(statement) as result:
        rows = _plain_rows(result)
    # column by column: zip(*rows) would make an iterator per row for the collector to look after
    data = {name: _array(name, [row[at] for row in rows]) for at, name in enumerate(names)}
    frame = pd.DataFrame(data)
    if frame.empty:
        return frame
    ids = frame["interaction"].to_numpy()
    if "feedback" in pool.columns:
        frame["feedback"] = _feedback(session, pool, ids)
    for name in sorted(pool.scores):
        frame[f"score:{name}"] = _scores(session, pool, ids, name)
    return frame


def _plain_rows(result: CursorResult[Any]) -> list[tuple[Any, ...]]:
    """The rows as the driver has them: none of these columns needs more, and it is much faster."""
    if result.cursor is None:
        return []
    return list(result.cursor.fetchall())


def _array(name: str, column: list[Any]) -> np.ndarray[Any, Any]:
    kinds: Mapping[str, Any] = {
        "interaction": np.int64,
        "sample_key": np.int64,
        "chars": np.int64,
        "confidence": np.float64,
        "flagged": np.bool_,
    }
    return np.array(column, dtype=kinds.get(name, object))


def _feedback(session: Session, pool: Pool, ids: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    rows = session.execute(
        select(feedback.c.interaction_id, func.avg(feedback.c.value))
        .where(
            feedback.c.interaction_id.between(int(ids.min()), int(ids.max())),
            feedback.c.received_at <= pool.as_of,
            feedback.c.value.is_not(None),
        )
        .group_by(feedback.c.interaction_id)
    ).all()
    return _placed(ids, rows)


def _scores(
    session: Session, pool: Pool, ids: np.ndarray[Any, Any], name: str
) -> np.ndarray[Any, Any]:
    rows = session.execute(
        select(score.c.interaction_id, score.c.value)
        .where(
            score.c.name == name,
            score.c.interaction_id.between(int(ids.min()), int(ids.max())),
            score.c.received_at <= pool.as_of,
        )
        .order_by(score.c.received_at, score.c.id)
    ).all()
    return _placed(ids, rows)


def _placed(ids: np.ndarray[Any, Any], rows: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Values beside their ids (sorted), the last of several; NaN where there is none."""
    values = np.full(len(ids), np.nan)
    if rows:
        keys, found = (np.array(column) for column in zip(*rows, strict=True))
        at = np.searchsorted(ids, keys)
        known = (at < len(ids)) & (ids[np.minimum(at, len(ids) - 1)] == keys)
        values[at[known]] = found[known].astype(float)
    return values
