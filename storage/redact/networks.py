"""Addresses of machines, which lead to people: IPv4 and IPv6."""

import ipaddress
import re
from collections.abc import Iterator

from storage.redact.spans import Span

_V4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d|-[^\W\d])")
_COUNTED = re.compile(
    r"(?:\b(?:v|ver|version|versions?|release|build|firmware|driver|section|sec|chapter|clause|"
    r"figure|step|oid|rev|revision|patch|paragraph|kapitel|abschnitt|versión|versão|versione|update"
    r"|upgrade|upgraded)\b[\s:.#=(]{0,3}(?:to\s|from\s)?|[A-Za-z]/|[~≥<>=!]=\s?|[§^~]\s?)\Z",
    re.I,
)
_PAIR = re.compile(r":[0-9A-Fa-f]{0,4}:")
_V6 = re.compile(r"[0-9A-Fa-f:]{2,39}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?:%[\w.-]{1,20})?")
_SHORTEST = 5  # items[::2] is no address
_OF_V6 = frozenset("0123456789abcdefABCDEF:")


class Networks:
    """Finds IP addresses, and no versions, times or masks."""

    def find(self, text: str) -> Iterator[Span]:
        """Every address."""
        if text.count(".") >= 3:
            for one in _V4.finditer(text):
                if not one[0].startswith("255.") and not _counts(text, one.start()):
                    yield from _checked(text, one.start(), one.end())
        end = 0
        for pair in _PAIR.finditer(text):
            if pair.start() >= end:
                start = _back(text, pair.start())
                if (found := _V6.match(text, start)) is not None:
                    end = found.end()
                    yield from _sixth(text, start, found.end())


def _counts(text: str, start: int) -> bool:
    """Whether what stands before says that it is a version or a section."""
    return _COUNTED.search(text, max(0, start - 24), start) is not None


def _back(text: str, place: int) -> int:
    low = max(0, place - 39)
    while place > low and text[place - 1] in _OF_V6:
        place -= 1
    return place


def _sixth(text: str, start: int, end: int) -> Iterator[Span]:
    while text[end - 1] == ":" and text[end - 2 : end] != "::":
        end -= 1
    before, after = text[start - 1 : start], text[end : end + 1]
    inside = text[start:end]
    named = before.isalnum() or before in ("_", ".") or after.isalnum() or after == "_"
    if named or len(inside) < _SHORTEST or not any(char.isdigit() for char in inside):
        return
    if inside.count(":") < 3 and not inside.startswith(("::", "fe80", "fd", "2", "fc")):
        return  # a name with a path, as languages write it
    yield from _checked(text, start, end)


def _checked(text: str, start: int, end: int) -> Iterator[Span]:
    try:
        found = ipaddress.ip_address(text[start:end])
    except ValueError:
        return
    yield Span(start, end, "ip", found.compressed)
