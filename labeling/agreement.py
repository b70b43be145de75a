"""How far the people of a queue agree: chosen, aligned and named; the figures are `analysis`'s."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

import analysis
from analysis import Figure
from labeling.agreed import chief, counted, shaped, told
from labeling.comparisons import Answers, answers_of
from labeling.errors import InvalidLabel
from labeling.fields import Field
from labeling.forms import Forms, forms_of
from labeling.outcomes import asked_alike, compared
from labeling.reports import COMPARED, chosen_field
from storage import Session, frames
from storage.queries import queues
from storage.queries.answers import guideline_versions

CLUSTERS = {"conversation": "session_id", "user": "user_id"}
MOST_PARTS = 40
"""Values of one segment that are told apart, those with the most tasks."""
MOST_STRETCHES = 6
FEWEST_IN_STRETCH = 20
"""Tasks with labels of two people in each of the equal parts of the work."""


def agreement_report(  # noqa: PLR0913 - one parameter per option
    session: Session,
    queue_name: str,
    *,
    field: str | None = None,
    model: str | None = None,
    category: str | None = None,
    cluster: str | None = None,
    width: float = 0.1,
) -> dict[str, Any]:
    """How far annotators agree on a field: overall, per pair, over time and by segment.

    `cluster` conversation or user: tasks of one say much the same, intervals go by them. `width`
    is the half-width of an interval that `plan` says how to come to.
    """
    if cluster is not None and cluster not in CLUSTERS:
        raise InvalidLabel(
            "cluster", f"{cluster!r} holds no tasks together", "conversation or user"
        )
    if not 0 < width <= 1:
        raise InvalidLabel("width", f"{width} is no half-width", "a number above 0, at most 1")
    queue = queues.queue_named(session, queue_name)
    forms = forms_of(session, queue)
    asked = chosen_field(forms.fields, field, COMPARED)
    labels = compared(frames.labels(session, queue.id))
    tasks = frames.tasks(session, queue.id)
    for column, wanted in (("model", model), ("category", category)):
        if wanted:
            within = tasks.loc[_known(tasks, column, wanted), "task"]
            labels = labels[labels["task"].isin(within)]
    together = None if cluster is None else frames.clusters(session, queue.id, CLUSTERS[cluster])
    answers = answers_of(session, labels, asked, forms, together)
    left_out = len(labels) - len(asked_alike(labels, asked, forms))
    report = {"queue": queue.name, "field": asked.name, "scale": asked.scale}
    report |= {"cluster": cluster, "left_out": left_out} | told(answers)
    report["plan"] = _plan(report["coefficients"], width)
    versions = {row.hash: row.version for row in guideline_versions(session, queue.guideline_slug)}
    report["by"] = _by(answers, tasks, versions)
    return report


def agreement_on(
    session: Session, labels: pd.DataFrame, asked: Field, forms: Forms
) -> dict[str, Any]:
    """How far labels that may be compared agree on a field, without naming the queue."""
    return {"scale": asked.scale} | told(answers_of(session, labels, asked, forms))


def _plan(coefficients: dict[str, Any], width: float) -> dict[str, Any]:
    """How many more tasks, or turns, with two labels each interval needs to be that narrow."""
    found: dict[str, Any] = {}
    for name, told_ in coefficients.items():
        low, high = told_["ci"] or (float("nan"),) * 2
        value = float("nan") if told_["value"] is None else told_["value"]
        reason = told_.get("reason")
        one = analysis.tasks_to_narrow(Figure(value, low, high, told_["n"], "", reason), width)
        found[name] = {"half_width": one.half_width, "more_tasks": one.more, "reason": one.reason}
    return {"half_width": width, "coefficients": found}


def _by(
    answers: Answers, tasks: pd.DataFrame, versions: dict[str, str]
) -> dict[str, dict[str, Any]]:
    """The chief figures by week, stretch of work, guideline version, category and model."""
    frame = answers.frame
    if frame.empty:
        return {"week": {}, "stretch": {}, "guideline": {}, "category": {}, "model": {}}
    last = frame.groupby("of")["created_at"].max()
    day = pd.to_datetime(last, utc=True).dt.isocalendar()
    weeks = day["year"].astype(str) + "-W" + day["week"].astype(str).str.zfill(2)
    parts = {"week": _parts(answers, weeks), "stretch": _stretches(answers, last)}
    hashes = frame["guideline"].to_numpy()
    parts["guideline"] = {
        _version(one, versions): told_
        for one in dict.fromkeys(hashes)
        if (told_ := _part(answers.of_rows(hashes == one)))["tasks"]
    }
    for column in ("category", "model"):
        known = tasks.set_index("task")[column].dropna()
        parts[column] = _parts(answers, known[known.index.isin(frame["of"])])
    return parts


def _parts(answers: Answers, values: "pd.Series[Any]") -> dict[str, Any]:
    """Figures by the value that each task has, in order; empty parts are left out."""
    kept = sorted(values.value_counts(sort=True).index[:MOST_PARTS])
    found = {str(one): _part(answers.of_tasks(values.index[values == one])) for one in kept}
    return {one: told_ for one, told_ in found.items() if told_["tasks"]}


def _stretches(answers: Answers, last: "pd.Series[Any]") -> dict[str, Any]:
    """Figures of equal parts of the work, by when the last label of a task was made."""
    people = answers.frame.groupby("of")["annotator"].nunique()
    ordered = last[people.index[people >= 2]].sort_values(kind="stable").index.to_series()
    parts = min(MOST_STRETCHES, len(ordered) // FEWEST_IN_STRETCH)
    if parts < 2:
        return {}
    ends = np.linspace(0, len(ordered), parts + 1).astype(int).tolist()
    return {
        f"{start + 1} to {end}": _part(answers.of_tasks(ordered.iloc[start:end]))
        for start, end in pairwise(ends)
    }


def _part(answers: Answers) -> dict[str, Any]:
    """The chief figures of some of the answers."""
    counts = counted(answers)
    return counts | {"coefficients": shaped(chief(answers)) if counts["tasks"] else {}}


def _version(key: str, versions: dict[str, str]) -> str:
    """A version by its name; two of the same name are told apart by their hash."""
    name = versions[key]
    twice = sum(1 for other in versions.values() if other == name) > 1
    return f"{name} ({key[:8]})" if twice else name


def _known(tasks: pd.DataFrame, column: str, wanted: str) -> "pd.Series[bool]":
    """Which tasks are of a segment; one that never occurs is a misspelling."""
    inside = tasks[column] == wanted
    if not inside.any():
        there: Iterable[str] = sorted(tasks[column].dropna().unique())[:10]
        hint = f"there are: {', '.join(there)}" if there else f"no task here has a {column}"
        raise InvalidLabel(column, f"no task of this queue has {column} {wanted!r}", hint)
    return inside
