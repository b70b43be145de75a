"""Telephone numbers: a number that its country has, written or named as one.

Digits alone prove nothing: an order number is valid somewhere. So a number counts with a plus,
with the grouping of its country, or beside a word such as "call"; and never as "order 0171...".
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from storage.redact.digits import LETTER, plain
from storage.redact.phone_words import said
from storage.redact.spans import Span

REGIONS = (
    "US", "GB", "DE", "FR", "ES", "IT", "NL", "BR", "IN", "CA", "AU", "JP", "MX", "PT", "BE",
    "CH", "AT", "PL", "SE", "IE", "DK", "NO", "FI", "NZ", "ZA", "KR", "CN", "AR", "TR", "CZ",
)  # fmt: skip
"""Whose national numbers are looked for unless others are named; with a plus, those of all."""
_SEP = " \u00a0\u202f\u2009.\\-\u2010\u2011\u2013/()"
_CANDIDATE = re.compile(
    rf"(?:(?<!{LETTER})|(?<=[Tt]el|TEL|[Ff]ax|FAX))(?<![@#$€£¥%])(?:(?=[+＋])|(?<!\d[.:/\-])(?<!(?<!\d{{4}})\d,)"
    rf"(?<!\d-\n))(?:[+＋]\(?|\()?\d(?:[{_SEP}]{{0,3}}\d){{6,34}}"
    rf"(?!{LETTER}|%|[.:]\d|,\d{{1,3}}(?!\d)|\s?=|-\n\d)"
)
_LOCAL = re.compile(r"(?<![\w.,/-])\d{3}[-. ]\d{4}(?![\w-]|[.,:]\d)")
_EXTENSION = re.compile(
    r"[ \t\u00a0,;]{0,3}(?:ext(?:ension)?|x|xt|durchwahl|dw|poste|int(?:erno)?|ramal|toestel|"
    r"anexo|#)"
    r"[\s.:]{0,2}\d{1,6}(?!\w)",
    re.I,
)
_GROUP = re.compile(r"\d+")
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/. ](?:0?[1-9]|[12]\d|3[01])[-/. ](?:19|20)\d\d)(?!\d)"
    r"|(?<!\d)(?:1[5-9]|20)\d\d\s?[-–]\s?(?:1[5-9]|20)\d\d(?!\d)"
)
_NANP = re.compile(
    r"(?:1[ .\-]?)?(?:\([2-9]\d\d\)[ .\-]{0,2}|[2-9]\d\d[ .\-])[2-9]\d\d[ .\-]\d{4}\Z"
)
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3}){2,3}\Z")  # as versions and masks are written
_BETWEEN = re.compile(r"\s[/\-–]\s|\s{2,}|[\s/](?=\(?0\d)|\s(?=\(\d)")
_AMERICAN = re.compile(
    r"(?:1[ .\-])?(?:\([2-9]\d\d\)[ .\-]{0,2}|[2-9]\d\d[ .\-])[2-9]\d\d[ .\-]\d{4}(?=[\s/])"
)
_THOUSANDS = [3, 3, 3]
_LOOKED_UP = 1_000
"""Runs of digits in one text that are held to the numbering plans; a second or two."""
_SURE = 9
"""Digits from which the usual grouping is enough: 4000-3000 may be a sum."""
_SHORTEST, _LONGEST = 7, 32
"""Characters of a number as it is written."""
_GROUPS = 7
"""Groups of a number behind its first one, unless all that stand there are one number."""
_WHOLE = 8
"""Digits from which the half of a run may be a number of its own."""
_NORTH_AMERICA = ("US", "CA")


class Phones:
    """Finds telephone numbers of some regions, and of the whole world when written with a plus."""

    def __init__(self, regions: Sequence[str] = REGIONS) -> None:
        self._regions = tuple(regions)
        self._american = bool(set(regions) & set(_NORTH_AMERICA))

    def find(self, text: str) -> Iterator[Span]:
        """Every number, with its extension."""
        end, looked = 0, 0
        for low, high in _candidates(text):
            if _of_address(text, low):
                continue
            looked += 1
            if looked > _LOOKED_UP:
                end = high
                yield _unseen(text, low, high)
                continue
            for found in self._each(text, low, high):
                end = found.end
                yield found
        if self._american:
            for one in _LOCAL.finditer(text):
                if one.start() >= end and said(text, one.start(), one.end()) == "yes":
                    yield Span(one.start(), one.end(), "phone", plain(one[0]))

    def _each(self, text: str, low: int, high: int) -> Iterator[Span]:
        """The numbers of one run of digits, each with its extension."""
        while (found := self._best(text, low, high)) is not None:
            more = _EXTENSION.match(text, found.end)
            low = more.end() if more else found.end
            yield found._replace(end=low)

    def _best(self, text: str, low: int, high: int) -> Span | None:
        """The longest run of groups that is a number."""
        groups = [found.span() for found in _GROUP.finditer(text, low, high)]
        word = said(text, low, high)
        for first in range(min(3, len(groups))):
            start = low if first == 0 else _opened(text, groups[first][0])
            if first and not _apart(text, groups[first - 1][1], start):
                continue
            for last in _lasts(first, len(groups)):
                if not _SHORTEST <= groups[last][1] - start <= _LONGEST:
                    continue
                end = groups[last][1]
                if last + 1 < len(groups) and not _apart(text, end, groups[last + 1][0]):
                    continue
                value = self._number(text[start:end], word)
                if value is not None:
                    return Span(start, end, "phone", value)
        return None

    def _number(self, written: str, word: str) -> str | None:
        """The number in the form of E.164 when this is one; else None."""
        digits = plain(written)
        if not 7 <= len(digits) <= 17 or _DATE.search(written):
            return None
        if written[0] in "+＋":
            return _abroad(written)
        if word == "no" or (word != "yes" and _is_version(written)):
            return None
        return self._dialled(written, digits) or self._national(written, digits, word)

    def _dialled(self, written: str, digits: str) -> str | None:
        """A number as it is dialled from abroad, or in North America."""
        if digits.startswith("00") and digits[2:3] != "0":
            return _abroad(f"+{digits[2:]}")
        if digits.startswith("011") and self._american and (found := _abroad(f"+{digits[3:]}")):
            return found
        return f"+1{digits[-10:]}" if self._american and _NANP.match(written) else None

    def _national(self, written: str, digits: str, word: str) -> str | None:
        grouped = len(_GROUP.findall(written)) > 1
        if word != "yes" and not grouped and not digits.startswith("0"):
            return None
        for region in self._regions:
            found = _valid(digits, region)
            if found is None:
                continue
            e164, groups, moves = found
            if word == "yes":
                return e164
            usual = len(digits) >= _SURE and _is_usual(_GROUP.findall(written), groups, moves)
            if grouped and (_leads(written, digits) or usual):
                return e164
            if not grouped and moves and len(digits) >= 10:
                return e164
        return None


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """Runs of digits as people write numbers; two with a stroke between them are two."""
    for one in _CANDIDATE.finditer(text):
        halves = list(_BETWEEN.finditer(text, *one.span()))
        low = one.start()
        for half in halves:
            many = min(_digits(text[low : half.start()]), _digits(text[half.end() : one.end()]))
            if many >= _WHOLE:
                yield from _alike(text, low, half.start())
                low = half.end()
        yield from _alike(text, low, one.end())


def _alike(text: str, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Numbers right after one another, when the one is written as the other."""
    while (first := _AMERICAN.match(text, low, high)) is not None:
        yield low, first.end()
        low = first.end() + 1
    groups = [found.span() for found in _GROUP.finditer(text, low, high)]
    sizes = [end - start for start, end in groups]
    half = len(groups) // 2
    twice = sizes[:half] * 2 == sizes and sum(sizes[:half]) >= _WHOLE
    if twice and _apart(text, groups[half - 1][1], groups[half][0]):
        yield low, groups[half - 1][1]
        low = groups[half][0]
    yield low, high


