"""Who one is, what one may do, how one comes in and goes out."""

from http.cookies import SimpleCookie

import pytest
from sqlalchemy import select

from server import auth
from storage.queries import accounts
from storage.queries.accounts import Account
from storage.tables import audit, login_session, token

MAY = {
    auth.may_label: {"annotator", "lead", "admin"},
    auth.may_lead: {"lead", "admin"},
    auth.may_draw: {"lead", "engineer", "admin"},
    auth.may_report: {"lead", "engineer", "admin"},
    auth.may_import: {"lead", "engineer", "admin"},
    auth.may_ingest: {"engineer", "admin"},
    auth.may_curate: {"lead", "engineer", "admin"},
    auth.may_administer: {"lead", "admin"},
    auth.may_administer_all: {"admin"},
}
PASSWORD = "three calm words"  # of everybody in a town
FORM = {"username": "ann", "password": PASSWORD}


@pytest.mark.parametrize("permission", MAY, ids=lambda one: one.__name__)
def test_each_permission_belongs_to_its_roles(permission: auth.Permission) -> None:
    assert {r for r in auth.ROLES if permission(Account(1, "x", r))} == MAY[permission]


def test_every_permission_is_in_the_table() -> None:
    written = {
        one for name, one in vars(auth).items() if name.startswith("may_") and name != "may_see_to"
    }
    assert written == set(MAY)


def test_a_lead_sees_to_annotators_only() -> None:
    lead, admin = Account(1, "l", "lead"), Account(2, "a", "admin")
    assert [auth.may_see_to(lead, role) for role in auth.ROLES] == [True, False, False, False]
    assert all(auth.may_see_to(admin, role) for role in auth.ROLES)
    assert not auth.may_see_to(Account(3, "e", "engineer"), "annotator")


# --- tokens ----------------------------------------------------------------------------------


