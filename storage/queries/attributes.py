"""What is known of labelled tasks beside their answers: segments, lengths, what senders added."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import JSON, Text, cast, exists, func, or_, select, type_coerce

from storage.engine import Session
from storage.exports.texts import query_of, response_of
from storage.tables import content, interaction, label, task, verdict

CHUNK = 400
_PLAIN = ("source", "created_at", "category", "model", "variant", "flags", "tags", "confidence",
          "chars")  # fmt: skip


def attribute_rows(session: Session, queue_id: int) -> pd.DataFrame:
    """The tasks of a queue that have a label or a verdict, with what is known of them.

    Columns: task, interaction (int64), interaction_id (the sender's), source, created_at (UTC),
    category, model, variant, flags, tags (lists), confidence (float64), chars (int64, length of
    the responses), messages (int64, how many there are), extra (what the sender added, a dict or
    None). No text is read into memory.
    """
    texts = content.c.messages
    as_json = (
        cast(type_coerce(texts, Text), JSON)
        if session.dialect.name == "postgresql"
        else type_coerce(texts, Text)
    )
    columns = [
        task.c.id.label("task"),
        task.c.interaction_id.label("interaction"),
        interaction.c.external_id.label("interaction_id"),
        *(interaction.c[name] for name in _PLAIN),
        func.json_array_length(as_json).label("messages"),
        content.c.extra,
    ]
    rows = session.execute(
        select(*columns)
        .join_from(task, interaction)
        .join(content, content.c.interaction_id == interaction.c.id, isouter=True)
        .where(
            task.c.queue_id == queue_id,
            or_(
                exists().where(label.c.task_id == task.c.id),
                exists().where(verdict.c.task_id == task.c.id),
            ),
        )
        .order_by(task.c.id)
    ).all()
    frame = pd.DataFrame(
        [tuple(row) for row in rows], columns=[one.name for one in columns], dtype=object
    )
    frame["created_at"] = pd.to_datetime(frame["created_at"], utc=True)
    frame["messages"] = frame["messages"].fillna(0)
    whole = ("task", "interaction", "chars", "messages")
    return frame.astype({**dict.fromkeys(whole, "int64"), "confidence": "float64"})


def task_texts(session: Session, interactions: Sequence[int]) -> Iterator[tuple[int, str]]:
    """The last question and the first response of interactions, by id, as one text."""
    for start in range(0, len(interactions), CHUNK):
        part = interactions[start : start + CHUNK]
        rows: Any = session.execute(
            select(content.c.interaction_id, content.c.messages, content.c.responses).where(
                content.c.interaction_id.in_(part)
            )
        )
        for key, messages, responses in rows:
            yield key, "\n".join(filter(None, (query_of(messages), response_of(responses))))