def _lasts(first: int, count: int) -> Iterator[int]:
    """The groups that a number from the first one on may end with, the furthest first."""
    if count - 1 > first + _GROUPS:
        yield count - 1
    yield from range(min(count - 1, first + _GROUPS), first - 1, -1)


def _is_usual(written: list[str], groups: Sequence[str], moves: bool) -> bool:
    """Whether groups are the usual ones; of mobile numbers also without the zero before them."""
    if written == list(groups):
        return True
    short = [groups[0].removeprefix("0"), *groups[1:]]
    return moves and written == short and [len(one) for one in written] != _THOUSANDS


def _unseen(text: str, low: int, high: int) -> Span:
    """In a text full of digits nobody looks each of them up: they count as numbers."""
    return Span(low, high, "phone", plain(text[low:high]))


def _digits(text: str) -> int:
    return sum(one.isdigit() for one in text)


def _is_version(written: str) -> bool:
    """Whether groups stand as those of versions and masks do, or of a sum."""
    single = min(map(len, _GROUP.findall(written))) == 1
    sums = written.count(" - ") > 1
    return _DOTTED.match(written) is not None or sums or ("." in written and single)


def _leads(written: str, digits: str) -> bool:
    """Whether it is written with the prefix of a national call."""
    spread = len(digits) >= 9 and "." not in written.partition("0")[0]
    return spread and (digits.startswith("0") or written.startswith("("))


def _apart(text: str, start: int, end: int) -> bool:
    """Whether what stands between two groups may part two things, and is no decimal point."""
    return any(one.isspace() or one in "/()" for one in text[start:end])


def _opened(text: str, start: int) -> int:
    return start - 1 if text[start - 1 : start] in ("(", "+") else start


def _of_address(text: str, start: int) -> bool:
    """Whether the digits are a part of the address of a page."""
    head = text[max(0, start - 200) : start]
    word = head[max(head.rfind(" "), head.rfind("\n")) + 1 :]
    return ("://" in word or word.startswith("www.")) and "tel:" not in word


def _abroad(written: str) -> str | None:
    import phonenumbers

    try:
        found = phonenumbers.parse(written.replace("(0)", ""), None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(found):
        return None
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


def _valid(digits: str, region: str) -> tuple[str, tuple[str, ...], bool] | None:
    """Of a number that a region has: its E.164 form, its usual groups, whether it is mobile."""
    import phonenumbers

    if len(digits) not in _lengths(region):
        return None
    try:
        found = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number_for_region(found, region):
        return None
    form = phonenumbers.PhoneNumberFormat
    groups = tuple(_GROUP.findall(phonenumbers.format_number(found, form.NATIONAL)))
    moves = phonenumbers.number_type(found) in (
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    )
    return str(phonenumbers.format_number(found, form.E164)), groups, moves


@lru_cache(300)
def _lengths(region: str) -> frozenset[int]:
    """How many digits national numbers of a region have, with and without prefix."""
    import phonenumbers

    known: Any = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    if known is None:
        return frozenset()
    lengths = [one for one in known.general_desc.possible_length if one > 0]
    prefix = len(known.national_prefix or "")
    code = len(str(known.country_code))
    return frozenset(one + more for one in lengths for more in (0, prefix, code))


def known_regions() -> frozenset[str]:
    """Every region that has a numbering plan."""
    import phonenumbers

    return frozenset(phonenumbers.SUPPORTED_REGIONS)
