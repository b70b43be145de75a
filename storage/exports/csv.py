"""A table for spreadsheets, in which no text can act as a formula.

A cell that a spreadsheet would calculate gets an apostrophe in front, unless it is a plain number.
Every text is quoted, so that a program that splits at another character finds no formula inside.
Lists and texts with structure are JSON.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

import msgspec

from storage.exports.format import About, Column, Kind, Row

BYTES = 256 * 1024
_ACTIVE = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")


def safe(text: str) -> str:
    """The text, disarmed. To read it back: take one apostrophe from what `is_disarmed`."""
    return f"'{text}" if _ACTIVE.match(text) and not _NUMBER.fullmatch(text) else text


def chunks(rows: Iterable[Row], about: About) -> Iterator[bytes]:
    """The table with its heading, some hundred kilobytes at a time."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([safe(column.name) for column in about.columns])
    for row in rows:
        writer.writerow([_cell(column, row) for column in about.columns])
        if buffer.tell() >= BYTES:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _cell(column: Column, row: Row) -> str | int | float:
    value = column.value(row)
    return "" if value is None else _shown(column.kind, value)


def _shown(kind: Kind, value: Any) -> str | int | float:
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "time":
        return str(value.astimezone(UTC).isoformat().replace("+00:00", "Z"))
    if kind in ("integer", "number"):
        return value  # type: ignore[no-any-return]
    if kind == "text":
        return safe(value)
    return safe(msgspec.json.encode(value).decode())
