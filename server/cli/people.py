"""`goldloop user`: accounts, passwords, tokens."""

from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, table

ROLES = ["annotator", "lead", "engineer", "admin"]


@click.group()
def user() -> None:
    """People and machines: who they are and what they may do."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What they may do.")
@click.option("--password", is_flag=True, help="Ask for a password, so that they can log in.")
@as_json
@fails_cleanly
def add(name: str, role: str, password: bool, json_: bool) -> None:
    """Add an account; prints its token, which is shown this once."""
    from server import auth

    secret = _asked() if password else None
    with opened(create=True) as store, store.write() as session:
        made = auth.create_account(session, name, role, now(), password=secret)
        token = auth.issue_token(session, made, now())
    result = {"name": name, "role": role, "token": token}
    answer(result, json_, f"{role} {name} added\ntoken: {token}  (shown this once)")


def _asked() -> str:
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


@user.command("list")
@as_json
@fails_cleanly
def list_(json_: bool) -> None:
    """List the accounts."""
    from storage.queries import accounts

    with opened() as store, store.read() as session:
        rows: list[Any] = [
            {"name": one.name, "role": one.role, "disabled": one.disabled}
            for one in accounts.list_accounts(session)
        ]
    headings = {"name": "NAME", "role": "ROLE", "disabled": "DISABLED"}
    answer(rows, json_, lambda: table(rows, headings))


@user.command("disable")
@click.argument("name")
@as_json
@fails_cleanly
def disable(name: str, json_: bool) -> None:
    """Shut an account out: no log-in, no token. Its labels stay."""
    from server import auth

    with opened() as store, store.write() as session:
        auth.disable_account(session, auth.existing(session, name), now())
    answer({"name": name, "disabled": True}, json_, f"{name} disabled")


@user.command("password")
@click.argument("name")
@as_json
@fails_cleanly
def password(name: str, json_: bool) -> None:
    """Ask for a new password; whoever is logged in with the old one is logged out."""
    from server import auth

    secret = _asked()
    with opened() as store, store.write() as session:
        auth.change_password(session, auth.existing(session, name), secret, now())
    answer({"name": name}, json_, f"password of {name} changed")


@user.command("token")
@click.argument("name")
@click.option("--revoke", is_flag=True, help="Make all earlier tokens invalid.")
@as_json
@fails_cleanly
def token(name: str, revoke: bool, json_: bool) -> None:
    """Issue a token; it is shown this once."""
    from server import auth

    with opened() as store, store.write() as session:
        account = auth.existing(session, name)
        if revoke:
            auth.revoke_tokens(session, account, now())
        issued = auth.issue_token(session, account, now())
    result = {"name": name, "role": account.role, "token": issued}
    answer(result, json_, f"token: {issued}  (shown this once)")
