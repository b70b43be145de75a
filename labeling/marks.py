"""Which labels were as agreed, as decided, as before, or too quick: one mark for each."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from labeling.errors import InvalidLabel
from labeling.fields import Field, Tags
from labeling.forms import Forms
from labeling.gold import judged
from labeling.outcomes import of_field
from labeling.submit import form
from storage import Session
from storage.queries import care, verdicts


def _marks(rows: Sequence[tuple[str, bool]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["annotator", "right"]).astype({"right": bool})


def gold_marks(session: Session, queue_id: int, asked: Field) -> pd.DataFrame:
    """Checks answered so far: whether the field was answered as agreed."""
    rows = []
    for row in care.gold_answers(session, queue_id=queue_id):
        found = judged(form(session, row.guideline_id), row.expected, row.values)
        if asked.name in found:
            rows.append((row.name, found[asked.name]))
    return _marks(rows)


def verdict_marks(
    session: Session, queue_id: int, asked: Field, answers: pd.DataFrame
) -> pd.DataFrame:
    """Labels on tasks that somebody adjudicated: whether they said what was decided."""
    settled = {}
    for row in verdicts.verdicts_of_queue(session, queue_id):
        if row.origin == "adjudicated" and row.field == asked.name and row.value is not None:
            try:
                settled[row.task_id] = asked.validate(row.value)
            except InvalidLabel:  # the form in force could not have got it
                continue
    found = answers[answers["task"].isin(settled)].reset_index(drop=True)
    right = [
        _same(asked, label, settled[task])
        for task, label in zip(found["task"], found["label"], strict=True)
    ]
    return found.assign(right=np.array(right, dtype=bool))


def repeat_marks(labels: pd.DataFrame, asked: Field, forms: Forms) -> pd.DataFrame:
    """Tasks that one person labelled twice: both answers, and whether they are the same."""
    again = of_field(labels[labels["role"] == "repeat"], asked, forms)
    planned = (labels["round"] == 0) & (labels["role"] != "gold")
    first = of_field(labels[planned & labels["task"].isin(again["task"])], asked, forms)
    both = first.merge(again, on=["task", "annotator"], suffixes=("", "_again"))
    both = both.rename(columns={"label": "first", "label_again": "second"})
    right = [_same(asked, a, b) for a, b in zip(both["first"], both["second"], strict=True)]
    return both.assign(right=np.array(right, dtype=bool))


def quick_marks(labels: pd.DataFrame, least: float | None) -> pd.DataFrame:
    """Labels with a time: whether it was under what the queue expects; none if it expects none."""
    first = labels[(labels["revision"] == 1) & labels["seconds"].notna()]
    if least is None:
        return _marks([])
    quick = first["seconds"].to_numpy(dtype=float) < least
    return pd.DataFrame({"annotator": first["annotator"].to_numpy(), "right": quick})


def _same(asked: Field, one: Any, other: Any) -> bool:
    return set(one) == set(other) if isinstance(asked, Tags) else bool(one == other)
