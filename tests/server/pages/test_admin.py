import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from server import auth
from server.pages.admin import SECTIONS, Registry
from server.pages.calls import handler
from storage.queries import accounts

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(sqlite_town: Any) -> Ask:
    """Calls an act of the page as somebody, with the values of a form."""
    acts = Registry(sqlite_town.house).acts()

    def call(who: str | None, act: str, **values: str) -> dict[str, Any]:
        handle = handler(sqlite_town.house, auth.may_administer_all, acts[act])
        request: Any = SimpleNamespace(username=who)
        sent = json.dumps({"values": {key: [value] for key, value in values.items()}})
        answer: dict[str, Any] = json.loads(handle(sent, request))
        return answer

    return call


def secret(markup: str) -> str:
    found = re.search(r'data-copy="([^"]+)"', markup)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("who", [None, "ann", "lee", "eng"])
def test_only_admins_may_do_anything_here(ask: Ask, sqlite_town: Any, who: str | None) -> None:
    for act in Registry(sqlite_town.house).acts():
        answer = ask(who, act, account="ann", name="new", role="admin", section="audit")
        assert answer["error"]["code"] == "not_allowed", act
        assert set(answer) == {"error"}
    with sqlite_town.house.store.read() as session:
        assert accounts.account_named(session, "new") is None
        assert not auth.existing(session, "ann").disabled


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_every_section_opens(ask: Ask, section: str) -> None:
    answer = ask("root", "show", section=section)
    assert f"<h2>{SECTIONS[section]}</h2>" in answer["parts"]["ld-page"]


def test_the_installation_is_told(ask: Ask) -> None:
    shown = ask("root", "show", section="installation")["parts"]["ld-page"]
    assert "SQLite" in shown
    assert "mask (the default); nothing is stored yet" in shown
    assert "response-quality" in shown


@pytest.mark.parametrize("role", ["annotator", "lead", "admin"])
def test_an_account_gets_a_password_that_is_shown_once(
    ask: Ask, sqlite_town: Any, role: str
) -> None:
    answer = ask("root", "add_account", name="Zoë <b>", role=role)
    password = secret(answer["then"]["ld-secret"])
    assert "Zoë &lt;b&gt;" in answer["then"]["ld-secret"]
    with sqlite_town.house.store.read() as session:
        made = auth.existing(session, "Zoë <b>")
        assert made.role == role
        assert auth.password_fits(accounts.password_hash(session, made.id), password)
    assert password not in json.dumps(ask("root", "show"))


def test_an_engineer_gets_a_token(ask: Ask, sqlite_town: Any) -> None:
    token = secret(ask("root", "add_account", name="etl", role="engineer")["then"]["ld-secret"])
    with sqlite_town.house.store.read() as session:
        found = accounts.account_of_token(session, auth.digest(token))
        assert found is not None
        assert (found.name, found.can_log_in) == ("etl", False)


@pytest.mark.parametrize(
    ("field", "values"),
    [("name", {"name": " x", "role": ""}), ("role", {"name": "x", "role": "king"})],
)
def test_an_impossible_account_names_the_field(
    ask: Ask, field: str, values: dict[str, str]
) -> None:
    wrong = ask("root", "add_account", **values)["error"]
    assert wrong["field"] in (field, "role")


def test_a_new_password_logs_the_old_one_out(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.browser("ann")
    password = secret(ask("root", "reset_password", account="ann")["parts"]["ld-secret"])
    with sqlite_town.house.store.read() as session:
        ann = auth.existing(session, "ann")
        assert auth.password_fits(accounts.password_hash(session, ann.id), password)
        left = session.exec_driver_sql("SELECT count(*) FROM login_session").scalar_one()
    assert left == 0


def test_disable_and_enable(ask: Ask, sqlite_town: Any) -> None:
    ask("root", "disable", account="ann")
    assert "Let in again" in ask("root", "show")["parts"]["ld-page"]
    refused = ask("root", "issue_token", account="ann")["error"]
    assert refused["field"] == "account"
    ask("root", "enable", account="ann")
    with sqlite_town.house.store.read() as session:
        assert not auth.existing(session, "ann").disabled


def test_nobody_shuts_themselves_out(ask: Ask) -> None:
    assert ask("root", "disable", account="root")["error"]["code"] == "own_account"


def test_tokens_are_issued_once_counted_and_revoked(ask: Ask, sqlite_town: Any) -> None:
    token = secret(ask("root", "issue_token", account="eng")["then"]["ld-secret"])
    shown = ask("root", "show", section="tokens")["parts"]["ld-page"]
    assert token not in shown
    assert ask("root", "revoke_tokens", account="eng")["said"] == "Revoked 2 of eng."
    with sqlite_town.house.store.read() as session:
        assert accounts.account_of_token(session, auth.digest(token)) is None


def test_the_audit_tells_who_did_what(ask: Ask) -> None:
    ask("root", "disable", account="ben")
    shown = ask("root", "show", section="audit")["parts"]["ld-page"]
    first = shown.split("<tbody")[1].split("</tr>")[0]
    assert "<bdi>root</bdi>" in first
    assert "account disabled" in first
    assert "<bdi>ben</bdi>" in first


def test_somebody_unknown_is_told(ask: Ask) -> None:
    assert ask("root", "disable", account="<i>who</i>")["error"]["code"] == "not_found"
