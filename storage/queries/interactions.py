"""Interactions, feedback and scores: written in bulk, once; read one by one for a page."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from storage.engine import Session
from storage.events import FeedbackIn, ScoreIn
from storage.interactions import InteractionIn
from storage.tables import content, feedback, interaction, score, waiting_event
from storage.types import encode_json, microseconds

Key = tuple[str, str]
"""Source and the sender's id."""

_COLUMNS = (
    "source",
    "external_id",
    "sample_key",
    "input_hash",
    "session_id",
    "user_id",
    "trace_id",
    "category",
    "model",
    "variant",
    "confidence",
    "chars",
    "latency_ms",
    "input_tokens",
    "output_tokens",
    "cost_usd",
)
_TEXTS = ("messages", "responses", "context", "extra")

_TEXTS_OF = select(content.c.messages, content.c.responses, content.c.context).where(
    content.c.interaction_id == bindparam("of_interaction")
)


class Added(NamedTuple):
    """What became of a batch of interactions."""

    accepted: int
    duplicates: int


class EventsAdded(NamedTuple):
    """What became of a batch of feedback or scores."""

    accepted: int
    duplicates: int
    waiting: int


def add_interactions(session: Session, rows: Sequence[InteractionIn], now: datetime) -> Added:
    """Store interactions that are not there yet, with what came inside or had waited for them."""
    fresh: dict[Key, InteractionIn] = {}
    for row in rows:
        fresh.setdefault((row.source, row.external_id), row)
    if session.dialect.name == "sqlite":
        ids = _add_on_sqlite(session, fresh, now)
    else:
        ids = _add_on_postgresql(session, fresh, now)
    _add_inline(session, fresh, ids, now)
    _attach_waiting(session, ids, now)
    return Added(len(ids), len(rows) - len(ids))


def _add_on_sqlite(
    session: Session, fresh: dict[Key, InteractionIn], now: datetime
) -> dict[Key, int]:
    """Number the new ones ourselves: there is one writer, and it is us."""
    known = ids_of(session, fresh)
    new = [row for key, row in fresh.items() if key not in known]
    if not new:
        return {}
    first = (session.scalar(select(func.max(interaction.c.id))) or 0) + 1
    received = microseconds(now)
    names = ("id", *_COLUMNS, "flags", "tags", "created_at", "received_at")
    cursor = session.connection.cursor()
    cursor.executemany(
        _insert("interaction", names),
        [
            (
                number,
                *[getattr(row, name) for name in _COLUMNS],
                None if row.flags is None else encode_json(row.flags),
                None if row.tags is None else encode_json(row.tags),
                microseconds(row.created_at),
                received,
            )
            for number, row in enumerate(new, first)
        ],
    )
    cursor.executemany(
        _insert("content", ("interaction_id", *_TEXTS)),
        [
            (number, row.messages, row.responses, row.context, row.extra)
            for number, row in enumerate(new, first)
        ],
    )
    cursor.close()
    return {(row.source, row.external_id): number for number, row in enumerate(new, first)}


def _insert(table: str, names: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"


def _add_on_postgresql(
    session: Session, fresh: dict[Key, InteractionIn], now: datetime
) -> dict[Key, int]:
    """Let the unique key decide: somebody else may be storing the same ones."""
    statement = (
        postgresql.insert(interaction)
        .on_conflict_do_nothing()
        .returning(interaction.c.id, interaction.c.source, interaction.c.external_id)
    )
    values = [
        {
            **{name: getattr(row, name) for name in _COLUMNS},
            "flags": row.flags,
            "tags": row.tags,
            "created_at": row.created_at,
            "received_at": now,
        }
        for row in fresh.values()
    ]
    if not values:
        return {}
    ids = {(row.source, row.external_id): int(row.id) for row in session.execute(statement, values)}
    cursor = session.connection.cursor()
    cursor.executemany(
        "INSERT INTO content (interaction_id, messages, responses, context, extra)"
        " VALUES (%s, %s, %s, %s, %s)",
        [
            (number, row.messages, row.responses, row.context, row.extra)
            for key, number in ids.items()
            for row in (fresh[key],)
        ],
    )
    cursor.close()
    return ids


def ids_of(session: Session, keys: Iterable[Key]) -> dict[Key, int]:
    """Ids of interactions by source and sender's id; the unknown ones are missing."""
    by_source: dict[str, list[str]] = {}
    for source, external_id in keys:
        by_source.setdefault(source, []).append(external_id)
    found: dict[Key, int] = {}
    for source, names in by_source.items():
        for start in range(0, len(names), 5_000):
            rows = session.execute(
                select(interaction.c.external_id, interaction.c.id).where(
                    interaction.c.source == source,
                    interaction.c.external_id.in_(names[start : start + 5_000]),
                )
            )
            found |= {(source, name): number for name, number in rows}
    return found


def _add_inline(
    session: Session, fresh: dict[Key, InteractionIn], ids: dict[Key, int], now: datetime
) -> None:
    said, scored = [], []
    for key, number in ids.items():
        row = fresh[key]
        said += [(number, one) for one in row.feedback]
        scored += [(number, one) for one in row.scores]
    _add_events(session, feedback, [_feedback_row(*one, now) for one in said])
    _add_events(session, score, [_score_row(*one, now) for one in scored])


def _feedback_row(interaction_id: int, one: FeedbackIn, now: datetime) -> dict[str, Any]:
    return {"interaction_id": interaction_id, "received_at": now, **_kept(one)}


def _score_row(interaction_id: int, one: ScoreIn, now: datetime) -> dict[str, Any]:
    return {"interaction_id": interaction_id, "received_at": now, **_kept(one)}


def _kept(one: FeedbackIn | ScoreIn) -> dict[str, Any]:
    """The columns of an event that do not depend on its interaction."""
    return {
        name: getattr(one, name)
        for name in one.__struct_fields__
        if name not in ("source", "external_id")
    }


def _add_events(session: Session, table: Table, rows: list[dict[str, Any]]) -> int:
    """Append events that are not there yet; how many were new."""
    if not rows:
        return 0
    insert = postgresql.insert if session.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).on_conflict_do_nothing().returning(table.c.id)
    return len(session.execute(statement, rows).all())


