"""The routes that LangSmith's client posts to: it changes the endpoint, and nothing else."""

from collections.abc import AsyncGenerator

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response

from server.api.deps import House, reply
from server.api.otlp import TRACES, received
from server.api.senders import received_body, sender_of
from storage import BadRow
from storage.sources.jsonl import json_value
from storage.sources.otlp import Taken
from storage.sources.otlp.langsmith_posts import feedback, runs_from_batch, runs_from_parts
from storage.traces import Refusals, take_in

router = APIRouter(tags=["traces"])
DEFAULT = "langsmith"
BATCH = {
    "use_multipart_endpoint": False,
    "size_limit": 100,
    "size_limit_bytes": 20_971_520,
    "scale_up_qsize_trigger": 1_000,
    "scale_up_nthreads_limit": 4,
    "scale_down_nempty_trigger": 4,
}
"""What its client wants to be told; without any one of these it sends nothing."""
MOST_PARTS = 10_000


@router.get("/info")
async def info() -> Response:
    """Tell the client to send batches of JSON."""
    return reply({"version": "0.1.0", "batch_ingest_config": BATCH, "instance_flags": {}})


@router.post("/runs/batch")
async def batch(request: Request) -> Response:
    """Take runs in, posted or patched."""
    async with received_body(request) as (house, body):
        return await run_in_threadpool(_batch, request, house, body)


def _batch(request: Request, house: House, body: bytes) -> Response:
    return _told(_keep(request, house, runs_from_batch(body)))


@router.post("/runs/multipart")
async def multipart(request: Request) -> Response:
    """Take runs and feedback in, in parts; attachments are not taken."""
    async with received_body(request) as (house, body):
        parts = await _parts(request.headers, body)
        return await run_in_threadpool(_multipart, request, house, parts)


def _multipart(request: Request, house: House, parts: list[tuple[str, bytes]]) -> Response:
    taken, said = runs_from_parts(parts)
    return _told(_keep(request, house, taken._replace(said=said)))


async def _parts(headers: Headers, raw: bytes) -> list[tuple[str, bytes]]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield raw

    limit = max(1, len(raw))
    parser = MultiPartParser(
        headers, stream(), max_files=MOST_PARTS, max_fields=MOST_PARTS, max_part_size=limit
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise BadRow(None, f"the body has no parts: {error!s:.80}") from error
    found = []
    for name, value in form.multi_items():
        content = value.encode() if isinstance(value, str) else await value.read()
        found.append((name, content))
    return found


@router.post("/feedback")
async def feedback_(request: Request) -> Response:
    """Take feedback on a run in; it waits for the call that it is about."""
    async with received_body(request) as (house, body):
        return await run_in_threadpool(_feedback, request, house, body)


def _feedback(request: Request, house: House, body: bytes) -> Response:
    value = json_value(body)
    _keep(request, house, Taken([], [], said=feedback(value)))
    return reply(value)


@router.post("/otel/v1/traces")
async def traces(request: Request) -> Response:
    """Take spans in, as POST /v1/traces does."""
    return await received(request, TRACES, DEFAULT)


def _keep(request: Request, house: House, taken: Taken) -> Refusals:
    sender = sender_of(request, DEFAULT)
    return take_in(house.store, taken, sender, house.settings.patience(), house.clock)


def _told(found: Refusals) -> Response:
    told = {"rejected": found.number, "reason": found.reason} if found.number else {}
    return reply({"message": "Runs batch ingested", **told}, 202)
