"""Numbers that states give to people: held to their check digits, or to the words beside them."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from storage.redact import checks
from storage.redact.digits import LETTER, luhn, plain, verhoeff
from storage.redact.phone_words import names_no_person
from storage.redact.spans import Span

Check = Callable[[str], bool]
_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0[1-9]|1[0-2])"
_S = "[ \u00a0\u202f.\\-\u2011\u2013]?"


@dataclass(frozen=True)
class Rule:
    """How the number of one country looks."""

    region: str
    name: str
    pattern: re.Pattern[str]
    check: Check
    words: "Words | None" = None
    """Without one of these close by, it is not taken for one; None: the check is enough."""


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!{LETTER})(?<!\d[.,/\-])(?:{pattern})(?!{LETTER}|[\-]\w|[.,]\d)", re.I)


class Words:
    """Words that tell what a number is; most texts lack even how they begin."""

    def __init__(self, words: str, around: str = r"(?<!\w)(?:{})(?!\w)") -> None:
        self.pattern = re.compile(around.format(words), re.I)
        heads = [_HEAD.match(one.replace("(?:", "")) for one in words.split("|")]
        found = [head[1][:-1] if head[2] else head[1] for head in heads if head]
        self._heads = tuple(dict.fromkeys(one.lower() for one in found))

    def may_be_in(self, lower: str) -> bool:
        """Whether one of them may stand in a text in small letters."""
        return any(head in lower for head in self._heads)


_HEAD = re.compile(r"\s*([^\W\d_]+)(\?)?")


def _near(words: str) -> Words:
    return Words(words)


_SSN = _near(r"ssn|social\s+sec\w*(?:\s+(?:number|no\.?|#))?|ss\s?#|taxpayer id\w*|itin|tin")
_CPF = _near(r"cpf|cadastro\w*|documento")
_STEUER = _near(
    r"steuer\s?-?\s?(?:id\w*|nummer|nr\.?|identifikations\s?-?\s?nummer)|id\s?-?\s?nr\.?|idnr\.?|"
    r"steuerliche\w*|tin|tax(?:payer)?\s+id\w*|german tax\w*|identifikationsnummer"
)

RULES = (
    Rule(
        "US",
        "SSN or ITIN",
        _pattern(
            r"(?!000|666|9\d\d)\d{3}([ \-‑–])(?!00)\d\d\1(?!0000)\d{4}"
            r"|9\d\d([ \-‑–])(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\2\d{4}"
        ),
        checks.unchecked,
    ),
    Rule(
        "US",
        "SSN, bare",
        _pattern(r"(?!000|666)\d{3}[ .]?(?!00)\d\d[ .]?(?!0000)\d{4}"),
        checks.unchecked,
        _SSN,
    ),
    Rule(
        "GB",
        "National Insurance number",
        _pattern(
            rf"(?:QQ|(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]){_S}\d\d{_S}\d\d{_S}\d\d{_S}"
            r"[A-D]"
        ),
        checks.unchecked,
    ),
    Rule(
        "DE",
        "tax id, grouped",
        _pattern(r"[1-9]\d[ \u00a0]\d{3}[ \u00a0]\d{3}[ \u00a0]\d{3}"),
        checks.german_tax,
    ),
    Rule(
        "DE",
        "tax id",
        _pattern(rf"[1-9]\d{_S}\d{{3}}{_S}\d{{3}}{_S}\d{{3}}"),
        checks.german_tax,
        _STEUER,
    ),
    Rule(
        "DE",
        "pension insurance number",
        _pattern(rf"\d\d{_S}{_DAY}{_MONTH}\d\d{_S}[A-Z]{_S}\d{{3}}"),
        checks.unchecked,
        _near(r"(?:sozial|renten)versicherungs\s?-?\s?(?:nummer|nr\.?)|svnr|sv-nummer|rvnr"),
    ),
    Rule(
        "FR",
        "NIR",
        _pattern(
            rf"[12]{_S}\d\d{_S}(?:0[1-9]|1[0-2]|[2-9]\d){_S}(?:\d\d|2[AB]){_S}\d{{3}}{_S}\d{{3}}{_S}"
            rf"\d\d"
        ),
        checks.nir,
    ),
    Rule(
        "BR",
        "CPF",
        _pattern(r"\d{3}\.\d{3}\.\d{3}-\d\d|\d{3}[ .]?\d{3}[ .]?\d{3}-\d\d"),
        checks.cpf,
    ),
    Rule("BR", "CPF, bare", _pattern(r"\d{3}[ .]?\d{3}[ .]?\d{3}[ .\-]?\d\d"), checks.cpf, _CPF),
    Rule(
        "ES",
        "DNI or NIE",
        _pattern(
            r"(?:\d{8}|\d{2}[. ]\d{3}[. ]\d{3}|[XYZ][ \-]?\d{7}|[XYZ][ \-]?\d[. ]\d{3}[. ]\d{3})"
            r"[ \-]?"
            r"[TRWAGMYFPDXBNJZSQVHLCKE]"
        ),
        checks.dni,
    ),
    Rule(
        "IT",
        "codice fiscale",
        _pattern(
            rf"[A-Z]{{3}}{_S}[A-Z]{{3}}{_S}[\dLMNP-V]{{2}}[ABCDEHLMPRST][\dLMNP-V]{{2}}{_S}[A-Z]"
            rf"[\dLMNP-V]{{3}}{_S}[A-Z]"
        ),
        checks.fiscal_code,
    ),
    Rule(
        "NL",
        "BSN",
        _pattern(rf"\d{{3}}{_S}\d{{3}}{_S}\d{{3}}|\d{{4}}{_S}\d\d{_S}\d{{3}}"),
        checks.eleven,
        _near(
            r"bsn\w*|burgerservice\w*|burger service\w*|sofi\w*|citizen service (?:number|no)|"
            r"(?:bsn-?)nummer|dutch (?:national )?id\w*|persoonsnummer"
        ),
    ),
    Rule(
        "PT",
        "NIF",
        _pattern(rf"[1235689]\d\d{_S}\d{{3}}{_S}\d{{3}}"),
        checks.nif,
        _near(r"nif|contribuinte|número fiscal|numero fiscal"),
    ),
    Rule(
        "PL",
        "PESEL",
        _pattern(rf"\d\d(?:[0248][1-9]|[13579][0-2])(?:{_DAY})\d{{5}}"),
        checks.pesel,
        _near(r"pesel\w*"),
    ),
    Rule(
        "BE",
        "national number",
        _pattern(rf"\d\d\.{_MONTH}\.{_DAY}[\-.]\d{{3}}[.\-]\d\d"),
        checks.belgian,
    ),
    Rule(
        "FI",
        "henkilötunnus",
        _pattern(rf"{_DAY}{_MONTH}\d\d[\-+A-FU-Y]\d{{3}}[\dA-FHJ-NPR-Y]"),
        checks.finnish,
    ),
    Rule(
        "SE", "personnummer", _pattern(rf"(?:19|20)?\d\d{_MONTH}{_DAY}[\-+]\d{{4}}"), checks.swedish
    ),
    Rule(
        "DK",
        "CPR",
        _pattern(rf"{_DAY}{_MONTH}\d\d[ \-]?\d{{4}}"),
        checks.unchecked,
        _near(r"cpr\w*(?:-n\w+)?"),
    ),
    Rule("NO", "fødselsnummer", _pattern(rf"{_DAY}{_MONTH}\d\d ?\d{{5}}"), checks.norwegian),
    Rule("CH", "AHV number", _pattern(rf"756{_S}\d{{4}}{_S}\d{{4}}{_S}\d\d"), checks.swiss),
    Rule(
        "AT",
        "insurance number",
        _pattern(rf"[1-9]\d{{3}} ?{_DAY}(?:0[1-9]|1[0-5])\d\d"),
        checks.austrian,
        _near(r"svnr\.?|sv-nr\.?|sozialversicherungs\w*|versicherungsnummer"),
    ),
    Rule("IE", "PPS number", _pattern(r"\d{7}[A-W][A-IW]?"), checks.irish),
    Rule("IN", "Aadhaar", _pattern(r"[2-9]\d{3}[ \-]\d{4}[ \-]\d{4}"), verhoeff),
    Rule("IN", "Aadhaar, bare", _pattern(r"[2-9]\d{11}"), verhoeff, _near(r"aadh?aar\w*|uidai")),
    Rule(
        "CA",
        "SIN",
        _pattern(r"\d{3}([ \-])\d{3}\1\d{3}|\d{9}"),
        luhn,
        _near(r"sin|nas|social insurance\w*|assurance sociale"),
    ),
    Rule(
        "AU",
        "tax file number",
        _pattern(r"\d{3} ?\d{3} ?\d{3}"),
        checks.australian,
        _near(r"tfn|tax file\w*"),
    ),
    Rule(
        "MX",
        "CURP",
        _pattern(
            rf"[A-Z][AEIOUX][A-Z]{{2}}\d\d{_MONTH}{_DAY}[HMX][A-Z]{{2}}[B-DF-HJ-NP-TV-Z]{{3}}[A-Z\d]\d"
        ),
        checks.mexican,
    ),
    Rule(
        "CN",
        "resident id",
        _pattern(rf"[1-9]\d{{5}}(?:19|20)\d\d{_MONTH}{_DAY}\d{{3}}[\dX]"),
        checks.chinese,
    ),
    Rule(
        "JP",
        "My Number",
        _pattern(r"\d{4}[ \-]?\d{4}[ \-]?\d{4}"),
        checks.japanese,
        Words("マイナンバー|個人番号|my number", "(?:{})"),
    ),
    Rule("KR", "resident number", _pattern(rf"\d\d{_MONTH}{_DAY}-[1-8]\d{{6}}"), checks.unchecked),
    Rule(
        "ZA",
        "id number",
        _pattern(rf"\d\d{_MONTH}{_DAY} ?\d{{4}} ?[01]8\d"),
        luhn,
        _near(r"id|identity\w*|said|rsa id"),
    ),
    Rule(
        "",
        "passport",
        _pattern(r"[A-Z]{0,3}\d{6,9}|[A-Z]\d{2}[A-Z]{2}\d{5}|[CFGHJKLMNPRTVWXYZ][\dA-Z]{8,9}"),
        lambda code: sum(map(str.isdigit, code)) >= 4,
        _near(
            r"passports?(?: (?:no\.?|number|nr\.?))?|reisepass\w*|passeport|pasaporte|"
            r"passaporto|passaporte|paspoort\w*|personalausweis\w*"
        ),
    ),
)
_BESIDE = 48
_BEHIND = 20


class NationalIds:
    """Finds the national numbers of some regions; of all when none are named."""

    def __init__(self, regions: Sequence[str] | None = None) -> None:
        self._rules = [rule for rule in RULES if not regions or rule.region in ("", *regions)]

    def find(self, text: str) -> Iterator[Span]:
        """Every number that its country could have given."""
        lower = text.lower()
        for rule in self._rules:
            if rule.words is not None and not rule.words.may_be_in(lower):
                continue
            for one in rule.pattern.finditer(text):
                value = plain(one[0])
                if _named(rule, text, one) and value.isascii() and rule.check(value):
                    yield Span(one.start(), one.end(), "national_id", value)


def _named(rule: Rule, text: str, one: re.Match[str]) -> bool:
    if rule.words is None:
        return not names_no_person(text, *one.span())
    low, high = max(0, one.start() - _BESIDE), one.end() + _BEHIND
    return rule.words.pattern.search(text, low, high) is not None
