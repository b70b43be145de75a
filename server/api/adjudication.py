"""Disagreements, verdicts, notes on what a guideline does not settle: for leads."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from labeling import adjudication, disagreements, notes
from labeling.adjudication import Ruling
from labeling.notes import Hole
from server import auth
from server.api.deps import Lead, ThisHouse, allowed, numbered, reply, takes
from server.api.schemas import NoteIn, VerdictIn, brings

router = APIRouter(prefix="/v1", tags=["adjudication"])
MANY = Query(ge=1, le=1000)


@router.get("/queues/{queue}/disagreements", dependencies=[allowed(auth.may_lead)])
def list_(
    house: ThisHouse, queue: str, field: str | None = None, limit: Annotated[int, MANY] = 50
) -> Response:
    """The tasks that wait for a verdict, ranked by what it is worth; answers without names."""
    with house.store.read() as session:
        return reply(
            disagreements.disagreements(session, queue, house.clock(), field=field, limit=limit)
        )


@router.get("/queues/{queue}/tasks/{task}", dependencies=[allowed(auth.may_lead)])
def case(house: ThisHouse, queue: str, task: str) -> Response:
    """One task: its answers under letters, and every verdict on it."""
    with house.store.read() as session:
        found = adjudication.case(session, queue, numbered("task", task))
    named = ("annotator", "label_id")
    answers = [{key: one[key] for key in one if key not in named} for one in found.pop("answers")]
    del found["interaction"]
    return reply(found | {"answers": answers})


@router.get("/queues/{queue}/verdicts", dependencies=[allowed(auth.may_lead)])
def verdicts(house: ThisHouse, queue: str) -> Response:
    """The verdict that stands on every field of every task."""
    with house.store.read() as session:
        return reply(adjudication.queue_verdicts(session, queue))


@router.post("/queues/{queue}/verdicts", status_code=201, openapi_extra=brings(VerdictIn))
def settle(
    house: ThisHouse, who: Lead, queue: str, sent: Annotated[VerdictIn, takes(VerdictIn)]
) -> Response:
    """Settle fields of a task; null withdraws a verdict. The revisions that came of it."""
    ruling, task = Ruling(sent.values, sent.reason, sent.seen), numbered("task", sent.task_id)
    with house.store.write() as session:
        made = adjudication.settle(session, queue, task, who, ruling, house.clock())
        house.note(session, who, "verdict_given", queue, task=sent.task_id, fields=list(made))
    return reply({"task_id": sent.task_id, "revisions": made}, 201)


@router.get("/queues/{queue}/notes", dependencies=[allowed(auth.may_lead)])
def notes_(house: ThisHouse, queue: str) -> Response:
    """Notes on the guideline of a queue, open ones first."""
    with house.store.read() as session:
        return reply(notes.queue_notes(session, queue))


@router.post("/queues/{queue}/notes", status_code=201, openapi_extra=brings(NoteIn))
def note(
    house: ThisHouse, who: Lead, queue: str, sent: Annotated[NoteIn, takes(NoteIn)]
) -> Response:
    """Note what the guideline of a queue does not settle."""
    task = None if sent.task_id is None else numbered("task", sent.task_id)
    with house.store.write() as session:
        number = notes.note(session, queue, who, Hole(sent.text, sent.field, task), house.clock())
        house.note(session, who, "guideline_noted", queue, note=number)
    return reply({"note_id": number}, 201)


@router.post("/notes/{note}/close")
def close(house: ThisHouse, who: Lead, note: str) -> Response:
    """Close a note; a second time changes nothing."""
    number = numbered("note", note)
    with house.store.write() as session:
        told = notes.close(session, number, who, house.clock())
        house.note(session, who, "guideline_note_closed", told["guideline"]["slug"], note=number)
    return reply(told)
