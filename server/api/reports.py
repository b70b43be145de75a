"""What the labels say: agreement, quality, failures, progress."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from labeling import quality as estimates
from labeling import reports
from labeling.attributes import ATTRIBUTES, parse_pattern
from labeling.failures import Asked, failing_tasks, failures_report
from server import auth
from server.api.deps import ThisHouse, allowed, reply

router = APIRouter(
    prefix="/v1/queues/{queue}", tags=["reports"], dependencies=[allowed(auth.may_report)]
)


@router.get("/progress")
def progress(house: ThisHouse, queue: str) -> Response:
    """How far a queue is, and who has done what."""
    with house.store.snapshot() as session:
        return reply(reports.progress_report(session, queue))


@router.get("/agreement")
def agreement(
    house: ThisHouse,
    queue: str,
    field: str | None = None,
    model: str | None = None,
    category: str | None = None,
) -> Response:
    """How far annotators agree beyond chance, per pair and overall."""
    with house.store.snapshot() as session:
        found = reports.agreement_report(
            session, queue, field=field, model=model, category=category
        )
    return reply(found)


@router.get("/quality")
def quality(
    house: ThisHouse,
    queue: str,
    field: str | None = None,
) -> Response:
    """The quality of the whole traffic, estimated from a sample with known probabilities."""
    with house.store.snapshot() as session:
        return reply(estimates.quality_report(session, queue, house.clock(), field=field))


@router.get("/failures")
def failures(
    house: ThisHouse, queue: str, depth: int = 2, by: str | None = None, clusters: bool = False
) -> Response:
    """Rates of failures and issues, the patterns that stand out, and what has changed."""
    names = ATTRIBUTES if by is None else tuple(by.split(","))
    asked = Asked(depth, names, clusters)
    with house.store.snapshot() as session:
        return reply(failures_report(session, queue, house.clock(), asked))


@router.get("/failures/tasks")
def tasks(
    house: ThisHouse,
    queue: str,
    where: Annotated[list[str] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
) -> Response:
    """The labelled tasks of a pattern, the failing ones first."""
    pattern = parse_pattern(where or [])
    with house.store.snapshot() as session:
        return reply(failing_tasks(session, queue, house.clock(), pattern, limit=limit))
