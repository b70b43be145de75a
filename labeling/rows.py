"""The rows of an export: one per label as people gave it, or one per task as it is settled."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from labeling.expected import Expected
from labeling.fields import Boolean, Field, Ranking, Rating, Spans, Tags, Turns
from labeling.forms import Forms
from labeling.settle import (
    CONFIDENCE,
    VOTING,
    Ruling,
    Settled,
    Vote,
    certainty,
    mean_rating,
    settled,
)
from storage.exports import Column, Kind, Row
from storage.exports.texts import decoded, query_of, response_of
from storage.queries.answers import LabelSaid, TaskSaid

Chances = Mapping[int, float]
"""pi by task, for the tasks that count at present."""

Sure = Callable[[LabelSaid], float | None]
SETTLED_PURPOSES = ("sample", "import")


def _kinds(forms: Forms) -> dict[str, Kind]:
    """How each field of any version is kept in a table; as JSON where versions differ."""
    found: dict[str, Kind] = {field.name: _kind(field) for field in forms.fields}
    for fields in forms.versions.values():
        for field in fields:
            if found.setdefault(field.name, _kind(field)) != _kind(field):
                found[field.name] = "json"
    return found


def _kind(field: Field) -> Kind:
    if isinstance(field, Rating):
        return "integer"
    if isinstance(field, Tags):
        return "texts"
    if isinstance(field, Spans | Turns | Ranking):
        return "json"
    return "boolean" if isinstance(field, Boolean) else "text"


def raw_rows(tasks: Iterable[TaskSaid], chances: Chances) -> Iterator[Row]:
    """One row per current label, as the public contract gives it, with the interaction."""
    for task in tasks:
        for label in task.labels:
            yield {
                "label_id": label.label_id,
                "task_id": str(task.task_id),
                "source": task.source,
                "interaction_id": task.interaction_id,
                "annotator": label.annotator,
                "values": label.values,
                "revision": label.revision,
                "created_at": label.created_at,
                "seconds": label.seconds,
                "guideline": label.guideline,
                "role": label.role,
                "purpose": task.purpose,
                "pi": chances.get(task.task_id),
                "reason": task.reason,
                "interaction": task.interaction,
            }


def settled_rows(
    tasks: Iterable[TaskSaid],
    forms: Forms,
    chances: Chances,
    expected: Expected,
    *,
    given: bool = False,
) -> Iterator[Row]:
    """One row per task that was drawn or imported and has an answer; with `given`, its labels."""
    sure = _sure(forms)
    for task in tasks:
        voting = one_per_person(task.labels)
        if task.purpose not in SETTLED_PURPOSES or not (voting or task.verdicts):
            continue
        row = {
            **_task(task, chances),
            **_who(voting, sure),
            **_what(task, voting, forms, sure, expected),
            "interaction": task.interaction,
        }
        yield row | {"given": [_given(label) for label in task.labels]} if given else row


def _task(task: TaskSaid, chances: Chances) -> dict[str, Any]:
    return {
        "task_id": str(task.task_id),
        "source": task.source,
        "interaction_id": task.interaction_id,
        "purpose": task.purpose,
        "pi": chances.get(task.task_id),
        "reason": task.reason,
    }


def _who(voting: Sequence[LabelSaid], sure: Sure) -> dict[str, Any]:
    said = [found for label in voting if (found := sure(label)) is not None]
    return {
        "labels": len(voting),
        "annotators": [label.annotator for label in voting],
        "guidelines": sorted({label.guideline for label in voting}),
        "annotator_confidence": sum(said) / len(said) if said else None,
    }


def _what(
    task: TaskSaid, voting: Sequence[LabelSaid], forms: Forms, sure: Sure, expected: Expected
) -> dict[str, Any]:
    votes = {field.name: _votes(field, voting, forms, sure) for field in forms.fields}
    rulings = {one.field: Ruling(one.value, one.origin, one.label_ids) for one in task.verdicts}
    stands: dict[str, Settled] = {}
    for field in forms.fields:
        ruling = rulings.get(field.name)
        so_far = {name: one.value for name, one in stands.items()}
        asked = ruling is not None or field.is_asked(so_far)
        stands[field.name] = settled(field, votes[field.name], ruling) if asked else Settled()
    ratings = [field.name for field in forms.fields if isinstance(field, Rating)]
    return {
        **_answers(stands),
        "mean": {name: mean_rating(votes[name]) for name in ratings},
        **_expected(task, stands, expected),
    }


def one_per_person(labels: Sequence[LabelSaid]) -> list[LabelSaid]:
    """One label per person, their newest of those that count, in the order they were made."""
    newest = {
        label.annotator: label
        for label in sorted(labels, key=lambda one: (one.created_at, one.label_id))
        if label.role in VOTING and label.round <= 0
    }
    return sorted(newest.values(), key=lambda label: label.label_id)


def _sure(forms: Forms) -> Sure:
    read = certainty(forms.fields)
    return lambda one: read(one.values) if CONFIDENCE in forms.same[one.guideline] else None


def _votes(field: Field, labels: Sequence[LabelSaid], forms: Forms, sure: Sure) -> list[Vote]:
    """What people answered to a field, where they were asked what it asks now."""
    votes = []
    for label in labels:
        if field.name not in forms.same[label.guideline]:
            continue
        value = label.values.get(field.name)
        if value is None and isinstance(field, Tags | Spans) and label.role != "import":
            value = []  # shown and left untouched: none applies
        if value is not None:
            votes.append(Vote(label.label_id, value, sure(label) or 0.0, label.created_at))
    return votes


def _answers(stands: Mapping[str, Settled]) -> dict[str, Any]:
    return {
        "values": {name: one.value for name, one in stands.items()},
        "origin": {name: one.origin for name, one in stands.items()},
        "label_ids": {name: list(one.label_ids) for name, one in stands.items()},
        "unsettled": [place for one in stands.values() for place in one.open],
    }


def _expected(
    task: TaskSaid, stands: Mapping[str, Settled], expected: Expected
) -> dict[str, str | None]:
    response = None
    if expected.rating is not None:
        responses = decoded(task.interaction["responses"]) or []
        if len(responses) == 1:  # of several, nobody knows which one was rated
            response = response_of(responses)
    values = {name: one.value for name, one in stands.items()}
    answer, origin = expected.of(values, response)
    return {"expected_answer": answer, "expected_from": origin}


def _given(label: LabelSaid) -> dict[str, Any]:
    return {
        "label_id": label.label_id,
        "annotator": label.annotator,
        "values": label.values,
        "revision": label.revision,
        "created_at": label.created_at,
        "seconds": label.seconds,
        "guideline": label.guideline,
        "role": label.role,
    }


def raw_columns(forms: Forms) -> tuple[Column, ...]:
    """The columns of `raw_rows` as a table."""
    return (
        _column("label_id", "integer"),
        _column("task_id", "text"),
        _column("source", "text"),
        _column("interaction_id", "text"),
        _column("annotator", "text"),
        *(_column(f"values.{name}", kind) for name, kind in _kinds(forms).items()),
        _column("revision", "integer"),
        _column("created_at", "time"),
        _column("seconds", "number"),
        _column("guideline", "text"),
        _column("role", "text"),
        _column("purpose", "text"),
        _column("pi", "number"),
        _column("reason", "text"),
        *INTERACTION,
    )


def settled_columns(forms: Forms) -> tuple[Column, ...]:
    """The columns of `settled_rows` as a table."""
    names = [field.name for field in forms.fields]
    ratings = [field.name for field in forms.fields if isinstance(field, Rating)]
    return (
        _column("task_id", "text"),
        _column("source", "text"),
        _column("interaction_id", "text"),
        _column("purpose", "text"),
        _column("pi", "number"),
        _column("reason", "text"),
        _column("labels", "integer"),
        _column("annotators", "texts"),
        _column("annotator_confidence", "number"),
        *(_column(f"values.{field.name}", _kind(field)) for field in forms.fields),
        *(_column(f"mean.{name}", "number") for name in ratings),
        *(_column(f"origin.{name}", "text") for name in names),
        *(_column(f"label_ids.{name}", "integers") for name in names),
        _column("unsettled", "texts"),
        _column("guidelines", "texts"),
        _column("expected_answer", "text"),
        _column("expected_from", "text"),
        *INTERACTION,
    )


def _column(name: str, kind: Kind) -> Column:
    return Column(name, kind, tuple(name.split(".", 1)))


INTERACTION: tuple[Column, ...] = (
    Column("query", "text", ("interaction", "messages"), query_of),
    Column("response", "text", ("interaction", "responses"), response_of),
    _column("interaction.created_at", "time"),
    _column("interaction.session_id", "text"),
    _column("interaction.model", "text"),
    _column("interaction.variant", "text"),
    _column("interaction.category", "text"),
    _column("interaction.tags", "texts"),
    _column("interaction.confidence", "number"),
    _column("interaction.flags", "texts"),
    Column("messages", "json", ("interaction", "messages")),
    Column("responses", "json", ("interaction", "responses")),
    Column("context", "json", ("interaction", "context")),
)
"""What both kinds of row say of the interaction."""
