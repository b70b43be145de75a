"""What people differ on, ranked by what settling it is worth, and the notes that came of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.fields import Subject
from server.pages.controls import Control, chooser, grid, press, select
from server.pages.elements import (
    DASH,
    Column,
    chip,
    empty,
    folded,
    link,
    moment,
    muted,
    plural,
    section,
    table,
)
from server.pages.markup import Markup, h, join, name
from server.pages.sections.own_answers import quoted

ANSWER_CHARS = 50_000
LITTLE = 0.0005
"""A shift that would be shown as 0.0 %."""
WORTH = (
    "The worth of settling a task is how far one verdict can move what is reported over all "
    "traffic: a failure rate, the rate of an issue, or the mean as a share of its scale. A task "
    "that was unlikely to be drawn stands for many, so it is worth more; one that no estimate "
    "counts is worth nothing there, and stands at the end."
)
Words = Mapping[str, str]
"""By name: fields, or options, in words."""


def disagreements(
    found: Mapping[str, Any], fields: Words, words: Words, subjects: Mapping[str, Subject]
) -> Markup:
    """The tasks that wait for a verdict; passages are quoted out of the subject of their task."""
    options = [("", "every field"), *fields.items()]
    choose = chooser("Field", grid(select(Control("field", "Field"), options, found["field"])))
    if not found["tasks"]:
        return join(choose, _nothing(found))
    counts = any(one["worth"] >= LITTLE for one in found["tasks"])
    rows = [
        (
            link(name(one["interaction_id"]), **_where(one, found)),
            _apart(one["apart"], fields, words, subjects.get(one["task_id"])),
            *((worth_of(one["worth"]),) if counts else ()),
            name(one["reason"] or DASH),
        )
        for one in found["tasks"]
    ]
    worth = (Column("Worth", True),) if counts else ()
    columns = ("Interaction", Column("Answers", wide=True), *worth, "Why it was drawn")
    told = join(
        f"{plural(found['open'], 'task')} to settle",
        f", {found['settled']} settled" if found["settled"] else None,
        f", of {plural(found['compared'], 'task')} that two people labelled. ",
        "What changes the figures most comes first."
        if counts
        else "No estimate counts these answers: where people lie furthest apart comes first.",
    )
    left = found["open"] - len(rows)
    return join(
        choose,
        section(
            "Disagreements",
            table("Disagreements", columns, rows, stacked=True),
            muted(f"{plural(left, 'more task')}: settle these first.") if left > 0 else None,
            folded("What it is worth", h("p", None, WORTH)) if counts else None,
            lead=told,
        ),
    )


def _nothing(found: Mapping[str, Any]) -> Markup:
    if found["settled"]:
        return empty("Everything that people differed on has a verdict.")
    if found["compared"]:
        return empty(
            f"No disagreement: on {found['compared']} tasks with two labels, people said the same."
        )
    return empty(
        "No task has labels of two people yet. With an overlap of two or more, tasks on which "
        "people differ are listed here."
    )


def _where(one: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    where = {"queue": found["queue"], "section": "disagreements", "task": one["task_id"]}
    return where | ({"field": found["field"]} if found["field"] else {})


def worth_of(worth: float) -> Markup:
    """A shift in percent."""
    return join("–" if worth < LITTLE else f"{100 * worth:.1f} %")


def _apart(
    apart: Mapping[str, Any], fields: Words, words: Words, subject: Subject | None
) -> Markup:
    """What people said, field by field."""
    told = []
    for field, differing in apart.items():
        said = [
            h("span", None, letter, " ", h("b", None, value_of(value, words, subject)))
            for letter, value in differing["said"].items()
        ]
        label = h("span", {"class": "gl-muted"}, name(fields.get(field, field), 40))
        told.append(h("div", {"class": "ld-said"}, label, h("div", None, said)))
    return join(*told)


def value_of(value: Any, words: Words | None = None, subject: Subject | None = None) -> Markup:
    """An answer as text; passages quote the subject, where it is told."""
    known = words or {}
    if value is None or value == []:
        return h("span", {"class": "gl-muted"}, "none" if value == [] else "not answered")
    return name(_in_words(value, known, subject), ANSWER_CHARS)


def _in_words(value: Any, words: Words, subject: Subject | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping) and "start" in value:  # a passage
        tag = words.get(str(value.get("tag")), str(value.get("tag")))
        where = f"{value['start']} to {value['end']}"
        return f"{tag} {where}" if subject is None else f"{tag} {quoted(value, subject)}"
    if isinstance(value, Mapping):  # turns
        told = {turn: _in_words(one, words, subject) for turn, one in value.items()}
        return ", ".join(f"turn {turn}: {one}" for turn, one in told.items())
    if isinstance(value, list) and value and isinstance(value[0], list):  # ranks
        return " before ".join(" and ".join(map(str, rank)) for rank in value)
    if isinstance(value, list):
        return ", ".join(_in_words(one, words, subject) for one in value)
    return words.get(str(value), str(value))


def notes(found: Sequence[Mapping[str, Any]], queue: str, fields: Words) -> Markup | None:
    """What the guideline leaves open, and what was closed."""
    if not found:
        return None
    waiting = [one for one in found if one["closed_at"] is None]
    closed = [one for one in found if one["closed_at"] is not None]
    return section(
        "Notes on the guideline",
        _noted(waiting, queue, fields) if waiting else muted("Every note is closed."),
        folded(plural(len(closed), "closed note"), _noted(closed, queue, fields))
        if closed
        else None,
        lead="What it does not settle. Write it into the guideline as a new version, then close "
        "the note; Agreement by version shows whether it helped.",
    )


def _noted(found: Sequence[Mapping[str, Any]], queue: str, fields: Words) -> Markup:
    return h("ul", {"class": "ld-precedents"}, [_note(one, queue, fields) for one in found])


def _note(one: Mapping[str, Any], queue: str, fields: Words) -> Markup:
    number = str(one["note_id"])
    about = name(fields.get(one["field"], one["field"])) if one["field"] else "The guideline"
    task = None
    if one["task_id"] and one["queue"] == queue:
        where = {"queue": queue, "section": "disagreements", "task": one["task_id"]}
        task = join(" · ", link("the task that showed it", **where))
    closed = one["closed_at"] is not None
    end = (
        muted("Closed by ", name(one["closed_by"]), ", ", moment(one["closed_at"]))
        if closed
        else press("Close", "close_note", f"Close the note: {one['text'][:80]}", note=number)
    )
    return h(
        "li",
        {"class": "ld-card"},
        h("p", {"class": "gl-muted"}, about, " · version ", name(one["guideline"]["version"]),
          " · ", name(one["by"]), ", ", moment(one["created_at"]), task, " ",
          chip("Closed") if closed else chip("Open", "ld-hold")),
        h("div", {"class": "ld-words", "dir": "auto"}, one["text"]),
        end,
    )  # fmt: skip
