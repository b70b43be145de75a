"""Interactions: written in bulk, once; read one by one for a page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select

from storage.bulk import insert_rows, stored_time
from storage.engine import Session
from storage.interactions import InteractionIn
from storage.queries.events import append_events, attach_waiting, share_attaching
from storage.queries.keys import Key, ids_of
from storage.tables import content, feedback, interaction, score, task
from storage.types import encode_json

BATCH = 2_000
_PLAIN = (
    *("source", "external_id", "sample_key", "input_hash", "session_id", "user_id", "trace_id"),
    *("category", "model", "variant", "confidence", "chars", "latency_ms", "input_tokens"),
    *("output_tokens", "cost_usd"),
)
_TEXTS = ("messages", "responses", "context", "extra")
_plain = attrgetter(*_PLAIN)
_texts = attrgetter(*_TEXTS)

_TEXTS_OF = select(content.c.messages, content.c.responses, content.c.context).where(
    content.c.interaction_id == bindparam("of_interaction")
)


class Added(NamedTuple):
    """What became of a batch of interactions."""

    accepted: int
    duplicates: int
    by_source: Mapping[str, int] = MappingProxyType({})
    """The accepted ones of every source."""


def add_interactions(session: Session, rows: Sequence[InteractionIn], now: datetime) -> Added:
    """Store interactions that are not there yet, with what came inside or had waited for them.

    Of one that is there nothing changes, but feedback and scores inside it are appended: they
    often come to be known later.
    """
    share_attaching(session)
    by_source: Counter[str] = Counter()
    for start in range(0, len(rows), BATCH):
        by_source.update(_add_batch(session, rows[start : start + BATCH], now))
    accepted = by_source.total()
    return Added(accepted, len(rows) - accepted, by_source)


def _add_batch(session: Session, rows: Sequence[InteractionIn], now: datetime) -> Iterable[str]:
    """The source of each that was not there."""
    fresh: dict[Key, InteractionIn] = {}
    for row in rows:
        fresh.setdefault((row.source, row.external_id), row)
    ids = ids_of(session, fresh)
    for key in ids:
        del fresh[key]
    added = _insert_fresh(session, fresh, now)
    ids |= added
    if len(added) < len(fresh):  # somebody else was storing the same ones
        ids |= ids_of(session, fresh.keys() - added.keys())
    _append_inline(session, rows, ids, now)
    attach_waiting(session, list(added.values()), now)
    return [source for source, _ in added]


def _insert_fresh(
    session: Session, fresh: dict[Key, InteractionIn], now: datetime
) -> dict[Key, int]:
    """Store interactions that were not there a moment ago; the ids of those that went in."""
    if not fresh:
        return {}
    numbered = list(zip(_next_ids(session, len(fresh)), fresh.values(), strict=True))
    if session.dialect.name == "postgresql":
        numbered.sort(key=lambda one: (one[1].source, one[1].external_id))  # no deadlock
    moment = stored_time(session)
    received = moment(now)
    narrow = [
        (
            number,
            *_plain(row),
            _listed(row.flags),
            _listed(row.tags),
            moment(row.created_at),
            received,
        )
        for number, row in numbered
    ]
    names = ("id", *_PLAIN, "flags", "tags", "created_at", "received_at")
    if insert_rows(session, "interaction", names, narrow, unless_there=True) < len(narrow):
        ours = interaction.c.id.in_([number for number, _ in numbered])
        there = set(session.scalars(select(interaction.c.id).where(ours)))
        numbered = [one for one in numbered if one[0] in there]
    wide = [(number, *_texts(row)) for number, row in numbered]
    insert_rows(session, "content", ("interaction_id", *_TEXTS), wide)
    return {(row.source, row.external_id): number for number, row in numbered}


def _next_ids(session: Session, count: int) -> Sequence[int]:
    if session.dialect.name == "sqlite":  # there is one writer, and it is us
        first = (session.scalar(select(func.max(interaction.c.id))) or 0) + 1
        return range(first, first + count)
    sequence = func.pg_get_serial_sequence("interaction", "id")
    return session.scalars(
        select(func.nextval(sequence)).select_from(func.generate_series(1, count))
    ).all()


def _listed(names: list[str] | None) -> str | None:
    return None if names is None else encode_json(names)


def _append_inline(
    session: Session, rows: Sequence[InteractionIn], ids: dict[Key, int], now: datetime
) -> None:
    said, scored = [], []
    for row in rows:
        if row.feedback:
            number = ids[row.source, row.external_id]
            said += [(number, one) for one in row.feedback]
        if row.scores:
            number = ids[row.source, row.external_id]
            scored += [(number, one) for one in row.scores]
    append_events(session, "feedback", said, now)
    append_events(session, "score", scored, now)


def texts(session: Session, interaction_id: int) -> dict[str, Any]:
    """Messages, responses and context of one interaction, and nothing that anchors."""
    row = session.execute(_TEXTS_OF, {"of_interaction": interaction_id}).one()
    return {"messages": row.messages, "responses": row.responses, "context": row.context or []}


def texts_of_task(session: Session, task_id: int) -> dict[str, Any]:
    """Messages, responses and context of the interaction that a task is about."""
    about = select(task.c.interaction_id).where(task.c.id == task_id)
    return texts(session, int(session.scalar(about) or 0))


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
