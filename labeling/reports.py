"""What a queue says of its people, in the shapes of the public contract: progress, agreement.

Every figure comes from `analysis`; here labels are chosen, aligned and named.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

import analysis
from analysis import Agreement
from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Choice, Field, Rating, Tags
from labeling.forms import Forms, forms_of
from labeling.outcomes import asked_alike, compared, of_field
from storage import Session, frames
from storage.queries import queues

COMPARED = (Rating, Tags, Choice, Boolean)


def progress_report(session: Session, queue_name: str) -> dict[str, Any]:
    """How far a queue is, and who has done what."""
    queue = queues.queue_named(session, queue_name)
    counts = queues.task_counts(session, queue.id)
    needed, done = int(counts.labels_needed), int(counts.labels_done)
    return {
        "queue": queue.name,
        "tasks": counts.tasks,
        "imported_tasks": counts.imported_tasks,
        "labels_needed": needed,
        "labels_done": done,
        "remaining": needed - done,
        "leased": int(counts.leased),
        "paused": queue.paused_at is not None,
        "by_annotator": [
            {
                "name": row.name,
                "labels": int(row.submitted),
                "imported": int(row.imported),
                "leased": int(row.leased),
                "skipped": int(row.skipped),
                "returned": int(row.returned),
                "mean_seconds": row.mean_seconds,
                "last_label_at": row.last_label_at,
            }
            for row in queues.work_by_account(session, queue.id)
        ],
    }


def chosen_field(fields: Sequence[Field], name: str | None, kinds: tuple[type, ...]) -> Field:
    """The field of that name, or the first of a kind that fits (ratings before all others)."""
    fitting = [field for field in fields if isinstance(field, kinds)]
    if name is None and fitting:
        return next((field for field in fitting if isinstance(field, Rating)), fitting[0])
    if not fitting:
        message = "no field of this form can be reported yet"
        raise InvalidLabel("field", message, "ratings, tags, choices and yes or no can")
    found = next((field for field in fitting if field.name == name), None)
    if found is None:
        hint = "possible: " + ", ".join(field.name for field in fitting)
        raise InvalidLabel("field", f"{name!r} cannot be reported here", hint)
    return found


def agreement_report(
    session: Session,
    queue_name: str,
    *,
    field: str | None = None,
    model: str | None = None,
    category: str | None = None,
) -> dict[str, Any]:
    """How far annotators agree on a field, per pair and overall; tags are told one by one."""
    queue = queues.queue_named(session, queue_name)
    forms = forms_of(session, queue)
    asked = chosen_field(forms.fields, field, COMPARED)
    labels = compared(frames.labels(session, queue.id))
    if model or category:
        tasks = frames.tasks(session, queue.id)
        for column, wanted in (("model", model), ("category", category)):
            if wanted:
                within = tasks.loc[_known(tasks, column, wanted), "task"]
                labels = labels[labels["task"].isin(within)]
    return {"queue": queue.name, "field": asked.name} | agreement_on(labels, asked, forms)


def _known(tasks: pd.DataFrame, column: str, wanted: str) -> "pd.Series[bool]":
    """Which tasks are of a segment; one that never occurs is a misspelling."""
    inside = tasks[column] == wanted
    if not inside.any():
        there = sorted(tasks[column].dropna().unique())[:10]
        hint = f"there are: {', '.join(there)}" if there else f"no task here has a {column}"
        raise InvalidLabel(column, f"no task of this queue has {column} {wanted!r}", hint)
    return inside


def agreement_on(labels: pd.DataFrame, asked: Field, forms: Forms) -> dict[str, Any]:
    """How far labels that may be compared agree on a field, without naming the queue."""
    answers = of_field(labels, asked, forms)
    left_out = len(labels) - len(asked_alike(labels, asked, forms))
    report: dict[str, Any] = {"scale": asked.scale, "left_out": left_out}
    if isinstance(asked, Tags):
        told = analysis.tag_agreement(answers, asked.categories)
        report |= _counted(next(iter(told.values()))) | {"coefficients": {}, "pairs": []}
        report["tags"] = {tag: _told(one, ordinal=False) for tag, one in told.items()}
        return report
    values = list(asked.categories) if isinstance(asked, Rating) else None
    one = analysis.agreement(answers, asked.categories, values)
    return report | _counted(one) | _told(one, ordinal=isinstance(asked, Rating))


def _counted(one: Agreement) -> dict[str, Any]:
    return {"tasks": one.tasks, "labels": one.labels, "annotators": one.annotators}


def _told(one: Agreement, *, ordinal: bool) -> dict[str, Any]:
    weighted = ("cohen_kappa_linear", "cohen_kappa_quadratic")
    names = [name for name in one.coefficients if ordinal or name not in weighted]
    return {
        "coefficients": {name: one.coefficients[name].to_json() for name in names},
        "pairs": [
            {
                "a": pair.a,
                "b": pair.b,
                "n": pair.n,
                **{name: pair.figures[name].to_json() for name in names},
            }
            for pair in one.pairs
        ],
    }
