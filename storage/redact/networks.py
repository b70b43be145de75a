"""Addresses of machines, which lead to people: IPv4 and IPv6."""

import ipaddress
import re
from collections.abc import Iterator

from storage.redact.digits import LETTER
from storage.redact.spans import Span

_V4 = re.compile(rf"(?<![.])(?<!{LETTER})(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?!{LETTER}|\.\d|-[^\W\d])")
_COUNTED = re.compile(
    r"(?:(?:\b(?:v|ver|vers|release|build|driver|bios|section|sec|chapter|clause|paragraph|figure|step|"
    r"oid|rev|revision|patch|kapitel|abschnitt|ziffer|update|upgrade|upgraded|verze|verzi[ai]|verzió|"
    r"sürüm\w*|utgave|utgåva|udgave|utgivelse|έκδοση|edition|ausgabe|seção|secção|sección|sezione|"
    r"sekcja|rozdział|avsnitt|hoofdstuk|paragraaf|chapitre|capítulo|capitolo|article|artikel|"
    r"artículo|artigo|articolo)|\w{0,30}(?:version\w{0,3}|versi[óo]\w{0,2}|vers[ãõ]\w{1,2}|versie\w?|"
    r"wersj\w{1,3}|firmware|верси\w{1,2}|версі\w{1,2})|バージョン|版本|버전)"
    r"[\s:.#=(nº°]{0,4}(?:(?:to|from|auf|von|to|a|à|para|na|z|do|naar|van|till|från|till|number|"
    r"nr\.?|no\.?|is|ist|est|es|é|è|jest|är|は|是)\s?)?|[A-Za-z]/|[~≥<>=!]=\s?|[§^~]\s?)\Z",
    re.I,
)
_FURTHER = re.compile(r"\s?(?:[-–→>/,]{1,2}|[^\W\d_]{1,5})\s?", re.I)
_PAIR = re.compile(r":[0-9A-Fa-f]{0,4}:")
_V6 = re.compile(r"[0-9A-Fa-f:]{2,39}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?:%[\w.-]{1,20})?")
_SHORTEST = 5  # items[::2] is no address
_OF_V6 = frozenset("0123456789abcdefABCDEF:")


class Networks:
    """Finds IP addresses, and no versions, times or masks."""

    def find(self, text: str) -> Iterator[Span]:
        """Every address."""
        if text.count(".") >= 3:
            version = -1
            for one in _V4.finditer(text):
                further = version >= 0 and _FURTHER.fullmatch(text, version, one.start())
                if further or _counts(text, one.start()):
                    version = one.end()
                elif not one[0].startswith("255."):
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
    return _COUNTED.search(text, max(0, start - 40), start) is not None


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
