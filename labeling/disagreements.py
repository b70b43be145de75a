"""Where people differ, ranked by what a verdict would be worth.

Answers are told without names, under letters that mean another person on every task.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from string import ascii_uppercase
from typing import Any

import pandas as pd

from labeling.fields import Field, shown_order
from labeling.outcomes import Evidence, compared, evidence, of_field
from labeling.reports import ESTIMATED, chosen_field
from labeling.worth import apart, worth
from storage import Session
from storage.queries import queues, verdicts

ADJUDICATED = "adjudicated"


def disagreements(
    session: Session, queue_name: str, now: datetime, *, field: str | None = None, limit: int = 50
) -> dict[str, Any]:
    """The tasks that wait for a verdict, ranked by what it is worth.

    `worth` is the largest shift that settling the task can make in a rate, or in a mean as a share
    of its scale, of the estimate over the population; 0 for a task that no estimate counts.
    """
    queue = queues.queue_named(session, queue_name)
    found = evidence(session, queue, now)
    fields = _fields(found)
    if field:
        fields = [chosen_field(found.forms.fields, field, ESTIMATED)]
    ruled = _ruled(session, queue.id)
    answers = {one.name: of_field(compared(found.labels), one, found.forms) for one in fields}
    waiting = _waiting(fields, answers, ruled)
    ranked = _ranked(waiting, answers, found)
    return {
        "queue": queue.name,
        "field": field,
        "compared": _compared(answers),
        "open": len(ranked),
        "settled": len({task for task, name in ruled if name in answers} - set(ranked.index)),
        "tasks": _told(ranked.head(limit), waiting, answers, found.tasks),
    }


def open_on(session: Session, queue_name: str, task_id: int, now: datetime) -> dict[str, Any]:
    """What of one task waits for a verdict: its fields in `apart`, and what that is `worth`."""
    queue = queues.queue_named(session, queue_name)
    found = evidence(session, queue, now)
    fields = _fields(found)
    answers = {one.name: of_field(compared(found.labels), one, found.forms) for one in fields}
    here = {name: frame[frame["task"] == task_id] for name, frame in answers.items()}
    waiting = _waiting(fields, here, _ruled(session, queue.id))
    reach = max((float(one["reach"].max()) for one in waiting.values() if len(one)), default=0.0)
    ranked = worth(pd.Series({task_id: reach}), found.chances, _labelled(answers))
    return {
        "apart": [name for name, rows in waiting.items() if len(rows)],
        "worth": float(ranked["worth"].iloc[0]),
    }


def letters(task_id: int, people: Sequence[str]) -> dict[str, str]:
    """A letter for each person, in an order that only the task knows."""
    ordered = shown_order(task_id, people)
    return {
        one: ascii_uppercase[place] if place < len(ascii_uppercase) else f"P{place + 1}"
        for place, one in enumerate(ordered)
    }


def _ruled(session: Session, queue_id: int) -> set[tuple[int, str]]:
    """Task and field of every verdict that a person gave and that stands."""
    return {
        (one.task_id, one.field)
        for one in verdicts.verdicts_of_queue(session, queue_id)
        if one.value is not None and one.origin == ADJUDICATED
    }


def _waiting(
    fields: Sequence[Field], answers: Mapping[str, pd.DataFrame], ruled: set[tuple[int, str]]
) -> dict[str, pd.DataFrame]:
    """By field, the tasks on which people differ and nobody has decided."""
    found = {}
    for field in fields:
        rows = apart(answers[field.name], field)
        settled = [task for task in rows.index if (task, field.name) in ruled]
        found[field.name] = rows.drop(index=settled)
    return found


def _compared(answers: Mapping[str, pd.DataFrame]) -> int:
    """How many tasks have two answers to a field."""
    found: set[int] = set()
    for frame in answers.values():
        found.update(frame.loc[frame["task"].duplicated(), "task"])
    return len(found)


def _ranked(
    waiting: Mapping[str, pd.DataFrame], answers: Mapping[str, pd.DataFrame], found: Evidence
) -> pd.DataFrame:
    none = pd.Series(dtype=float)
    reach = pd.concat([none, *(one["reach"] for one in waiting.values())]).groupby(level=0).max()
    return worth(reach, found.chances, _labelled(answers))


def _labelled(answers: Mapping[str, pd.DataFrame]) -> set[int]:
    """Every task with an answer to any of the fields."""
    return {task for one in answers.values() for task in one["task"]}


def _fields(found: Evidence) -> list[Field]:
    return [one for one in found.forms.fields if isinstance(one, ESTIMATED)]


def _told(
    ranked: pd.DataFrame,
    waiting: Mapping[str, pd.DataFrame],
    answers: Mapping[str, pd.DataFrame],
    tasks: pd.DataFrame,
) -> list[dict[str, Any]]:
    known = tasks[tasks["task"].isin(ranked.index)].set_index("task")
    spread = {name: rows["spread"].to_dict() for name, rows in waiting.items()}
    said = {
        name: {
            int(str(task)): dict(zip(group["annotator"], group["label"], strict=True))
            for task, group in frame[frame["task"].isin(ranked.index)].groupby("task")
        }
        for name, frame in answers.items()
    }
    return [
        {
            "task_id": str(task),
            "source": known.at[task, "source"],
            "interaction_id": known.at[task, "interaction_id"],
            "reason": known.at[task, "reason"],
            "worth": amount,
            "apart": {
                name: {"spread": steps[task], "said": _lettered(task, said[name][task])}
                for name, steps in spread.items()
                if task in steps
            },
        }
        for task, amount in zip(ranked.index.tolist(), ranked["worth"].tolist(), strict=True)
    ]


def _lettered(task_id: int, said: Mapping[str, Any]) -> dict[str, Any]:
    under = letters(task_id, list(said))
    return {under[one]: said[one] for one in sorted(said, key=lambda who: under[who])}
