"""CSV and TSV: every cell is a text, an empty one an absent value."""

import csv
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from storage.errors import BadRow
from storage.sources.packed import DAMAGED, damaged, unpacked

LONGEST = 16_000_000
"""Longest cell in characters."""
DELIMITERS = ",;\t"
TOLD_EVERY = 1_000


def read(path: Path, on_bytes: Callable[[int], object]) -> Iterator[tuple[int, Any]]:
    """The rows of a file, each with its number from 0; blank lines do not count."""
    csv.field_size_limit(LONGEST)
    # what is not UTF-8 comes through as surrogates, so that its row alone is refused
    with (
        path.open("rb") as raw,
        TextIOWrapper(
            unpacked(raw), encoding="utf-8-sig", errors="surrogateescape", newline=""
        ) as text,
    ):
        told, index = 0, -1
        try:
            for index, row in enumerate(_rows(text)):
                if index % TOLD_EVERY == 0:
                    on_bytes(raw.tell() - told)
                    told = raw.tell()
                yield index, row
        except DAMAGED as error:
            yield index + 1, damaged(error)
        on_bytes(raw.tell() - told)


def _rows(text: TextIOWrapper) -> Iterator[dict[str, str] | BadRow]:
    lines = iter(text)
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(_with(first, lines), delimiter=delimiter)
    heads = [name.strip() for name in next(reader, [])]
    if (fault := _fault_of(heads)) is not None:
        yield fault
        return
    for cells in _all(reader):
        yield cells if isinstance(cells, BadRow) else _row(heads, cells)


def _with(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _all(reader: Any) -> Iterator[list[str] | BadRow]:
    """What the reader reads, and its complaints as rows, so that it can go on."""
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield BadRow(None, f"line {reader.line_num}: {error}", "quote cells as CSV does")
            continue
        if cells is None:
            return
        if cells:
            yield cells


def _fault_of(heads: list[str]) -> BadRow | None:
    twice = sorted({name for name in heads if name and heads.count(name) > 1})
    if twice:
        return BadRow(None, f"two columns are called {twice[0]!r:.80}", "rename one")
    if not any(heads):
        return BadRow(None, "the first line names no columns", "begin with a line of headings")
    return None


def _row(heads: list[str], cells: list[str]) -> dict[str, str] | BadRow:
    if len(cells) != len(heads):
        message = f"{len(cells)} cells under {len(heads)} headings"
        return BadRow(None, message, "quote cells that hold delimiters or line breaks")
    row = {name: cell for name, cell in zip(heads, cells, strict=True) if cell and name}
    try:
        "".join(row.values()).encode()
    except UnicodeEncodeError:
        return BadRow(None, "not UTF-8", "save the file as UTF-8")
    return row
