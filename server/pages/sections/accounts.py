"""The admin's page in parts: accounts, tokens, the audit, the installation."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from server.auth import ROLES
from server.pages.controls import Control, buttons, choices, entry, form, grid, press, submit
from server.pages.elements import (
    DASH,
    Column,
    chip,
    count,
    empty,
    folded,
    moment,
    muted,
    secret,
    section,
    table,
)
from server.pages.markup import Markup, h, join, name
from storage.queries.accounts import Account

MAY = {
    "annotator": "labels in queues they may enter",
    "lead": "that, and queues, draws, reports, exports, annotators",
    "engineer": "data in and out, draws, reports; works by token",
    "admin": "everything",
}


def accounts(listed: Sequence[Account], counted: Mapping[int, int], me: str) -> Markup:
    """Who there is, and adding more."""
    rows = [
        (
            name(one.name),
            one.role,
            chip("Disabled", "ld-hold") if one.disabled else chip("In use", "ld-good"),
            _way_in(one, counted.get(one.id, 0)),
            _doing(one, me),
        )
        for one in listed
    ]
    columns = (
        "Account", "Role", "State", "Gets in by",
        Column("Actions", unseen=True, wide=True),
    )  # fmt: skip
    return join(
        h("div", {"id": "ld-secret", "tabindex": -1}),
        section("Accounts", table("Accounts", columns, rows, stacked=True)),
        section("Add an account", _new()),
    )


def _doing(one: Account, me: str) -> Markup:
    told = {"account": one.name}
    if one.disabled:
        return press("Let in again", "enable", f"Let {one.name} in again", **told)
    reset = folded(
        "New password",
        muted("The old one ends at once, and so does every log-in with it."),
        press("Make a new password", "reset_password", f"New password for {one.name}", **told),
    )
    if one.name == me:
        return reset
    shut_out = folded(
        "Disable",
        muted("No log-in and no token works any more, at once. Labels stay."),
        press("Disable now", "disable", f"Disable {one.name} now", **told),
    )
    return h("div", {"class": "ld-row"}, None if one.role == "engineer" else reset, shut_out)


def _way_in(one: Account, tokens: int) -> str:
    ways = [*(["password"] if one.can_log_in else []), *(["token"] if tokens else [])]
    return " and ".join(ways) or "– no password, no token"


def _new() -> Markup:
    roles = [(role, f"{role}: {MAY[role]}") for role in ROLES]
    return form(
        "add_account",
        grid(entry(Control("name", "Name", "labels carry it"))),
        choices(Control("role", "Role"), "radio", roles, ["annotator"]),
        buttons(submit("Add account", main=True)),
        label="Add an account",
    )


def password(account: str, value: str) -> Markup:
    """A password, this once."""
    what = join("Password of ", name(account), ", to be given to them in private:")
    return secret(what, value, "Whoever was logged in as them is logged out.")


def token(account: str, value: str) -> Markup:
    """A token, this once."""
    what = join("Token of ", name(account), ":")
    return secret(what, value, "Send it as: Authorization: Bearer TOKEN")


def tokens(listed: Sequence[Account], counted: Mapping[int, int]) -> Markup:
    """Who has how many tokens, and issuing or revoking them."""
    rows = [
        (
            name(one.name),
            one.role,
            count(counted.get(one.id, 0)),
            _token_buttons(one, counted.get(one.id, 0)),
        )
        for one in listed
        if not one.disabled
    ]
    return join(
        h("div", {"id": "ld-secret", "tabindex": -1}),
        section(
            "Tokens",
            table(
                "Tokens",
                (
                    "Account",
                    "Role",
                    Column("Valid tokens", True),
                    Column("Actions", unseen=True, wide=True),
                ),
                rows,
                stacked=True,
            ),
            lead="A token lets a program in as its account. Only a hash of it is kept.",
        ),
    )


def _token_buttons(one: Account, valid: int) -> Markup:
    told = {"account": one.name}
    issue = press("Issue token", "issue_token", f"Issue a token for {one.name}", **told)
    revoke = press("Revoke all", "revoke_tokens", f"Revoke all tokens of {one.name}", **told)
    return h("div", {"class": "ld-row"}, issue, revoke if valid else None)


def audit(rows: Sequence[Any]) -> Markup:
    """Who did what lately."""
    if not rows:
        return empty("Nothing has been recorded yet.")
    told = [
        (
            moment(row.at),
            name(row.by or DASH),
            row.action.replace("_", " "),
            name(row.subject),
            name(json.dumps(row.detail, ensure_ascii=False)) if row.detail else "",
        )
        for row in rows
    ]
    return section(
        "Audit",
        table("Audit", ("When", "By", "Did", "To", Column("More", wide=True)), told, stacked=True),
        lead=f"The latest {count(len(rows))}; nothing is ever taken out. "
        f"{DASH} is the command line, or nobody who logged in.",
    )


def installation(facts: Sequence[tuple[str, str]]) -> Markup:
    """What this program runs on."""
    listed = [
        h("div", None, h("dt", None, key), h("dd", None, name(value))) for key, value in facts
    ]
    return section("Installation", h("dl", {"class": "ld-facts"}, listed))
