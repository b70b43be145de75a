"""The routes that Langfuse's clients post to: they change the host, and nothing else."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from server.api.deps import House, house_of, reply
from server.api.otlp import TRACES, received
from server.api.senders import received_body, sender_account, sender_of
from storage import BadRow
from storage.sources.jsonl import json_value
from storage.sources.otlp import Taken
from storage.sources.otlp.langfuse_posts import event, score
from storage.sources.otlp.plain import Remark, Span
from storage.traces import Refusals, Sender, take_in

router = APIRouter(prefix="/api/public", tags=["traces"])
DEFAULT = "langfuse"


@router.post("/otel/v1/traces")
async def traces(request: Request) -> Response:
    """Take spans in, as POST /v1/traces does."""
    return await received(request, TRACES, DEFAULT)


@router.get("/projects")
def projects(request: Request) -> Response:
    """Name one project, so that a client finds its keys right."""
    sender_account(request, house_of(request))
    organization = {"id": "goldloop", "name": "goldloop"}
    project = {"id": "goldloop", "name": "goldloop", "metadata": {}, "organization": organization}
    return reply({"data": [project]})


@router.post("/scores")
async def scores(request: Request) -> Response:
    """Take scores in, one or a list; each waits for the call that it is about."""
    async with received_body(request) as (house, body):
        return await run_in_threadpool(_scores, request, house, body)


def _scores(request: Request, house: House, body: bytes) -> Response:
    value = json_value(body)
    many = value if isinstance(value, list) else [value]
    said, errors = [], []
    for place, one in enumerate(many):
        try:
            said.append(score(one))
        except BadRow as error:
            if not isinstance(value, list):
                raise
            errors.append({"index": place, "error": error.to_json()})
    _keep(house, [], said, sender_of(request, DEFAULT))
    if isinstance(value, list):
        return reply({"accepted": len(said), "rejected": errors}, 207 if errors else 200)
    return reply({"id": value.get("id")})


@router.post("/ingestion")
async def ingestion(request: Request) -> Response:
    """Take a batch of Langfuse's older clients in: traces, observations, scores."""
    async with received_body(request) as (house, body):
        return await run_in_threadpool(_ingestion, request, house, body)


def _ingestion(request: Request, house: House, body: bytes) -> Response:
    value = json_value(body)
    batch = value.get("batch") if isinstance(value, dict) else None
    if not isinstance(batch, list):
        raise BadRow("batch", "missing", 'an object such as {"batch": [...]}')
    found, errors = [], []
    for one in batch:
        identity = one.get("id") if isinstance(one, dict) else None
        try:
            found.append((identity, event(one)))
        except BadRow as error:
            errors.append(_fault(identity, 400, str(error)))
    spans = [one for _, one in found if isinstance(one, Span)]
    said = [one for _, one in found if isinstance(one, Remark)]
    refused = _keep(house, spans, said, sender_of(request, DEFAULT))
    done = []
    for identity, one in found:
        if isinstance(one, Span) and one.span_id in refused.spans:
            errors.append(_fault(identity, 400, refused.reason))
        else:
            done.append({"id": identity, "status": 201})
    return reply({"successes": done, "errors": errors}, 207)


def _fault(identity: Any, status: int, message: str) -> dict[str, Any]:
    return {"id": identity, "status": status, "message": message}


def _keep(house: House, spans: list[Span], said: list[Remark], sender: Sender) -> Refusals:
    taken = Taken(spans, [], said=said)
    return take_in(house.store, taken, sender, house.settings.patience(), house.clock)
