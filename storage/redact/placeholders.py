"""What stands where something was found: its kind, and letters that link two mentions.

The letters are computed with the key and nothing is kept to turn them back. What a fragment of a
conversation holds before it is known which one gets the inner form; `rescoped` turns that into the
form of the conversation later.
"""

import re
from base64 import b32encode
from hmac import digest

from storage.redact.spans import Span

INNER = re.compile(r"<([A-Z][A-Z0-9_]{0,29})~([a-z2-7]{16})>")
SHOWN = re.compile(r"<[A-Z][A-Z0-9_]{0,29}(?:[_~][a-z2-7]{6,16})?>")
"""What placeholders look like."""
_MASK, _HASH, _INNER = 6, 12, 16


def inner(key: bytes, span: Span) -> str:
    """The letters of a value, whatever the conversation."""
    return _letters(key, f"{span.kind}|{span.value}", _INNER)


def shown(key: bytes, policy: str, kind: str, letters: str, scope: str) -> str:
    """The placeholder of a policy for a value with these inner letters.

    It is the same within the scope: a conversation for `mask`, a source for `hash`.
    """
    name = kind.upper()
    if policy == "drop":
        return f"<{name}>"
    count = _HASH if policy == "hash" else _MASK
    return f"<{name}_{_letters(key, f'{scope}|{letters}', count)}>"


def as_inner(kind: str, letters: str) -> str:
    """The form of a fragment whose conversation is not known yet."""
    return f"<{kind.upper()}~{letters}>"


def _letters(key: bytes, text: str, count: int) -> str:
    hashed = digest(key, text.encode("utf-8", "surrogatepass"), "sha256")
    return b32encode(hashed[:10]).decode().lower()[:count]
