"""What is told to another platform of the answers to one task: pure, and the same every time.

A settled answer is named `goldloop.FIELD`, one annotator's `goldloop.FIELD.label`, so that over
there nobody takes the one for the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from labeling.expected import Expected
from labeling.fields import Field, Rating
from labeling.forms import Forms
from labeling.rows import SETTLED_PURPOSES, counted_labels, settled_rows
from storage.queries.answers import LabelSaid, TaskSaid
from storage.types import encode_json

NOTHING = "(none)"
"""The label of tags when none applies, so that shares have a denominator."""
BY = "goldloop"


class Statement(NamedTuple):
    """One thing to be said over there."""

    key: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Telling:
    """How the answers of a queue are told."""

    queue: str
    mark: str
    """Begins every key: another store's queue, also one that is a copy in name, has another."""
    forms: Forms
    raw: bool
    """Every annotator's answers beside the verdicts; else one settled answer per field."""
    people: Mapping[str, int]
    """The number of each annotator."""
    names: bool
    """Whether they are called by name; else by their number."""
    tags_apart: bool
    """One statement per tag; else a list."""

    def called(self, name: str) -> str:
        """What a person is called over there."""
        return name if self.names else f"annotator-{self.people[name]}"


def statements(task: TaskSaid, telling: Telling) -> Iterator[Statement]:
    """Everything that is said of a task, under keys that stay the same for ever."""
    if task.purpose not in SETTLED_PURPOSES:
        return
    fields = {field.name: field for field in telling.forms.fields}
    if telling.raw:
        for label in counted_labels(task.labels):
            yield from _label(task, label, fields, telling)
    yield from _settled(task, fields, telling)


def _label(
    task: TaskSaid, label: LabelSaid, fields: Mapping[str, Field], telling: Telling
) -> Iterator[Statement]:
    """The answers of one person, as far as they were asked what is asked now."""
    number, who = telling.people[label.annotator], telling.called(label.annotator)
    about = {"queue": telling.queue, "task": str(task.task_id), "revision": label.revision}
    for name in sorted(telling.forms.same[label.guideline]):
        value = label.values.get(name)
        if value is not None:
            told = {"name": f"goldloop.{name}.label", "by": who, "about": about}
            key = f"{telling.mark}:{task.task_id}:{name}:{number}"
            yield from _each(key, fields[name], value, told, telling)


def _settled(task: TaskSaid, fields: Mapping[str, Field], telling: Telling) -> Iterator[Statement]:
    """What stands for each field; of a raw telling only what a verdict says."""
    ruled = {one.field: one for one in task.verdicts}
    row = next(settled_rows([task], telling.forms, {}, Expected(None)), None)
    if row is None:
        return
    for name, value in row["values"].items():
        ruling = ruled.get(name)
        if value is None or (telling.raw and ruling is None):
            continue
        about = {"queue": telling.queue, "task": str(task.task_id), "origin": row["origin"][name]}
        about |= {"labels": row["labels"]} if ruling is None else {}
        told: dict[str, Any] = {"name": f"goldloop.{name}", "by": BY, "about": about}
        if ruling is not None:
            told["by"] = BY if ruling.by is None else telling.called(ruling.by)
            told["reason"] = ruling.reason
        yield from _each(f"{telling.mark}:{task.task_id}:{name}:settled", fields[name], value, told,
                         telling)  # fmt: skip


def _each(
    key: str, field: Field, value: Any, told: Mapping[str, Any], telling: Telling
) -> Iterator[Statement]:
    """One answer as one statement, or tags as one each."""
    base = {name: one for name, one in told.items() if name != "reason"} | {"kind": field.kind}
    reason = told.get("reason")
    if field.kind == "tags" and telling.tags_apart and isinstance(value, list):
        for tag in value or [NOTHING]:
            yield Statement(f"{key}:{tag}", base | _said(field, tag) | {"reason": reason})
    else:
        yield Statement(key, base | _said(field, value) | {"reason": reason})


def _said(field: Field, value: Any) -> dict[str, Any]:
    """Value, score, label and text of an answer; a platform shows what it can of them."""
    score: float | None = None
    label: str | None = None
    text: str | None = None
    if field.kind in ("text", "answer"):
        text = str(value)
    elif isinstance(value, bool):
        score, label = float(value), "yes" if value else "no"
    elif isinstance(value, int | float):
        score, label = float(value), _word(field, value)
    elif isinstance(value, str):
        label = value
    elif field.kind == "tags":
        label = _joined(value)
    else:
        text = encode_json(value)
    return {"value": value, "score": score, "label": label, "text": text}


def _word(field: Field, value: float) -> str:
    """The word of a point of the scale, or the point."""
    if isinstance(field, Rating) and field.words and field.min <= value <= field.max:
        return field.words[int(value) - field.min]
    return f"{value:g}"


def _joined(tags: Sequence[Any]) -> str:
    return ", ".join(map(str, tags)) or NOTHING
