"""One way to ask another platform: what it answers is fine, refused, or it cannot be asked now.

Faults are told by status and the beginning of the answer, never with an address or a key.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import httpx

TOLD_CHARS = 200
NOW_NOT = (401, 403, 408, 425, 429)
"""What says nothing about the single request: all the others would be answered alike."""
LONGEST_SECONDS = 86_400.0


class Refused(Exception):
    """One request was not taken; others may be."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Down(Exception):
    """Nothing can be asked for now; `after` seconds are what the platform asked to wait."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.message, self.after = message, after


class Door(NamedTuple):
    """A platform that can be asked."""

    client: "httpx.Client"
    url: str
    headers: Mapping[str, str]
    project: str | None

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
        Refused
            If this request was not taken.
        Down
            If there was no answer, or one that is about more than this request.
        """
        import httpx

        url = self.url.rstrip("/") + path
        try:
            answer = self.client.request(
                method, url, json=json, params=params, headers=dict(self.headers),
                follow_redirects=False,
            )  # fmt: skip
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise Down(f"no answer: {type(error).__name__}") from error
        if answer.is_success:
            return
        message = f"answered {answer.status_code}: {shown(answer.text)}".rstrip(": ")
        if answer.status_code >= 500 or answer.is_redirect or answer.status_code in NOW_NOT:
            raise Down(message, retry_after(answer.headers.get("retry-after")))
        raise Refused(answer.status_code, message)


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
