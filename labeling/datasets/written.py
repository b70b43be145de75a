"""Items that nobody's traffic brought: written by experts, or made from a template.

They are no interactions and enter no population; they are read by the same rules.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from labeling.datasets.items import Item, group_of, item
from labeling.datasets.redacted import of_written
from labeling.errors import InvalidLabel
from storage import BadRow, Store
from storage.interactions import MAX_TEXT, InteractionIn, parse_interaction
from storage.redaction import Redactors, source_of
from storage.sources import FileOptions, Rows, file_rows
from storage.types import EPOCH
from storage.values import json_of, mended

EXPECTED = (
    "expected_answer", "expected", "expected_output", "target", "reference", "ideal",
    "ground_truth",
)  # fmt: skip
"""What the expected answer may be called, the first that is there."""
MOST = 100_000
"""Most items that one template makes."""
TRIES = 20
_SLOT = re.compile(r"\{([a-z][a-z0-9_]{0,63})\}")
_TEMPLATE_KEYS = ("source", "slots", "items")


@dataclass
class Written:
    """What was read, and what could not be taken, by row from 0."""

    items: list[Item] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    made_from: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Reader:
    """Rows under way: redacted as their source wants it, and counted."""

    store: Store
    source: str
    origin: Mapping[str, Any]
    now: datetime
    redactors: Redactors
    written: Written = field(default_factory=Written)
    items: Counter[str] = field(default_factory=Counter)
    found: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Rows that were read."""
        return len(self.written.items) + len(self.written.rejected)

    def take(self, index: int, row: Mapping[str, Any] | BadRow) -> None:
        """Make an item of a row, or say why there is none."""
        source = source_of(row, self.source)
        try:
            if isinstance(row, BadRow):
                raise row
            fresh = self.redactors.interaction(row, self.source)
            self.written.items.append(_item(fresh, self.source, self.origin, self.now))
        except BadRow as error:
            self.redactors.forget(source)
            told = self.redactors.error(error, source)
            self.written.rejected.append({"index": index, "error": told.to_json()})
        else:
            self.items[source] += 1
            self.redactors.keep(source, self.found.setdefault(source, Counter()))

    def done(self, made_from: Mapping[str, Any], now: datetime) -> Written:
        """What was read; what was found is written down.

        Raises
        ------
        Conflict
            `other_key` when placeholders were computed with a key that is not the store's.
        """
        with self.store.write() as session:
            self.redactors.record(session, {}, now)
        redaction = of_written(self.redactors, self.items, self.found)
        self.written.made_from = {**made_from, "redaction": redaction}
        return self.written


def from_file(store: Store, path: Path, options: FileOptions, now: datetime) -> Written:
    """Expert-written items of a JSONL, CSV or Parquet file; good rows are kept beside bad ones.

    Texts are redacted by the policy of their source.

    Raises
    ------
    BadRow
        If the format is not known.
    Conflict
        `other_key` when the redaction key is not the store's.
    """
    origin = {"kind": "expert", "file": path.name}
    reader = _Reader(store, options.source, origin, now, Redactors.of_store(store))
    for index, row in file_rows(path, options):
        reader.take(index, row)
    items = len(reader.written.items)
    return reader.done({"file": path.name, "sha256": _sha256(path), "items": items}, now)


def from_rows(store: Store, rows: Rows, source: str, now: datetime) -> Written:
    """The same of items as somebody sent them, each with its number."""
    reader = _Reader(store, source, {"kind": "expert"}, now, Redactors.of_store(store))
    for index, row in rows:
        reader.take(index, row)
    if not reader.count:
        return reader.written
    return reader.done({"file": "sent by REST", "items": len(reader.written.items)}, now)


def from_template(store: Store, path: Path, count: int, seed: int, now: datetime) -> Written:
    """Synthetic items: texts of a TOML file with slots, filled by seeded choices.

    Every item is another text; when the slots allow fewer than `count`, there are fewer.

    Raises
    ------
    InvalidLabel
        If the file or the count cannot be used; says where and why.
    """
    if not 1 <= count <= MOST:
        raise InvalidLabel("count", f"{count}", f"a whole number from 1 to {MOST}")
    source, slots, texts = _template(path)
    origin = {"kind": "synthetic", "template": path.name, "seed": seed}
    reader = _Reader(store, source, origin, EPOCH, Redactors.of_store(store))
    seen = set()
    for number in range(count * TRIES):
        if reader.count == count:
            break
        chosen = _picked(texts, seed, number, "item")
        row = _filled(chosen, slots, seed, number)
        key = sha256(msgspec.json.encode(row, order="sorted")).hexdigest()[:16]
        if key not in seen:
            seen.add(key)
            reader.take(len(seen) - 1, {**row, "id": key})
    made = {"template": path.name, "sha256": _sha256(path), "seed": seed}
    return reader.done(made | {"items": len(reader.written.items), "asked": count}, now)


