"""What is taken out of texts before they are stored: admins decide, by source."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from labeling import redaction
from server import auth
from server.api.deps import ThisHouse, allowed, reply, takes
from server.api.schemas import RedactionIn, brings
from storage.queries.accounts import Account
from storage.redact.policy import policy_of

router = APIRouter(prefix="/v1/redaction", tags=["redaction"])
Admin = Annotated[Account, allowed(auth.may_administer_all)]


@router.get("")
def show(house: ThisHouse, who: Admin) -> Response:  # noqa: ARG001 - it is who may
    """Every source's policy, what came in under it, and how much was found."""
    with house.store.read() as session:
        return reply(redaction.redaction_told(session, house.store.redaction.default))


@router.put("/{source:path}", openapi_extra=brings(RedactionIn))
def decide(
    house: ThisHouse, who: Admin, source: str, sent: Annotated[RedactionIn, takes(RedactionIn)]
) -> Response:
    """Decide for a source from now on; what is stored stays as it is."""
    decided = policy_of(sent.policy, sent.kinds, sent.regions, sent.patterns)
    redaction.decide(house.store, source, decided, by=who.id, now=house.clock())
    return reply({"source": source, **decided.to_json()})
