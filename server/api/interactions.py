"""What production sends: interactions, feedback, scores."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from server import auth
from server.api.bodies import read_raw, rows_of
from server.api.deps import House, allowed, house_of, reply
from server.api.schemas import BRINGS_ROWS
from storage import ingest
from storage.sources import Rows

router = APIRouter(prefix="/v1", tags=["interactions"], dependencies=[allowed(auth.may_ingest)])

Taking = Callable[[House, Rows], Any]


async def _taken(request: Request, take: Taking) -> Response:
    house = house_of(request)
    limit = house.settings.max_body_bytes
    body = await read_raw(request, limit)
    return await run_in_threadpool(
        lambda: reply(take(house, rows_of(request, body, limit)).to_json())
    )


@router.post("/interactions", openapi_extra=BRINGS_ROWS)
async def interactions(request: Request) -> Response:
    """Take interactions in; one that was taken before counts as a duplicate."""
    return await _taken(
        request,
        lambda house, rows: ingest.ingest_rows(house.store, rows, clock=house.clock),
    )


@router.post("/feedback", openapi_extra=BRINGS_ROWS)
async def feedback(request: Request) -> Response:
    """Take feedback in; what comes before its interaction waits for it."""
    return await _taken(
        request,
        lambda house, rows: ingest.ingest_feedback(house.store, rows, clock=house.clock),
    )


@router.post("/scores", openapi_extra=BRINGS_ROWS)
async def scores(request: Request) -> Response:
    """Take scores in; what comes before its interaction waits for it."""
    return await _taken(
        request,
        lambda house, rows: ingest.ingest_scores(house.store, rows, clock=house.clock),
    )
