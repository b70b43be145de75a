"""Rules on texts: words that are looked for in all traffic, so that draws can be told of them."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from labeling import texts
from labeling.texts import Wanted
from server import auth
from server.api.deps import Lead, ThisHouse, allowed, reply, takes
from server.api.schemas import TextRuleIn, brings

router = APIRouter(prefix="/v1/texts", tags=["texts"])
READING_SECONDS = 2.0
"""How long an answer waits for texts to be read; the scheduler reads the rest."""


@router.get("", dependencies=[allowed(auth.may_report)])
def list_(house: ThisHouse) -> Response:
    """Every rule, with how many interactions hold and how many are still to be read."""
    with house.store.read() as session:
        return reply(texts.kept_rules(session))


@router.post("", status_code=201, openapi_extra=brings(TextRuleIn))
def keep(house: ThisHouse, who: Lead, sent: Annotated[TextRuleIn, takes(TextRuleIn)]) -> Response:
    """Keep a rule, and begin to look for it in what is stored."""
    wanted = Wanted(sent.words, sent.at_least, sent.name)
    with house.store.write() as session:
        name = texts.keep_rule(session, wanted, who, house.clock())
        house.note(session, who, "text_rule_kept", name, words=sent.words)
    texts.read_texts(house.store, house.clock, seconds=READING_SECONDS)
    with house.store.read() as session:
        return reply(texts.told(session, name), 201)


@router.delete("/{name}")
def end(house: ThisHouse, who: Lead, name: str) -> Response:
    """Look no longer at new traffic; what was found stays."""
    with house.store.write() as session:
        told = texts.end_rule(session, name, house.clock())
        house.note(session, who, "text_rule_ended", name)
    return reply(told)
