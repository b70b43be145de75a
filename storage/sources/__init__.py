"""Ways in: each reads a file into numbered rows and faults, lazily, and none writes SQL."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from storage.errors import BadRow
from storage.interactions import FIELDS
from storage.sources import csv, jsonl, parquet
from storage.sources.cells import from_cells
from storage.sources.jsonl import Row, json_array, json_lines
from storage.sources.platforms import PLATFORMS
from storage.values import json_of

Rows = Iterable[Row]
Progress = Callable[[int], object]

SOURCES: dict[str, Callable[[Path, Progress], Iterator[Row]]] = {
    "csv": csv.read,
    "jsonl": jsonl.read,
    "parquet": parquet.read,
}
"""Format by name."""
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_TABLES = frozenset(("csv", "parquet"))

__all__ = [
    "PLATFORMS",
    "SOURCES",
    "FileOptions",
    "Row",
    "Rows",
    "file_rows",
    "json_array",
    "json_lines",
]


@dataclass(frozen=True)
class FileOptions:
    """How to read a file."""

    format: str = "auto"
    """One of SOURCES or PLATFORMS, or auto: by the end of the name and what is in it."""
    source: str = "default"
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Column by field; `feedback.rating` is the field `rating` inside `feedback`."""
    id_from: str | None = None
    """Field that holds the id, or `content` for a hash of the row."""
    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Lowest and highest value of ratings by name, where a platform does not say."""


def file_rows(path: Path, options: FileOptions, on_bytes: Progress | None = None) -> Iterator[Row]:
    """The rows of a file, columns renamed and ids found as the options say.

    Raises
    ------
    BadRow
        If the format is not known.
    """
    kind = options.format
    if kind == "auto":
        kind = SUFFIXES.get(Path(path.name.removesuffix(".gz")).suffix.lower(), "")
    if kind not in SOURCES:
        known = f"one of {', '.join((*SOURCES, *PLATFORMS))}"
        if options.format != "auto":
            raise BadRow("format", f"no format {options.format!r:.80}", known)
        raise BadRow("format", f"the name {path.name} does not say", f"--format: {known}")
    unknown = [one for one in options.mapping if one.partition(".")[0] not in FIELDS]
    if unknown:
        hint = f"such as {', '.join(sorted(FIELDS))}"
        raise BadRow("map", f"there is no field {unknown[0]!r:.80}", hint)
    rows = SOURCES[kind](path, on_bytes or (lambda _: None))
    return ((index, _shaped(row, kind in _TABLES, options)) for index, row in rows)


def _shaped(
    row: Mapping[str, Any] | BadRow, flat: bool, options: FileOptions
) -> Mapping[str, Any] | BadRow:
    if not isinstance(row, BadRow) and options.mapping:
        row = _renamed(row, options.mapping)
    if not isinstance(row, BadRow) and flat:
        row = from_cells(row)
    if not isinstance(row, BadRow) and options.id_from is not None:
        row = _with_id(row, options.id_from)
    return row


def _renamed(row: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any] | BadRow:
    taken = set(mapping.values())
    found = {name: value for name, value in row.items() if name not in taken}
    for name, column in mapping.items():
        if column not in row:
            continue
        outer, dot, inner = name.partition(".")
        if not dot:
            found[name] = row[column]
            continue
        holder = found.setdefault(outer, {})
        if not isinstance(holder, dict):
            return BadRow(outer, "there is one that is no object", f"map {name} elsewhere")
        found[outer] = {**holder, inner: row[column]}
    return found


def _with_id(row: Mapping[str, Any], id_from: str) -> Mapping[str, Any] | BadRow:
    if id_from == "content":
        try:
            text = json_of("id", dict(sorted(row.items())))
        except BadRow as error:
            return error
        return {**row, "id": sha256(text.encode()).hexdigest()[:32]}
    if row.get(id_from) is None:
        return BadRow("id", f"no field {id_from!r:.80}", f"there are: {', '.join(row):.200}")
    return {**row, "id": row[id_from]}
