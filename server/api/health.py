"""Whether the process lives, and whether it can work."""

from fastapi import APIRouter, Response

from server.api.deps import ThisHouse, reply
from server.doctor import rooms
from storage.migrate import head, revision

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> Response:
    """The process answers."""
    return reply({"status": "ok"})


@router.get("/readyz")
def readyz(house: ThisHouse) -> Response:
    """The database answers at our schema, and every room is loaded from one place."""
    found = rooms()
    with house.store.read() as session:
        current = revision(session) == head()
    checks = {"rooms": found.ok, "schema": current}
    well = all(checks.values())
    return reply({"status": "ok" if well else "not ready", **checks}, 200 if well else 503)
