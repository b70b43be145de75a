"""What stands before the pages: a session, the role, our own Origin, a short list of open routes.

Gradio serves far more than our pages use, and much of it to anybody. Here everything below a page
that is not on the list does not exist.
"""

import re
import secrets
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api.deps import House
from server.api.errors import Said, error_response
from server.auth import COOKIE, PAGES, digest
from server.pages.login import refusal_page
from storage.queries.accounts import Account, account_of_login

ACCOUNT = "goldloop.account"
"""Key of the scope under which the guard leaves who asks for a page."""

# What our pages ask of Gradio, and nothing else.
OPEN = {
    "GET": re.compile(r"/?|/theme\.css|/(?:assets|static)(?:/[\w-][\w.-]*)+"),
    "POST": re.compile(r"/gradio_api/run/predict"),
}
SAFE = ("GET", "HEAD", "OPTIONS")
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self' data:; frame-src 'none'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
PLAIN_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_FILE = re.compile(r"/static/|/\w+/(?:assets/|static/|theme\.css$)")
_SCRIPT = re.compile(rb"<script(?=[\s>])")


class Guard:
    """Middleware that lets in who may enter, and says how a browser shall treat the answer."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app, self._house = app, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        elif "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await error_response(Said(400, "bad_address", "NUL is in no name"))(
                scope, receive, send
            )
        elif scope["path"].startswith("/v1/"):
            await self._app(scope, receive, _with_headers(send, PLAIN_POLICY))
        else:
            await self._page(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = _page_of(scope["path"])
        refusal = await self._refusal(scope, page)
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send, PLAIN_POLICY))
        elif page is None:
            await self._app(scope, receive, _with_headers(send, PLAIN_POLICY, _keep(scope)))
        else:
            nonce = secrets.token_urlsafe(16)
            sender = _with_headers(send, PAGE_POLICY.format(nonce=nonce), _keep(scope))
            if scope["path"] == f"{page}/":
                # scripts in the page get the nonce, so it must come as it is
                scope["headers"] = [h for h in scope["headers"] if h[0] != b"accept-encoding"]
                sender = _Nonces(sender, nonce)
            await self._app(scope, receive, sender)

    async def _refusal(self, scope: Scope, page: str | None) -> ASGIApp | None:
        """What is answered instead; None when the request may pass."""
        headers = Headers(scope=scope)
        if page is None:
            return _foreign(scope, headers)
        rest = scope["path"].removeprefix(page)
        if not _is_open(scope["method"], rest):
            return error_response(Said(404, "not_found", "there is nothing here"))
        account = await self._account(headers)
        if account is None:
            return _log_in_first(scope, rest in ("", "/"))
        if not PAGES[page](account):
            return refusal_page(account)
        if not rest:
            return RedirectResponse(_with_query(f"{page}/", scope), 307)
        scope[ACCOUNT] = account
        return _foreign(scope, headers)

    async def _account(self, headers: Headers) -> Account | None:
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE)
        return await to_thread.run_sync(self._known, cookie) if cookie else None

    def _known(self, cookie: str) -> Account | None:
        with self._house.store.read() as session:
            return account_of_login(session, digest(cookie), self._house.clock())


def _page_of(path: str) -> str | None:
    """The page that a path is at or below."""
    return next((page for page in PAGES if path == page or path.startswith(f"{page}/")), None)


def _is_open(method: str, rest: str) -> bool:
    """Whether our pages use a route below them."""
    routes = OPEN.get("GET" if method == "HEAD" else method)
    return routes is not None and routes.fullmatch(rest) is not None


def _with_query(path: str, scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _log_in_first(scope: Scope, is_page: bool) -> Response:
    if is_page:
        wanted = quote(_with_query(scope["path"], scope), safe="")
        return RedirectResponse(f"/login?next={wanted}", 303)
    return error_response(Said(401, "not_authenticated", "log in first"))


def _foreign(scope: Scope, headers: Mapping[str, str]) -> Response | None:
    """Refuse what another site makes a browser send."""
    if scope["method"] in SAFE:
        return None
    origin = headers.get("origin")
    strange = origin is not None and urlsplit(origin).netloc != headers.get("host")
    if strange or headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return error_response(Said(403, "foreign_origin", "this came from another site"))
    return None


def _keep(scope: Scope) -> str:
    """How long a browser may keep the answer: files whose address changes with them, a day."""
    path, named = scope["path"], scope["query_string"].startswith(b"v=")
    if scope["method"] != "GET" or not _FILE.match(path):
        return "no-store"
    return "private, max-age=86400" if named or not path.startswith("/static/") else "no-cache"


def _with_headers(send: Send, policy: str, keep: str = "no-store") -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            headers["content-security-policy"] = policy
            headers["x-content-type-options"] = "nosniff"
            headers["referrer-policy"] = "same-origin"
            headers.setdefault("cache-control", keep if message["status"] < 400 else "no-store")
        await send(message)

    return sender


class _Nonces:
    """Gives every script of an HTML answer the nonce of the policy."""

    def __init__(self, send: Send, nonce: str) -> None:
        self._send, self._nonce = send, nonce.encode()
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if not Headers(raw=message["headers"]).get("content-type", "").startswith("text/html"):
                await self._send(message)
                return
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._finish()

    async def _finish(self) -> None:
        start = self._start or {}
        page = _SCRIPT.sub(b'<script nonce="' + self._nonce + b'"', b"".join(self._parts))
        headers = MutableHeaders(raw=start["headers"])
        headers["content-length"] = str(len(page))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": page})
