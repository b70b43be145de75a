"""Queries that return documented DataFrames: the contract with the pure rooms."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import case, exists, func, select

from storage.engine import Session
from storage.queries.assignments import NOT_SHOWN
from storage.queries.verdicts import verdicts_of_queue
from storage.tables import account, assignment, guideline, interaction, label, task
from storage.tables.labels import ORIGINS

_newer = label.alias("newer")
CURRENT = ~exists().where(
    _newer.c.assignment_id == label.c.assignment_id, _newer.c.revision > label.c.revision
)
"""The newest revision of each assignment's label."""

SEGMENTS = ("category", "model", "variant", "source")


def labels(session: Session, queue_id: int) -> pd.DataFrame:
    """The current labels of a queue, withdrawn ones left out, in the order they were made.

    Columns: label_id, task (int64), annotator (account name), role, round, purpose, values
    (dict by field), revision, seconds, guideline (hash), created_at.
    """
    columns = [
        label.c.id.label("label_id"),
        label.c.task_id.label("task"),
        account.c.name.label("annotator"),
        assignment.c.role,
        assignment.c.round,
        task.c.purpose,
        label.c["values"],
        label.c.revision,
        label.c.seconds,
        guideline.c.hash.label("guideline"),
        label.c.created_at,
    ]
    rows = session.execute(
        select(*columns)
        .join_from(label, assignment, label.c.assignment_id == assignment.c.id)
        .join(task, label.c.task_id == task.c.id)
        .join(account, label.c.account_id == account.c.id)
        .join(guideline, label.c.guideline_id == guideline.c.id)
        .where(assignment.c.queue_id == queue_id, label.c["values"].is_not(None), CURRENT)
        .order_by(label.c.id)
    ).all()
    return _frame(rows, [column.name for column in columns], {"label_id": "int64", "task": "int64"})


def tasks(session: Session, queue_id: int) -> pd.DataFrame:
    """The tasks of a queue with the segments of their interactions, in serving order.

    Columns: task, interaction (int64), source, interaction_id (the sender's), purpose,
    planned_labels, labels_wanted, free_slots, position (float64, NaN when never served), reason,
    category, model, variant.
    """
    columns = [
        task.c.id.label("task"),
        task.c.interaction_id.label("interaction"),
        interaction.c.source,
        interaction.c.external_id.label("interaction_id"),
        task.c.purpose,
        task.c.planned_labels,
        task.c.labels_wanted,
        task.c.free_slots,
        task.c.position,
        task.c.reason,
        interaction.c.category,
        interaction.c.model,
        interaction.c.variant,
    ]
    rows = session.execute(
        select(*columns)
        .join_from(task, interaction)
        .where(task.c.queue_id == queue_id)
        .order_by(task.c.position.is_(None), task.c.position, task.c.id)
    ).all()
    kinds = {"task": "int64", "interaction": "int64", "position": "float64"}
    return _frame(rows, [column.name for column in columns], kinds)


def clusters(session: Session, queue_id: int, by: str) -> "pd.Series[Any]":
    """By task, the conversation (`session_id`) or the user (`user_id`) it belongs to.

    Ids are those of one source; None where the interaction has none.
    """
    column = interaction.c[by]
    rows = session.execute(
        select(task.c.id, interaction.c.source, column)
        .join_from(task, interaction)
        .where(task.c.queue_id == queue_id)
    ).all()
    known = [None if own is None else f"{source}\x1f{own}" for _, source, own in rows]
    return pd.Series(known, index=[row[0] for row in rows], dtype=object)


def progress(session: Session, queue_id: int, now: datetime) -> pd.DataFrame:
    """What has become of each task that was drawn into a queue.

    Columns: task (int64), labelled (a planned label of round 0 is there), claimed (somebody has
    held it, and not merely ahead of time), open_lease (somebody holds it, and the lease has not
    run out), skipped (how many declined it).
    """
    state = assignment.c.state
    unseen = (state == "returned") & (func.coalesce(assignment.c.skip_reason, "") == NOT_SHOWN)
    planned = assignment.c.role.in_(("planned", "extra")) & ~unseen
    held = (state == "leased") & (assignment.c.lease_expires_at > now)

    def seen(condition: Any) -> Any:
        return func.coalesce(func.max(case((condition, 1), else_=0)), 0)

    rows = session.execute(
        select(
            task.c.id.label("task"),
            seen((state == "submitted") & (assignment.c.role == "planned")).label("labelled"),
            seen(planned).label("claimed"),
            seen(held).label("open_lease"),
            func.coalesce(func.sum(case((state == "skipped", 1), else_=0)), 0).label("skipped"),
        )
        .outerjoin_from(
            task, assignment, (assignment.c.task_id == task.c.id) & (assignment.c.round == 0)
        )
        .where(task.c.queue_id == queue_id, task.c.purpose == "sample")
        .group_by(task.c.id)
    ).all()
    kinds = {
        "task": "int64",
        "labelled": "bool",
        "claimed": "bool",
        "open_lease": "bool",
        "skipped": "int64",
    }
    return _frame(rows, list(kinds), kinds)


def verdicts(
    session: Session, queue_id: int, origins: Sequence[str] = ORIGINS
) -> dict[tuple[int, str], Any]:
    """The settled value by task and field, the newest revision of each; withdrawn ones left out.

    Only those of the given `origins`: a newer one of another origin hides an older one.
    """
    rows = verdicts_of_queue(session, queue_id)
    return {
        (row.task_id, row.field): row.value
        for row in rows
        if row.value is not None and row.origin in origins
    }


def _frame(rows: Sequence[Any], columns: list[str], kinds: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([tuple(row) for row in rows], columns=columns).astype(kinds)
