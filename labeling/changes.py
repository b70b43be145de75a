"""What is different between two versions of a rubric, block by block.

A rubric is compared as the tree that the page draws: a text, or [tag, children]. Lists are compared
item by item and tables row by row; inside a block that was reworded the words are marked with the
tags `ins` and `del`.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

INLINE = frozenset({"strong", "em", "s", "code"})
HEADS = frozenset({"h2", "h3", "h4", "h5", "h6"})
WORD = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")
WORDS_AT_MOST = 2_000
PAIRS_AT_MOST = 2_500
"""More than that in one place is another text, not a reworded one."""
ALIKE = 0.5

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
