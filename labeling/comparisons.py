"""Answers made comparable: one row per label, on units and with categories that people share."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from labeling.fields import Boolean, Choice, Field, Pairwise, Rating, Spans, Tags, Turns
from labeling.forms import Forms
from labeling.kinds import TIE
from labeling.outcomes import asked_alike, of_field
from storage import Session
from storage.queries.responses import response_ids

FIRST, SECOND = "first", "second"


@dataclass(frozen=True)
class Answers:
    """What was said on one field, as `analysis` reads it."""

    field: Field
    """What kind of answer a row holds: of turns, what is asked of one turn."""
    frame: pd.DataFrame
    """Columns task, annotator, label, of (the task; of turns `task` is one turn of it)."""
    categories: tuple[Any, ...]
    """Every answer there could be, in the order of the scale; empty where there is no list."""
    cluster: "pd.Series[Any] | None" = None
    """By `task`, what its intervals go by; None: every task stands for itself."""

    @property
    def ordinal(self) -> bool:
        """Whether the categories are points of a scale."""
        return isinstance(self.field, Rating)

    def of_tasks(self, tasks: "pd.Series[Any]") -> "Answers":
        """Those on some tasks only."""
        return replace(self, frame=self.frame[self.frame["of"].isin(tasks)])

    def of_rows(self, kept: "np.ndarray[Any, np.dtype[np.bool_]]") -> "Answers":
        """Some rows only."""
        return replace(self, frame=self.frame[kept])


def answers_of(
    session: Session,
    labels: pd.DataFrame,
    field: Field,
    forms: Forms,
    cluster: "pd.Series[Any] | None" = None,
) -> Answers:
    """The answers to a field among labels that may be compared.

    Kept beside them: when and under which version of the guideline a label was made. Turns are
    units of their own that go together by task, unless tasks themselves go together.
    """
    asked = asked_alike(labels, field, forms).drop_duplicates(["task", "annotator"], keep="last")
    found = of_field(labels, field, forms).assign(of=lambda frame: frame["task"])
    beside = asked.set_index(["task", "annotator"])[["created_at", "guideline"]]
    found = found.join(beside, on=["task", "annotator"])
    if isinstance(field, Turns):
        return _turns(found, field, cluster)
    if isinstance(field, Pairwise):
        return _sides(session, found, field, cluster)
    listed = isinstance(field, Rating | Choice | Boolean | Tags | Spans)
    return Answers(field, found, tuple(field.categories) if listed else (), cluster)


def _turns(found: pd.DataFrame, field: Turns, cluster: "pd.Series[Any] | None") -> Answers:
    """One row per turn that was answered."""
    listed = pd.Series([list(one) for one in found["label"]], index=found.index, dtype=object)
    turns = found.assign(turn=listed).explode("turn", ignore_index=True)
    turns = turns[turns["turn"].notna()]
    turns["label"] = [one[turn] for one, turn in zip(turns["label"], turns["turn"], strict=True)]
    turns["task"] = [
        f"{task}:{turn}" for task, turn in zip(turns["of"], turns["turn"], strict=True)
    ]
    belongs = dict(zip(turns["task"], turns["of"], strict=True))
    above = {} if cluster is None else cluster.dropna().to_dict()
    together = pd.Series(
        {turn: str(above.get(task, f"task {task}")) for turn, task in belongs.items()}, dtype=object
    )
    turns = turns.drop(columns="turn").reset_index(drop=True)
    return Answers(field.each, turns, tuple(field.each.categories), together)


def _sides(
    session: Session, found: pd.DataFrame, field: Pairwise, cluster: "pd.Series[Any] | None"
) -> Answers:
    """The better response by the place of its id among the two, however they were shown."""
    tasks = [int(task) for task in found["task"].unique()]
    ids = {task: two for task, two in response_ids(session, tasks).items() if len(two) == 2}
    found = found[found["task"].isin(ids) | (found["label"] == TIE)].reset_index(drop=True)
    pairs = {tuple(two) for two in ids.values()}
    names = next(iter(pairs)) if len(pairs) == 1 else (FIRST, SECOND)
    found["label"] = [
        TIE if label == TIE else names[_place(ids, int(task), label)]
        for task, label in zip(found["task"], found["label"], strict=True)
    ]
    return Answers(field, found, (*names, TIE), cluster)


def _place(ids: Mapping[int, list[str]], task: int, label: str) -> int:
    return ids[task].index(label)
