"""Reading request bodies: never more than the limit, packed or not."""

import io
import zlib

from starlette.requests import Request

from server.api.errors import Refused
from storage import BadRow
from storage.sources import Rows, json_array, json_lines

GZIP = 31  # zlib's number for a stream with a gzip header
NDJSON = "application/x-ndjson"
LINES = (NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines")


async def read_raw(request: Request, limit: int) -> bytes:
    """The body as it came, at most `limit` bytes.

    Raises
    ------
    Refused
        413 as soon as it is known to be longer.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def unpacked(request: Request, body: bytes, limit: int) -> bytes:
    """The body without its content-encoding; a small body that swells past the limit is refused.

    Raises
    ------
    Refused
        413 past the limit, 415 for another encoding than gzip, 400 for a broken one.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        message = f"content-encoding {encoding!r:.80}"
        raise Refused(415, "unsupported_encoding", message, hint="gzip or none")
    parts: list[bytes] = []
    room = limit
    while body:  # a gzip file may be several streams one after the other
        stream = zlib.decompressobj(wbits=GZIP)
        try:
            part = stream.decompress(body, room + 1)
        except zlib.error as error:
            raise _broken_gzip() from error
        room -= len(part)
        if room < 0:
            raise _too_large(limit)
        if not stream.eof:
            raise _broken_gzip()
        parts.append(part)
        body = stream.unused_data
    return b"".join(parts)


async def read_body(request: Request, limit: int) -> bytes:
    """The unpacked body of a small request."""
    return unpacked(request, await read_raw(request, limit), limit)


def rows_of(request: Request, body: bytes, limit: int) -> Rows:
    """The rows that a raw body brings, each with its number from 0.

    Raises
    ------
    Refused
        415 unless it is JSON or lines of JSON, 400 when JSON cannot be read. A bad line does not
        spoil the others.
    """
    kind = media_type(request)
    if kind in LINES:
        return json_lines(io.BytesIO(unpacked(request, body, limit)))
    if kind != "application/json":
        hint = f"application/json with an array, or {NDJSON}"
        raise Refused(415, "unsupported_type", f"content-type {kind!r:.80}", hint=hint)
    try:
        return json_array(unpacked(request, body, limit))
    except BadRow as error:
        raise Refused(400, "bad_json", error.message, hint=error.hint) from error


def media_type(request: Request) -> str:
    """The content type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _broken_gzip() -> Refused:
    return Refused(400, "bad_gzip", "the body is no complete gzip stream")


def _too_large(limit: int) -> Refused:
    hint = "send it in several requests"
    return Refused(413, "too_large", f"the body is larger than {limit} bytes", hint=hint)
