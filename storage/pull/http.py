"""Asking a platform: a key, a cap, a limit of time, patience with what passes, no redirects.

The other side may be broken or hostile. Whatever it answers ends as JSON of a known shape or as
one PullFault that says what to do; the key is in no message.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

import httpx
import msgspec

from storage.errors import PullFault
from storage.sources.jsonl import json_object

MAX_BYTES = 64_000_000
"""Largest answer, unpacked."""
MAX_SECONDS = 120.0
"""Longest time that one answer may take."""
TRIES = 5
LONGEST_WAIT = 60.0
_PASSES = frozenset((429, 500, 502, 503, 504))
_BUSY = (None, 429, 503)
"""What is always tried again: nothing was reached, or too much was asked."""
_SHOWN = 200

Params = Mapping[str, Any] | Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Api:
    """The interface of one platform under one address."""

    client: httpx.Client
    url: str
    headers: Mapping[str, str]
    wait: Callable[[float], object]
    """Waits so many seconds before something is tried again."""
    secret: str = field(default="", repr=False)
    """What must not be in any message."""
    max_bytes: int = MAX_BYTES

    def get(self, path: str, params: Params | None = None, *, tries: int = TRIES) -> dict[str, Any]:
        """The object at an address.

        Raises
        ------
        PullFault
            If there is none to be had.
        """
        return self._object(self._answer("GET", path, params, None, tries), path)

    def get_list(self, path: str, params: Params | None = None) -> list[Any]:
        """The list at an address; raises as `get`."""
        body = self._answer("GET", path, params, None)
        try:
            found = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = None
        if not isinstance(found, list):
            raise PullFault(f"{path} answered with something else than a list of JSON")
        return found

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What is answered to a question that has a body; raises as `get`."""
        return self._object(self._answer("POST", path, None, body), path)

    def _object(self, body: bytes, path: str) -> dict[str, Any]:
        found = json_object(body)
        if not isinstance(found, dict):
            raise PullFault(f"{path} answered with something else than JSON: {found}")
        return found

    def _answer(
        self,
        method: str,
        path: str,
        params: Params | None,
        body: Mapping[str, Any] | None,
        tries: int = TRIES,
    ) -> bytes:
        for attempt in range(TRIES):
            found = self._once(method, path, params, body)
            if isinstance(found, bytes):
                return found
            again = attempt + 1 < (TRIES if found.fault.status in _BUSY else tries)
            if not again:
                raise found.fault
            self.wait(min(found.after or 2.0**attempt, LONGEST_WAIT))
        raise PullFault(f"{path} was not asked")

    def _once(
        self, method: str, path: str, params: Params | None, body: Mapping[str, Any] | None
    ) -> "bytes | _Passing":
        began = monotonic()
        asked: Any = params
        try:
            with self.client.stream(
                method, self.url + path, params=asked, json=body, headers=dict(self.headers),
                follow_redirects=False,
            ) as answer:  # fmt: skip
                found = self._body(answer, began)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            told = self._clean(f"{type(error).__name__}: {error}")
            return _Passing(PullFault(f"{path} could not be asked: {told}"))
        if answer.is_success:
            return found
        fault = self._refused(answer, path, found)
        if answer.status_code in _PASSES:
            return _Passing(fault, _seconds(answer.headers.get("retry-after")))
        raise fault

    def _body(self, answer: httpx.Response, began: float) -> bytes:
        found = bytearray()
        for part in answer.iter_bytes():
            found += part
            if len(found) > self.max_bytes:
                message = f"the answer has more than {self.max_bytes} bytes"
                raise PullFault(message, "--option page_size=N asks for less at once")
            if monotonic() - began > MAX_SECONDS:
                raise PullFault(f"the answer took longer than {MAX_SECONDS:.0f} seconds")
        return bytes(found)

    def _refused(self, answer: httpx.Response, path: str, body: bytes) -> PullFault:
        status = answer.status_code
        if answer.is_redirect:
            target = self._clean(answer.headers.get("location", ""))
            message = f"{path} leads on to {target!r}, and a key is sent to no other address"
            return PullFault(message, "give the last address as the url of the connection")
        said = self._clean(body[:4_000].decode("utf-8", "replace"))
        return PullFault(f"{path} answered {status}: {said}", _HINTS.get(status), status)

    def _clean(self, text: str) -> str:
        """Short, printable, without the key."""
        for part in filter(None, (self.secret, *self.secret.split(":"), *self.headers.values())):
            text = text.replace(part, "[key]") if len(part) > 3 else text
        return "".join(char if char.isprintable() else " " for char in text[:_SHOWN]).strip()


_HINTS = {
    401: "the secret of the connection is wrong or missing",
    403: "the key may not read this project",
    404: "the url or the project of the connection is wrong, or the platform is too old",
}


class _Passing(NamedTuple):
    """A fault that may be gone in a moment."""

    fault: PullFault
    after: float | None = None
    """Seconds that the platform wants to be left alone."""


def _seconds(text: str | None) -> float | None:
    """How long to wait; dates and nonsense are left to the usual patience."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 9:
        return None
    return float(text)
