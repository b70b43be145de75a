"""HTML made on the server: the one place where text becomes markup, and it is escaped here.

Whatever came in from outside stays text: angle brackets are escaped, and characters that the eye
would miss (control codes, bidi overrides) are shown as marks instead of acting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import TypeAlias

VOID = frozenset({"br", "col", "hr", "img", "input", "meta", "wbr"})
NAME_CHARS = 200
# Tab and line feed are meant; everything else here is invisible or rearranges its surroundings.
UNSEEN = re.compile(
    "([\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f])"
)
NAMED = {
    "\0": "NUL", "\x07": "BEL", "\x08": "BS", "\r": "CR", "\x1b": "ESC", "\x7f": "DEL",
    "\u200b": "ZWSP", "\u200e": "LRM", "\u200f": "RLM", "\u2028": "LS", "\u2029": "PS",
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI", "\ufeff": "BOM",
}  # fmt: skip


class Markup(str):
    """Text that is HTML already; only `h`, `text` and `join` make it."""

    __slots__ = ()


Child: TypeAlias = "str | int | float | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | float | bool | None"
Attributes: TypeAlias = "Mapping[str, Attribute]"


def text(value: object) -> Markup:
    """Any value as text: escaped, with a mark in place of each character that cannot be seen."""
    if isinstance(value, Markup):
        return value
    return Markup(UNSEEN.sub(_mark, escape(str(value))))


def _mark(found: re.Match[str]) -> str:
    character = found.group()
    name = NAMED.get(character, f"U+{ord(character):04X}")
    return f'<span class="gl-mark" data-mark="{name}"></span>'


def typed(value: object) -> Markup:
    """Text inside a control that is typed in: escaped, and nothing drawn that could be sent."""
    return Markup(escape(str(value)))


def join(*children: Child) -> Markup:
    """Children one after the other; None is nothing."""
    return Markup("".join(_flat(children)))


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, str | int | float):
            yield text(child)
        else:
            yield from _flat(child)


def h(tag: str, attributes: Attributes | None = None, *children: Child) -> Markup:
    """An element; an attribute that is None or False is left out, True stands without a value."""
    told = "".join(_attribute(name, value) for name, value in (attributes or {}).items())
    if tag in VOID:
        return Markup(f"<{tag}{told}>")
    return Markup(f"<{tag}{told}>{join(*children)}</{tag}>")


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def name(value: object, longest: int = NAME_CHARS) -> Markup:
    """A name that somebody gave: text that keeps its own direction to itself, cut when too long."""
    shown = str(value)
    return h("bdi", None, shown if len(shown) <= longest else shown[: longest - 1] + "…")
