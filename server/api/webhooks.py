"""Webhooks: for admins alone, since whoever makes one has this server ask any address."""

from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from labeling import webhooks
from labeling.deliveries import Post, try_webhook
from labeling.events import EVENTS
from labeling.webhooks import WebhookSpec
from server import auth, outgoing
from server.api.deps import ThisHouse, allowed, reply, takes
from server.api.schemas import SwitchIn, WebhookIn, brings
from storage.queries.accounts import Account

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
Admin = Annotated[Account, allowed(auth.may_administer_all)]
MANY = Query(ge=1, le=10_000)


@router.get("", dependencies=[allowed(auth.may_administer_all)])
def list_(house: ThisHouse) -> Response:
    """Every webhook and how it is doing."""
    with house.store.read() as session:
        return reply(webhooks.webhooks_told(session))


@router.post("", status_code=201, openapi_extra=brings(WebhookIn))
def add(house: ThisHouse, who: Admin, sent: Annotated[WebhookIn, takes(WebhookIn)]) -> Response:
    """Tell an address of what happens from now on; `secret` names the signing key."""
    outgoing.check_key(house.settings.secret, sent.secret)
    events = EVENTS if sent.events is None else sent.events
    spec = WebhookSpec(sent.name, sent.url, sent.secret, events, sent.queue)
    with house.store.write() as session:
        made = webhooks.add_webhook(session, spec, who.id, house.clock())
        house.note(session, who, "webhook_added", sent.name, events=made["events"])
    return reply(made, 201)


@router.patch("/{webhook}", openapi_extra=brings(SwitchIn))
def switch(
    house: ThisHouse, who: Admin, webhook: str, sent: Annotated[SwitchIn, takes(SwitchIn)]
) -> Response:
    """Switch it off, or on again: then it is told of what happened in between."""
    with house.store.write() as session:
        told = webhooks.switch_webhook(session, webhook, active=sent.active)
        house.note(session, who, "webhook_switched", webhook, active=sent.active)
    return reply(told)


@router.delete("/{webhook}")
def remove(house: ThisHouse, who: Admin, webhook: str) -> Response:
    """Tell an address nothing more."""
    with house.store.write() as session:
        webhooks.remove_webhook(session, webhook, house.clock())
        house.note(session, who, "webhook_removed", webhook)
    return reply({"name": webhook, "removed": True})


@router.post("/{webhook}/test")
def test(house: ThisHouse, who: Admin, webhook: str) -> Response:
    """Send `webhook.test` at once; what was answered."""
    house.note_done(who, "webhook_tested", webhook)
    with outgoing.client() as client:
        post = Post(house.store, client, house.settings.secret, house.clock)
        return reply(try_webhook(post, webhook, token_hex(8)))


@router.get("/{webhook}/log", dependencies=[allowed(auth.may_administer_all)])
def log(house: ThisHouse, webhook: str, limit: Annotated[int, MANY] = 100) -> Response:
    """The latest tries, the last one first."""
    with house.store.read() as session:
        return reply(webhooks.webhook_log(session, webhook, limit))
