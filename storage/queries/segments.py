"""What is known of the interactions in a queue beyond `frames.tasks`: what figures are split by."""

import pandas as pd
from sqlalchemy import func, select

from storage.engine import Session
from storage.interactions import GUIDELINE_SOURCE
from storage.tables import interaction, task


def task_segments(session: Session, queue_id: int) -> pd.DataFrame:
    """The tasks of a queue with what their interactions say of themselves.

    Columns: task, sample_key (int64), created_at, received_at, confidence (float64, NaN without),
    tags, flags (list of str, None without).
    """
    columns = [
        task.c.id.label("task"),
        interaction.c.sample_key,
        interaction.c.created_at,
        interaction.c.received_at,
        interaction.c.confidence,
        interaction.c.tags,
        interaction.c.flags,
    ]
    rows = session.execute(
        select(*columns).join_from(task, interaction).where(task.c.queue_id == queue_id)
    ).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=[one.name for one in columns])
    frame["tags"], frame["flags"] = (frame[name].astype(object) for name in ("tags", "flags"))
    return frame.astype({"task": "int64", "sample_key": "int64", "confidence": "float64"})


def stored_interactions(session: Session) -> int:
    """How many interactions there are, examples of guidelines left out."""
    ours = interaction.c.source.like(f"{GUIDELINE_SOURCE}%")
    everything = session.scalar(select(func.count()).select_from(interaction)) or 0
    return everything - (
        session.scalar(select(func.count()).select_from(interaction).where(ours)) or 0
    )
