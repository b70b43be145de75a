"""Logging in and out: plain HTML, so that it works before anything else does."""

import re
from html import escape
from string import Template
from typing import NamedTuple
from urllib.parse import parse_qs

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from server import auth
from server.api.bodies import media_type, read_body
from server.api.deps import House, ThisHouse
from server.api.errors import Refused
from storage import Session
from storage.queries import accounts
from storage.queries.accounts import Account
from storage.values import OWN_NAME_CHARS

FORM_BYTES = 16_000
NAME_SHOWN = 200
CHECKS_AT_ONCE = 2
"""One Argon2 check takes 64 MB for a moment."""

WRONG = "That name and password do not belong together."
WAIT = f"Too many wrong passwords for this name. Try again in {auth.FAILED_MINUTES} minutes."
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title - Goldloop</title>
<link rel="icon" href="/static/goldloop.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/login.css">
</head>
<body>
<main>
<p class="brand"><img src="/static/goldloop.svg" alt="" width="28" height="28">Goldloop</p>
<h1>$title</h1>
$content
</main>
</body>
</html>
""")

_FORM = Template("""$alert<form method="post" action="/login">
<input type="hidden" name="next" value="$next">
<label for="username">Name</label>
<input id="username" name="username" value="$name" autocomplete="username" autocapitalize="none"
 spellcheck="false" maxlength="$longest" required$focus_name>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 required$focus_password>
<button type="submit">Log in</button>
</form>
<p class="note">No log-in yet? The lead of your queue or an admin makes one.</p>""")

_REFUSAL = Template("""<p>You are logged in as <strong>$name</strong>, $role.</p>
<p>$explanation</p>
$link<form method="post" action="/logout">
<button class="quiet" type="submit">Log out</button>
</form>
""")


class Attempt(NamedTuple):
    """What a person sent with the form."""

    name: str
    password: str
    wanted: str
    """The path to go to afterwards; empty: by role."""


def own_path(path: str) -> str:
    """The path when it stays on this site, else nothing."""
    return path if _OWN_PATH.fullmatch(path) else ""


def login_page(
    *, name: str = "", wanted: str = "", alert: str | None = None, status: int = 200
) -> HTMLResponse:
    """The form."""
    told = f'<p class="alert" role="alert">{escape(alert)}</p>' if alert else ""
    content = _FORM.substitute(
        alert=told,
        next=escape(wanted),
        name=escape(name),
        longest=OWN_NAME_CHARS,
        focus_name="" if name else " autofocus",
        focus_password=" autofocus" if name else "",
    )
    return HTMLResponse(_PAGE.substitute(title="Log in", content=content), status)


def refusal_page(account: Account) -> HTMLResponse:
    """What someone sees on a page that their role does not open."""
    home = auth.HOME.get(account.role)
    if home is None:
        explanation = "This role works with the command line and the REST interface."
        link = ""
    else:
        explanation = "This page is for other roles."
        link = f'<p><a class="button" href="{home}">Go to your page</a></p>'
    content = _REFUSAL.substitute(
        name=escape(account.name), role=escape(account.role), explanation=explanation, link=link
    )
    return HTMLResponse(_PAGE.substitute(title="Not here", content=content), 403)


def build_login() -> APIRouter:
    """The routes of logging in and out, and of `/`."""
    router = APIRouter(include_in_schema=False)
    checks = CapacityLimiter(CHECKS_AT_ONCE)

    @router.get("/")
    def home(request: Request, house: ThisHouse) -> Response:
        """Lead everybody to their own page."""
        account = _logged_in(request, house)
        if account is None:
            return RedirectResponse("/login", 303)
        path = auth.HOME.get(account.role)
        return RedirectResponse(path, 303) if path else refusal_page(account)

    @router.get("/favicon.ico")
    def icon() -> Response:
        """What a browser asks for by itself."""
        return RedirectResponse("/static/goldloop.svg", 301)

    @router.get("/login")
    def show(request: Request, house: ThisHouse, next: str = "") -> Response:
        """The form, or the way on for who is logged in."""
        account = _logged_in(request, house)
        path = None if account is None else own_path(next) or auth.HOME.get(account.role)
        return RedirectResponse(path, 303) if path else login_page(wanted=own_path(next))

    @router.post("/login")
    async def log_in(request: Request, house: ThisHouse) -> Response:
        """Check a password; a cookie and the way on, or the form again."""
        attempt = await _attempt(request)
        return await to_thread.run_sync(_try, house, attempt, limiter=checks)

    @router.post("/logout")
    def log_out(request: Request, house: ThisHouse) -> Response:
        """Forget this browser."""
        cookie = request.cookies.get(auth.COOKIE)
        if cookie is not None:
            with house.store.write() as session:
                accounts.close_login(session, auth.digest(cookie))
        answer = RedirectResponse("/login", 303)
        _set_cookie(answer, house, "", 0)
        return answer

    return router


def _logged_in(request: Request, house: House) -> Account | None:
    cookie = request.cookies.get(auth.COOKIE)
    if cookie is None:
        return None
    with house.store.read() as session:
        return accounts.account_of_login(session, auth.digest(cookie), house.clock())


async def _attempt(request: Request) -> Attempt:
    if media_type(request) != "application/x-www-form-urlencoded":
        raise Refused(415, "unsupported_type", "this takes the fields of a form")
    body = (await read_body(request, FORM_BYTES)).decode("utf-8", "replace")
    fields = parse_qs(body, keep_blank_values=True)
    name, password, wanted = (fields.get(key, [""])[0] for key in ("username", "password", "next"))
    return Attempt(name.strip(), password, own_path(wanted))


def _try(house: House, attempt: Attempt) -> Response:
    now = house.clock()
    name = attempt.name[:NAME_SHOWN]
    with house.store.read() as session:
        waits = auth.has_to_wait(session, name, now, house.settings.failed_logins)
        account, hashed = _claimed(session, attempt.name)
    if waits:
        page = login_page(name=name, wanted=attempt.wanted, alert=WAIT, status=429)
        page.headers["retry-after"] = str(auth.FAILED_MINUTES * 60)
        return page
    fits = auth.password_fits(hashed, attempt.password)
    if account is None or not fits:
        with house.store.write() as session:
            accounts.record_audit(session, None, auth.FAILED, name, None, now)
        return login_page(name=name, wanted=attempt.wanted, alert=WRONG, status=401)
    with house.store.write() as session:
        secret = auth.open_login(session, account, now, house.settings.session_days)
    answer = RedirectResponse(attempt.wanted or auth.HOME.get(account.role, "/"), 303)
    _set_cookie(answer, house, secret, house.settings.session_days * 86_400)
    return answer


def _claimed(session: Session, name: str) -> tuple[Account | None, str | None]:
    """The account of that name and its password hash, when it can log in."""
    account = accounts.account_named(session, name)
    if account is None or account.disabled:
        return None, None
    return account, accounts.password_hash(session, account.id)


def _set_cookie(answer: Response, house: House, value: str, seconds: int) -> None:
    answer.set_cookie(
        auth.COOKIE,
        value,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=house.settings.secure_cookies,
    )
