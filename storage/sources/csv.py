"""CSV and TSV: cells are texts, but JSON in structured fields and numbers are read."""

import csv
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import msgspec

from storage.errors import BadRow

LONGEST = 8_000_000
STRUCTURED = frozenset(
    ("messages", "responses", "context", "flags", "tags", "feedback", "scores", "usage", "metadata")
)
NUMBERS = frozenset(("confidence", "latency_ms", "cost_usd"))
TRUTHS = {"true": True, "false": False, "1": True, "0": False}


def read(path: Path, on_bytes: Callable[[int], object]) -> Iterator[tuple[int, Any]]:
    """The rows of a file, each with its number from 0; an empty cell is an absent value."""
    csv.field_size_limit(LONGEST)
    with path.open("rb") as raw:
        text = TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
        delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
        reader = csv.reader(text, delimiter=delimiter, strict=False)
        heads = [name.strip() for name in next(reader, [])]
        told = 0
        for index, cells in enumerate(reader):
            if index % 1_000 == 0:
                on_bytes(raw.tell() - told)
                told = raw.tell()
            if cells:
                yield index, _row(heads, cells)
        on_bytes(raw.tell() - told)


def _row(heads: list[str], cells: list[str]) -> dict[str, Any] | BadRow:
    if len(cells) > len(heads):
        message = f"{len(cells)} cells under {len(heads)} headings"
        return BadRow(None, message, "quote cells that hold the delimiter")
    row: dict[str, Any] = {}
    for name, cell in zip(heads, cells, strict=False):
        if cell == "":
            continue
        try:
            row[name] = _value(name, cell)
        except ValueError:
            return BadRow(name, f"{cell!r:.80}", "a number, or JSON for a structured field")
    if "rating" in row and "feedback" not in row and _is_number(row["rating"]):
        row["feedback"] = {"rating": float(row.pop("rating")), "comment": row.pop("comment", None)}
    return row


def _is_number(cell: object) -> bool:
    try:
        float(str(cell))
    except ValueError:
        return False
    return True


def _value(name: str, cell: str) -> Any:
    if name in STRUCTURED and cell[:1] in "[{":
        return msgspec.json.decode(cell.encode())
    if name in ("context", "flags", "tags"):
        return [cell]
    if name in NUMBERS:
        return float(cell)
    if name == "flagged":
        return TRUTHS.get(cell.lower(), cell)
    return cell
