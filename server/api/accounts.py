"""Accounts and their tokens: a lead sees to those of annotators, an admin to all."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from server import auth
from server.api.deps import Keeper, ThisHouse, reply, takes
from server.api.errors import Refused
from server.api.schemas import AccountIn, PasswordIn, brings
from storage import Session
from storage.queries import accounts
from storage.queries.accounts import Account

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])


def _told(account: Account, tokens: int) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role,
        "disabled": account.disabled,
        "can_log_in": account.can_log_in,
        "tokens": tokens,
    }


def _check(who: Account, role: str) -> None:
    if not auth.may_see_to(who, role):
        message = f"the role {who.role} may not see to accounts with the role {role}"
        raise Refused(403, "wrong_role", message, hint="ask an admin")


def _seen_to(session: Session, who: Account, name: str) -> Account:
    """The account of that name, if this one may see to it."""
    found = auth.existing(session, name)
    _check(who, found.role)
    return found


@router.get("")
def list_accounts(house: ThisHouse, who: Keeper) -> Response:
    """The accounts that one may see to, by name."""
    with house.store.read() as session:
        tokens = accounts.token_counts(session)
        found = accounts.list_accounts(session)
    return reply(
        [_told(one, tokens.get(one.id, 0)) for one in found if auth.may_see_to(who, one.role)]
    )


@router.post("", status_code=201, openapi_extra=brings(AccountIn))
def add(house: ThisHouse, who: Keeper, sent: Annotated[AccountIn, takes(AccountIn)]) -> Response:
    """Make an account; the answer holds its token, which is shown this once."""
    _check(who, sent.role)
    now = house.clock()
    with house.store.write() as session:
        made = auth.create_account(
            session, sent.name, sent.role, now, password=sent.password, by=who
        )
        token = auth.issue_token(session, made, now, by=who)
    return reply({**_told(made, 1), "token": token}, 201)


@router.post("/{name:path}/disable")
def disable(house: ThisHouse, who: Keeper, name: str) -> Response:
    """Shut an account out at once; its labels stay."""
    with house.store.write() as session:
        account = _seen_to(session, who, name)
        if account.id == who.id:
            raise Refused(409, "own_account", "you would shut yourself out", hint="ask another")
        auth.disable_account(session, account, house.clock(), by=who)
    return reply({"name": name, "disabled": True})


@router.post("/{name:path}/enable")
def enable(house: ThisHouse, who: Keeper, name: str) -> Response:
    """Let a disabled account in again."""
    with house.store.write() as session:
        auth.enable_account(session, _seen_to(session, who, name), house.clock(), by=who)
    return reply({"name": name, "disabled": False})


@router.post("/{name:path}/token", status_code=201)
def issue_token(house: ThisHouse, who: Keeper, name: str) -> Response:
    """A further token, which is shown this once."""
    with house.store.write() as session:
        account = _seen_to(session, who, name)
        token = auth.issue_token(session, account, house.clock(), by=who)
    return reply({"name": name, "role": account.role, "token": token}, 201)


@router.delete("/{name:path}/token")
def revoke_tokens(house: ThisHouse, who: Keeper, name: str) -> Response:
    """Make every token of an account invalid."""
    with house.store.write() as session:
        account = _seen_to(session, who, name)
        revoked = auth.revoke_tokens(session, account, house.clock(), by=who)
    return reply({"name": name, "revoked": revoked})


@router.put("/{name:path}/password", openapi_extra=brings(PasswordIn))
def change_password(
    house: ThisHouse, who: Keeper, name: str, sent: Annotated[PasswordIn, takes(PasswordIn)]
) -> Response:
    """Set a password; whoever is logged in with the old one is logged out."""
    with house.store.write() as session:
        account = _seen_to(session, who, name)
        auth.change_password(session, account, sent.password, house.clock(), by=who)
    return reply({"name": name})
