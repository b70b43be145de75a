"""Passwords and keys in commands of a shell, in headers and in connection strings."""

import re
from collections.abc import Iterator

from storage.redact.passwords import is_template, strength
from storage.redact.spans import Span

_Q = r"[\"'\\]{0,2}"
_V = r"(?P<value>(?![-$<{%*\[])[^\s\"'|;&<>\\]{3,200})"
_GAP = r"[^\n|;&]{0,160}?\s"
_LONG = re.compile(
    r"(?<![\w-])--?(?:[a-z0-9]{1,15}[-_.]){0,3}(?:password|passwd|passphrase|pass|pwd|token|secret|"
    r"api-?key|access-?key|secret-?key|account-?key|storepass|keypass|credential)"
    rf"(?P<by>=|\s+){_Q}{_V}",
    re.I,
)
_PAIR = re.compile(
    rf"(?<![\w-])(?P<flag>-u|-U|--user|--proxy-user|--login|--creds|--auth|-a)[ =]{{0,2}}{_Q}"
    rf"(?P<user>[^\s:\"'/%,=]{{1,80}})[:%,]{_V}"
)
_OF_WEB = re.compile(r"\b(?:curl|https?|wget|xh|lftp|smbclient|rpcclient|ab|siege|nats)\b")
_SHORT = tuple(
    re.compile(rf"(?<![\w-])(?:{commands})\b(?:{_GAP}|\s){flag}{_Q}{_V}")
    for commands, flag in (
        (r"mysql\w*|mariadb[\w-]*|mycli|sshpass|7z[ar]?|unrar|rar", "-p"),
        (
            r"sshpass|mongo\w*|(?:docker|podman|nerdctl|helm registry|oras|crane|az|oc|cf|doctl|"
            r"skopeo)\s+login|psexec\w*|rdesktop|winexe|clickhouse-client|influx|vncdotool|evil-winrm|"
            r"steamcmd|cqlsh|ibmcloud|svn",
            r"-p\s+",
        ),
        (r"unzip|zip|mosquitto_\w+|sqlcmd|bcp|isql|ipmitool|snmp\w+|kafkacat", r"-P\s?"),
        (r"redis-cli", r"-a\s+"),
        (r"ldap\w+", r"-w\s?"),
        (r"ssh-keygen", r"-N\s+"),
        (r"xfreerdp|cmdkey|net use|wfreerdp|runas", r"/p(?:ass(?:word)?)?:"),
        (r"htpasswd", r"-\w*b\w*\s+\S{1,80}\s+\S{1,80}\s+"),
        (r"expect|sqlplus", r"\S{1,60}/(?=\S{3,60}@)"),
    )
)
_OTHERS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"(?<!\w)pass:{_Q}{_V}",
        r"(?:echo|printf)\s+(?:-\w\s+)?[\"']?(?:[\w.-]{1,40}:)?(?P<value>[^\s\"'|$]{4,80})[\"']?\s*"
        r"(?:\|\s*(?:sudo\s+(?:-\w+\s+)*-\w*S|(?:sudo\s+)?chpasswd|passwd\s+--stdin)|"
        r"\|\s*(?:docker|podman|helm)[^\n|]{0,80}--password-stdin)",
        rf"identified\s+(?:with\s+\w+\s+)?by\s+[\"']{_V}",
        rf"(?<!\w)(?:requirepass|masterauth)\s+{_Q}{_V}",
        rf"(?<!\w)(?:\w{{0,30}}secret_access_key|\w{{0,30}}session_token)\s+{_Q}{_V}",
        rf"(?<!\w)machine\s+\S+\s+login\s+\S+\s+password\s+{_V}",
    )
)
_HEADER = re.compile(
    rf"(?<!\w)(?:proxy-)?authorization[\"']?\s?[:=]\s?{_Q}(?:[a-z]{{2,20}}\s+)?"
    r"(?P<value>[^\s\"',;<>{}$]{8,2000})",
    re.I,
)
_COOKIE = re.compile(
    r"(?<![A-Za-z])(?:\w{0,20}sess(?:ion)?(?:[_-]?id)?|phpsessid|jsessionid|sid|connect\.sid|\w{0,12}csrf\w{0,12}|"
    r"xsrf-token|subscription-key|remember_token)[\"']?\s?[=:]\s?[\"']?(?P<value>[^\s;&\"',<>]{12,400})",
    re.I,
)
_FLAGGED = re.compile(r"\s[-/]{1,2}[A-Za-z]")


def in_commands(text: str, lower: str) -> Iterator[Span]:
    """Every password and key that a command, a header or a cookie is given."""
    if (" -" in text or " /" in text) and _FLAGGED.search(text):
        yield from _flags(text)
    if (
        "pass" in lower or "echo" in lower or "printf" in lower or "identified" in lower
        or "secret_access" in lower or "session_tok" in lower or "masterauth" in lower
    ):  # fmt: skip
        for pattern in _OTHERS:
            yield from (_span(one) for one in pattern.finditer(text) if _may_be(one["value"]))
    if "authorization" in lower:
        yield from _of_pattern(text, _HEADER)
    if "sess" in lower or "sid=" in lower or "srf" in lower or "subscription-k" in lower:
        yield from _of_pattern(text, _COOKIE)


def _of_pattern(text: str, pattern: re.Pattern[str]) -> Iterator[Span]:
    for one in pattern.finditer(text):
        value = one["value"]
        mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
        if mixed and _may_be(value):
            yield _span(one)


def _flags(text: str) -> Iterator[Span]:
    for one in _LONG.finditer(text):
        plain = one["value"].isalpha() and one["value"].islower() and one["by"] != "="
        if _may_be(one["value"]) and not plain:
            yield _span(one)
    for one in _PAIR.finditer(text):
        of_web = _OF_WEB.search(text, max(0, one.start() - 120), one.start())
        if _may_be(one["value"]) and (of_web or strength(one["value"]) >= 2):
            yield _span(one)
    for pattern in _SHORT:
        for one in pattern.finditer(text):
            if _may_be(one["value"]) and not one["value"].isdigit():
                yield _span(one)


def _may_be(value: str) -> bool:
    numbers = all(char.isdigit() or char in ":.," for char in value) and len(value) < 6
    return not (
        numbers or "<" in value or is_template(value) or value.startswith(("$", "http", "/"))
    )


def _span(one: re.Match[str]) -> Span:
    value = one["value"].rstrip(".,;:)]}")
    return Span(one.start("value"), one.start("value") + len(value), "secret", value)
