"""What the labels of a queue say of each task, as plain frames for `analysis`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Choice, Field, Rating, Tags
from labeling.forms import Forms, forms_of
from labeling.population import Classes
from labeling.settle import VOTING
from sampling import Design, DrawRecord, design
from storage import Session, frames
from storage.queries import draws, segments
from storage.queries.queues import QueueRow

ADJUDICATED = "adjudicated"


@dataclass(frozen=True)
class Evidence:
    """Everything that was said in a queue, read once for all reports."""

    labels: pd.DataFrame
    """`frames.labels` of tasks drawn or imported."""
    tasks: pd.DataFrame
    """`frames.tasks` with `segments.task_segments`."""
    verdicts: Mapping[tuple[int, str], Any]
    """What people adjudicated, by task and field. What a model or a majority settled is no outcome
    here: it answers another question than the mean label (docs/decisions/0015-consensus.md)."""
    design: Design | None
    """How the tasks came to be drawn; None when nothing was drawn."""
    forms: Forms
    """What the queue asks, and what it asked before."""
    classes: Classes | None = None
    """Known totals that estimates are to meet."""

    @property
    def chances(self) -> dict[int, float]:
        """The pi of every task that counts at present: drawn, and inside the prefix served."""
        if self.design is None:
            return {}
        counted = self.design.tasks[self.design.tasks["counted"]]
        return dict(zip(counted["task"].tolist(), counted["pi"].tolist(), strict=True))


def evidence(session: Session, queue: QueueRow, now: datetime) -> Evidence:
    """Read the labels, the tasks and the draws of a queue."""
    return Evidence(
        labels=frames.labels(session, queue.id),
        tasks=frames.tasks(session, queue.id).merge(
            segments.task_segments(session, queue.id), on="task"
        ),
        verdicts=frames.verdicts(session, queue.id, (ADJUDICATED,)),
        design=_design(session, queue.id, now),
        forms=forms_of(session, queue),
    )


def _design(session: Session, queue_id: int, now: datetime) -> Design | None:
    rows = draws.draw_rows(session, queue_id)
    if not rows:
        return None
    records = [(row.id, DrawRecord.from_json(row.record)) for row in rows]
    said = draws.draw_task_frame(session, queue_id)
    state = frames.progress(session, queue_id, now)
    return design(records, said, state, added=[row.added for row in rows])


def compared(labels: pd.DataFrame) -> pd.DataFrame:
    """The labels that agreement may read: planned ones of round 0, and imports on import tasks."""
    planned = (labels["role"] == "planned") & (labels["round"] == 0)
    sampled = planned & (labels["purpose"] == "sample")
    imported = (labels["role"] == "import") & (labels["purpose"] == "import")
    return labels[sampled | imported]


def voting(labels: pd.DataFrame) -> pd.DataFrame:
    """One label per person and task, their newest of those that have a say in what is settled."""
    drawn = labels["purpose"].isin(("sample", "import")) & (labels["round"] <= 0)
    counted = labels[drawn & labels["role"].isin(VOTING)]
    newest = counted.sort_values(["created_at", "label_id"], kind="stable")
    return newest.drop_duplicates(["task", "annotator"], keep="last").sort_values("label_id")


def asked_alike(labels: pd.DataFrame, field: Field, forms: Forms) -> pd.DataFrame:
    """The labels made under a version whose question this was: kind and categories the same."""
    same = [field.name in forms.same[version] for version in labels["guideline"]]
    return labels[np.array(same, dtype=bool)]


def of_field(labels: pd.DataFrame, field: Field, forms: Forms) -> pd.DataFrame:
    """The answers to one field: columns task, annotator, label.

    Left out are the unanswered ones, and those that were given to another question. Tags left
    untouched in a form that was shown say that none applies; an imported label without them says
    nothing.
    """
    labels = asked_alike(labels, field, forms)
    answers = [values.get(field.name) for values in labels["values"]]
    if isinstance(field, Tags):
        here = labels["role"] != "import"
        answers = [
            [] if answer is None and shown else answer
            for answer, shown in zip(answers, here, strict=True)
        ]
    found = pd.DataFrame(
        {"task": labels["task"].to_numpy(), "annotator": labels["annotator"].to_numpy()}
    )
    found["label"] = pd.Series(answers, dtype=object)
    given = np.array([answer is not None for answer in answers], dtype=bool)  # also of none
    return found[given].reset_index(drop=True)


def settled_values(found: Evidence, field: Field) -> dict[int, Any]:
    """The verdicts on a field that its form could have got, on tasks that may be compared."""
    tasks = found.tasks
    sampled = set(tasks.loc[tasks["purpose"].isin(("sample", "import")), "task"])
    return {
        task: fitting
        for (task, name), value in found.verdicts.items()
        if name == field.name
        and task in sampled
        and (fitting := _fitting(field, value)) is not None
    }


def _fitting(field: Field, settled: Any) -> Any:
    """A verdict if the form in force could have got it."""
    try:
        return field.validate(settled)
    except InvalidLabel:
        return None


def outcomes(found: Evidence, field: Field, *, of: str | None = None) -> pd.DataFrame:
    """One number per labelled task.

    A rating is the mean of its planned labels, anything else the share of them that chose the
    option `of` (or said yes); a verdict stands instead of the labels, also where none are left
    that answer this question. What people differed on still tells how noisy a label is; the
    verdict itself has no noise.

    Returns
    -------
    DataFrame with columns task (int64), y (float64), labels (int64; 1 for a verdict alone), within
    (float64: variance of the labels inside the task, NaN with one label), averaged (float64: how
    many labels `y` is the mean of; inf for a verdict). Of a rating with `failure_below` also
    failing (float64: variance inside the task of 1 for each label below it and 0 for others).
    """
    answers = of_field(compared(found.labels), field, found.forms)
    answers["y"] = [_number(field, label, of) for label in answers["label"]]
    settled = settled_values(found, field)
    frame = task_means(answers, {task: _number(field, one, of) for task, one in settled.items()})
    if isinstance(field, Rating) and field.failure_below is not None:
        failed = (answers["y"] < field.failure_below).astype("float64")
        spread = failed.groupby(answers["task"]).var(ddof=1)
        frame["failing"] = spread.reindex(frame["task"]).to_numpy()
    return frame


def task_means(answers: pd.DataFrame, settled: Mapping[int, float]) -> pd.DataFrame:
    """The mean `y` of the answers to each task, or what was settled: `outcomes` without failing."""
    grouped = answers.groupby("task", sort=True)["y"]
    frame = pd.DataFrame(
        {"y": grouped.mean(), "labels": grouped.size(), "within": grouped.var(ddof=1)}
    )
    frame["averaged"] = frame["labels"].astype("float64")
    frame = frame.reindex(frame.index.union(list(settled), sort=True).rename("task"))
    frame["labels"] = frame["labels"].fillna(1)
    frame.loc[list(settled), "y"] = list(settled.values())
    frame.loc[list(settled), "averaged"] = np.inf
    return frame.reset_index().astype(
        {"task": "int64", "y": "float64", "labels": "int64", "within": "float64"}
    )


def settled_tasks(frame: pd.DataFrame) -> int:
    """How many of the `outcomes` are verdicts."""
    return int(np.isinf(frame["averaged"]).sum())


def _number(field: Field, value: Any, of: str | None) -> float:
    if isinstance(field, Rating):
        return float(value)
    if isinstance(field, Tags):
        return float(of in value)
    if isinstance(field, Boolean):
        return float(value)
    return float(value == of)


def options(field: Field) -> list[str | None]:
    """What a rate can be given of: each tag or choice; yes of a boolean; nothing of a rating."""
    if isinstance(field, Tags | Choice):
        return [option.value for option in field.options]
    return [None] if isinstance(field, Boolean) else []
