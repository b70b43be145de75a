"""Connections to other platforms: kept, tried, pulled from, forgotten."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from server import auth
from server.api.deps import House, ThisHouse, allowed, permit, reply, takes
from server.outside import open_outside
from storage import connections, pull
from storage.queries import connections as kept
from storage.queries.accounts import Account
from storage.values import moment_of

router = APIRouter(prefix="/v1/connections", tags=["connections"])
Engineer = Annotated[Account, allowed(auth.may_ingest)]


class ConnectionBody(BaseModel):
    """What a connection shall be."""

    model_config = ConfigDict(extra="forbid")

    name: str
    kind: str
    url: str
    project: str | None = None
    secret: str | None = None
    source: str | None = None
    options: dict[str, str | int] = Field(default_factory=dict)
    every_minutes: int | None = None


@router.get("")
def connections_(house: ThisHouse, _who: Engineer) -> Response:
    """Every connection with its last pull and its fault, never with a key."""
    with house.store.read() as session:
        return reply([connections.told(row) for row in kept.connection_rows(session)])


@router.post("")
def add(
    house: ThisHouse, who: Engineer, body: Annotated[ConnectionBody, takes(ConnectionBody)]
) -> Response:
    """Keep a connection; one that uses a key is made by an admin, as keys go to its address."""
    if body.secret is not None:
        permit(who, auth.may_administer_all)
    options = {name: str(value) for name, value in body.options.items()}
    spec = connections.ConnectionSpec(**{**body.model_dump(), "options": options})
    with house.store.write() as session:
        found = connections.told(connections.make_connection(session, spec, house.clock()))
        house.note(session, who, "connection_added", body.name, url=found["url"], kind=body.kind)
    return reply(found, 201)


@router.delete("/{name}")
def remove(house: ThisHouse, who: Engineer, name: str) -> Response:
    """Forget a connection; what was pulled by it stays."""
    with house.store.write() as session:
        row = kept.connection_named(session, name)
        kept.remove_connection(session, row.id, house.clock())
        house.note(session, who, "connection_removed", name)
    return reply({"connection": name, "removed": True})


@router.post("/{name}/test")
def test(house: ThisHouse, _who: Engineer, name: str) -> Response:
    """Ask the platform whether it is there and the key is right."""
    outside = open_outside(house.settings, house.clock)
    try:
        return reply({"connection": name, "told": pull.check(house.store, name, outside)})
    finally:
        outside.client.close()


@router.post("/{name}/pull")
def pull_(
    house: ThisHouse,
    who: Engineer,
    name: str,
    dry_run: bool = False,
    since: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000_000)] = 1_000,
) -> Response:
    """Bring what is new, at most about `limit` objects; the next pull goes on there."""
    moment = None if since is None else moment_of("since", since)
    order = pull.PullOrder(moment, limit, dry_run)
    report = _pulled(house, name, order)
    if not dry_run:
        taken = report.intake.interactions.accepted
        house.note_done(who, "pulled", name, interactions=taken)
    found: dict[str, Any] = report.to_json()
    return reply(found)


def _pulled(house: House, name: str, order: pull.PullOrder) -> pull.PullReport:
    outside = open_outside(house.settings, house.clock)
    try:
        return pull.pull(house.store, name, outside, order)
    finally:
        outside.client.close()
