"""Where people differ, ranked by what a verdict would be worth.

Answers are told without names, under letters that mean another person on every task.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import ascii_uppercase
from typing import Any

import pandas as pd

from labeling.fields import Field, Pairwise, Ranking, Spans, Turns, shown_order
from labeling.forms import Forms, forms_of
from labeling.outcomes import ADJUDICATED, Evidence, compared, evidence, of_field, voting
from labeling.reports import ESTIMATED, chosen_field
from labeling.settle import CONFIDENCE
from labeling.worth import apart, worth
from storage import Session
from storage.queries import lead, queues, verdicts

JUDGED = (*ESTIMATED, Pairwise, Ranking, Turns, Spans)
"""The kinds that people can differ on: texts hardly ever are the same, passages nearly."""


@dataclass(frozen=True)
class _Said:
    """What people answered to one field."""

    said: pd.DataFrame
    """By everybody who has a say."""
    planned: pd.DataFrame
    """By those whose answers outcomes are made of."""


def disagreements(
    session: Session,
    queue_name: str,
    now: datetime,
    *,
    field: str | None = None,
    limit: int = 50,
    said: Evidence | None = None,
) -> dict[str, Any]:
    """The tasks that wait for a verdict, ranked by what it is worth.

    `worth` is the largest shift that settling one field by somebody's answer can make in its rate,
    or in its mean as a share of the scale, over the population; 0 for what no estimate counts.
    `said` is the evidence where it was read already.
    """
    queue = queues.queue_named(session, queue_name)
    found = said or evidence(session, queue, now)
    fields = _judged(found.forms)
    if field:
        fields = [chosen_field(found.forms.fields, field, JUDGED)]
    ruled = _ruled(session, queue.id)
    answers = {one.name: _said(found.labels, one, found.forms) for one in fields}
    waiting = _waiting(fields, answers, ruled)
    ranked = _ranked(fields, waiting, answers, found.chances)
    return {
        "queue": queue.name,
        "field": field,
        "compared": _compared(answers),
        "open": len(ranked),
        "settled": len({task for task, name in ruled if name in answers} - set(ranked.index)),
        "tasks": _told(ranked.head(limit), waiting, found.labels, answers, found.tasks),
    }


def open_on(session: Session, queue_name: str, task_id: int) -> list[str]:
    """The fields of one task that people differ on and nobody has decided."""
    queue = queues.queue_named(session, queue_name)
    forms = forms_of(session, queue)
    labels = pd.DataFrame([one._asdict() for one in lead.labels_of(session, task_id)])
    if labels.empty:
        return []
    fields = _judged(forms)
    answers = {one.name: _said(labels, one, forms) for one in fields}
    ruled = {(task_id, one.field) for one in _standing(verdicts.verdicts_of_task(session, task_id))}
    return [name for name, rows in _waiting(fields, answers, ruled).items() if len(rows)]


def letters(task_id: int, people: Sequence[str]) -> dict[str, str]:
    """A letter for each person, in an order that only the task knows."""
    ordered = shown_order(task_id, people)
    return {
        one: ascii_uppercase[place] if place < len(ascii_uppercase) else f"P{place + 1}"
        for place, one in enumerate(ordered)
    }


def _judged(forms: Forms) -> list[Field]:
    """The fields that can be settled: how sure somebody was is theirs to say."""
    return [one for one in forms.fields if isinstance(one, JUDGED) and one.name != CONFIDENCE]


def _said(labels: pd.DataFrame, field: Field, forms: Forms) -> _Said:
    return _Said(of_field(voting(labels), field, forms), of_field(compared(labels), field, forms))


def _ruled(session: Session, queue_id: int) -> set[tuple[int, str]]:
    """Task and field of every verdict that a person gave and that stands."""
    rows = verdicts.verdicts_of_queue(session, queue_id)
    return {(one.task_id, one.field) for one in _standing(rows)}


def _standing(rows: Sequence[Any]) -> list[Any]:
    """The newest of each task and field, if a person gave it and has not withdrawn it."""
    newest = {(one.task_id, one.field): one for one in rows}
    return [one for one in newest.values() if one.value is not None and one.origin == ADJUDICATED]


def _waiting(
    fields: Sequence[Field], answers: Mapping[str, _Said], ruled: set[tuple[int, str]]
) -> dict[str, pd.DataFrame]:
    """By field, the tasks on which people differ and nobody has decided."""
    found = {}
    for field in fields:
        told = answers[field.name]
        rows = apart(told.said, field, told.planned)
        settled = [task for task in rows.index if (task, field.name) in ruled]
        found[field.name] = rows.drop(index=settled)
    return found


def _compared(answers: Mapping[str, _Said]) -> int:
    """How many tasks have two answers to a field."""
    found: set[int] = set()
    for told in answers.values():
        found.update(told.said.loc[told.said["task"].duplicated(), "task"])
    return len(found)


def _ranked(
    fields: Sequence[Field],
    waiting: Mapping[str, pd.DataFrame],
    answers: Mapping[str, _Said],
    chances: Mapping[int, float],
) -> pd.DataFrame:
    """Each task by its field that is worth most; together with the answers to that field alone."""
    ranked = [pd.DataFrame({"worth": [], "reach": []}, index=pd.Index([], dtype="int64"))]
    for field in fields:
        counted = chances if isinstance(field, ESTIMATED) else {}
        labelled = set(answers[field.name].planned["task"])
        ranked.append(worth(waiting[field.name]["reach"], counted, labelled))
    most = pd.concat(ranked).groupby(level=0).max().rename_axis(None)
    return most.assign(task=most.index).sort_values(
        ["worth", "reach", "task"], ascending=[False, False, True]
    )


def _told(
    ranked: pd.DataFrame,
    waiting: Mapping[str, pd.DataFrame],
    labels: pd.DataFrame,
    answers: Mapping[str, _Said],
    tasks: pd.DataFrame,
) -> list[dict[str, Any]]:
    known = tasks[tasks["task"].isin(ranked.index)].set_index("task")
    spread = {name: rows["spread"].to_dict() for name, rows in waiting.items()}
    under = _under(labels, ranked.index)
    said = {
        name: {
            int(str(task)): dict(zip(group["annotator"], group["label"], strict=True))
            for task, group in told.said[told.said["task"].isin(ranked.index)].groupby("task")
        }
        for name, told in answers.items()
    }
    return [
        {
            "task_id": str(task),
            "source": known.at[task, "source"],
            "interaction_id": known.at[task, "interaction_id"],
            "reason": known.at[task, "reason"],
            "worth": amount,
            "apart": {
                name: {"spread": steps[task], "said": _lettered(under[task], said[name][task])}
                for name, steps in spread.items()
                if task in steps
            },
        }
        for task, amount in zip(ranked.index.tolist(), ranked["worth"].tolist(), strict=True)
    ]


def _under(labels: pd.DataFrame, tasks: "pd.Index[Any]") -> dict[int, dict[str, str]]:
    """By task, the letter of everybody who has a say: the same as on the page of the task."""
    here = voting(labels[labels["task"].isin(tasks)])
    return {
        int(str(task)): letters(int(str(task)), list(group))
        for task, group in here.groupby("task")["annotator"]
    }


def _lettered(under: Mapping[str, str], said: Mapping[str, Any]) -> dict[str, Any]:
    return {under[one]: said[one] for one in sorted(said, key=lambda who: under[who])}
