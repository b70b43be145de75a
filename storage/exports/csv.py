"""A table for spreadsheets, in which no text can act as a formula.

A cell that a spreadsheet would calculate gets an apostrophe in front, unless it is a plain number.
Every text is quoted, so that a program that splits at another character finds no formula inside.
Lists and texts with structure are JSON; nothing at all is an empty cell without quotes.
"""

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
    """The text, disarmed: to read it back, take away the first of its leading apostrophes."""
    return f"'{text}" if _ACTIVE.match(text) and not _NUMBER.fullmatch(text) else text


def chunks(rows: Iterable[Row], about: About) -> Iterator[bytes]:
    """The table with its heading, some hundred kilobytes at a time."""
    heading = ",".join(_quoted(column.name) for column in about.columns)
    lines, size = [heading], len(heading)
    for row in rows:
        line = ",".join(_cell(column, row) for column in about.columns)
        lines.append(line)
        size += len(line)
        if size >= BYTES:
            yield _joined(lines)
            lines, size = [], 0
    yield _joined(lines)


def _joined(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def _cell(column: Column, row: Row) -> str:
    value = column.value(row)
    return "" if value is None else _shown(column.kind, value)


def _shown(kind: Kind, value: Any) -> str:
    if kind in ("integer", "number"):
        return repr(value)
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "time":
        return str(value.astimezone(UTC).isoformat().replace("+00:00", "Z"))
    return _quoted(value if kind == "text" else msgspec.json.encode(value).decode())


def _quoted(text: str) -> str:
    return '"' + safe(text).replace('"', '""') + '"'
