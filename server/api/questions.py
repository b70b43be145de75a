"""Questions to the lead, their answers, precedents."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from labeling import questions as asked
from labeling.calls import id_of
from labeling.questions import State, Wording
from server import auth
from server.api.deps import Labeler, Lead, ThisHouse, allowed, reply, takes
from server.api.schemas import AnswerIn, QuestionIn, brings
from storage import NotFound

router = APIRouter(prefix="/v1", tags=["questions"])


@router.post(
    "/assignments/{assignment}/questions",
    status_code=201,
    responses={200: {"description": "The same was asked before: its id"}},
    openapi_extra=brings(QuestionIn),
)
def ask(
    house: ThisHouse, who: Labeler, assignment: str, sent: Annotated[QuestionIn, takes(QuestionIn)]
) -> Response:
    """Ask the lead about a task of one's own; the same words again are the same question (200)."""
    with house.store.write() as session:
        done = asked.ask(session, id_of(assignment), who, sent.model_dump(), house.clock())
    return reply({"question_id": done.question_id}, 200 if done.repeated else 201)


@router.get("/queues/{queue}/questions", dependencies=[allowed(auth.may_lead)])
def list_(house: ThisHouse, queue: str, state: State | None = None) -> Response:
    """The questions of a queue, open ones first."""
    with house.store.read() as session:
        return reply(asked.queue_questions(session, queue, state))


@router.post("/questions/{question}/answer", status_code=201, openapi_extra=brings(AnswerIn))
def answer(
    house: ThisHouse, who: Lead, question: str, sent: Annotated[AnswerIn, takes(AnswerIn)]
) -> Response:
    """Answer a question, anew if it has an answer; with `precedent`, keep it for everybody."""
    kept = None
    if sent.precedent is not None:
        kept = Wording(sent.precedent.question, sent.precedent.answer)
    number = _number(question)
    with house.store.write() as session:
        row = asked.answer(session, number, who, sent.answer, house.clock(), kept)
        house.note(session, who, "question_answered", row.queue_name, question=number)
        if kept is not None:
            house.note(session, who, "precedent_kept", row.queue_name, question=number)
    return reply({"question_id": number, "precedent": kept is not None}, 201)


@router.delete("/questions/{question}/precedent")
def withdraw(house: ThisHouse, who: Lead, question: str) -> Response:
    """Withdraw the precedent that was kept of a question; the answer to its asker stays."""
    number = _number(question)
    with house.store.write() as session:
        row = asked.withdraw(session, number, who, house.clock())
        house.note(session, who, "precedent_withdrawn", row.queue_name, question=number)
    return reply({"question_id": number, "precedent": False})


@router.get("/queues/{queue}/precedents")
def precedents(house: ThisHouse, who: Labeler, queue: str) -> Response:
    """The precedents of a queue's guideline, newest first, for whoever may enter the queue."""
    with house.store.read() as session:
        return reply(asked.queue_precedents(session, queue, who))


def _number(question: str) -> int:
    """The id of a question; what cannot be one is none."""
    if not (question.isascii() and question.isdigit() and len(question) < 20):
        raise NotFound("question", question)
    return int(question)
