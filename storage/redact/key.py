"""The key that placeholders are computed with: given, or made once and kept beside the data.

It is never in the database and never in a backup of it: whoever has both could try every number.
"""

import os
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from hmac import digest
from pathlib import Path

from storage.errors import Conflict

SHORTEST = 32
"""Characters that a given key needs at least."""
FILE_NAME = "redaction.key"


@dataclass(frozen=True)
class Redaction:
    """What the settings say of redaction: the default policy, and where the key is."""

    default: str = "mask"
    """The policy of a source that has none of its own."""
    given: str | None = field(default=None, repr=False)
    """The key itself, when the settings name one."""
    folder: Path | None = None
    """Where a generated key is kept when the store is no file."""
    model: str | None = None
    """The spaCy model that finds names and addresses."""

    def beside(self, database: Path | None) -> "Redaction":
        """The same with its key beside the file of a store."""
        if database is None:
            return self
        return Redaction(self.default, self.given, database.parent, self.model)

    @cached_property
    def key(self) -> bytes:
        """The key; made and kept when there is none yet.

        Raises
        ------
        Conflict
            `redaction_key` when it is too short, or cannot be kept.
        """
        if self.given is not None:
            if len(self.given) < SHORTEST:
                message = f"GOLDLOOP_REDACTION_KEY has {len(self.given)} characters"
                raise Conflict("redaction_key", message, f"at least {SHORTEST}; {HOW}")
            return self.given.encode()
        if self.folder is None:
            message = "there is no key for placeholders"
            raise Conflict("redaction_key", message, f"set GOLDLOOP_REDACTION_KEY; {HOW}")
        return _kept(self.folder / FILE_NAME)

    @property
    def known(self) -> bytes | None:
        """The key when there is one; none is made."""
        if self.given is None and not (self.folder and (self.folder / FILE_NAME).exists()):
            return None
        return self.key

    @property
    def where(self) -> str:
        """Where the key is from, for people."""
        if self.given is not None:
            return "GOLDLOOP_REDACTION_KEY"
        return "nowhere yet" if self.folder is None else str(self.folder / FILE_NAME)


HOW = "`openssl rand -hex 32` makes one"


def fingerprint(key: bytes) -> str:
    """What the database keeps of a key, so that another one is noticed."""
    return digest(key, b"goldloop redaction key", "sha256").hex()[:16]


def _kept(path: Path) -> bytes:
    """The key in a file, made when it is not there; two who make it at once end with one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        mine = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_hex(32))
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(mine, path)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    found = path.read_text("utf-8").strip()
    if len(found) < SHORTEST:
        message = f"{path} holds no key of {SHORTEST} characters"
        raise Conflict("redaction_key", message, "put the key back that was there")
    return found.encode()