def _item(row: Mapping[str, Any], source: str, origin: Mapping[str, Any], now: datetime) -> Item:
    told = {key: value for key, value in row.items() if key not in (*EXPECTED, "values")}
    one = parse_interaction(told, default_source=source, now=now)
    expected = next((row[name] for name in EXPECTED if row.get(name)), None)
    if expected is not None and not (isinstance(expected, str) and len(expected) <= MAX_TEXT):
        raise BadRow("expected_answer", "is no text, or too long", f"at most {MAX_TEXT} characters")
    values = row.get("values") or {}
    if not isinstance(values, dict):
        raise BadRow("values", "is no object", 'such as {"difficulty": "hard"}')
    text = json_of("values", values)  # not too deep, and no half characters
    if len(text) > MAX_TEXT:
        raise BadRow("values", f"{len(text)} characters", f"at most {MAX_TEXT}")
    said = _row(one, mended(expected), msgspec.json.decode(text), str(origin["kind"]))
    groups = group_of("conversation", one.source, one.session_id)
    return item(said, origin, [*groups, *group_of("user", one.source, one.user_id)])


def _row(
    one: InteractionIn, expected: str | None, values: Mapping[str, Any], kind: str
) -> dict[str, Any]:
    """What an item of one's own is as a settled row."""
    texts = {
        name: None if (text := getattr(one, name)) is None else msgspec.json.decode(text)
        for name in ("messages", "responses", "context")
    }
    facts = ("session_id", "model", "variant", "category", "tags", "confidence", "flags")
    return {
        "task_id": f"{kind}:{one.source}:{one.external_id}",
        "source": one.source,
        "interaction_id": one.external_id,
        "purpose": kind,
        "pi": None,
        "reason": None,
        "labels": 0,
        "annotators": [],
        "guidelines": [],
        "annotator_confidence": None,
        "values": dict(values),
        "origin": dict.fromkeys(values, kind),
        "label_ids": {},
        "unsettled": [],
        "mean": {},
        "expected_answer": expected,
        "expected_from": None if expected is None else kind,
        "interaction": {
            "created_at": None,
            **{name: getattr(one, name) for name in facts},
            **texts,
        },
    }


def _template(
    path: Path,
) -> tuple[str, dict[str, list[str]], list[dict[str, Any]]]:
    """Source, slots and texts of a template.

    Raises
    ------
    InvalidLabel
        Naming file and key.
    """
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidLabel("template", f"{path.name}: {error!s:.200}", "a TOML file") from error
    if strange := [key for key in told if key not in _TEMPLATE_KEYS]:
        raise _unfit(path, strange[0], "there is no such key", ", ".join(_TEMPLATE_KEYS))
    slots, texts = told.get("slots", {}), told.get("items", [])
    for name, choices in slots.items() if isinstance(slots, dict) else [("slots", None)]:
        if (
            not isinstance(choices, list)
            or not choices
            or not all(isinstance(one, str) for one in choices)
        ):
            raise _unfit(path, f"slots.{name}", "is no list of texts", 'such as ["blue", "red"]')
    if not isinstance(texts, list) or not texts or not all(isinstance(one, dict) for one in texts):
        raise _unfit(path, "items", "are missing", "[[items]] with query and expected")
    used = {name for text in _strings(texts) for name in _SLOT.findall(text)}
    if unknown := sorted(used - set(slots)):
        raise _unfit(path, f"slots.{unknown[0]}", "is used and not there", "list its choices")
    return str(told.get("source", path.stem)), slots, texts


def _unfit(path: Path, key: str, message: str, hint: str) -> InvalidLabel:
    return InvalidLabel("template", f"{path.name}: {key} {message}", hint)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _filled(
    template: Mapping[str, Any], slots: Mapping[str, Sequence[str]], seed: int, number: int
) -> dict[str, Any]:
    """One text with its slots filled: the same slot the same everywhere in it."""

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return _SLOT.sub(lambda at: _picked(slots[at[1]], seed, number, at[1]), value)
        if isinstance(value, list):
            return [fill(one) for one in value]
        return {key: fill(one) for key, one in value.items()} if isinstance(value, dict) else value

    return {key: fill(value) for key, value in template.items()}


def _picked(choices: Sequence[Any], seed: int, number: int, name: str) -> Any:
    digest = sha256(f"{seed}\x1f{number}\x1f{name}".encode()).digest()
    return choices[int.from_bytes(digest[:8], "big") % len(choices)]


def _sha256(path: Path) -> str:
    with path.open("rb") as data:
        digest = sha256()
        while part := data.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()
