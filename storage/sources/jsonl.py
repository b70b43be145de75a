"""JSON lines, plain or gzipped; a bad line does not spoil the others."""

import gzip
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from storage.errors import BadRow

LONGEST = 16_000_000
"""Longest line in bytes."""


def read(path: Path, on_bytes: Callable[[int], object]) -> Iterator[tuple[int, Any]]:
    """The objects of a file, each with its number from 0; blank lines do not count."""
    with path.open("rb") as raw:
        packed = raw.peek(2)[:2] == b"\x1f\x8b"
        stream = gzip.open(raw) if packed else raw  # noqa: SIM115 - closed with raw
        told = 0
        for index, row in json_lines(stream):
            if index % 1_000 == 0:
                on_bytes(raw.tell() - told)
                told = raw.tell()
            yield index, row
        on_bytes(raw.tell() - told)


def json_lines(
    stream: BinaryIO | BufferedReader | Any,
) -> Iterator[tuple[int, Mapping[str, Any] | BadRow]]:
    """The objects of a stream of lines, each with its number from 0, or what is wrong with it."""
    decode = msgspec.json.Decoder().decode
    index = 0
    first = True
    while line := stream.readline(LONGEST + 1):
        if first:
            line, first = line.removeprefix(b"\xef\xbb\xbf"), False
        if len(line) > LONGEST and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST)) and not rest.endswith(b"\n"):
                pass
            yield index, BadRow(None, "the line is too long", f"at most {LONGEST} bytes a line")
            index += 1
            continue
        line = line.strip()
        if not line:
            continue
        try:
            row = decode(line)
            yield index, row if isinstance(row, dict) else _no_object(row)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield index, BadRow(None, f"the line is no JSON: {error!s:.200}", "one object a line")
        index += 1


def _no_object(row: object) -> BadRow:
    return BadRow(None, f"{type(row).__name__} is not an object", "one JSON object a line")
