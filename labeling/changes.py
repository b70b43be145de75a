"""What is different between two versions of a guideline: its rubric block by block, its form.

A rubric is compared as the tree that the page draws: a text, or [tag, children]. Lists are compared
item by item and tables row by row; inside a block that was reworded the words are marked with the
tags `ins` and `del`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

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

INLINE = frozenset({"strong", "em", "s", "code"})
HEADS = frozenset({"h2", "h3", "h4", "h5", "h6"})
WORD = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")
WORDS_AT_MOST = 2_000
PAIRS_AT_MOST = 2_500
"""More than that in one place is another text, not a reworded one."""
ALIKE = 0.5
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

Node = Any
"""A text, or [tag, children]."""


class _Word(NamedTuple):
    """A word, the space after it, and the inline tags around it."""

    text: str
    tags: tuple[str, ...]

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """What has to be equal: space does not count."""
        return self.text.strip(), self.tags


def rubric_changes(was: Sequence[Node], now: Sequence[Node]) -> list[dict[str, Any]]:
    """The differences in reading order: `{"kind": added|removed|changed|same, "blocks", "hidden"}`.

    What stayed the same is left out but for the heading that a change stands under; `hidden` counts
    its blocks. Empty when nothing differs.
    """
    old, new = list(_blocks(was)), list(_blocks(now))
    matcher = SequenceMatcher(None, [*map(_key, old)], [*map(_key, new)], autojunk=False)
    said: list[tuple[str, Node]] = []
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "equal":
            said += [("same", node) for node in new[j:j_end]]
        else:
            said += _replaced(old[i:i_end], new[j:j_end])
    if all(kind == "same" for kind, _ in said):
        return []
    runs = [(kind, [node for _, node in run]) for kind, run in groupby(said, lambda one: one[0])]
    last = len(runs) - 1
    return [_told(kind, nodes, place == last) for place, (kind, nodes) in enumerate(runs)]


def _told(kind: str, nodes: list[Node], is_last: bool) -> dict[str, Any]:
    if kind != "same":
        return {"kind": kind, "blocks": _joined(nodes), "hidden": 0}
    heads = [node for node in nodes if node[0] in HEADS]
    kept = heads[-1:] if not is_last else []
    return {"kind": "same", "blocks": kept, "hidden": len(nodes) - len(kept)}


def _blocks(nodes: Sequence[Node]) -> Iterator[Node]:
    """The blocks of a rubric, lists as items and tables as rows."""
    for node in nodes:
        block: list[Any] = ["p", [node]] if isinstance(node, str) else node
        tag, children = block
        if tag in ("ul", "ol"):
            yield from (["ul", [item]] for item in children)
        elif tag == "table":
            yield from (["table", [[part, [row]]]] for part, rows in children for row in rows)
        else:
            yield [tag, children]


def _joined(nodes: list[Node]) -> list[Node]:
    """Items and rows that follow each other, as one list or table again."""
    joined: list[Node] = []
    for node in nodes:
        tag = node[0]
        if joined and tag in ("ul", "table") and joined[-1][0] == tag:
            joined[-1] = [tag, [*joined[-1][1], *node[1]]]
        else:
            joined.append(node)
    return joined


def _key(node: Node) -> bytes:
    return msgspec.json.encode(node)


def _replaced(old: list[Node], new: list[Node]) -> Iterator[tuple[str, Node]]:
    """Blocks in place of others: what is alike was reworded, the rest came or went."""
    place = 0
    few = len(old) * len(new) <= PAIRS_AT_MOST
    for node in old:
        found = None
        for ahead in range(place, len(new)) if few else ():
            found = _reworded(node, new[ahead])
            if found is not None:
                yield from (("added", one) for one in new[place:ahead])
                place = ahead + 1
                break
        yield ("removed", node) if found is None else ("changed", found)
    yield from (("added", one) for one in new[place:])


def _reworded(old: Node, new: Node) -> Node | None:
    """The new block with its words marked; None when the two have too little in common."""
    if old[0] != new[0]:
        return None
    if old[0] == "ul":  # the item inside
        inner = _reworded(old[1][0], new[1][0])
        return None if inner is None else ["ul", [inner]]
    before, after = _words(old[1]), _words(new[1])
    if not before or not after or max(len(before), len(after)) > WORDS_AT_MOST:
        return None
    keys = [one.key for one in before], [one.key for one in after]
    matcher = SequenceMatcher(None, *keys, autojunk=False)
    if matcher.quick_ratio() < ALIKE or matcher.ratio() < ALIKE:
        return None
    marked: list[tuple[str, _Word]] = []
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "equal":
            marked += [("", one) for one in after[j:j_end]]
        else:
            marked += [("del", one) for one in before[i:i_end]]
            marked += [("ins", one) for one in after[j:j_end]]
    return [new[0], list(_drawn(marked))]


def _words(children: Sequence[Node], tags: tuple[str, ...] = ()) -> list[_Word] | None:
    """The words of a block in reading order; None when there are blocks inside it."""
    found: list[_Word] = []
    for child in children:
        if isinstance(child, str):
            found += [_Word(word, tags) for word in WORD.findall(child)]
        elif child[0] == "br":
            found.append(_Word("\n", tags))
        elif child[0] not in INLINE:
            return None
        else:
            found += _words(child[1], (*tags, child[0])) or []
    return found


def _drawn(marked: Sequence[tuple[str, _Word]]) -> Iterator[Node]:
    """Words as a tree again, with `ins` and `del` around those that differ."""
    for (mark, tags), run in groupby(marked, lambda one: (one[0], one[1].tags)):
        node: Node = "".join(word.text for _, word in run)
        for tag in (*reversed(tags), mark):
            node = [tag, [node]] if tag else node
        yield node


# --- the form ------------------------------------------------------------------------------------


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
