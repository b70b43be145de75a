"""One way to ask another platform: what it answers is fine, refused, or it cannot be asked now.

Faults are told by status and the beginning of the answer, never with an address or a key.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

TOLD_CHARS = 200
READ_BYTES = 4_096
READ_SECONDS = 15.0
PASSES = (408, 425, 429)
NO_ENTRY = (401, 403)
"""Like what passes, these say nothing about the single request: others would be answered alike."""
LONGEST_SECONDS = 86_400.0


class NotTaken(Exception):
    """Base of what another platform answers instead of taking what it is sent."""

    message: str


class Declined(NotTaken):
    """One request was not taken; others may be."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Down(NotTaken):
    """Nothing can be asked for now; `after` seconds are what the platform asked to wait.

    `passes` says whether a moment's patience may help.
    """

    def __init__(self, message: str, after: float | None = None, *, passes: bool = True) -> None:
        super().__init__(message)
        self.message, self.after, self.passes = message, after, passes


@dataclass(frozen=True)
class Door:
    """A platform that can be asked."""

    client: "httpx.Client"
    url: str
    headers: Mapping[str, str]
    project: str | None
    secret: str = field(default="", repr=False)
    """What must stand in no message."""

    def ask(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, str] | None = None,
    ) -> None:
        """Ask for something to be done.

        Raises
        ------
        Declined
            If this request was not taken.
        Down
            If there was no answer, or one that is about more than this request.
        """
        import httpx

        url = self.url.rstrip("/") + path
        try:
            with self.client.stream(
                method, url, json=json, params=params, headers=dict(self.headers),
                follow_redirects=False,
            ) as answer:  # fmt: skip
                is_page = answer.headers.get("content-type", "").startswith("text/html")
                text = "" if answer.is_success else beginning(answer)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise Down(f"no answer: {type(error).__name__}") from None
        if answer.is_success and is_page:  # a log-in, or the pages of the platform
            message = f"answered {answer.status_code} with a web page: is this the API's address?"
            raise Down(message, passes=False)
        if answer.is_success:
            return
        message = f"answered {answer.status_code}: {shown(self._clean(text))}".rstrip(": ")
        passes = answer.status_code >= 500 or answer.status_code in PASSES
        if passes or answer.is_redirect or answer.status_code in NO_ENTRY:
            raise Down(message, retry_after(answer.headers.get("retry-after")), passes=passes)
        raise Declined(answer.status_code, message)

    def _clean(self, text: str) -> str:
        """A text without the key, as it is and as it was shown."""
        parts = (self.secret, *self.secret.split(":"), *self.headers.values())
        for part in parts:
            text = text.replace(part, "[key]") if len(part) > 3 else text
        return text


def beginning(answer: "httpx.Response") -> str:
    """The first bytes of an answer, unless it takes too long over them."""
    read, begun = b"", time.monotonic()
    for chunk in answer.iter_bytes(READ_BYTES):
        read += chunk
        if len(read) >= READ_BYTES or time.monotonic() - begun > READ_SECONDS:
            break
    return read[:READ_BYTES].decode("utf-8", "replace")


def shown(text: str) -> str:
    """The beginning of an answer on one line, without what does not print."""
    line = "".join(char if char.isprintable() else " " for char in text[: 4 * TOLD_CHARS])
    return " ".join(line.split())[:TOLD_CHARS]


def retry_after(text: str | None) -> float | None:
    """The seconds of a Retry-After header; None when it has none, or a date."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_SECONDS) if seconds == seconds else None
