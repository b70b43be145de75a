"""What annotators are asked differently by two versions of a form, in sentences."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from labeling.fields import (
    Boolean,
    Choice,
    Field,
    Pairwise,
    Ranking,
    Rating,
    Spans,
    Tags,
    Text,
    Turns,
)

KINDS = {
    "rating": "a rating",
    "tags": "any number of tags",
    "choice": "one out of several",
    "boolean": "yes or no",
    "text": "a text",
    "answer": "a corrected response",
    "spans": "passages of the response",
    "turns": "an answer for each turn",
    "pairwise": "the better of two responses",
    "ranking": "the responses in order",
}


def form_changes(was: Sequence[Field], now: Sequence[Field]) -> list[dict[str, Any]]:
    """What annotators are asked differently: `{"label", "said"}` by field, `said` in sentences."""
    old = {one.name: one for one in was}
    new = {one.name: one for one in now}
    said = [(one.label, list(_field_changes(old.get(one.name), one))) for one in now]
    said += [
        (one.label, ["It is no longer asked."]) for name, one in old.items() if name not in new
    ]
    told = [{"label": label, "said": lines} for label, lines in said if lines]
    if [name for name in old if name in new] != [name for name in new if name in old]:
        told.append({"label": "All of it", "said": ["The questions come in another order."]})
    return told


def _field_changes(was: Field | None, now: Field) -> Iterator[str]:
    if was is None:
        yield f"It is new, and answered by {KINDS[now.kind]}."
        return
    if was.label != now.label:
        yield f"It was called “{was.label}”."
    if was.kind != now.kind:
        yield f"It is answered by {KINDS[now.kind]} now; it was {KINDS[was.kind]}."
    yield from _need_changes(was, now)
    if was.help != now.help:
        yield f"Its hint is now “{now.help}”." if now.help else "Its hint is gone."
    if was.kind == now.kind:
        yield from _answer_changes(was, now)


def _need_changes(was: Field, now: Field) -> Iterator[str]:
    if was.required != now.required:
        yield "An answer is needed now." if now.required else "It may be left out now."
    if was.asked_when != now.asked_when:
        when = now.asked_when
        yield f"It is asked only when {when}." if when else "It is always asked."
    if was.required_when != now.required_when:
        when = now.required_when
        yield f"An answer is needed when {when}." if when else "It is no longer needed at times."


def _answer_changes(was: Field, now: Field) -> Iterator[str]:
    """What is different in the answers of one kind."""
    yield from _CHANGES[now.kind](was, now)


def _boolean_changes(was: Boolean, now: Boolean) -> Iterator[str]:
    if (was.yes, was.no) != (now.yes, now.no):
        yield f"It is answered by “{now.yes}” or “{now.no}”; it was “{was.yes}” or “{was.no}”."
    for word, old, new in zip((now.yes, now.no), was.keys, now.keys, strict=True):
        yield from _key_change(word, old, new)


def _text_changes(was: Text, now: Text) -> Iterator[str]:
    if was.max_chars != now.max_chars:
        yield f"It takes at most {now.max_chars:,} characters; it was {was.max_chars:,}."
    yield from _key_change("the text", was.key, now.key)


def _turns_changes(was: Turns, now: Turns) -> Iterator[str]:
    if was.roles != now.roles:
        yield f"It asks about turns of: {', '.join(now.roles)}."
    if was.each.kind == now.each.kind:
        yield from _answer_changes(was.each, now.each)
    else:
        yield f"A turn is answered by {KINDS[now.each.kind]} now."


def _comparison_changes(was: Pairwise | Ranking, now: Pairwise | Ranking) -> Iterator[str]:
    if was.tie != now.tie:
        yield "Responses may be called equal now." if now.tie else "One has to be better now."
    elif was.tie_label != now.tie_label:
        yield f"“{now.tie_label}” was called “{was.tie_label}”."
    if was.keys != now.keys:
        yield f"Its keys are now: {', '.join(key or 'none' for key in now.keys)}."


def _scale_changes(was: Rating, now: Rating) -> Iterator[str]:
    if (was.min, was.max) != (now.min, now.max):
        yield f"Its scale runs from {now.min} to {now.max}; it was {was.min} to {was.max}."
    old, new = _points(was), _points(now)
    for value, (word, key) in new.items():
        before, old_key = old.get(value, (word, key))
        if before != word:
            yield (
                f"{value} is now “{word}”; it was “{before}”."
                if before and word
                else (f"{value} is now called “{word}”." if word else f"{value} has no name now.")
            )
        yield from _key_change(str(value), old_key, key)


def _points(field: Rating) -> dict[int, tuple[str, str | None]]:
    words = field.words or ("",) * len(field.categories)
    return dict(zip(field.categories, zip(words, field.keys, strict=True), strict=True))


def _option_changes(was: Tags | Choice | Spans, now: Tags | Choice | Spans) -> Iterator[str]:
    old = {one.value: one for one in was.options}
    new = {one.value for one in now.options}
    for one in now.options:
        before = old.get(one.value)
        if before is None:
            yield f"“{one.label}” can be chosen now" + (f": {one.help}" if one.help else ".")
            continue
        if before.label != one.label:
            yield f"“{one.label}” was called “{before.label}”."
        if before.help != one.help:
            yield f"“{one.label}” is explained anew" + (
                f": {one.help}" if one.help else ": no more."
            )
        yield from _key_change(one.label, before.key, one.key)
    for gone in was.options:
        if gone.value not in new:
            yield f"“{gone.label}” can no longer be chosen."


def _key_change(what: str, was: str | None, now: str | None) -> Iterator[str]:
    """Fingers have learnt the old one."""
    if was == now:
        return
    named = what if what == "the text" else f"“{what}”"
    yield f"The key of {named} is {now.upper()} now." if now else f"The key of {named} is gone."


_CHANGES: dict[str, Callable[[Any, Any], Iterator[str]]] = {
    "rating": _scale_changes,
    "tags": _option_changes,
    "choice": _option_changes,
    "spans": _option_changes,
    "boolean": _boolean_changes,
    "text": _text_changes,
    "answer": _text_changes,
    "turns": _turns_changes,
    "pairwise": _comparison_changes,
    "ranking": _comparison_changes,
}
