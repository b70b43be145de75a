"""Secrets: keys with the prefix of their maker, tokens, private keys, passwords."""

import re
from collections.abc import Iterator
from functools import lru_cache

from storage.redact.commands import in_commands
from storage.redact.passwords import WORD, is_template, told
from storage.redact.spans import Span

_B = r"(?<![A-Za-z0-9])"
_SHAPES = (
    ("sk-", r"(?<![\w-])sk-(?=[\w-]{0,40}[0-9A-Z])[\w-]{18,300}"),
    ("pk-lf-", r"pk-lf-[\w-]{20,60}"),
    ("k_live_", r"[rsp]k_live_[A-Za-z0-9]{10,300}"),
    ("k_test_", r"[rsp]k_test_[A-Za-z0-9]{10,300}"),
    ("whsec_", r"whsec_[A-Za-z0-9+/=]{16,100}"),
    ("AKIA", r"AKIA[A-Z0-9]{16}(?![A-Za-z0-9])"), ("ASIA", r"ASIA[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("AROA", r"AROA[A-Z0-9]{16}(?![A-Za-z0-9])"), ("AIDA", r"AIDA[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("ghp_", r"ghp_[A-Za-z0-9]{30,255}"), ("gho_", r"gho_[A-Za-z0-9]{30,255}"),
    ("ghu_", r"ghu_[A-Za-z0-9]{30,255}"), ("ghs_", r"ghs_[A-Za-z0-9]{30,255}"),
    ("ghr_", r"ghr_[A-Za-z0-9]{30,255}"), ("github_pat_", r"github_pat_\w{22,255}"),
    ("glpat-", r"glpat-[\w.-]{18,300}"), ("gldt-", r"gldt-[\w-]{18,64}"),
    ("glrt-", r"glrt-[\w-]{18,64}"), ("glptt-", r"glptt-[\w-]{18,64}"),
    ("xox", r"xox[abceoprs]-[A-Za-z0-9-]{10,300}"), ("xapp-", r"xapp-\d-[A-Za-z0-9-]{20,300}"),
    ("AIza", r"AIza[\w-]{30,45}"), ("ya29.", r"ya29\.[\w-]{20,400}"),
    ("GOCSPX-", r"GOCSPX-[\w-]{20,40}"), ("hf_", r"hf_[A-Za-z0-9]{30,60}"),
    ("npm_", r"npm_[A-Za-z0-9]{30,60}"), ("pypi-", r"pypi-[\w-]{30,400}"),
    ("SG.", r"SG\.[\w-]{16,40}\.[\w-]{16,80}"), ("key-", r"key-[0-9a-f]{32}(?!\w)"),
    ("dop_v1_", r"do[opr]_v1_[0-9a-f]{40,80}"), ("shp", r"shp(?:at|ss|ca|pa)_[0-9a-fA-F]{24,64}"),
    ("sq0", r"sq0(?:atp|csp|idp)-[\w-]{20,60}"), ("lin_api_", r"lin_api_\w{20,60}"),
    ("figd_", r"figd_[\w-]{20,60}"), ("ATATT3", r"ATATT3[\w=-]{40,300}"),
    ("dapi", r"dapi[0-9a-f]{32}(?:-\d)?(?!\w)"), ("gsk_", r"gsk_[A-Za-z0-9]{30,80}"),
    ("r8_", r"r8_[A-Za-z0-9]{30,60}"), ("pplx-", r"pplx-[A-Za-z0-9]{30,80}"),
    ("xai-", r"xai-[A-Za-z0-9]{30,120}"), ("tvly-", r"tvly-[\w-]{20,60}"),
    ("lsv2_", r"lsv2_(?:pt|sk)_\w{30,80}"), ("sntry", r"sntry[su]_[\w=+/]{30,300}"),
    ("PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"), ("dckr_pat_", r"dckr_pat_[\w-]{20,60}"),
    ("hvs.", r"hvs\.[\w-]{20,300}"), ("nfp_", r"nfp_[A-Za-z0-9]{30,60}"),
    ("rnd_", r"rnd_[A-Za-z0-9]{24,60}"), ("AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{50,70}"),
    ("SK", r"SK[0-9a-f]{32}(?!\w)"), ("EAA", r"EAA[A-Za-z0-9]{40,300}"),
    ("eyJ", r"(?<![\w-])eyJ[\w-]{8,}\.(?:eyJ)?[\w-]{6,}(?:\.[\w-]{4,}){0,3}"),
    ("hooks.slack.com/", r"hooks\.slack\.com/(?:services|workflows)/[\w/]{20,120}"),
    ("/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{10,25}/[\w-]{30,100}"),
    (":AA", r"(?<!\d)\d{8,10}:AA[\w-]{33}(?![\w-])"),
    ("-us", r"[0-9a-f]{32}-us\d{1,2}(?!\w)"),
)  # fmt: skip
_BY_PREFIX = tuple(
    (needle, re.compile(pattern if pattern.startswith("(?<") else _B + pattern))
    for needle, pattern in _SHAPES
)
_SHORTEST = 15
"""Characters without a space that the shortest of them has."""
_JOINED = tuple(one for one in _BY_PREFIX if "-" in one[0] or "_" in one[0])
_OTHER = tuple(one for one in _BY_PREFIX if one not in _JOINED)
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(r"[A-Za-z0-9+/=\s\\:,.\-]*")
_OF_ADDRESS = re.compile(r"://[^\s:/@\"'<>]{0,100}:([^\s@/\"'<>]{1,200})@")
_WORD = (
    rf"{WORD}|pwd|pw|mdp|"
    r"secrets?|client[_ -]?secret|secret[_ -]?(?:access[_ -]?)?key|api[_ -]?(?:key|token|secret)|"
    r"apikey|access[_ -]?(?:key|token)|auth(?:entication|orization)?[_ -]?(?:key|token)|"
    r"refresh[_ -]?token|session[_ -]?(?:token|key)|bearer[_ -]?token|private[_ -]?key|"
    r"account[_ -]?key|encryption[_ -]?key|signing[_ -]?key|webhook[_ -]?secret|"
    r"x-api-key|credentials?|token|パスワード|密码"
)
_PASSWORD = r"(?:pass(?:wor[dt]|wd|phrase)|wachtwoord|kennwort|lösenord|pwd)"
_ASSIGNED = re.compile(
    rf"(?:(?<![A-Za-z0-9])|(?={_PASSWORD})|(?<=[A-Z]{{2}})(?=PASS))(?P<word>{_WORD}|pass(?=[\"']?\s?[:=]))"
    r"(?P<tail>s?(?:[_-][A-Za-z0-9_-]{1,20})?)"
    r"(?P<by>[\"'\\`*\])]{0,4}\s{0,3}(?::=|=>|[:=：]|->)\s{0,3}|"
    r"\s{1,2}(?:(?:for|to|für|pour|para|de|of)\s[\w.-]{1,30}\s|(?:here|now|currently)\s)?"
    r"(?:is|was|ist|lautet|war|es|est|é|è)\s?:?\s{1,2})"
    r"[\"'\\`*“‘«]{0,4}(?P<value>[^\s\"'\\`“”»<>]{4,300})",
    re.I,
)
_SCHEME = re.compile(
    r"(?<!\w)(?:bearer\s+([\w.~+/=-]{16,4000})|basic\s+([A-Za-z0-9+/]{12,400}={0,2})(?![\w+/]))",
    re.I,
)
_EMPTY = re.compile(
    r"(?:required|please|none|null|true|false|optional|incorrect|invalid|reset|changed|forgotten|"
    r"string|wrong|expired|missing|empty|undefined|hidden|redacted|masked|protected|length|your\w*|"
    r"the|and|not|must|should|cannot|never|needs?|enter|change|example|placeholder|value|text|"
    r"process\.env.*|os\.environ.*|os\.getenv.*|getenv.*|env\..*|config\..*|settings\..*|self\..*|"
    r"secrets\..*|\$\{?.*|\{\{?.*|%\w+%|[*•.x_\-#?]{3,}|\[.*|\(.*|https?:.*|int|str|bool)[.,;:!?)]*",
    re.I,
)
_NAMED = re.compile(
    r"(?:.*[_.-])?(?:pass(?:word|wd|phrase|code)|pwd|(?:client|app|shared)?_?secret|api_?key|apikey|"
    r"access_?key|secret_?key|secret_?access_?key|private_?key|(?:access|auth|refresh|id|session|"
    r"bearer|api)_?token|authorization|x_?api_?key|credentials?|cookie|set_?cookie)",
    re.I,
)


@lru_cache(2_000)
def names_secret(name: str) -> bool:
    """Whether the value under a key of an object is a secret whatever it looks like."""
    return _NAMED.fullmatch(name[:200]) is not None


class Keys:
    """Finds secrets."""

    def find(self, text: str) -> Iterator[Span]:
        """Every secret; of an assignment or an address its value alone."""
        yield from by_prefix(text)
        if "://" in text:
            for one in _OF_ADDRESS.finditer(text):
                yield _span(one, 1)
        lower = text.lower()
        yield from in_commands(text, lower)
        if has_secret_word(lower):
            yield from _assigned(text)
            yield from told(text)
            for one in _SCHEME.finditer(text):
                group = 1 if one[1] else 2
                if any(char.isdigit() or char.isupper() for char in one[group]):
                    yield _span(one, group)


def has_secret_word(lower: str) -> bool:
    """Whether a text in small letters has a word that a secret may follow.

    A chain, not a loop: every text that comes in is looked through.
    """
    return (
        "pass" in lower or "key" in lower or "token" in lower or "secret" in lower
        or "pw" in lower or "cred" in lower or "bearer" in lower or "basic " in lower
        or "wort" in lower or "woord" in lower or "mdp" in lower or "pswd" in lower
        or "clave" in lower or "parola" in lower or "contrase" in lower or "palavra" in lower
        or "salasana" in lower or "sifre" in lower or "identifiant" in lower
        or ("log" in lower and ("login" in lower or "inlog" in lower or "logowan" in lower))
        or ("sen" in lower and ("senha" in lower or "senord" in lower))
        or ("z" in lower and ("zugang" in lower or "lozink" in lower))
        or ("slo" in lower and ("haslo" in lower or "heslo" in lower))
        or ("ode" in lower and ("code d" in lower or "gskode" in lower or "kodeord" in lower))
        or ("kata" in lower and "sandi" in lower)
        or (not lower.isascii() and _FOREIGN.search(lower) is not None)
    )  # fmt: skip


_FOREIGN = re.compile(
    "has[łl]|парол|パスワード|暗証番号|密[码碼]|口令|비밀번호|패스워드|암호|"
    "jelsz|şifre|mật khẩu|κωδικ|"
    "รหัส|كلمة|סיסמה|पासवर्ड|hesl"
)


def by_prefix(text: str) -> Iterator[Span]:
    """Secrets that show by themselves what they are."""
    if max(map(len, text.split()), default=0) >= _SHORTEST:
        shapes = _BY_PREFIX if "-" in text or "_" in text else _OTHER
        for needle, shape in shapes:
            if needle in text:
                for one in shape.finditer(text):
                    if not is_template(one[0].removeprefix(needle)):
                        yield _span(one, 0)
    if "-----BEGIN " in text:
        yield from _private(text)


def _span(one: re.Match[str], group: int) -> Span:
    return Span(one.start(group), one.end(group), "secret", one[group])


def _private(text: str) -> Iterator[Span]:
    place = 0
    while (begin := _BEGIN.search(text, place)) is not None:
        last = _END.search(text, begin.end())
        body = _BODY.match(text, begin.end())
        place = last.end() if last else body.end() if body else begin.end()
        yield Span(begin.start(), place, "secret", text[begin.start() : place])


def _assigned(text: str) -> Iterator[Span]:
    for one in _ASSIGNED.finditer(text):
        value = one["value"].rstrip(".,;:?)]}" if one["by"].strip() not in ("=",) else ".,;)]}&")
        value = re.split(r"[,;&]", value)[0] if one["by"].strip() in ("=", ":") else value
        if _secret_enough(one, value, text):
            start = one.start("value")
            yield Span(start, start + len(value), "secret", value)


def _secret_enough(one: re.Match[str], value: str, text: str) -> bool:
    """Whether what is said to be a secret can be one, and is no word of the sentence."""
    if len(value) < 4 or _EMPTY.fullmatch(value) or is_template(value):
        return False
    mixed = any(not char.isalpha() for char in value.rstrip("!"))
    strong = any(char.isdigit() for char in value) and (len(value) >= 6 or mixed)
    word, by = one["word"].lower(), one["by"].strip(" \t\n\"'\\`*])")
    spoken = by not in (":", "=", ":=", "=>", "->", "：")
    if word in ("token", "secret", "secrets", "credential", "credentials", "clave", "key"):
        return strong and len(value) >= 8
    if spoken:
        return mixed and len(value) >= 6 and not re.fullmatch(r"[\w]+(?:[-'’][a-z]+)+", value)
    end = one.start("value") + len(value)
    prose = value.isalpha() and text[end : end + 1] == " " and text[end + 1 : end + 2].isalpha()
    return not prose and len(value) >= 5
