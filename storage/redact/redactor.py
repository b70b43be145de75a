"""A policy at work: values in, values without what was found out, and how much that was."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from storage.errors import BadRow
from storage.redact import placeholders
from storage.redact.digits import has_digit
from storage.redact.finder import SHORTEST_KEY, Finder
from storage.redact.keys import names_secret
from storage.redact.policy import Policy
from storage.redact.spans import Span
from storage.types import encode_json
from storage.values import MAX_DEPTH

Put = Callable[[Span], str]
_LONGEST_ALONE = 100
"""Characters up to which a value is read together with its key: {"ssn": "536904399"}."""
_PLAIN_KEY = 20
"""Characters below which a key that is a name holds nothing."""
_SHORTEST_NUMBER = 10**7
_OPAQUE = ("data:image/", "data:audio/", "data:video/", "data:application/pdf")
_BEGINS_JSON = ("{", "[")


class Redactor:
    """Redacts the values of one source; counts what it finds until it is asked."""

    def __init__(
        self, policy: Policy, finder: Finder, key: Callable[[], bytes], source: str = ""
    ) -> None:
        self.policy, self._source = policy, source
        self._finder, self._key = finder, key
        self.found: Counter[str] = Counter()

    def value(self, value: Any, scope: str) -> Any:
        """Any value of a row without what was found; the very same object when that is nothing.

        Raises
        ------
        BadRow
            When it is nested deeper than anything that is taken.
        """
        return self.under("", value, scope)

    def under(self, name: str, value: Any, scope: str) -> Any:
        """The same of the value under a key, which may tell what it is."""
        return self._walk(value, name, lambda span: self._shown(span, scope), scope, 0)

    def fragment(self, value: Any) -> Any:
        """The same with inner letters, for what is not yet known to be of a conversation."""
        return self._walk(value, "", self._as_inner, None, 0)

    def fragment_id(self, value: Any) -> Any:
        """An id with inner letters."""
        found = self._finder.find_in_id(value) if isinstance(value, str) else None
        return self._replaced(value, found, self._as_inner) if found else value

    def id(self, value: Any) -> Any:
        """An id of a person, a session or an interaction: the same one everywhere in the store."""
        if not isinstance(value, str) or self.policy.policy == "off":
            return value
        if len(value) < SHORTEST_KEY and not ("@" in value or "+" in value or "~" in value):
            return value
        found = self._finder.find_in_id(value)
        if found:
            value = self._replaced(value, found, self._as_id)
        return self._rescoped(value, None) if "~" in value else value

    def _as_inner(self, span: Span) -> str:
        return placeholders.as_inner(span.kind, placeholders.inner(self._key(), span))

    def _as_id(self, span: Span) -> str:
        letters = placeholders.inner(self._key(), span)
        return placeholders.shown(self._key(), "hash", span.kind, letters, self._source)

    def _shown(self, span: Span, scope: str) -> str:
        letters = placeholders.inner(self._key(), span)
        policy = self.policy.policy
        scope = self._source if policy == "hash" else scope
        return placeholders.shown(self._key(), policy, span.kind, letters, scope)

    def _walk(self, value: Any, name: str, put: Put, scope: str | None, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            return self._text(value, name, put, scope)
        if kind is dict or kind is list or kind is tuple:
            if depth > MAX_DEPTH + 2:
                raise BadRow(None, f"nested deeper than {MAX_DEPTH} levels", "flatten it")
            if kind is dict:
                return self._object(value, put, scope, depth)
            return self._list(value, name, put, scope, depth)
        if kind is int and abs(value) >= _SHORTEST_NUMBER and name:
            told = self._text(str(value), name, put, scope)
            return value if told == str(value) else told
        return value

    def _list(self, value: Any, name: str, put: Put, scope: str | None, depth: int) -> Any:
        same, fresh = True, []
        for old in value:
            new = self._walk(old, name, put, scope, depth + 1)
            same = same and new is old
            fresh.append(new)
        return value if same else fresh

    def _object(self, value: dict[Any, Any], put: Put, scope: str | None, depth: int) -> Any:
        fresh: dict[Any, Any] = {}
        same = True
        for key, one in value.items():
            if type(key) is not str:
                told, name = key, ""
            else:
                plain = len(key) < _PLAIN_KEY and key.isidentifier()
                told, name = key if plain else self._text(key, "", put, scope), key
            new = self._walk(one, name, put, scope, depth + 1)
            same = same and new is one and told is key
            fresh[told if told is key else _free(told, fresh)] = new
        return value if same else fresh

    def _text(self, text: str, name: str, put: Put, scope: str | None) -> str:
        found = self._found(text, name) if text else []
        if (found and text.lstrip()[:1] in _BEGINS_JSON) or "\\u" in text or "\\/" in text:
            inside = self._inside_json(text, put, scope)
            if inside is not None:
                return inside
        if found:
            text = self._replaced(text, found, put)
        return self._rescoped(text, scope) if "~" in text and scope is not None else text

    def _found(self, text: str, name: str) -> list[Span]:
        if len(text) > _LONGEST_ALONE:
            return [] if text.startswith(_OPAQUE) else self._finder.find(text)
        if name:
            if "secret" in self.policy.kinds and len(text) >= 4 and names_secret(name):
                whole = placeholders.SHOWN.fullmatch(text) is not None
                return [] if whole else [Span(0, len(text), "secret", text)]
            if has_digit(text):
                lead = f"{name[:60].replace('_', ' ')}: "
                spans = [one for one in self._finder.find(lead + text) if one.start >= len(lead)]
                away = len(lead)
                return [one._replace(start=one.start - away, end=one.end - away) for one in spans]
        return self._finder.find(text)

    def _inside_json(self, text: str, put: Put, scope: str | None) -> str | None:
        """A text that is JSON, redacted value by value; None when it is none."""
        if text.lstrip()[:1] not in _BEGINS_JSON:
            return None
        try:
            value = msgspec.json.decode(text)
            fresh = self._walk(value, "", put, scope, 1)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError, BadRow):
            return None
        return text if fresh is value else encode_json(fresh)

    def _replaced(self, text: str, found: list[Span], put: Put) -> str:
        parts, place = [], 0
        for span in found:
            parts += [text[place : span.start], put(span)]
            place = span.end
            self.found[span.kind] += 1
        return "".join([*parts, text[place:]])

    def _rescoped(self, text: str, scope: str | None) -> str:
        """Inner letters turned into those of the conversation; None: of the whole source."""

        def turned(match: Any) -> str:
            kind, letters = match[1].lower(), match[2]
            self.found[kind] += 1
            policy = "hash" if scope is None or self.policy.policy == "off" else self.policy.policy
            within = self._source if policy == "hash" else str(scope)
            return placeholders.shown(self._key(), policy, kind, letters, within)

        return placeholders.INNER.sub(turned, text)


def _free(key: Any, taken: dict[Any, Any]) -> Any:
    """A key that is not taken: two that were different before still are."""
    if key not in taken:
        return key
    number = 2
    while f"{key}#{number}" in taken:
        number += 1
    return f"{key}#{number}"
