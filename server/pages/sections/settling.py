"""The form that settles a task: one control per field, with the letters of who said what."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.adjudication import REASON_CHARS
from labeling.notes import NOTE_CHARS
from server.pages.controls import (
    Control,
    buttons,
    choices,
    form,
    select,
    submit,
    when,
    writing,
)
from server.pages.elements import folded
from server.pages.markup import Child, Markup, join
from server.pages.sections.own_answers import COMPOSED, OWN, compared, own_answer, with_letters
from storage.types import encode_json

FIELD, SEEN, HOW = "field.", "seen.", "how."
OPEN, SETTLE = "open", "settle"
HOLE = "hole"
CHOSEN = ("rating", "choice", "boolean")
WRITTEN = ("text", "answer")
POINTED = ("pairwise", "ranking", "turns", "spans")
"""Kinds of which an answer is told as JSON: one that was given, or for two responses any."""
SETTLED_HERE = (*CHOSEN, "tags", *WRITTEN, *POINTED)
Fields = Sequence[Mapping[str, Any]]
"""Of the form, as JSON."""


def verdict_form(
    case: Mapping[str, Any], fields: Fields, apart: Sequence[str], around: Mapping[str, Any]
) -> Markup:
    """One control for every field: what people differ on first, the others folded."""
    here = [one for one in fields if one["kind"] in SETTLED_HERE]
    disputed = [one for one in here if one["name"] in apart]
    others = [one for one in here if one["name"] not in apart]
    seen = {one["field"]: one["revision"] for one in case["verdicts"]}  # the newest comes last
    keep = [("queue", around["queue"]), ("task", case["task_id"]), ("from", around["field"] or "")]
    keep += [(f"{SEEN}{one['name']}", str(seen.get(one["name"], 0))) for one in here]
    return form(
        SETTLE,
        [_control(one, case["answers"], around["texts"]) for one in disputed],
        folded("Settle what nobody disputes" if disputed else "Settle a field",
               [_control(one, case["answers"], around["texts"]) for one in others])
        if others else None,
        writing(Control("reason", "Why", f"Needed where nobody said so. {_most(REASON_CHARS)}")),
        choices(Control(HOLE, "The guideline"), "checkbox",
                [("yes", "This is a hole in the guideline")]),
        when(f"{HOLE}=yes", *_hole(disputed or here)),
        buttons(submit("Settle, and next", main=True), submit("Settle", "settle_here"),
                submit("Next, without settling", "next_task")),
        label="Verdict",
        keep=keep,
    )  # fmt: skip


def _hole(fields: Fields) -> list[Child]:
    options = [
        ("", "the guideline as a whole"),
        *((one["name"], str(one["label"])) for one in fields),
    ]
    return [
        select(Control("note.field", "About"), options, fields[0]["name"] if fields else None),
        writing(Control("note", "What it leaves open", _most(NOTE_CHARS))),
    ]


def _most(longest: int) -> str:
    return f"At most {longest:,} characters."


def _control(
    field: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], texts: Mapping[str, Any]
) -> Markup:
    """How one field is settled: by a choice with who chose it, by ticks, in words."""
    control = Control(f"{FIELD}{field['name']}", str(field["label"]))
    given = {one["letter"]: one["values"].get(field["name"]) for one in answers}
    if field["kind"] in WRITTEN:
        return writing(control._replace(hint="Empty: stays open."))
    if field["kind"] == "tags":
        return _ticks(field, control, given)
    if field["kind"] == "pairwise":
        options = compared(field, given, texts)
        return choices(control, "radio", [*options, ("", "Leave open")], [""])
    if field["kind"] in COMPOSED:
        options = [*_pointed(given), (OWN, "An own answer"), ("", "Leave open")]
        own = own_answer(field, control, given, texts)
        return join(choices(control, "radio", options, [""]), own)
    options = [(value, with_letters(words, [who for who in given if _is(given[who], value)]))
               for value, words in _options(field)]  # fmt: skip
    return choices(control, "radio", [*options, ("", "Leave open")], [""])


def _is(answer: Any, value: str) -> bool:
    return answer is not None and plain(answer) == value


def plain(value: Any) -> str:
    """An answer as the page tells it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _options(field: Mapping[str, Any]) -> list[tuple[str, str]]:
    if field["kind"] == "rating":
        words = field.get("words") or []
        steps = range(field["min"], field["max"] + 1)
        return [
            (str(step), f"{step} {words[place]}" if place < len(words) else str(step))
            for place, step in enumerate(steps)
        ]
    if field["kind"] == "boolean":
        return [("true", "yes"), ("false", "no")]
    return list(words_of(field).items())


def _pointed(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The answers that were given, each with who gave it."""
    said: dict[str, list[str]] = {}
    for who, answer in given.items():
        if answer is not None:
            said.setdefault(encode_json(answer), []).append(who)
    return [(told, f"as {', '.join(who)}") for told, who in said.items()]


def _ticks(field: Mapping[str, Any], control: Control, given: Mapping[str, Any]) -> Markup:
    said = {who: tags or [] for who, tags in given.items()}
    options = [
        (value, with_letters(words, [who for who, tags in said.items() if value in tags]))
        for value, words in words_of(field).items()
    ]
    by_all = [
        value for value, _ in options if said and all(value in tags for tags in said.values())
    ]
    how = f"{HOW}{field['name']}"
    return join(
        choices(
            Control(how, control.label),
            "radio",
            [(SETTLE, "Settle as ticked"), (OPEN, "Leave open")],
            [OPEN],
        ),
        when(
            f"{how}={SETTLE}", choices(control._replace(label="Tags"), "checkbox", options, by_all)
        ),
    )


def words_of(field: Mapping[str, Any]) -> dict[str, str]:
    """The options of a field in words."""
    return {str(one["value"]): str(one["label"]) for one in field.get("options") or ()}
