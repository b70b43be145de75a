"""What the routes that other tools' clients post to share: who sends, and how much at once."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from server import auth
from server.api.bodies import read_raw, unpacked
from server.api.deps import House, bearer, house_of, permit
from server.api.errors import Refused
from storage.ingest import check_source
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


@asynccontextmanager
async def received_body(request: Request) -> AsyncIterator[tuple[House, bytes]]:
    """The house and the unpacked body, once it is known that the sender may and there is room.

    Raises
    ------
    Refused
        401 and 403 as `sender_account`, 408 when the body does not come, 413 when it is too large.
    TooMany
        When the bodies of too many are held.
    """
    house = house_of(request)
    await run_in_threadpool(sender_account, request, house)
    limit = house.settings.max_body_bytes
    with house.gate.entered():
        try:
            async with asyncio.timeout(house.gate.seconds):  # who stalls keeps no place
                raw = await read_raw(request, limit)
        except TimeoutError:
            hint = "send it again, in smaller parts"
            raise Refused(408, "too_slow", "the body did not come in time", hint=hint) from None
        yield house, await run_in_threadpool(unpacked, request, raw, limit)


def sender_of(request: Request, default: str) -> Sender:
    """What the interactions of a request are filed under.

    Raises
    ------
    BadRow
        If the name that it gives is none.
    """
    given: Any = request.query_params.get("source") or request.headers.get(SOURCE)
    source = name_of("source", given, MAX_NAME)
    if source is not None:
        check_source(source)
    return Sender(source, default)