def test_a_token_says_who_one_is(town) -> None:
    assert {one.role for one in town.accounts.values()} == set(auth.ROLES)
    for name, account in town.accounts.items():
        assert town.client(name).get("/v1/me").json() == {"name": name, "role": account.role}


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", "Bearer wrong", "Basic eDp5"])
def test_without_a_valid_token_nobody(sqlite_town, header: str | None) -> None:
    headers = {"authorization": header} if header else {}
    answer = sqlite_town.client().get("/v1/me", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "not_authenticated"


def test_only_the_hash_of_a_token_is_kept(sqlite_town) -> None:
    with sqlite_town.house.store.read() as session:
        kept = set(session.scalars(select(token.c.hash)))
    assert kept == {auth.digest(secret) for secret in sqlite_town.tokens.values()}
    assert kept.isdisjoint(sqlite_town.tokens.values())


def test_a_revoked_token_is_worth_nothing_at_once(town) -> None:
    client = town.client("ann")
    with town.house.store.write() as session:
        assert auth.revoke_tokens(session, town.accounts["ann"], town.clock.now) == 1
    assert client.get("/v1/me").status_code == 401
    assert town.client("ben").get("/v1/me").status_code == 200


def test_a_disabled_account_is_out_at_once_and_may_come_back(town) -> None:
    client, browser, account = town.client("lee"), town.browser("lee"), town.accounts["lee"]
    assert browser.get("/v1/queues").status_code == 200
    with town.house.store.write() as session:
        auth.disable_account(session, account, town.clock.now)
    assert client.get("/v1/queues").status_code == 401
    assert browser.get("/v1/queues").status_code == 401
    answer = town.client().post("/login", data={"username": "lee", "password": PASSWORD})
    assert answer.status_code == 401
    with town.house.store.write() as session:
        auth.enable_account(session, account, town.clock.now)
    assert client.get("/v1/queues").status_code == 200


# --- cookies ---------------------------------------------------------------------------------


def test_a_cookie_reads_and_never_writes(town) -> None:
    browser = town.browser("root")
    assert browser.get("/v1/queues").status_code == 200
    answer = browser.post("/v1/queues", json={"name": "a", "guideline": "response-quality"})
    assert answer.status_code == 401


def test_log_in_and_out(town) -> None:
    client = town.client()
    answer = client.post("/login", data=FORM)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/label/"
    cookie = SimpleCookie(answer.headers["set-cookie"])[auth.COOKIE]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "lax"
    assert cookie["path"] == "/"
    assert not cookie["secure"]
    with town.house.store.read() as session:
        assert list(session.scalars(select(login_session.c.hash))) == [auth.digest(cookie.value)]
    assert client.get("/v1/me").json()["name"] == "ann"
    assert client.post("/logout").headers["location"] == "/login"
    again = town.client(cookies={auth.COOKIE: cookie.value})
    assert again.get("/v1/me").status_code == 401


def test_secure_cookies_when_asked_for(make_town) -> None:
    answer = make_town(secure_cookies=True).client().post("/login", data=FORM)
    assert SimpleCookie(answer.headers["set-cookie"])[auth.COOKIE]["secure"] is True


def test_a_log_in_ends(town) -> None:
    client = town.client()
    client.post("/login", data=FORM)
    town.clock.pass_(days=town.house.settings.session_days, seconds=-1)
    assert client.get("/v1/me").status_code == 200
    town.clock.pass_(seconds=2)
    assert client.get("/v1/me").status_code == 401
    with town.house.store.write() as session:
        assert accounts.drop_expired_logins(session, town.clock.now) == 1


def test_a_new_password_logs_out_everywhere(town) -> None:
    browser, ann = town.browser("ann"), town.accounts["ann"]
    with town.house.store.write() as session:
        auth.change_password(session, ann, "another three words", town.clock.now)
    assert browser.get("/v1/me").status_code == 401
    assert town.client().post("/login", data=FORM).status_code == 401
    changed = {"username": "ann", "password": "another three words"}
    assert town.client().post("/login", data=changed).status_code == 303


@pytest.mark.parametrize(
    ("username", "password"),
    [("ann", "wrong"), ("nobody", PASSWORD), ("ann", ""), ("", ""), ("imported", "")],
)
def test_wrong_name_and_wrong_password_look_alike(sqlite_town, username, password) -> None:
    with sqlite_town.house.store.write() as session:
        accounts.add_account(session, "imported", "annotator", sqlite_town.clock.now)
    form = {"username": username, "password": password}
    answer = sqlite_town.client().post("/login", data=form)
    assert answer.status_code == 401
    assert 'role="alert">That name and password do not belong together.<' in answer.text
    assert "set-cookie" not in answer.headers


def test_what_was_typed_comes_back_as_text(sqlite_town) -> None:
    hostile = '"><script>alert(1)</script>'
    form = {"username": hostile, "password": "x", "next": '/label"><img src=x>'}
    answer = sqlite_town.client().post("/login", data=form)
    assert "<script" not in answer.text
    assert "<img src=x" not in answer.text
    assert "&quot;&gt;&lt;script&gt;" in answer.text


def test_the_form_takes_a_form(sqlite_town) -> None:
    assert sqlite_town.client().post("/login", json=FORM).status_code == 415


@pytest.mark.parametrize("wanted", ["/label?queue=a%20b", "/lead/?queue=q", "/"])
def test_the_way_on_is_kept(sqlite_town, wanted: str) -> None:
    answer = sqlite_town.client().post("/login", data={**FORM, "next": wanted})
    assert answer.headers["location"] == wanted


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)",
     "/\t/evil.example", "label", "/a\r\nset-cookie: x=y", ""],
)  # fmt: skip
def test_the_way_on_stays_on_this_site(sqlite_town, wanted: str) -> None:
    answer = sqlite_town.client().post("/login", data={**FORM, "next": wanted})
    assert answer.headers["location"] == "/label/"
    shown = sqlite_town.client().get("/login", params={"next": wanted})
    assert 'name="next" value=""' in shown.text


def test_too_many_wrong_passwords_make_that_name_wait(town) -> None:
    client = town.client()
    wrong = {"username": "ann", "password": "wrong"}
    limit = town.house.settings.failed_logins
    assert [client.post("/login", data=wrong).status_code for _ in range(limit)] == [401] * limit
    waiting = client.post("/login", data=FORM)
    assert waiting.status_code == 429
    assert waiting.headers["retry-after"] == "300"
    assert "Too many wrong passwords" in waiting.text
    other = client.post("/login", data={"username": "ben", "password": PASSWORD})
    assert other.status_code == 303
    town.clock.pass_(minutes=5, seconds=1)
    assert client.post("/login", data=FORM).status_code == 303


