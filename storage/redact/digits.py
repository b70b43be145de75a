"""Check digits, and where in a text there are digits enough for anything."""

import re
from collections.abc import Iterator, Sequence

GAP = " \u00a0\u202f\u2009.\\-\u2010\u2011\u2013"
"""Inside a character class: what people write between groups of digits."""
_RUN_ON = (
    "\u0e00-\u0e4f\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff66-\uff9f"
)
LETTER = rf"[^\W{_RUN_ON}]"
"""What may not stand right beside a number: a letter, but of no script that parts no words."""
RUN_ON = re.compile(f"[{_RUN_ON}]")
_CLUSTER = re.compile(r"\d(?:\D{0,4}\d){4,}")
_BEFORE, _AFTER, _WORD = 60, 40, 40


def has_digit(text: str) -> bool:
    """Whether there is a digit; ten searches in C are far quicker than one regex."""
    if text.isascii():
        return (
            "0" in text or "1" in text or "2" in text or "3" in text or "4" in text
            or "5" in text or "6" in text or "7" in text or "8" in text or "9" in text
        )  # fmt: skip
    return _ANY.search(text) is not None


_ANY = re.compile(r"\d")
_NEITHER = re.compile(r"[^A-Za-z0-9]+")


def rich_parts(text: str) -> Iterator[tuple[int, str]]:
    """The parts of a text with five digits close together, each with its place and some context."""
    start = end = -1
    for found in _CLUSTER.finditer(text):
        low = _edge(text, found.start() - _BEFORE, -1)
        if low > end:
            if start >= 0:
                yield start, text[start:end]
            start = low
        end = _edge(text, found.end() + _AFTER, 1)
    if start >= 0:
        yield start, text[start:end]


def _edge(text: str, place: int, step: int) -> int:
    """The next space outwards, so that no word is cut; soon enough also without one."""
    for _ in range(_WORD):
        if not 0 < place < len(text) or text[place].isspace():
            break
        place += step
    return min(max(place, 0), len(text))


def plain(text: str) -> str:
    """Letters and digits alone, in capitals, every digit as ASCII."""
    if text.isascii():
        return _NEITHER.sub("", text).upper()
    kept = [one for one in text if one.isalnum()]
    return "".join(str(int(one)) if one.isdecimal() else one for one in kept).upper()


def luhn(digits: str) -> bool:
    """Whether a number ends with its Luhn check digit (ISO/IEC 7812-1)."""
    total = 0
    for place, one in enumerate(reversed(digits)):
        value = int(one) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def weighed(digits: str, weights: Sequence[int]) -> int:
    """The sum of the digits, each times its weight."""
    return sum(int(one) * weight for one, weight in zip(digits, weights, strict=False))


def mod_11_10(digits: str) -> bool:
    """Whether a number ends with its check digit by ISO/IEC 7064, MOD 11,10."""
    carried = 10
    for one in digits[:-1]:
        carried = ((int(one) + carried) % 10 or 10) * 2 % 11
    return (11 - carried) % 10 == int(digits[-1])


_D5 = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_TURN = "1576283094"


def verhoeff(digits: str) -> bool:
    """Whether a number ends with its Verhoeff check digit."""
    carried = 0
    for place, one in enumerate(reversed(digits)):
        value = int(one)
        for _ in range(place % 8):
            value = int(_TURN[value])
        carried = int(_D5[carried][value])
    return carried == 0
