"""E-mail addresses, also with umlauts, and those written with [at] and [dot]."""

import re
from collections.abc import Iterator

from storage.redact.digits import RUN_ON
from storage.redact.spans import Span

_LEFT = re.compile(r"[\w.%+'&!#$*/=?^`{|}~-]{1,64}\Z")
_DOMAIN = re.compile(
    r"(?:[\w-]{1,63}\.){1,8}(?:xn--[\w-]{2,59}|[^\W\d_]{2,24})(?![\w-])"
    r"|\[(?:\d{1,3}\.){3}\d{1,3}\]|\[IPv6:[0-9A-Fa-f:.]{2,45}\]"
)
_PICTURE = re.compile(r"\dx\.(?:png|jpe?g|gif|svg|webp)\Z", re.I)
_SPELT = re.compile(
    r"(?<![\w.+-])([\w.+-]{1,64})\s?[\[({<]\s?at\s?[\])}>]\s?"
    r"((?:[\w-]{1,63}\s?(?:\.|[\[({<]\s?(?:dot|punkt|point|punto|ponto)\s?[\])}>])\s?){1,5}"
    r"[a-z]{2,24})(?!\w)",
    re.I,
)
_DOT = re.compile(r"\s?[\[({<]\s?(?:dot|punkt|point|punto|ponto)\s?[\])}>]\s?", re.I)
_TRIMMED = "'&!#$*/=?^`{|}~.%"


class Emails:
    """Finds e-mail addresses."""

    def find(self, text: str) -> Iterator[Span]:
        """Every address that could be mailed to."""
        place = text.find("@")
        while place >= 0:
            if (found := _around(text, place)) is not None:
                yield found
            place = text.find("@", place + 1)
        if may_be_spelt(text):
            for one in _SPELT.finditer(text):
                address = f"{one[1]}@{_DOT.sub('.', one[2])}".lower().replace(" ", "")
                yield Span(one.start(), one.end(), "email", address)


def may_be_spelt(text: str) -> bool:
    """Whether an [at] may stand for the sign."""
    if not ("(" in text or "[" in text or "{" in text or "<" in text):
        return False
    lower = text.lower()
    return any(f"{mark}at" in lower or f"{mark} at" in lower for mark in "[({<")


def _around(text: str, place: int) -> Span | None:
    left = _LEFT.search(text, max(0, place - 64), place)
    right = _DOMAIN.match(text, place + 1)
    if left is None or right is None:
        return None
    local = left[0].lstrip(_TRIMMED)
    if "/" in local or "=" in local:  # a path or a parameter that ends in an address
        local = re.split("[/=]", local)[-1].lstrip(_TRIMMED)
    local = RUN_ON.split(local)[-1] or local
    start, end = place - len(local), _end(text, place + 1, right.end())
    is_repository = local == "git" and text[end : end + 1] == ":"
    if not local or is_repository or _PICTURE.search(right[0]):
        return None
    return Span(start, end, "email", text[start:end].lower())


def _end(text: str, start: int, end: int) -> int:
    """Where a domain ends that a script without spaces goes on behind."""
    last = text.rfind(".", start, end) + 1
    more = RUN_ON.search(text, last + 2, end)
    return more.start() if more and text[last].isascii() else end
