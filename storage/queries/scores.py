"""What judges said of interactions: the latest value of each, without ever reading a text."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, func, select

from storage.engine import Session
from storage.tables import score

PART = 5_000


def judge_names(session: Session) -> list[str]:
    """Names of the scores that judges gave, in the order of the alphabet."""
    found: list[str] = []
    name = session.scalar(select(func.min(score.c.name)))
    while name is not None:  # one step in the index per name, however many scores there are
        kind = session.scalar(
            select(score.c.kind)
            .where(score.c.name == name)
            .order_by(score.c.interaction_id.desc())
            .limit(1)
        )
        if kind == "judge":
            found.append(name)
        name = session.scalar(select(func.min(score.c.name)).where(score.c.name > name))
    return found


def last_score(session: Session) -> int:
    """The id of the newest score; 0 without any. Nothing was said since while it stays."""
    return session.scalar(select(func.max(score.c.id))) or 0


def latest_between(
    session: Session, name: str, first: int, last: int, now: datetime
) -> pd.DataFrame:
    """The latest value of a score per interaction with an id from `first` to `last`.

    Columns: interaction (int64), value (float64), version (str or None), sorted by interaction.
    """
    return _latest(session, name, score.c.interaction_id.between(first, last), now)


def latest_of(session: Session, name: str, ids: Sequence[int], now: datetime) -> pd.DataFrame:
    """The same for given interactions."""
    parts = [
        _latest(session, name, score.c.interaction_id.in_(ids[start : start + PART]), now)
        for start in range(0, max(len(ids), 1), PART)
    ]
    return pd.concat(parts, ignore_index=True)


def _latest(session: Session, name: str, which: ColumnElement[bool], now: datetime) -> pd.DataFrame:
    rows = session.execute(
        select(score.c.interaction_id, score.c.value, score.c.version)
        .where(score.c.name == name, score.c.kind == "judge", which, score.c.received_at <= now)
        .order_by(score.c.received_at, score.c.id)
    ).all()
    frame = pd.DataFrame(
        {
            "interaction": np.array([row[0] for row in rows], dtype=np.int64),
            "value": np.array([row[1] for row in rows], dtype=np.float64),
            "version": pd.Series([row[2] for row in rows], dtype=object),
        }
    )
    newest = frame.drop_duplicates("interaction", keep="last")
    return newest.sort_values("interaction", ignore_index=True)
