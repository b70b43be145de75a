"""Which checks look at what comes in: read from TOML, each rule with a flag of its own."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

import msgspec

from storage.checks import shipped
from storage.checks.exchange import Exchange, exchanges
from storage.checks.matching import MAX_WORDS, holds_schema, matches, word_pattern
from storage.errors import BadRow
from storage.values import name_of

MAX_RULES = 50
MAX_TOML = 100_000
DEFAULT = "[checks]\nempty = true\nrefusal = true\nrepetition = true\n"
"""What is on where nobody has said otherwise: what costs little and is seldom wrong."""

Fails = Callable[[Exchange], bool]
_PLAIN: Mapping[str, Fails] = {
    "empty": shipped.empty,
    "refusal": shipped.refusal,
    "repetition": shipped.repetition,
    "language_mismatch": shipped.language_mismatch,
}
_OF_CHARS: Mapping[str, Callable[[Exchange, int], bool]] = {
    "too_short": shipped.shorter_than,
    "too_long": shipped.longer_than,
}
_KINDS = ("words", "regex", "json_schema")


@dataclass(frozen=True)
class Check:
    """One check: the flag it sets, and what it takes for a failure."""

    flag: str
    version: str
    """Of the function and its parameters: another version may say something else."""
    fails: Fails


@dataclass(frozen=True)
class Rules:
    """The checks of one source."""

    checks: tuple[Check, ...]

    def flags(
        self,
        messages: str | Sequence[Mapping[str, Any]],
        responses: str | Sequence[Mapping[str, Any]],
    ) -> list[str]:
        """The flags of one interaction: of any of its responses, in the order of the checks.

        Messages and responses are JSON text, or read already.
        """
        if not self.checks:
            return []
        said = list(exchanges(messages, responses))
        return [one.flag for one in self.checks if any(map(one.fails, said))]


def read_rules(text: str) -> Rules:
    """The checks that a TOML text asks for.

    Raises
    ------
    BadRow
        Naming the key, what is wrong with its value, and the fix.
    """
    if len(text) > MAX_TOML:
        raise BadRow("checks", f"{len(text)} characters", f"at most {MAX_TOML}")
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRow("checks", f"no TOML: {error}", "see toml.io for the syntax") from error
    for key in raw:
        if key not in ("checks", "rules"):
            raise BadRow(key, "unknown key", "possible: checks, rules")
    rules = raw.get("rules", [])
    if not isinstance(rules, list) or len(rules) > MAX_RULES:
        raise BadRow("rules", "no list of tables", f"at most {MAX_RULES} times [[rules]]")
    found = [*_shipped(raw.get("checks", {})), *(_rule(*one) for one in enumerate(rules))]
    flags = [one.flag for one in found]
    for flag in flags:
        if flags.count(flag) > 1:
            raise BadRow("rules", f"two checks set the flag {flag!r}", "give each its own")
    return Rules(tuple(found))


def _shipped(asked: object) -> list[Check]:
    if not isinstance(asked, dict):
        raise BadRow("checks", "is no table", "[checks], then lines such as refusal = true")
    found = []
    for name, value in asked.items():
        if name not in shipped.VERSIONS:
            hint = f"possible: {', '.join(shipped.VERSIONS)}"
            raise BadRow(f"checks.{name:.80}", "there is no such check", hint)
        if value is False:
            continue
        found.append(_one_shipped(name, value))
    return found


def _one_shipped(name: str, value: object) -> Check:
    version = f"{name}/{shipped.VERSIONS[name]}"
    if name in _PLAIN:
        if value is not True:
            raise BadRow(f"checks.{name}", "is neither", "true or false")
        return Check(name, version, _PLAIN[name])
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 10_000_000:
        raise BadRow(f"checks.{name}", "is no number of characters", f"such as {name} = 200")
    counts, chars = _OF_CHARS[name], value
    return Check(name, f"{version}:{chars}", lambda said: counts(said, chars))


def _rule(place: int, raw: object) -> Check:
    at = f"rules[{place}]"
    if not isinstance(raw, dict):
        raise BadRow(at, "is no table", "[[rules]] with flag and one of " + ", ".join(_KINDS))
    flag = name_of(f"{at}.flag", raw.get("flag"), 100)
    given = [kind for kind in _KINDS if kind in raw]
    strange = set(raw) - {"flag", "in", "must", *_KINDS}
    if flag is None or flag in shipped.VERSIONS:
        raise BadRow(f"{at}.flag", f"{flag!r} cannot be the flag of a rule", "a name of your own")
    if len(given) != 1 or strange:
        hint = f"flag, one of {', '.join(_KINDS)}, and perhaps in and must"
        raise BadRow(at, f"cannot be read: {', '.join(sorted(raw))}", hint)
    where, must = raw.get("in", "answer"), raw.get("must", given[0] == "json_schema")
    if where not in ("answer", "question") or not isinstance(must, bool):
        raise BadRow(
            at, "in or must cannot be", 'in = "answer" or "question", must = true or false'
        )
    test = _test(f"{at}.{given[0]}", given[0], raw[given[0]])
    digest = sha256(msgspec.json.encode(raw, order="deterministic")).hexdigest()[:8]
    return Check(flag, f"{given[0]}/1:{digest}", partial(_breaks, test, where, must))


def _test(at: str, kind: str, value: Any) -> Callable[[str], bool]:
    if kind == "json_schema":
        return holds_schema(at, value)
    if kind == "regex":
        return matches(at, value)
    if not isinstance(value, list) or not value or not all(_is_word(one) for one in value):
        raise BadRow(at, "is no list of words", 'such as ["refund", "lawyer"]')
    return matches(at, word_pattern(value), size=MAX_WORDS)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _breaks(test: Callable[[str], bool], where: str, must: bool, said: Exchange) -> bool:
    """Whether a rule is broken: found where it must not be, or not found where it must."""
    return test(said.answer if where == "answer" else said.question) is not must
