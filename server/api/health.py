"""Whether the process lives, and whether it can work."""

import logging

from fastapi import APIRouter, Response

from server.api.deps import House, ThisHouse, reply
from server.doctor import rooms
from storage.migrate import head, revision

log = logging.getLogger("goldloop.health")
router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> Response:
    """The process answers."""
    return reply({"status": "ok"})


@router.get("/readyz")
def readyz(house: ThisHouse) -> Response:
    """The database answers at our schema, and every room is loaded from one place."""
    checks = {"rooms": rooms().ok, "database": _database_answers(house)}
    well = all(checks.values())
    return reply({"status": "ok" if well else "not ready", **checks}, 200 if well else 503)


def _database_answers(house: House) -> bool:
    try:
        with house.store.read() as session:
            return revision(session) == head()
    except Exception:
        log.exception("the database does not answer")
        return False
