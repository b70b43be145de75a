"""Claiming tasks and answering them, by machine.

Claim and label are asked hundreds of times a second. They read their request by hand, and
everything of one request happens in one turn, see `server.turns`.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from labeling import assignment as work
from labeling.assignment import Nothing
from labeling.errors import NotAssigned
from labeling.submit import SlotTaken, Submission, submit
from server import auth
from server.api.bodies import read_body
from server.api.deps import (
    House,
    Labeler,
    Somebody,
    ThisHouse,
    asker,
    house_of,
    parsed,
    permit,
    reply,
    takes,
)
from server.api.errors import Said, error_response
from server.api.schemas import ClaimIn, DraftIn, LabelIn, SkipIn, brings
from storage import Session
from storage.queries.accounts import Account

router = APIRouter(prefix="/v1", tags=["assignments"])

Act = Callable[[House, Session, Account, Request, bytes], Response]


async def _acted(request: Request, act: Act, *, durable: bool) -> Response:
    """One request, from the token to the answer, in one turn at the store."""
    house = house_of(request)
    body = await read_body(request, house.settings.max_request_bytes)

    def turn(session: Session) -> Response:
        account = permit(asker(session, request, house), auth.may_label)
        return act(house, session, account, request, body)

    answer: Response = await house.turns.take(turn, durable=durable)
    return answer


@router.post(
    "/queues/{queue}/assignments",
    status_code=201,
    responses={200: {"description": "There is nothing, and why"}},
    openapi_extra=brings(ClaimIn, needed=False),
)
async def claim(request: Request, queue: str) -> Response:  # noqa: ARG001 - for OpenAPI
    """Lease the next task, or say why there is none (200); an open lease is returned again."""
    return await _acted(request, _claim, durable=False)


def _claim(
    house: House, session: Session, account: Account, request: Request, body: bytes
) -> Response:
    count = parsed(ClaimIn, body).count if body else None
    queue = request.path_params["queue"]
    found = work.claim(session, queue, account, now=house.clock(), count=count or 1)
    if isinstance(found, Nothing):
        return reply(_nothing(found))
    views = [work.held_view(session, row, account) for row in found]
    told = views[0] if count is None else {**views[0], "assignments": views}
    return reply(told, 201)


def _nothing(found: Nothing) -> dict[str, object]:
    told: dict[str, object] = {
        "assignment_id": None,
        "reason": found.reason,
        "message": found.message,
    }
    if found.retry_after_seconds is not None:
        told["retry_after_seconds"] = found.retry_after_seconds
    return told


@router.post(
    "/assignments/{assignment}/label",
    status_code=201,
    responses={200: {"description": "The same was sent before: the first answer"}},
    openapi_extra=brings(LabelIn),
)
async def label(request: Request, assignment: str) -> Response:  # noqa: ARG001 - for OpenAPI
    """Store a label, or with `revises` a correction; a repeat under the same key answers 200."""
    return await _acted(request, _label, durable=True)


def _label(
    house: House, session: Session, account: Account, request: Request, body: bytes
) -> Response:
    sent = parsed(LabelIn, body)
    submission = Submission(
        sent.values,
        seconds=sent.seconds,
        revises=sent.revises,
        key=request.headers.get("idempotency-key"),
        response_order=sent.response_order,
    )
    number = _number(request.path_params["assignment"])
    done = submit(session, number, account, submission, house.clock())
    if isinstance(done, SlotTaken):  # answered, not raised: the draft shall be kept
        hint = "claim another task; the draft of this assignment has what you sent"
        return error_response(Said(409, "slot_taken", done.message, None, hint))
    told = {"label_id": done.label_id, "revision": done.revision}
    return reply(told, 200 if done.repeated else 201)


def _number(assignment: str) -> int:
    """The id of an assignment; what cannot be one is one that nobody has."""
    if not (assignment.isascii() and assignment.isdigit() and len(assignment) < 20):
        raise NotAssigned(assignment)
    number = int(assignment)
    if number >= 2**63:
        raise NotAssigned(assignment)
    return number


@router.post("/assignments/{assignment}/skip", openapi_extra=brings(SkipIn))
def skip(
    house: ThisHouse, who: Labeler, assignment: str, sent: Annotated[SkipIn, takes(SkipIn)]
) -> Response:
    """Decline a task for good."""
    with house.store.write() as session:
        work.skip(session, _number(assignment), who, sent.reason, house.clock())
    return reply({"state": "skipped"})


@router.post("/assignments/{assignment}/return")
def give_back(house: ThisHouse, who: Labeler, assignment: str) -> Response:
    """Put a task back; the same person may get it again."""
    with house.store.write() as session:
        work.give_back(session, _number(assignment), who, house.clock())
    return reply({"state": "returned"})


@router.post("/assignments/{assignment}/heartbeat")
def heartbeat(house: ThisHouse, who: Labeler, assignment: str) -> Response:
    """Renew a lease that is still held."""
    with house.store.write(durable=False) as session:
        until = work.heartbeat(session, _number(assignment), who, house.clock())
    return reply({"lease_expires_at": until})


@router.get("/assignments/{assignment}/draft")
def read_draft(house: ThisHouse, who: Labeler, assignment: str) -> Response:
    """What was typed so far."""
    with house.store.read() as session:
        return reply(work.read_draft(session, _number(assignment), who))


@router.put("/assignments/{assignment}/draft", openapi_extra=brings(DraftIn))
def save_draft(
    house: ThisHouse, who: Labeler, assignment: str, sent: Annotated[DraftIn, takes(DraftIn)]
) -> Response:
    """Keep what was typed so far."""
    with house.store.write(durable=False) as session:
        version = work.save_draft(session, _number(assignment), who, sent.values, house.clock())
    return reply({"version": version})


@router.get("/me")
def me(who: Somebody) -> Response:
    """Who asks."""
    return reply({"name": who.name, "role": who.role})


@router.get("/me/assignments")
def my_assignments(
    house: ThisHouse, who: Labeler, state: str | None = None, queue: str | None = None
) -> Response:
    """Own assignments, the latest first."""
    with house.store.read() as session:
        return reply(work.my_assignments(session, who, state=state, queue=queue))
