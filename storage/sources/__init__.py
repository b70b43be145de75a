"""Ways in: each reads a file into numbered rows and faults, lazily, and none writes SQL."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from storage.errors import BadRow
from storage.sources import csv, jsonl, parquet
from storage.sources.jsonl import json_lines
from storage.types import encode_json

Rows = Iterable[tuple[int, Mapping[str, Any] | BadRow]]
Progress = Callable[[int], object]

SOURCES: dict[str, Callable[[Path, Progress], Rows]] = {
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

__all__ = ["SOURCES", "FileOptions", "Rows", "file_rows", "json_lines"]


@dataclass(frozen=True)
class FileOptions:
    """How to read a file."""

    format: str = "auto"
    """One of SOURCES, or auto: by the end of the name."""
    source: str = "default"
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Column by field."""
    id_from: str | None = None
    """Field that holds the id, or `content` for a hash of the row."""


def file_rows(path: Path, options: FileOptions, on_bytes: Progress | None = None) -> Rows:
    """The rows of a file, columns renamed and ids found as the options say.

    Raises
    ------
    BadRow
        If the format is not known.
    """
    kind = options.format
    if kind == "auto":
        name = path.name.removesuffix(".gz")
        kind = SUFFIXES.get(Path(name).suffix.lower(), "")
    if kind not in SOURCES:
        hint = f"--format {' or '.join(SOURCES)}"
        raise BadRow("format", f"{path.name} could be anything", hint)
    for index, row in SOURCES[kind](path, on_bytes or (lambda _: None)):
        yield index, row if isinstance(row, BadRow) else _shaped(row, options)


def _shaped(row: Mapping[str, Any], options: FileOptions) -> Mapping[str, Any] | BadRow:
    shaped = dict(row)
    for name, column in options.mapping.items():
        if column in row:
            shaped[name] = row[column]
            if column != name and column not in options.mapping:
                shaped.pop(column, None)
    if options.id_from == "content":
        shaped["id"] = sha256(encode_json(dict(row)).encode()).hexdigest()[:32]
    elif options.id_from is not None:
        if row.get(options.id_from) is None:
            known = ", ".join(str(name) for name in row)
            return BadRow("id", f"no column {options.id_from!r}", f"there are: {known:.200}")
        shaped["id"] = row[options.id_from]
    return shaped
