"""Passwords that somebody tells in a sentence: "mein Passwort lautet ...", "la senha é ..."."""

import re
from collections.abc import Iterator

from storage.redact.spans import Span

WORD = (
    r"pass?w(?:or[dt]|d)|passphrase|passcode|passord|pswd|kennwort|losungswort|zugangscode|"
    r"mots? de passe|code d['’]accès|contrase[nñ]a|contrasenya|clave(?: secreta| de acceso)?|"
    r"senha|palavra[ -]?passe|parola(?: d['’]ordine| chiave|\b)|wachtwoord|toegangscode|"
    r"has[łl](?:o|a|em)\b|hasle\b|l[öo]senord|adgangskode|kodeord|salasana|hesl(?:o|a|em)\b|"
    r"jelsz[óa]|[şs]ifre(?:m|si|niz)?\b|lozink[aeu]|kata sandi|mật khẩu|κωδικός|парол[ьяею]м?"
)
"""What passwords are called, in languages that part words."""
_WORDS = re.compile(
    rf"(?:{WORD}|(?<![^\W_])(?:mdp|pwd|pw)(?![^\W_])|(?<![^\W_])pass(?=\s?[:=(]|\s\S{{0,20}}\d))"
    r"[^\W\d_]{0,5}",
    re.I,
)
_RUN_ON = re.compile(
    r"(?:密码|密碼|口令|パスワード|暗証番号|비밀번호|패스워드|암호|รหัสผ่าน|"
    r"كلمة (?:المرور|السر)|סיסמה|पासवर्ड)"
    r"[^\x21-\x7e\n]{0,14}[:=\"'(]{0,2}\s?(?P<value>[\x21-\x7e]{5,64})"
)
_PAIR = re.compile(
    r"(?:credentials?|log-?ins?|(?:zugangs|anmelde|login)daten|identifiants?|credenciales|credenciais|"
    r"credenziali|inloggegevens|dane logowania|inloggningsuppgifter|user(?:name)?/pass(?:word)?)"
    r"[^\n/:|=]{0,25}(?:\s?[:=]\s?|\s)[\w.@+-]{2,60}\s{0,2}[/:|]\s{0,2}(?P<value>\S{5,64})",
    re.I,
)
_SENTENCE = re.compile(
    r"(?:passphrase|seed phrase|recovery phrase|master password)[\"']?(?:\s?[:=]\s?|\s(?:is|was)\s)"
    r"[\"“'`](?P<value>[^\"”'`\n<>]{8,200})[\"”'`]",
    re.I,
)
_REACH = 90
_MOST = 9
"""Words behind which nobody expects a password any more."""
_END = re.compile(r"[.!?](?=\s+[A-ZÀ-ÞĀ-Ž(])|\n\s*\n")
_TOKEN = re.compile(r"\S+")
_OPEN, _CLOSE = "\"'`“”‘«„*([‹", "\"'`“”’»*)]›.,;:?"
_SURELY = frozenset(["lautet", "lautete", "brzmi", "brzmiało", "luidt", "luidde", "lyder", "lød"])
_LINKS = frozenset(
    [
        "is",
        "was",
        "be",
        "are",
        "now",
        "ist",
        "war",
        "wurde",
        "sei",
        "heißt",
        "est",
        "était",
        "sera",
        "es",
        "era",
        "será",
        "é",
        "è",
        "foi",
        "fue",
        "sarà",
        "jest",
        "to",
        "było",
        "är",
        "var",
        "er",
        "on",
        "oli",
        "je",
        "este",
        "olarak",
        "als",
        "as",
        "auf",
        "zu",
        "in",
        "en",
        "a",
        "à",
        "para",
        "na",
        "till",
        "til",
        "naar",
        "nach",
        "av",
        "with",
        "mit",
        "avec",
        "con",
        "com",
        "met",
        "z",
        "med",
        "s",
        "как",
        "это",
        "тут",
        "using",
        "via",
        "jetzt",
        "maintenant",
        "ahora",
        "agora",
        "nu",
        "teraz",
        "adesso",
        "simply",
        "still",
        "only",
        "just",
    ]
)
_BEFORE = re.compile(
    r"(?P<value>\S{6,64}?)[\"'`”»’]?,?\s+(?P<by>is|was|ist|war|est|es|é|è|jest|är|er|as|als|como|"
    r"comme|come|som|jako|for|für|pour|para|per|voor|för)\s+(?:[^\W\d_’']{1,12}[\s’']){0,2}\Z",
    re.I,
)
_BE = frozenset(
    [
        "is",
        "was",
        "ist",
        "war",
        "est",
        "es",
        "é",
        "è",
        "jest",
        "är",
        "er",
        "as",
        "als",
        "como",
        "comme",
        "come",
        "som",
        "jako",
    ]
)
_SIGNS = frozenset("!#$%^&*@~?+=§€£")
_LOOKS_OTHER = re.compile(
    r"\d+[-‑–]?[^\W\d_]+|[\d.,:/%€$£+()–-]+|.*://.*|/.*|(?:.*\.)?www\..*|\S+@[\w-]+\.\S+|"
    r"[\w.-]+\.(?:com|org|net|io|de|fr|es|it|nl|pl|py|js|ts|json|ya?ml|txt|md|pdf|sh|env|conf|cfg|"
    r"ini|log|html?|png|jpe?g|csv|xlsx?|docx?|php)|"
    r"(?:sha|md|aes|rsa|ecdsa|oauth|base|utf|http|tls|ssl|ipv|win|windows|ios|macos|iphone|ipad|"
    r"android|php|python|java|pbkdf|argon|bcrypt|wpa|web|ed|sql|office|word|v|ver|version|level|"
    r"step|day|week|part|chapter|no|nr|rule|item|line|question|id|s|mp|log4j|ec|k8s|x|node|vue|"
    r"fido|u2f|fips|iso|pkcs|rfc|nist|owasp|cve|q|figure|table|room|user|galaxy|covid|ps)"
    r"[-_ ]?\d[\w.-]*|\$[A-Z_\d(].*|[€£]\d.*|%\w+%|.*[(){}\[\]\"<>;,].*|"
    r"[^\W\d]+(?:[+&/=?][^\W\d]+)+|"
    r"[@#][\w-]+|[^\W\d_]+['’][^\W\d_]+",
    re.I,
)
_TEMPLATE = re.compile(
    r"(?:[a-z]{2,5}[_-]){0,2}[A-ZÀ-ÞĄ-Ž]+(?:[_-][A-ZÀ-ÞĄ-Ž]+)+\d?|.*?(.)\1{5,}.*|"
    r"(?i:your|tu|tus|su|tua|sua|votre|ton|ta|deine?|ihre?|meine?|il[_-]tuo|la[_-]tua|jouw|uw|"
    r"tw[oó]j\w?|din|ditt|my|mi|mon|ma|meu|minha|some|insert|enter|replace|the)[_-][^\W\d]+"
)


