"""Settling by an answer that nobody gave: a rank per response, a value per turn, given passages."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.fields import Subject
from server.pages.controls import Control, Options, choices, grid, select, when
from server.pages.markup import Markup
from storage.types import encode_json

OWN = "own"
COMPOSED = ("ranking", "turns", "spans")
"""Kinds of which an answer can be put together here."""
EXCERPT = 60
Given = Mapping[str, Any]
"""What each person answered, by letter."""


def own_answer(
    field: Mapping[str, Any], control: Control, given: Given, texts: Mapping[str, Any]
) -> Markup:
    """The controls of an own answer, there while it is chosen: named `own.FIELD.PLACE`."""
    subject, named = Subject.of(texts), f"{OWN}.{field['name']}"
    if field["kind"] == "ranking":
        inside: list[Markup] = [_ranks(named, subject)]
    elif field["kind"] == "turns":
        inside = _turns(field, named, texts, subject)
    else:
        inside = [_passages(field, named, given, subject)]
    return when(f"{control.name}={OWN}", *inside)


def compared(field: Mapping[str, Any], given: Given, texts: Mapping[str, Any]) -> Options:
    """Every answer that two responses allow, as JSON, each with who gave it."""
    said = [(one, one) for one in Subject.of(texts).responses]
    if field["tie"]:
        said.append(("tie", str(field["tie_label"])))
    return [
        (encode_json(value), with_letters(words, [who for who in given if given[who] == value]))
        for value, words in said
    ]


def with_letters(words: str, who: Sequence[str]) -> str:
    """Words, and the letters of those who said so."""
    return f"{words} – {', '.join(who)}" if who else words


def _ranks(named: str, subject: Subject) -> Markup:
    ids = sorted(subject.responses)
    ranks = [("", "choose"), *((str(one), _place(one, len(ids))) for one in range(1, len(ids) + 1))]
    return grid(
        *(select(Control(f"{named}.{at}", f"Rank of {one}"), ranks) for at, one in enumerate(ids))
    )


def _place(rank: int, last: int) -> str:
    return f"{rank} (best)" if rank == 1 else f"{rank} (worst)" if rank == last else str(rank)


def _turns(
    field: Mapping[str, Any], named: str, texts: Mapping[str, Any], subject: Subject
) -> list[Markup]:
    controls = [
        Control(f"{named}.{place}", f"Turn {place}: {_excerpt(_turn(texts, place))}")
        for place in subject.turns_of(field["roles"])
    ]
    if field["each"] == "tags":
        tags = [(str(one["value"]), str(one["label"])) for one in field["options"]]
        return [choices(one, "checkbox", tags) for one in controls]
    words = field.get("words") or []
    steps = [
        (str(step), f"{step} {words[at]}" if at < len(words) else str(step))
        for at, step in enumerate(range(field["min"], field["max"] + 1))
    ]
    return [grid(*(select(one, [("", "choose"), *steps]) for one in controls))]


def _turn(texts: Mapping[str, Any], place: int) -> Any:
    messages = texts.get("messages") or ()
    if place < len(messages):
        return messages[place].get("content")
    return (texts.get("responses") or [{}])[0].get("text")


def _passages(field: Mapping[str, Any], named: str, given: Given, subject: Subject) -> Markup:
    said: dict[str, tuple[Mapping[str, Any], list[str]]] = {}
    for who, spans in given.items():
        for span in spans or ():
            said.setdefault(encode_json(span), (span, []))[1].append(who)
    words = {str(one["value"]): str(one["label"]) for one in field["options"]}
    ordered = sorted(said.items(), key=lambda one: _where(one[1][0]))
    ticks = [
        (
            told,
            with_letters(f"{words.get(span['tag'], span['tag'])}: {quoted(span, subject)}", who),
        )
        for told, (span, who) in ordered
    ]
    by_all = [told for told, (_, who) in ordered if len(who) == len(given)]
    hint = "What is ticked stands; nothing ticked: nothing is marked."
    return choices(Control(named, "Passages", hint), "checkbox", ticks, by_all)


def _where(span: Mapping[str, Any]) -> tuple[str, int, int]:
    return str(span.get("in")), span["start"], span["end"]


def quoted(span: Mapping[str, Any], subject: Subject) -> str:
    """The beginning of a passage, and where it lies."""
    text = subject.texts.get(str(span.get("in")), "")[span["start"] : span["end"]]
    where = "" if len(subject.texts) < 2 else f" in {span['in']}"
    return f"“{_excerpt(text)}” ({span['start']} to {span['end']}{where})"


def _excerpt(text: Any) -> str:
    """The beginning of a text; parts that are no text are left out."""
    if not isinstance(text, str):
        parts = text if isinstance(text, Sequence) else ()
        text = " ".join(
            str(one.get("text") or "") if isinstance(one, Mapping) else str(one) for one in parts
        )
    said = " ".join(text.split())
    return said if len(said) <= EXCERPT else f"{said[: EXCERPT - 1]}…"