def test_the_audit_remembers(sqlite_town) -> None:
    sqlite_town.client().post("/login", data={"username": "ann", "password": "wrong"})
    sqlite_town.client().post("/login", data=FORM)
    with sqlite_town.house.store.read() as session:
        done = session.execute(select(audit.c.action, audit.c.subject)).all()
    assert done.count(("login_failed", "ann")) == 1
    assert done.count(("logged_in", "ann")) == 1
    assert done.count(("account_added", "ann")) == 1
    assert done.count(("token_issued", "ann")) == 1


@pytest.mark.parametrize(
    ("name", "home"), [("ann", "/label/"), ("lee", "/lead/"), ("root", "/admin/")]
)
def test_the_root_leads_home(sqlite_town, name: str, home: str) -> None:
    assert sqlite_town.client().get("/").headers["location"] == "/login"
    answer = sqlite_town.browser(name).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, home)


def test_an_engineer_has_no_page_and_is_told_so(sqlite_town) -> None:
    answer = sqlite_town.browser("eng").get("/")
    assert answer.status_code == 403
    assert "REST interface" in answer.text


# --- accounts --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", " ann", "a\nb", "x" * 101, "zero\u200bwidth"])
def test_names_that_cannot_be(sqlite_town, name: str) -> None:
    answer = sqlite_town.client("root").post("/v1/accounts", json={"name": name, "role": "lead"})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "name"


def test_an_admin_makes_an_account_that_works(town) -> None:
    client = town.client("root")
    sent = {"name": "new/lead", "role": "lead", "password": PASSWORD}
    answer = client.post("/v1/accounts", json=sent)
    assert answer.status_code == 201
    made = answer.json()
    headers = {"authorization": f"Bearer {made['token']}"}
    assert town.client().get("/v1/me", headers=headers).json()["name"] == "new/lead"
    assert client.post("/v1/accounts", json=sent).json()["error"]["code"] == "exists"
    form = {"username": "new/lead", "password": PASSWORD}
    assert town.client().post("/login", data=form).headers["location"] == "/lead/"
    second = client.post("/v1/accounts/new%2Flead/token").json()["token"]
    assert second != made["token"]
    assert client.delete("/v1/accounts/new%2Flead/token").json()["revoked"] == 2
    assert town.client().get("/v1/me", headers=headers).status_code == 401


def test_short_passwords_and_unknown_roles_are_refused(sqlite_town) -> None:
    client = sqlite_town.client("root")
    short = client.post("/v1/accounts", json={"name": "x", "role": "lead", "password": "short"})
    assert short.json()["error"]["field"] == "password"
    odd = client.post("/v1/accounts", json={"name": "x", "role": "king"})
    assert odd.json()["error"]["field"] == "role"


def test_a_lead_keeps_to_annotators(town) -> None:
    client = town.client("lee")
    names = {row["name"]: row for row in client.get("/v1/accounts").json()}
    assert set(names) == {"ann", "ben"}
    assert names["ann"] == {
        "name": "ann", "role": "annotator", "disabled": False, "can_log_in": True, "tokens": 1
    }  # fmt: skip
    added = client.post("/v1/accounts", json={"name": "cy", "role": "annotator"})
    assert added.status_code == 201
    for role in ("lead", "engineer", "admin"):
        refused = client.post("/v1/accounts", json={"name": "dee", "role": role})
        assert refused.status_code == 403
    for act in ("disable", "enable", "token"):
        assert client.post(f"/v1/accounts/root/{act}").status_code == 403
        assert client.post(f"/v1/accounts/nobody/{act}").status_code == 404
    password = {"password": "a fresh password"}
    assert client.put("/v1/accounts/root/password", json=password).status_code == 403
    assert client.put("/v1/accounts/ann/password", json=password).status_code == 200
    form = {"username": "ann", **password}
    assert town.client().post("/login", data=form).status_code == 303
    assert client.post("/v1/accounts/ann/disable").status_code == 200
    assert town.client("ann").get("/v1/me").status_code == 401


def test_an_admin_cannot_shut_itself_out(sqlite_town) -> None:
    answer = sqlite_town.client("root").post("/v1/accounts/root/disable")
    assert answer.status_code == 409
    assert sqlite_town.client("root").get("/v1/me").status_code == 200


def test_who_is_logged_in_is_led_on_from_the_form(sqlite_town) -> None:
    lee = sqlite_town.browser("lee")
    assert lee.get("/login").headers["location"] == "/lead/"
    assert lee.get("/login?next=/label").headers["location"] == "/label"
    assert lee.get("/login?next=//evil.example").headers["location"] == "/lead/"
    assert sqlite_town.client().get("/login").status_code == 200
