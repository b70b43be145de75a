"""Logs go to standard error: faults always, requests when asked for."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

access = logging.getLogger("goldloop.access")


def to_stderr(*, verbose: bool) -> None:
    """Send what Goldloop logs to standard error, once."""
    root = logging.getLogger("goldloop")
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root.addHandler(handler)


class AccessLog:
    """Middleware that logs method, path, status and milliseconds; never a body or a query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and log its end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def sender(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sender)
        finally:
            spent = (time.perf_counter() - began) * 1000
            access.info("%s %r %s %.1f ms", scope["method"], scope["path"], status, spent)
