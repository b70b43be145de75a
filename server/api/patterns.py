"""Failure patterns that were noted: what was decided, and what traffic says since."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from labeling import patterns
from labeling.patterns import Noted, Pattern
from server import auth
from server.api.deps import Lead, ThisHouse, allowed, numbered, reply, takes
from server.api.schemas import PatternChange, PatternIn, brings

router = APIRouter(prefix="/v1", tags=["patterns"])


@router.get("/queues/{queue}/patterns", dependencies=[allowed(auth.may_report)])
def noted(house: ThisHouse, queue: str) -> Response:
    """The noted patterns of a queue, open ones first: then, today, and since."""
    with house.store.snapshot() as session:
        return reply(patterns.noted_patterns(session, queue, house.clock()))


@router.post("/queues/{queue}/patterns", status_code=201, openapi_extra=brings(PatternIn))
def note(
    house: ThisHouse, who: Lead, queue: str, sent: Annotated[PatternIn, takes(PatternIn)]
) -> Response:
    """Note a pattern with its figures of now, and what was decided."""
    pattern = Pattern(sent.where, tuple(sent.tags))
    with house.store.snapshot() as session:
        figures = patterns.pattern_figures(session, queue, pattern, house.clock())
    wanted = Noted(pattern, figures, sent.text)
    with house.store.write() as session:
        number = patterns.note_pattern(session, queue, wanted, who, house.clock())
        house.note(session, who, "pattern_noted", queue, pattern=number)
    return reply({"pattern_id": number}, 201)


@router.patch("/patterns/{pattern}", openapi_extra=brings(PatternChange))
def change(
    house: ThisHouse, who: Lead, pattern: str, sent: Annotated[PatternChange, takes(PatternChange)]
) -> Response:
    """Say what was decided on a noted pattern, and whether that is done."""
    number, changes = numbered("noted pattern", pattern), sent.model_dump(exclude_unset=True)
    with house.store.write() as session:
        told = patterns.change_note(session, number, who, changes, house.clock())
        house.note(session, who, "pattern_changed", str(number), **changes)
    return reply(told)
