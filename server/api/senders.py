"""What the routes that other tools' clients post to share: who sends, and how much at once."""

import base64
import binascii
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from server import auth
from server.api.bodies import read_raw
from server.api.deps import House, bearer, house_of, permit
from server.api.errors import Refused
from storage.queries import accounts
from storage.queries.accounts import Account
from storage.traces import Sender
from storage.values import MAX_NAME, name_of

SOURCE = "x-goldloop-source"


def secret_of(request: Request) -> str | None:
    """The token of a sender: as bearer token, as password, or as API key."""
    found = bearer(request) or request.headers.get("x-api-key", "").strip()
    if found:
        return found
    kind, _, coded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        pair = base64.b64decode(coded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return pair.partition(":")[2] or None


def sender_account(request: Request, house: House) -> Account:
    """Who sends, who must be allowed to.

    Raises
    ------
    Refused
        401 for nobody, 403 for a role that may not.
    """
    secret = secret_of(request)
    with house.store.read() as session:
        found = accounts.account_of_token(session, auth.digest(secret)) if secret else None
    if found is None:
        hint = "send Authorization: Bearer TOKEN; Basic with the token as password, or x-api-key"
        headers = {"WWW-Authenticate": "Bearer"}
        raise Refused(401, "not_authenticated", "no valid token", hint=hint, headers=headers)
    return permit(found, auth.may_ingest)


async def body_of(request: Request) -> tuple[House, bytes]:
    """The house and the body as it came, once it is known that the sender may."""
    house = house_of(request)
    await run_in_threadpool(sender_account, request, house)
    return house, await read_raw(request, house.settings.max_body_bytes)


def sender_of(request: Request, default: str) -> Sender:
    """What the interactions of a request are filed under.

    Raises
    ------
    BadRow
        If the name that it gives is none.
    """
    given: Any = request.query_params.get("source") or request.headers.get(SOURCE)
    return Sender(name_of("source", given, MAX_NAME), default)
