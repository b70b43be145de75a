"""JSON lines, plain or gzipped, and JSON arrays; a bad row does not spoil the others."""

import re
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

import msgspec

from storage.errors import BadRow
from storage.sources.packed import DAMAGED, damaged, unpacked

Row = tuple[int, Mapping[str, Any] | BadRow]

LONGEST = 16_000_000
"""Longest line in bytes: the largest interaction, with room for escapes."""
TOLD_EVERY = 1_000
_BOM = b"\xef\xbb\xbf"
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole character
    rb"|(u[dD][89a-fA-F][0-9a-fA-F]{2})"  # half of one
    rb"|.)",
    re.DOTALL,
)
_decode = msgspec.json.Decoder().decode
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read(path: Path, on_bytes: Callable[[int], object]) -> Iterator[Row]:
    """The objects of a file, each with its number from 0; blank lines do not count.

    A file named ``.json`` that holds an array, or one object over several lines, is read whole,
    everything else line by line.
    """
    with path.open("rb") as raw:
        told, index = 0, -1
        try:
            for index, row in _rows(path, unpacked(raw)):
                if index % TOLD_EVERY == 0:
                    on_bytes(raw.tell() - told)
                    told = raw.tell()
                yield index, row
        except DAMAGED as error:
            yield index + 1, damaged(error)
        on_bytes(raw.tell() - told)


def _rows(path: Path, stream: BufferedReader) -> Iterator[Row]:
    head = stream.peek(64).removeprefix(_BOM).lstrip()
    is_spread = head[:1] == b"{" and head[1:].lstrip(b" \t\r")[:1] == b"\n"
    is_whole = head[:1] == b"[" or is_spread
    if not is_whole or path.name.removesuffix(".gz")[-5:].lower() != ".json":
        return json_lines(stream)
    try:
        return json_array(stream.read())
    except BadRow as error:
        return iter([(0, error)])


def json_lines(stream: IO[bytes]) -> Iterator[Row]:
    """The objects of a stream of lines, each with its number from 0, or what is wrong with it."""
    index = 0
    line = stream.readline(LONGEST + 1).removeprefix(_BOM)
    while line:
        if len(line) > LONGEST and not line.endswith(b"\n"):
            _skip_line(stream)
            yield index, BadRow(None, "the line is too long", f"at most {LONGEST} bytes a line")
            index += 1
        elif not line.isspace():
            yield index, json_object(line)
            index += 1
        line = stream.readline(LONGEST + 1)


def json_array(body: bytes) -> Iterator[Row]:
    """The objects of a JSON array, each with its number from 0; one object alone is one row.

    Raises
    ------
    BadRow
        At once, when the body is neither.
    """
    body = body.removeprefix(_BOM)
    try:
        parts = _parts(body)
    except _FAULTS as error:
        raise _no_json("body", error) from error
    return ((index, json_object(part)) for index, part in enumerate(parts))


def json_value(body: bytes) -> Any:
    """What a body of JSON says, halves of characters in it mended.

    Raises
    ------
    BadRow
        If it is none.
    """
    try:
        try:
            return _decode(body)
        except msgspec.DecodeError:
            return _decode(_mended(body))
    except _FAULTS as error:
        raise _no_json("body", error) from None


def json_object(text: Any) -> dict[str, Any] | BadRow:
    """The object that a JSON text holds, or what is wrong with it."""
    try:
        row = _decode(text)
    except _FAULTS as error:
        try:
            row = _decode(_mended(bytes(text)))
        except _FAULTS:
            return _no_json("row", error)
    if isinstance(row, dict):
        return row
    return BadRow(None, f"{type(row).__name__} is not an object", "one JSON object per row")


def _parts(body: bytes) -> list[Any]:
    if body.lstrip()[:1] == b"{":
        _split(b"[" + body + b"]")  # so that a broken one is refused whole, like a broken array
        return [body]
    try:
        return _split(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return _split(_mended(body))


def _mended(text: bytes) -> bytes:
    """The text with escaped lone surrogates, which are no characters, as U+FFFD."""
    return _ESCAPES.sub(lambda found: rb"\ufffd" if found[1] else found[0], text)


def _no_json(what: str, error: Exception) -> BadRow:
    said = "nested too deep" if isinstance(error, RecursionError) else str(error)
    hint = "UTF-8, one object per row" if what == "row" else "JSON in UTF-8"
    return BadRow(None, f"the {what} is no JSON: {said:.200}", hint)


def _skip_line(stream: IO[bytes]) -> None:
    while (rest := stream.readline(LONGEST)) and not rest.endswith(b"\n"):
        pass
