"""Feedback and scores: appended to their interaction, or waiting for it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from sqlalchemy import delete, select

from storage.bulk import insert_rows, stored_time
from storage.engine import Session
from storage.events import FeedbackIn, ScoreIn
from storage.queries.keys import ids_of
from storage.tables import interaction, waiting_event
from storage.types import EPOCH, encode_json, microseconds

Kind = Literal["feedback", "score"]
Event = FeedbackIn | ScoreIn

_COLUMNS: dict[Kind, tuple[str, ...]] = {
    "feedback": ("fingerprint", "value", "raw", "actor", "comment"),
    "score": ("fingerprint", "name", "kind", "value", "version"),
}
_VALUES = {kind: attrgetter(*names) for kind, names in _COLUMNS.items()}
_WAITING = ("source", "external_id", "kind", "fingerprint", "row", "received_at")
_ATTACHING = 0x601D0002
_SLICE = 5_000


class EventsAdded(NamedTuple):
    """What became of a batch of feedback or scores; the accepted ones include the waiting."""

    accepted: int
    duplicates: int
    waiting: int


def add_feedback(session: Session, rows: Sequence[FeedbackIn], now: datetime) -> EventsAdded:
    """Append feedback; what comes before its interaction waits."""
    return _add_or_wait(session, "feedback", rows, now)


def add_scores(session: Session, rows: Sequence[ScoreIn], now: datetime) -> EventsAdded:
    """Append scores; what comes before its interaction waits."""
    return _add_or_wait(session, "score", rows, now)


def append_events(
    session: Session, kind: Kind, pairs: Iterable[tuple[int, Event]], now: datetime
) -> int:
    """Append events to their interactions, all but those that are there; how many were new."""
    values, moment = _VALUES[kind], stored_time(session)
    received = moment(now)
    rows = [
        (number, *values(event), moment(event.created_at), received)
        for number, event in sorted(pairs, key=lambda pair: pair[0])  # one order: no deadlock
    ]
    return _insert(session, kind, rows)


def share_attaching(session: Session) -> None:
    """Let nobody put an event aside while we bring the interaction that it waits for.

    Taken before interactions are written on PostgreSQL; SQLite has one writer.
    """
    if session.dialect.name == "postgresql":
        session.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({_ATTACHING})")


def attach_waiting(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Give new interactions what had come before them, as received now: no draw saw it."""
    if not ids or session.scalar(select(waiting_event.c.id).limit(1)) is None:
        return
    for start in range(0, len(ids), _SLICE):
        found = session.execute(
            select(waiting_event, interaction.c.id.label("number"))
            .join(
                interaction,
                (interaction.c.source == waiting_event.c.source)
                & (interaction.c.external_id == waiting_event.c.external_id),
            )
            .where(interaction.c.id.in_(ids[start : start + _SLICE]))
            .order_by(waiting_event.c.id)
        ).all()
        for kind in _COLUMNS:
            _insert(
                session, kind, [_attached(session, one, now) for one in found if one.kind == kind]
            )
        done = [one.id for one in found]
        for first in range(0, len(done), _SLICE):
            some = waiting_event.c.id.in_(done[first : first + _SLICE])
            session.execute(delete(waiting_event).where(some))


def _attached(session: Session, waited: Any, now: datetime) -> tuple[Any, ...]:
    moment, row = stored_time(session), waited.row
    created_at = EPOCH + row["created_at"] * (EPOCH.resolution)
    values = [row[name] for name in _COLUMNS[waited.kind]]
    return (waited.number, *values, moment(created_at), moment(now))


def _insert(session: Session, kind: Kind, rows: Sequence[tuple[Any, ...]]) -> int:
    names = ("interaction_id", *_COLUMNS[kind], "created_at", "received_at")
    return insert_rows(session, kind, names, rows, unless_there=True)


def _add_or_wait(session: Session, kind: Kind, rows: Sequence[Event], now: datetime) -> EventsAdded:
    keys = {(row.source, row.external_id) for row in rows}
    ids = ids_of(session, keys)
    if len(ids) < len(keys) and session.dialect.name == "postgresql":
        # those who bring the missing ones share this lock until they commit: look again after
        session.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ATTACHING})")
        ids |= ids_of(session, keys - ids.keys())
    ready, early = [], []
    for row in rows:
        number = ids.get((row.source, row.external_id))
        if number is None:
            early.append(row)
        else:
            ready.append((number, row))
    attached = append_events(session, kind, ready, now)
    waiting = _wait(session, kind, early, now)
    accepted = attached + waiting
    return EventsAdded(accepted, len(rows) - accepted, waiting)


def _wait(session: Session, kind: Kind, rows: Sequence[Event], now: datetime) -> int:
    names, received = _COLUMNS[kind], stored_time(session)(now)
    waiting = []
    for row in rows:
        kept = dict(zip(names, _VALUES[kind](row), strict=True))
        kept["created_at"] = microseconds(row.created_at)
        waiting.append(
            (row.source, row.external_id, kind, row.fingerprint, encode_json(kept), received)
        )
    return insert_rows(session, "waiting_event", _WAITING, waiting, unless_there=True)
