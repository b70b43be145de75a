"""The routes that Langfuse's clients post to: they change the host, and nothing else."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from server.api.bodies import unpacked
from server.api.deps import House, house_of, reply
from server.api.otlp import TRACES, received
from server.api.senders import body_of, sender_account, sender_of
from storage import BadRow
from storage.sources.otlp import Taken
from storage.sources.otlp.langfuse_posts import event, score
from storage.sources.otlp.plain import Remark, Span
from storage.sources.otlp.posts import decoded
from storage.traces import Sender, take_in

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
    house, body = await body_of(request)
    with house.gate.entered():
        return await run_in_threadpool(_scores, request, house, body)


def _scores(request: Request, house: House, body: bytes) -> Response:
    value = decoded(unpacked(request, body, house.settings.max_body_bytes))
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
    house, body = await body_of(request)
    with house.gate.entered():
        return await run_in_threadpool(_ingestion, request, house, body)


def _ingestion(request: Request, house: House, body: bytes) -> Response:
    value = decoded(unpacked(request, body, house.settings.max_body_bytes))
    batch = value.get("batch") if isinstance(value, dict) else None
    if not isinstance(batch, list):
        raise BadRow("batch", "missing", 'an object such as {"batch": [...]}')
    spans: list[Span] = []
    said: list[Remark] = []
    done: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for one in batch:
        identity = one.get("id") if isinstance(one, dict) else None
        try:
            found = event(one)
        except BadRow as error:
            errors.append({"id": identity, "status": 400, "message": str(error)})
            continue
        done.append({"id": identity, "status": 201})
        if isinstance(found, Span):
            spans.append(found)
        elif found is not None:
            said.append(found)
    _keep(house, spans, said, sender_of(request, DEFAULT))
    return reply({"successes": done, "errors": errors}, 207)


def _keep(house: House, spans: list[Span], said: list[Remark], sender: Sender) -> None:
    taken = Taken(spans, [], said=said)
    take_in(house.store, taken, sender, house.settings.patience(), house.clock)
