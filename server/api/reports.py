"""What the labels say: agreement, quality, failures, progress."""

from fastapi import APIRouter
from starlette.responses import Response

from labeling import quality as estimates
from labeling import reports
from labeling.agreement import agreement_report
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
def agreement(  # noqa: PLR0913 - one parameter per option
    house: ThisHouse,
    queue: str,
    field: str | None = None,
    model: str | None = None,
    category: str | None = None,
    cluster: str | None = None,
    width: float = 0.1,
) -> Response:
    """How far annotators agree beyond chance: overall, per pair, over time, by segment."""
    with house.store.snapshot() as session:
        found = agreement_report(
            session,
            queue,
            field=field,
            model=model,
            category=category,
            cluster=cluster,
            width=width,
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
def failures(house: ThisHouse, queue: str) -> Response:
    """Rates of failures and issues, and the segments that stand out."""
    with house.store.snapshot() as session:
        return reply(estimates.failures_report(session, queue, house.clock()))
