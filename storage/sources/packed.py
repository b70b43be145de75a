"""Files that may be gzipped, whatever they are called."""

import gzip
import zlib
from io import BufferedReader
from typing import Any, cast

from storage.errors import BadRow

DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)
"""What reading a damaged gzip stream raises."""


def unpacked(raw: BufferedReader) -> BufferedReader:
    """The file itself, or what is in it when it begins as gzip does."""
    if raw.peek(2)[:2] != b"\x1f\x8b":
        return raw
    return BufferedReader(cast(Any, gzip.GzipFile(fileobj=raw)))


def damaged(error: Exception) -> BadRow:
    """The fault of a stream that ends early or is garbled."""
    return BadRow(None, f"the gzip stream is damaged: {error}", "pack it again")
