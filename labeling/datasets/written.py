"""Items that nobody's traffic brought: written by experts, or made from a template.

They are no interactions and enter no population; they are read by the same rules.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from labeling.datasets.items import Item, group_of, item
from labeling.errors import InvalidLabel
from storage import BadRow
from storage.interactions import MAX_TEXT, InteractionIn, parse_interaction
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


def from_file(path: Path, options: FileOptions, now: datetime) -> Written:
    """Expert-written items of a JSONL, CSV or Parquet file; good rows are kept beside bad ones.

    Raises
    ------
    BadRow
        If the format is not known.
    """
    found = Written()
    for index, row in file_rows(path, options):
        _take(found, index, row, options.source, {"kind": "expert", "file": path.name}, now)
    found.made_from = {"file": path.name, "sha256": _sha256(path), "items": len(found.items)}
    return found


def from_rows(rows: Rows, source: str, now: datetime) -> Written:
    """Expert-written items as somebody sent them, each with its number; good ones beside bad."""
    found = Written()
    for index, row in rows:
        _take(found, index, row, source, {"kind": "expert"}, now)
    if found.items or found.rejected:
        found.made_from = {"file": "sent by REST", "items": len(found.items)}
    return found


def from_template(path: Path, count: int, seed: int) -> Written:
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
    found, seen = Written(), set()
    for number in range(count * TRIES):
        if len(found.items) + len(found.rejected) == count:
            break
        chosen = _picked(texts, seed, number, "item")
        row = _filled(chosen, slots, seed, number)
        key = sha256(msgspec.json.encode(row, order="sorted")).hexdigest()[:16]
        if key not in seen:
            seen.add(key)
            origin = {"kind": "synthetic", "template": path.name, "seed": seed}
            _take(found, len(seen) - 1, {**row, "id": key}, source, origin, EPOCH)
    made = {"template": path.name, "sha256": _sha256(path), "seed": seed}
    found.made_from = made | {"items": len(found.items), "asked": count}
    return found


def _take(
    found: Written,
    index: int,
    row: Mapping[str, Any] | BadRow,
    source: str,
    origin: Mapping[str, Any],
    now: datetime,
) -> None:
    try:
        if isinstance(row, BadRow):
            raise row
        found.items.append(_item(row, source, origin, now))
    except BadRow as error:
        found.rejected.append({"index": index, "error": error.to_json()})


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
