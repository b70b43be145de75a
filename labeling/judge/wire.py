"""One request and what came of it: each way to fail has a name, and a slow reply an end."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

ANSWERED = "answered"
RATE_LIMITED, REFUSED = "rate_limited", "refused_request"
STRANGE = "strange_reply"
"""An answer that is not what such an endpoint says."""
REPEATABLE = (
    RATE_LIMITED, "server_error", "timeout", "unreachable", "broken_reply", STRANGE
)  # fmt: skip
"""What may be different the next time."""
FREE = (RATE_LIMITED, "unauthorized", REFUSED, "unreachable")
"""What no provider charges for: the request was not worked on."""
MAX_REPLY = 4_000_000
LONGEST_WAIT = 300.0
"""Seconds that are waited at most, whatever Retry-After says."""


@dataclass(frozen=True)
class Reply:
    """What came back: its kind, and the body where there is one."""

    kind: str
    status: int | None = None
    body: bytes = b""
    retry_after: float | None = None
    """Seconds, when the server said so."""


@dataclass(frozen=True)
class Wire:
    """How requests are made: client, a way to wait, and two clocks; all may be replaced."""

    client: httpx.Client
    wait: Callable[[float], object] = time.sleep
    timer: Callable[[], float] = time.monotonic

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float, now: datetime
    ) -> Reply:
        """Send one request; never raises for what the other side does."""
        try:
            return self._post(url, headers, body, seconds, now)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol):
            return Reply("unreachable")
        except httpx.TimeoutException:
            return Reply("timeout")
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
            return Reply("broken_reply")

    def _post(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float, now: datetime
    ) -> Reply:
        until = self.timer() + seconds
        with self.client.stream(
            "POST",
            url,
            headers=dict(headers),
            content=body,
            timeout=seconds,
            follow_redirects=False,
        ) as reply:
            read = bytearray()
            for part in reply.iter_bytes():
                read += part
                if len(read) > MAX_REPLY:
                    return Reply("broken_reply", reply.status_code)
                if self.timer() > until:
                    return Reply("timeout", reply.status_code)
        kind = _kind(reply.status_code)
        return Reply(kind, reply.status_code, bytes(read), _retry_after(reply.headers, now))


def pause(reply: Reply, attempt: int) -> float:
    """Seconds to wait before the next attempt: as the server says, else 1, 2, 4 ..."""
    told = reply.retry_after
    return min(2.0**attempt if told is None else told, LONGEST_WAIT)


def _kind(status: int) -> str:
    if status == 200:
        return ANSWERED
    if status in (401, 403):
        return "unauthorized"
    if status in (408, 429, 529):
        return RATE_LIMITED if status != 408 else "timeout"
    if status < 300:
        return STRANGE  # it was worked on, and may be charged for
    return "server_error" if status >= 500 else REFUSED


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    said = headers.get("retry-after")
    if said is None:
        return None
    try:
        if said.strip().isdecimal():
            return float(said)
        moment = parsedate_to_datetime(said)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return max((moment - now).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
