"""Redaction at the only way in: rows lose what their source's policy says before they are read."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from storage.engine import Session, Store
from storage.errors import BadRow, Conflict
from storage.interactions import FIELDS
from storage.queries import redaction as kept
from storage.redact.finder import VERSION, Finder
from storage.redact.key import Redaction, fingerprint
from storage.redact.policy import Policy
from storage.redact.redactor import Redactor
from storage.redact.spans import KINDS, NAMED_KINDS, Recogniser
from storage.values import TIMES

_IDS = frozenset(("id", "interaction_id", "session_id", "user_id", "trace_id", "actor", "model",
                  "variant"))  # fmt: skip
_NUMBERS = frozenset(("source", "confidence", "flagged", "latency_ms", "usage", "cost_usd"))
_ID = ("id", "_ID", "Id")
_OF_TIMES = frozenset("0123456789-:.TZ+ /")


class Redactors:
    """The redactors of all sources for one request or file, and what they found."""

    def __init__(
        self, redaction: Redaction, policies: Mapping[str, Policy], key: str | None = None
    ) -> None:
        """`key` is the fingerprint of the one that earlier placeholders were computed with."""
        self._redaction, self._policies, self._before = redaction, policies, key
        self._by_source: dict[str, Redactor] = {}
        self._counts: Counter[kept.Count] = Counter()
        self._used = False

    @classmethod
    def of_store(cls, store: Store) -> "Redactors":
        """With the policies as they stand."""
        with store.read() as session:
            return cls(store.redaction, kept.policies(session), kept.key_in_force(session))

    def of(self, source: str) -> Redactor:
        """The redactor of a source."""
        if source not in self._by_source:
            policy = self._policies.get(source) or Policy(self._redaction.default)
            finder = finder_of(policy, self._redaction.model)
            self._by_source[source] = Redactor(policy, finder, self._key, source)
        return self._by_source[source]

    def _key(self) -> bytes:
        if not self._used:
            if self._before is not None and self._redaction.known is None:
                message = f"the redaction key is gone from {self._redaction.where}"
                raise Conflict("other_key", message, kept.OTHER_KEY)
            self._used = True
        return self._redaction.key

    def interaction(self, row: Any, default_source: str) -> Any:
        """A row of an interaction without what was found; anything that is no object as it is."""
        if not isinstance(row, Mapping):
            return row
        source = source_of(row, default_source)
        redactor = self.of(source)
        if redactor.policy.policy == "off":
            return row
        fresh = {key: redactor.id(row[key]) for key in _IDS if key in row}
        named = (fresh.get(key) for key in ("session_id", "trace_id", "id"))
        scope = f"{source}\x1f{next((one for one in named if one), '')}"
        told: dict[Any, Any] = {}
        for key, value in row.items():
            if key in fresh:
                told[key] = fresh[key]
            elif key == "feedback":
                told[key] = _said(redactor, value, scope)
            elif key in _NUMBERS or (key in TIMES and _is_time(value)):
                told[key] = value
            elif key in FIELDS:
                told[key] = redactor.under(key, value, scope)
            else:
                told |= redactor.value({key: value}, scope)
        return told

    def event(self, row: Any, default_source: str) -> Any:
        """The same of feedback or a score that came without its interaction."""
        if not isinstance(row, Mapping):
            return row
        source = source_of(row, default_source)
        redactor = self.of(source)
        if redactor.policy.policy == "off":
            return row
        scope = f"{source}\x1f{redactor.id(row.get('interaction_id'))}"
        return _event(redactor, row, scope)

    def label(self, row: Any) -> Any:
        """The same of a label that was given elsewhere; who gave it is an account here."""
        if not isinstance(row, Mapping):
            return row
        redactor = self.of(source_of(row, "default"))
        if redactor.policy.policy == "off":
            return row
        fresh = dict(row)
        if "interaction_id" in row:
            fresh["interaction_id"] = redactor.id(row["interaction_id"])
        if "values" in row:
            scope = f"{source_of(row, 'default')}\x1f{fresh.get('interaction_id')}"
            fresh["values"] = redactor.under("values", row["values"], scope)
        return fresh

    def fragment(self, source: str, value: Any) -> Any:
        """A part of a conversation before it is stored; `ingest_rows` finishes it.

        What is found is replaced by its inner form, because the conversation is not known yet. It
        is counted when the whole comes in. Under keys that end in `id` stand ids.
        """
        redactor = self.of(source)
        if redactor.policy.policy == "off":
            return value
        if isinstance(value, dict):
            ids = {key: redactor.fragment_id(one) for key, one in value.items() if _is_id(key, one)}
            rest = {key: one for key, one in value.items() if key not in ids}
            found = redactor.fragment(rest) | ids
        else:
            found = redactor.fragment(value)
        redactor.found.clear()
        return found

    def error(self, error: BadRow, source: str) -> BadRow:
        """A fault told without what was sent that is to be redacted."""
        redactor = self.of(source)
        if redactor.policy.policy == "off":
            return error
        message = redactor.value(error.message, source)
        field = None if error.field is None else redactor.value(error.field, source)
        hint = None if error.hint is None else redactor.value(error.hint, source)
        redactor.found.clear()
        return BadRow(field, message, hint)

    def keep(self, source: str, found: Counter[str]) -> None:
        """Count what was found in a row that was taken."""
        redactor = self.of(source)
        if redactor.found:
            for kind, count in redactor.found.items():
                self._counts[source, redactor.policy.policy, VERSION, kind] += count
            found.update(redactor.found)
            redactor.found.clear()

    def forget(self, source: str) -> None:
        """Do not count what was found in a row that was refused."""
        self.of(source).found.clear()

    def record(self, session: Session, stored: Mapping[str, int], now: datetime) -> None:
        """Write down how many interactions of each source were stored, and what was found.

        Raises
        ------
        Conflict
            `other_key` when placeholders were computed with a key that is not the store's.
        """
        if self._used:
            kept.check_key(session, fingerprint(self._redaction.key), now)
        for source, count in stored.items():
            self._counts[source, self.of(source).policy.policy, VERSION, ""] += count
        kept.add_counts(session, self._counts, now.strftime("%Y-%m-%d"))
        self._counts.clear()


def scan(store: Store, sources: Iterable[str] = ()) -> dict[str, dict[str, int]]:
    """How much is still found in stored texts, by source and kind; never what.

    It looks for every kind, whatever the policy of the source.
    """
    wanted = frozenset(sources)
    with store.snapshot() as session:
        policies = kept.policies(session)
        counts: dict[str, Counter[str]] = {}
        for source, texts in kept.stored_texts(session):
            if wanted and source not in wanted:
                continue
            redactor = _counting(policies.get(source) or Policy(), store.redaction.model)
            redactor.value(texts, "")
            counts.setdefault(source, Counter()).update(redactor.found)
    return {source: dict(sorted(found.items())) for source, found in sorted(counts.items())}


def _counting(policy: Policy, model: str | None) -> Redactor:
    """A redactor that looks for every kind, and also for what a policy adds to them."""
    every = tuple(dict.fromkeys((*KINDS, *policy.kinds)))
    wide = Policy("drop", every, policy.regions, policy.patterns)
    return Redactor(wide, finder_of(wide, model), bytes)


def finder_of(policy: Policy, model: str | None) -> Finder:
    """The finder of a policy; the same one for the same recognisers."""
    return _finder(policy.kinds, policy.regions, tuple(sorted(policy.patterns.items())), model)


@lru_cache(64)
def _finder(
    kinds: tuple[str, ...],
    regions: tuple[str, ...],
    patterns: tuple[tuple[str, str], ...],
    model: str | None,
) -> Finder:
    extra: list[Recogniser] = []
    if named := [kind for kind in kinds if kind in NAMED_KINDS]:
        from storage.redact.presidio import Presidio

        extra.append(Presidio(named, model))
    return Finder(kinds, regions, dict(patterns), extra)


def source_of(row: Any, default: str) -> str:
    """The source that a row names, else the default."""
    source = row.get("source") if isinstance(row, Mapping) else None
    return source if isinstance(source, str) and source else default


def _said(redactor: Redactor, value: Any, scope: str) -> Any:
    if isinstance(value, list):
        return [_event(redactor, one, scope) for one in value]
    return _event(redactor, value, scope)


def _event(redactor: Redactor, row: Any, scope: str) -> Any:
    if not isinstance(row, Mapping):
        return redactor.value(row, scope)
    told: dict[Any, Any] = {}
    for key, value in row.items():
        if key in _IDS:
            told[key] = redactor.id(value)
        elif key in _NUMBERS or (key in TIMES and _is_time(value)):
            told[key] = value
        else:
            told |= redactor.value({key: value}, scope)
    return told


def _is_id(key: str, value: Any) -> bool:
    """Whether an id stands under a key, and no text of a person under one of their own words."""
    if not key.endswith(_ID) or "metadata" in key:
        return False
    return not isinstance(value, str) or not any(map(str.isspace, value))


def _is_time(value: Any) -> bool:
    """Whether a value can be a time and nothing else."""
    if not isinstance(value, str):
        return not isinstance(value, list | dict)
    return len(value) < 40 and _OF_TIMES.issuperset(value)
