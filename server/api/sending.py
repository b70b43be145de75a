"""Telling other platforms of the answers of a queue."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from labeling import sending
from labeling.sending import SendingSpec
from server import auth
from server.api.deps import Drawer, ThisHouse, allowed, reply, takes
from server.api.schemas import SendingIn, brings

router = APIRouter(prefix="/v1", tags=["sending"])


@router.get("/sendings", dependencies=[allowed(auth.may_draw)])
def list_(house: ThisHouse, queue: str | None = None) -> Response:
    """What is sent where, how far it has come, and what was refused."""
    with house.store.read() as session:
        return reply(sending.sendings(session, queue))


@router.put("/queues/{queue}/sendings/{connection}", openapi_extra=brings(SendingIn))
def send(
    house: ThisHouse,
    who: Drawer,
    queue: str,
    connection: str,
    sent: Annotated[SendingIn, takes(SendingIn)],
    dry_run: bool = False,
) -> Response:
    """Send the answers of a queue from now on, within a minute of a change; or count them."""
    spec = SendingSpec(sent.labels, sent.names, True)
    if dry_run:
        found = sending.outlook(house.store, queue, connection, spec, house.clock)
        return reply(found.to_json())
    with house.store.write() as session:
        row = sending.set_sending(session, queue, connection, spec, house.clock())
        house.note(
            session, who, "sending_set", queue,
            connection=connection, labels=row.labels, names=row.names,
        )  # fmt: skip
        return reply(sending.told(session, row))


@router.delete("/queues/{queue}/sendings/{connection}")
def stop(house: ThisHouse, who: Drawer, queue: str, connection: str) -> Response:
    """Send nothing more by itself; what was sent stays over there."""
    with house.store.write() as session:
        row = sending.stop_sending(session, queue, connection)
        house.note(session, who, "sending_stopped", queue, connection=connection)
        return reply(sending.told(session, row))
