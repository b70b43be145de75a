"""What the labels of each task say together: the report, its rows, and keeping them as verdicts."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from labeling.consensus import AT_LEAST
from labeling.consensus_keep import keep_consensus
from labeling.consensus_report import consensus_lines, consensus_report
from server.api.bodies import NDJSON
from server.api.deps import Lead, Reader, ThisHouse, reply, takes
from server.api.schemas import ConsensusIn, brings

router = APIRouter(prefix="/v1/queues/{queue}/consensus", tags=["reports"])


@router.get("")
def consensus(
    house: ThisHouse,
    _who: Reader,
    queue: str,
    field: str | None = None,
    method: str | None = None,
    at_least: float = AT_LEAST,
    tasks: bool = False,
) -> Response:
    """What is settled, how sure, what ties; with `tasks` a line of JSON per labelled task."""
    if tasks:
        found = consensus_lines(house.store, queue, field=field, method=method, at_least=at_least)
        return StreamingResponse(found, media_type=NDJSON)
    with house.store.snapshot() as session:
        report = consensus_report(session, queue, field=field, method=method, at_least=at_least)
    return reply(report)


@router.post("/verdicts", openapi_extra=brings(ConsensusIn))
def keep(
    house: ThisHouse, who: Lead, queue: str, sent: Annotated[ConsensusIn, takes(ConsensusIn)]
) -> Response:
    """Keep what is settled as verdicts; those of people stay as they are."""
    kept = keep_consensus(house.store, queue, by=who, clock=house.clock, **sent.model_dump())
    told = {key: kept[key] for key in ("field", "method", "at_least", "written", "withdrawn")}
    house.note_done(who, "consensus_kept", queue, **told)
    return reply(kept)