def is_template(value: str) -> bool:
    """Whether it only says where a secret would stand: YOUR_API_KEY, TU_CLAVE_AQUI, xxxxxxxx."""
    return _TEMPLATE.fullmatch(value) is not None


def strength(token: str) -> int:
    """How much a word looks like a password: 3 nobody would take for a word, 0 is none."""
    core = token.rstrip("!?.")
    letters = any(char.isalpha() for char in core)
    if not 5 <= len(token) <= 64 or is_template(token) or not letters:
        return 0
    digits = any(char.isdigit() for char in core)
    signs = any(char in _SIGNS for char in core[1:]) or (digits and token[-1] == "!")
    if _LOOKS_OTHER.fullmatch(core):
        return 0
    if (signs and (digits or len(core) >= 7)) or (digits and _is_leet(core)):
        return 3
    return 2 if digits or signs or _is_joined(core) else 1


def _is_leet(core: str) -> bool:
    """Whether digits stand inside a word with small and capital letters, as in Tr0ub4dor."""
    inside = re.search(r"[^\W\d_]\d+[^\W\d_]", core) is not None
    return inside and len(core) >= 8 and core.lower() != core and core.upper() != core


def _is_joined(core: str) -> bool:
    """Whether words are joined by what joins no words of a sentence."""
    return "_" in core and core.lower() != core and core.upper() != core


def told(text: str) -> Iterator[Span]:
    """Every password that follows its name in a sentence, or stands before it."""
    for word in _WORDS.finditer(text):
        yield from _after(text, word.end())
        if (one := _BEFORE.search(text, max(0, word.start() - _REACH), word.start())) is not None:
            yield from _beside(one)
    yield from _of_pattern(text, _PAIR, 2)
    yield from _of_pattern(text, _SENTENCE, 0)
    if not text.isascii():
        yield from _of_pattern(text, _RUN_ON, 2)


def _of_pattern(text: str, pattern: re.Pattern[str], needed: int) -> Iterator[Span]:
    for one in pattern.finditer(text):
        value = one["value"].rstrip(_CLOSE)
        if strength(value) >= needed or (pattern is _RUN_ON and value.isdigit()):
            yield Span(one.start("value"), one.start("value") + len(value), "secret", value)


def _after(text: str, start: int) -> Iterator[Span]:
    end = min(len(text), start + _REACH)
    while end < len(text) and not text[end].isspace() and end < start + 2 * _REACH:
        end += 1
    sentence = _END.search(text, start, end)
    end = sentence.end() if sentence else end
    before = ""
    for number, one in enumerate(_TOKEN.finditer(text, start, end)):
        if number > _MOST:
            return
        low, value = _bare(one)
        apart = number or one.start() > start
        if apart and _is_told(value, one[0], before, number):
            yield Span(low, low + len(value), "secret", value)
        before = one[0]


def _bare(one: re.Match[str]) -> tuple[int, str]:
    """A word without what opens and closes around it, and where it begins."""
    left = one[0].lstrip(_OPEN)
    return one.end() - len(left), left.rstrip(_CLOSE)


def _is_told(value: str, written: str, before: str, number: int) -> bool:
    found = strength(value)
    if found == 3:
        return True
    by = re.split("['’]", before.strip("\"'`*()").lower())[-1]
    quoted = written[0] in "\"'`“‘«„" and written.rstrip(".,;:?!)")[-1] in "\"'`”“’»"
    if by in _SURELY:
        return found >= 1 and (quoted or number <= 2) and not value.islower()
    linked = by.endswith((":", "=", "->", "→", "：", "–")) or by in _LINKS or number == 0
    if quoted and linked and by:
        return found >= 1 and " " not in value and not _is_plain(value, number)
    return linked and found == 2 and len(value) >= 6


def _is_plain(value: str, number: int) -> bool:
    """Whether what is quoted is rather what a button or a message says."""
    return value.isalpha() and (number == 0 or value.istitle() or value.isupper())


def _beside(one: re.Match[str]) -> Iterator[Span]:
    value = one["value"].lstrip(_OPEN).rstrip(_CLOSE)
    needed = 2 if one["by"].lower() in _BE else 3
    if strength(value) >= needed and any(char.isdigit() or char in _SIGNS for char in value):
        low = one.start("value") + one["value"].index(value)
        yield Span(low, low + len(value), "secret", value)
