"""One signed event by HTTP, as Standard Webhooks 1.0.0 has it (github.com/standard-webhooks).

The signature is HMAC-SHA256 over `id.timestamp.body`, in base64 after `v1,`.
"""

import hmac
import time
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from storage.sinks.door import beginning, retry_after, shown

if TYPE_CHECKING:
    import httpx

PREFIX = "whsec_"
KEY_BYTES = 24
SECONDS = 15.0
"""An answer that takes longer is none."""


class Answer(NamedTuple):
    """What came of one try."""

    status: int | None
    """Null when there was no answer."""
    seconds: float
    fault: str | None
    """Null when it was taken."""
    after: float | None = None
    """The seconds for which the receiver asked to be left alone."""


def key_of(secret: str) -> bytes:
    """The signing key: `whsec_` and base64, or else the text itself.

    Raises
    ------
    ValueError
        If it is no base64, or has less than 24 bytes.
    """
    if secret.startswith(PREFIX):
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    else:
        key = secret.encode()
    if len(key) < KEY_BYTES:
        raise ValueError(f"the key has {len(key)} bytes, it needs at least {KEY_BYTES}")
    return key


def signature(key: bytes, event_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()


def post(
    client: "httpx.Client", url: str, key: bytes, event_id: str, timestamp: int, body: bytes
) -> Answer:
    """Send one event; redirects are not followed, of the answer only the beginning is read."""
    import httpx

    headers = {
        "content-type": "application/json",
        "user-agent": "Goldloop",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(key, event_id, timestamp, body),
    }
    begun = time.monotonic()
    try:
        with client.stream(
            "POST", url, content=body, headers=headers, timeout=SECONDS, follow_redirects=False
        ) as answer:
            status, wait = answer.status_code, retry_after(answer.headers.get("retry-after"))
            text = "" if answer.is_success else beginning(answer)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return Answer(None, time.monotonic() - begun, f"no answer: {type(error).__name__}")
    fault = None if 200 <= status < 300 else f"answered {status}: {shown(text)}".rstrip(": ")
    return Answer(status, time.monotonic() - begun, fault, wait)
