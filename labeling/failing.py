"""The labelled tasks of a queue as failures: outcomes, chances and attributes side by side."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

import analysis
from analysis import Survey
from labeling.attributes import attributes, having, to_draw
from labeling.fields import Rating, Tags
from labeling.outcomes import Evidence, evidence, outcomes
from labeling.reports import first_tags
from labeling.weighing import sampled_tasks, survey_of
from storage import Session
from storage.queries import queues

GIVEN = 0.5
"""An issue is there when at least so many of the labels of a task have it."""


@dataclass(frozen=True)
class Failing:
    """The labelled tasks with their outcomes, ready for every part of the report."""

    found: Evidence
    rating: Rating
    every: pd.DataFrame
    """All labelled tasks, `y` 1 where the outcome is a failure."""
    sampled: pd.DataFrame
    """Those that stand for the population, with pi and attributes."""
    survey: Survey | None
    """None when nothing was drawn."""


def failing_tasks(
    session: Session,
    queue_name: str,
    now: datetime,
    where: Mapping[str, str],
    *,
    among: Collection[int] | None = None,
    limit: int = 200,
) -> dict[str, Any]:
    """The labelled tasks of a pattern, or `among` some, the failing ones first."""
    queue = queues.queue_named(session, queue_name)
    found = evidence(session, queue, now)
    rating = failure_rating(found)
    inside = having(attributes(session, queue.id, found.chances), where)
    if among is not None:
        inside = inside[inside["task"].isin(among)]
    if rating is None:
        frame = inside.assign(y=np.nan, value=np.nan)
    else:
        values = outcomes(found, rating).rename(columns={"y": "value"})[["task", "value"]]
        frame = inside.merge(values, on="task", how="inner")
        frame["y"] = (frame["value"] < (rating.failure_below or 0)).astype(float)
    frame = frame.sort_values(["value", "task"], kind="stable")
    tags = first_tags(found.forms.fields)
    issues = issues_given(found, tags) if tags else {}
    return {
        "queue": queue.name,
        "where": dict(where),
        "field": rating.name if rating else None,
        "labelled": len(frame),
        "failures": int(frame["y"].sum()),
        "draw": to_draw(where),
        "tasks": [
            _task(row) | {"issues": issues.get(row["task"], [])}
            for row in frame.head(limit).to_dict("records")
        ],
    }


def failure_rating(found: Evidence) -> Rating | None:
    """The first rating of the form that says what a failure is."""
    ratings = [field for field in found.forms.fields if isinstance(field, Rating)]
    return next((field for field in ratings if field.failure_below is not None), None)


def failing_of(found: Evidence, rating: Rating, known: pd.DataFrame) -> Failing:
    """The tasks with their outcomes; `known` is their `attributes`."""
    every = analysis.failing(outcomes(found, rating), rating.failure_below or 0)
    if found.design is None:
        return Failing(found, rating, every, every.head(0), None)
    sampled = sampled_tasks(found, every)
    survey = survey_of(found, rating, sampled)
    return Failing(found, rating, every, with_attributes(sampled, known), survey)


def with_attributes(sampled: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Sampled tasks with their attributes."""
    there = [one for one in sampled.columns if one in known.columns and one != "task"]
    return sampled.drop(columns=there).merge(known, on="task")


def issues_given(found: Evidence, tags: Tags) -> dict[int, list[str]]:
    """The issues of each task: what at least half of its labels, or its verdict, have."""
    given: dict[int, list[str]] = {}
    for tag in tags.categories:
        frame = outcomes(found, tags, of=tag)
        for task in frame.loc[frame["y"] >= GIVEN, "task"].tolist():
            given.setdefault(task, []).append(tag)
    return given


def _task(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "task_id": str(row["task"]),
        "source": row["source"],
        "interaction_id": row["interaction_id"],
        "failed": row["y"] == 1,
        "value": None if np.isnan(row["value"]) else float(row["value"]),
    }
