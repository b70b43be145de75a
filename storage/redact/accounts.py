"""Numbers of payment cards and bank accounts, held to their check digits."""

import re
from collections.abc import Iterator

from storage.redact.digits import GAP, LETTER, RUN_ON, luhn, plain
from storage.redact.phone_words import names_company
from storage.redact.spans import Span

_RUN = re.compile(
    rf"(?<!{LETTER})(?<!\d[.,])\d(?:[ \u00a0\u202f\u2009\-\u2010\u2011\u2013]{{0,2}}\d){{11,30}}"
    rf"(?!{LETTER}|[.,]\d)"
)
_FIRST_GROUP = 4
_GROUP = re.compile(r"\d+")
# by the numbers that issuers were given, longest first (ISO/IEC 7812)
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|095|[689]\d)\d{11,13}|35(?:2[89]|[3-8]\d)\d{12,15}"
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|62\d{14,17}|220[0-4]\d{12,15}"
    r"|(?:50\d\d|5[6-9]\d\d|6[037]\d\d|81\d\d|82\d\d|9792)\d{12}"
)
_IBAN = re.compile(rf"(?<![A-Za-z0-9])(?=([A-Za-z]{{2}}\d\d(?:[{GAP}]?[A-Za-z0-9]){{11,30}}))")
_LENGTHS = {
    15: "NO", 16: "BE BI", 18: "DK FI FO GL NL SD FK", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR",
    27: "BJ BF CI CM DJ FR GR IT MC MR ML MZ SM SN TG CG GA",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA", 30: "JO KW MU", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
_LENGTH = {land: length for length, lands in _LENGTHS.items() for land in lands.split()}


class Cards:
    """Finds payment cards: a number that an issuer may give, with its Luhn digit."""

    def find(self, text: str) -> Iterator[Span]:
        """Every card, also where other digits stand beside it."""
        for run in _RUN.finditer(text):
            if names_company(text, *run.span()):
                continue
            groups = [one.span() for one in _GROUP.finditer(text, *run.span())]
            yield from _cards(text, groups)


def _cards(text: str, groups: list[tuple[int, int]]) -> Iterator[Span]:
    first = 0
    while first < len(groups):
        long = groups[first][1] - groups[first][0] >= _FIRST_GROUP
        found = _card_from(text, groups, first) if long else None
        if found is None:
            first += 1
            continue
        start, end = groups[first][0], groups[found][1]
        yield Span(start, end, "card", plain(text[start:end]))
        first = found + 1


def _card_from(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """The last group of a card that begins with a group; None when there is none."""
    digits, found = "", None
    for last in range(first, len(groups)):
        digits += plain(text[slice(*groups[last])])
        if len(digits) > 19:
            break
        if len(digits) >= 13 and _ISSUED.fullmatch(digits) and luhn(digits):
            found = last
    return found


class Ibans:
    """Finds IBANs: of the length of their country, with the right check digits (ISO 13616)."""

    def find(self, text: str) -> Iterator[Span]:
        """Every account number that can be right."""
        for one in _IBAN.finditer(text):
            end = _end_of(one[1], _LENGTH.get(one[1][:2].upper(), 0))
            if end and not _goes_on(text[one.start() + end : one.start() + end + 1]):
                value = plain(one[1][:end])
                turned = "".join(str(int(char, 36)) for char in value[4:] + value[:4])
                if value.isascii() and int(turned) % 97 == 1:
                    yield Span(one.start(), one.start() + end, "iban", value)


def _goes_on(char: str) -> bool:
    return char.isalnum() and RUN_ON.match(char) is None


def _end_of(text: str, wanted: int) -> int:
    """Where that many letters and digits end; 0 when there are fewer."""
    seen = 0
    for place, char in enumerate(text):
        seen += char.isalnum()
        if wanted and seen == wanted:
            return place + 1
    return 0
