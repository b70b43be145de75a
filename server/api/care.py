"""How careful and how fast people are: for themselves, and for their lead."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from labeling import care, checks
from labeling.annotators import annotators_report
from server.api.deps import Labeler, Lead, ThisHouse, reply, takes
from server.api.schemas import QualificationIn, brings
from storage.queries import queues

router = APIRouter(prefix="/v1", tags=["care"])


@router.get("/me/progress")
def my_progress(
    house: ThisHouse, who: Labeler, queue: str | None = None, offset: int = 0
) -> Response:
    """Own labels, pace and checks; `offset` is how many minutes one's clock is ahead of UTC."""
    with house.store.snapshot() as session:
        return reply(checks.own_progress(session, who, house.clock(), queue, offset))


@router.get("/queues/{queue}/gold")
def gold(house: ThisHouse, _who: Lead, queue: str) -> Response:
    """Checks answered as agreed, repeats answered alike, who is qualified; per annotator."""
    with house.store.snapshot() as session:
        return reply(checks.gold_report(session, queue))


@router.get("/queues/{queue}/annotators")
def annotators(house: ThisHouse, _who: Lead, queue: str, field: str | None = None) -> Response:
    """What may be said of each annotator beside the others, with intervals; nobody is ranked."""
    with house.store.snapshot() as session:
        return reply(annotators_report(session, queue, field=field))


@router.post("/queues/{queue}/qualifications", openapi_extra=brings(QualificationIn))
def qualify(
    house: ThisHouse,
    who: Lead,
    queue: str,
    sent: Annotated[QualificationIn, takes(QualificationIn)],
) -> Response:
    """Let an annotator in, or let them try to qualify again."""
    with house.store.write() as session:
        row = queues.queue_named(session, queue)
        account = checks.annotator_named(session, sent.annotator)
        stands = care.decide(session, row, account, sent.decision, who, house.clock())
        house.note(
            session, who, "qualification_decided", queue,
            annotator=account.name, decision=sent.decision,
        )  # fmt: skip
    return reply(checks.standing_json(account.name, stands))