def _attach_waiting(session: Session, ids: dict[Key, int], now: datetime) -> None:
    """Give new interactions what had come before them, as received now: no draw saw it."""
    if not ids or session.scalar(select(waiting_event.c.id).limit(1)) is None:
        return
    keys = list(ids)
    for start in range(0, len(keys), 2_000):
        target = tuple_(waiting_event.c.source, waiting_event.c.external_id)
        mine = target.in_(keys[start : start + 2_000])
        rows = session.execute(select(waiting_event).where(mine).order_by(waiting_event.c.id)).all()
        for kind, table in (("feedback", feedback), ("score", score)):
            events = [
                {
                    **row.row,
                    "created_at": datetime.fromisoformat(row.row["created_at"]),
                    "fingerprint": row.fingerprint,
                    "interaction_id": ids[row.source, row.external_id],
                    "received_at": now,
                }
                for row in rows
                if row.kind == kind
            ]
            _add_events(session, table, events)
        session.execute(delete(waiting_event).where(mine))


def add_feedback(session: Session, rows: Sequence[FeedbackIn], now: datetime) -> EventsAdded:
    """Append feedback; what comes before its interaction waits."""
    return _add_or_wait(session, feedback, "feedback", rows, now)


def add_scores(session: Session, rows: Sequence[ScoreIn], now: datetime) -> EventsAdded:
    """Append scores; what comes before its interaction waits."""
    return _add_or_wait(session, score, "score", rows, now)


def _add_or_wait(
    session: Session,
    table: Table,
    kind: str,
    rows: Sequence[FeedbackIn] | Sequence[ScoreIn],
    now: datetime,
) -> EventsAdded:
    ids = ids_of(session, {(row.source, row.external_id) for row in rows})
    ready, early = [], []
    for row in rows:
        number = ids.get((row.source, row.external_id))
        if number is None:
            early.append(row)
        else:
            ready.append({"interaction_id": number, "received_at": now, **_kept(row)})
    accepted = _add_events(session, table, ready)
    waiting = _add_events(
        session,
        waiting_event,
        [
            {
                "source": row.source,
                "external_id": row.external_id,
                "kind": kind,
                "fingerprint": row.fingerprint,
                "row": {**_kept(row), "created_at": row.created_at.isoformat()},
                "received_at": now,
            }
            for row in early
        ],
    )
    return EventsAdded(accepted, len(rows) - accepted - waiting, waiting)


def texts(session: Session, interaction_id: int) -> dict[str, Any]:
    """Messages, responses and context of one interaction, and nothing that anchors."""
    row = session.execute(_TEXTS_OF, {"of_interaction": interaction_id}).one()
    return {"messages": row.messages, "responses": row.responses, "context": row.context or []}


def interaction_view(session: Session, interaction_id: int) -> dict[str, Any]:
    """Everything about one interaction: texts, segments, feedback, scores."""
    row = session.execute(
        select(
            interaction,
            content.c.messages,
            content.c.responses,
            content.c.context,
            content.c.extra,
        )
        .join_from(interaction, content)
        .where(interaction.c.id == interaction_id)
    ).one()
    view: dict[str, Any] = {
        "source": row.source,
        "interaction_id": row.external_id,
        "created_at": row.created_at,
        "messages": row.messages,
        "responses": row.responses,
        "context": row.context or [],
    }
    for name in ("session_id", "user_id", "category", "model", "variant", "confidence", "flags"):
        view[name] = getattr(row, name)
    view |= {"tags": row.tags, "metadata": row.extra, "latency_ms": row.latency_ms}
    view["feedback"] = [
        {"value": one.value, "raw": one.raw, "comment": one.comment, "actor": one.actor}
        for one in session.execute(
            select(feedback)
            .where(feedback.c.interaction_id == interaction_id)
            .order_by(feedback.c.id)
        )
    ]
    view["scores"] = [
        {"name": one.name, "kind": one.kind, "value": one.value, "version": one.version}
        for one in session.execute(
            select(score).where(score.c.interaction_id == interaction_id).order_by(score.c.id)
        )
    ]
    return {name: value for name, value in view.items() if value is not None}
