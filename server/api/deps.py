"""What routes are given: the house, who asks, the body, and how they answer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from labeling.guideline import Guideline
from server import auth
from server.api.bodies import read_body
from server.api.errors import Refused, unfit_body
from server.auth import Permission
from server.gate import Gate
from server.settings import Settings
from server.turns import Turns
from storage import NotFound, Session, Store
from storage.queries import accounts
from storage.queries.accounts import Account
from storage.types import encode_json

Clock = Callable[[], datetime]
Model = TypeVar("Model", bound=BaseModel)


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class House:
    """What one running app is made of."""

    settings: Settings
    store: Store
    guidelines: Mapping[str, Guideline]
    clock: Clock = utc_now

    def note(
        self, session: Session, who: Account, action: str, queue: str, **detail: object
    ) -> None:
        """Write down in the audit what somebody does to a queue."""
        accounts.record_audit(session, who.id, action, queue, detail or None, self.clock())

    def note_done(self, who: Account, action: str, queue: str, **detail: object) -> None:
        """The same of what had transactions of its own, or none."""
        with self.store.write() as session:
            self.note(session, who, action, queue, **detail)

    @cached_property
    def turns(self) -> Turns:
        """Who claims and labels over REST."""
        return Turns(self.store)

    @cached_property
    def gate(self) -> Gate:
        """Who sends traces."""
        return Gate()


def house_of(request: Request) -> House:
    """The house that a request came to."""
    return cast(House, request.app.state.house)


def bearer(request: Request) -> str | None:
    """The bearer token of a request."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" and secret.strip() else None


def asker(session: Session, request: Request, house: House) -> Account:
    """Who asks: by bearer token, or for reading by the cookie of a log-in.

    Raises
    ------
    Refused
        401 when nobody is recognised.
    """
    secret = bearer(request)
    if secret is not None:
        found = accounts.account_of_token(session, auth.digest(secret))
    else:
        cookie = request.cookies.get(auth.COOKIE) if request.method in ("GET", "HEAD") else None
        found = None
        if cookie is not None:
            found = accounts.account_of_login(session, auth.digest(cookie), house.clock())
    if found is None:
        raise Refused(
            401,
            "not_authenticated",
            "no valid token",
            hint="send Authorization: Bearer TOKEN; `goldloop user token NAME` issues one",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return found


def permit(account: Account, permission: Permission) -> Account:
    """The account itself, when it may.

    Raises
    ------
    Refused
        403 naming the role that it has.
    """
    if not permission(account):
        able = [role for role in auth.ROLES if permission(account._replace(role=role))]
        message = f"the role {account.role} may not do this, {' or '.join(able)} may"
        raise Refused(403, "wrong_role", message, hint="ask an admin for an account that may")
    return account


def allowed(permission: Permission) -> Any:
    """A dependency: the account that asks, which must have the permission."""

    def check(request: Request) -> Account:
        house = house_of(request)
        with house.store.read() as session:
            return permit(asker(session, request, house), permission)

    return Depends(check)


def takes(model: type[Model]) -> Any:
    """A dependency: the JSON body of the request. Name it after who asks, so that it is later."""

    async def parse(request: Request) -> Model:
        return parsed(model, await read_body(request, house_of(request).settings.max_request_bytes))

    return Depends(parse)


def parsed(model: type[Model], body: bytes) -> Model:
    """A body as what it has to be, or Refused."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise unfit_body(error, list(model.model_fields)) from error


async def known_query(request: Request) -> None:
    """Refuse a misspelt parameter of the address: ignored, it would answer another question."""
    if not request.url.query:
        return
    known = set(_query_of(request.scope["route"].dependant))
    strange = [name for name in request.query_params if name not in known]
    if strange:
        hint = f"possible: {', '.join(sorted(known))}" if known else "this address takes none"
        message = f"there is no parameter {strange[0]!r:.80}"
        raise Refused(422, "invalid", message, field=strange[0][:80], hint=hint)


def _query_of(dependant: Dependant) -> Iterator[str]:
    """Every parameter that a route reads from the address."""
    yield from (one.alias for one in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _query_of(inner)


def numbered(what: str, text: str) -> int:
    """An id in an address; what cannot be one is none: NotFound."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise NotFound(what, text)
    return int(text)


def reply(content: Any, status: int = 200) -> Response:
    """A JSON reply."""
    return Response(encode_json(content).encode(), status, media_type="application/json")


ThisHouse = Annotated[House, Depends(house_of)]
Somebody = Annotated[Account, allowed(auth.anybody)]
Labeler = Annotated[Account, allowed(auth.may_label)]
Lead = Annotated[Account, allowed(auth.may_lead)]
Drawer = Annotated[Account, allowed(auth.may_draw)]
Importer = Annotated[Account, allowed(auth.may_import)]
Reader = Annotated[Account, allowed(auth.may_report)]
Curator = Annotated[Account, allowed(auth.may_curate)]
Keeper = Annotated[Account, allowed(auth.may_administer)]
