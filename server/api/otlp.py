"""The receiver of the OpenTelemetry protocol: spans and records in, protobuf or JSON."""

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from server.api.bodies import media_type
from server.api.deps import House, Reader, ThisHouse, reply
from server.api.errors import Refused, Said, said
from server.api.schemas import BRINGS_SPANS
from server.api.senders import received_body, sender_of
from storage import BadRow
from storage.sources import otlp
from storage.sources.otlp import Taken
from storage.traces import Refusals, Sender, take_in
from storage.types import encode_json

log = logging.getLogger("goldloop.otlp")
router = APIRouter(tags=["traces"])

PROTOBUF, JSON = "application/x-protobuf", "application/json"
RETRY = "5"
# HTTP status -> google.rpc.Code
_CODES = {400: 3, 401: 16, 403: 7, 408: 4, 413: 8, 415: 3, 429: 8, 503: 14}
_INTERNAL = 13


class Signal(NamedTuple):
    """One kind of what is exported."""

    read: Mapping[str, Callable[[bytes], Taken]]
    refused: str
    """How the reply counts what was not taken."""


TRACES = Signal({PROTOBUF: otlp.traces_from_protobuf, JSON: otlp.traces_from_json}, "rejectedSpans")
LOGS = Signal({PROTOBUF: otlp.logs_from_protobuf, JSON: otlp.logs_from_json}, "rejectedLogRecords")
METRICS = Signal(
    dict.fromkeys((PROTOBUF, JSON), lambda _: Taken([], [])), "rejectedDataPoints"
)  # fmt: skip


@router.post("/v1/traces", openapi_extra=BRINGS_SPANS)
async def traces(request: Request, source: str | None = None) -> Response:  # noqa: ARG001 - sender_of reads it
    """Take spans in; those of calls of a model become interactions when their trace is quiet."""
    return await received(request, TRACES, "otlp")


@router.post("/v1/logs", openapi_extra=BRINGS_SPANS)
async def logs(request: Request, source: str | None = None) -> Response:  # noqa: ARG001 - sender_of reads it
    """Take the events of models in; they are joined to their spans."""
    return await received(request, LOGS, "otlp")


@router.post("/v1/metrics", openapi_extra=BRINGS_SPANS)
async def metrics(request: Request, source: str | None = None) -> Response:  # noqa: ARG001 - as the others
    """Accept metrics, and keep none of them."""
    return await received(request, METRICS, "otlp")


@router.get("/v1/traces")
def counts(house: ThisHouse, _reader: Reader) -> Response:
    """How many traces wait, and what came too late or could not be stored."""
    from storage.queries.remarks import waiting_remarks
    from storage.queries.traces import recent_faults, trace_counts

    with house.store.read() as session:
        told = trace_counts(session)
        waiting = {"feedback_waiting": waiting_remarks(session)}
        return reply({**told, **waiting, "faults": recent_faults(session)})


async def received(request: Request, signal: Signal, default: str) -> Response:
    """The reply to one export, in the type that it came in."""
    kind = media_type(request)
    try:
        async with received_body(request) as (house, body):
            sender = sender_of(request, default)
            refusals = await run_in_threadpool(_taken, house, body, kind, signal, sender)
    except Exception as error:  # noqa: BLE001 - every reply is in the type of the request
        return _refusal(error, kind)
    return _accepted(refusals, kind, signal)


def _taken(house: House, body: bytes, kind: str, signal: Signal, sender: Sender) -> Refusals:
    if kind not in signal.read:
        hint = f"{PROTOBUF} or {JSON}"
        raise Refused(415, "unsupported_type", f"content-type {kind!r:.80}", hint=hint)
    taken = signal.read[kind](body)
    return take_in(house.store, taken, sender, house.settings.patience(), house.clock)


def _accepted(refusals: Refusals, kind: str, signal: Signal) -> Response:
    number, reason = refusals.number, refusals.reason
    if kind == PROTOBUF:
        inner = _varint(1, number) + _text(2, reason) if number else b""
        return Response(_bytes(1, inner) if inner else b"", media_type=PROTOBUF)
    told = {signal.refused: str(number), "errorMessage": reason}
    return reply({"partialSuccess": told} if number else {})


def _refusal(error: Exception, kind: str) -> Response:
    """An error as a google.rpc.Status; in JSON also in the shape of the other routes."""
    told = said(error)
    if isinstance(error, BadRow):
        told = Said(400, "bad_body", str(error), error.field, error.hint)
    if told is None:
        log.error("an export failed", exc_info=error)
        told = Said(500, "internal", "an error of the server; its log says more")
    headers = dict(error.headers) if isinstance(error, Refused) else {}
    if told.status in (429, 503):
        headers["Retry-After"] = RETRY
    code = _CODES.get(told.status, _INTERNAL)
    if kind == PROTOBUF:
        content = _varint(1, code) + _text(2, told.message)
        return Response(content, told.status, headers, PROTOBUF)
    content = encode_json({"code": code, "message": told.message, "error": told.body()}).encode()
    return Response(content, told.status, headers, JSON)


def _varint(field: int, number: int) -> bytes:
    """One number of a protobuf message: these two messages are not worth a package."""
    return bytes([field << 3]) + _digits(number)


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode("utf-8", "replace"))


def _bytes(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _digits(len(content)) + content


def _digits(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])
