"""One JSON object per line, nested as it is."""

from collections.abc import Iterable, Iterator

import msgspec

from storage.exports.format import About, Row

BYTES = 128 * 1024


def chunks(rows: Iterable[Row], _about: About) -> Iterator[bytes]:
    """The lines of an export."""
    return lines(rows)


def lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """One line per row, some hundred kilobytes at a time."""
    encoder = msgspec.json.Encoder()
    buffer = bytearray()
    for row in rows:
        encoder.encode_into(row, buffer, -1)
        buffer += b"\n"
        if len(buffer) >= BYTES:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)
