"""One hash for many: a tree of SHA-256, so that any change in any leaf is a change at the root."""

from collections.abc import Sequence
from hashlib import sha256


def leaf(*parts: str) -> str:
    """The hash of one entry; the length of each part is hashed with it."""
    told = b"".join(len(part.encode()).to_bytes(8, "big") + part.encode() for part in parts)
    return sha256(b"\x00" + told).hexdigest()


def root(leaves: Sequence[str]) -> str:
    """The root over leaves in their order; of none, the hash of nothing.

    Two and two are joined; one that is left over goes up as it is. Leaves and joints are hashed
    apart (RFC 9162, section 2.1), so that no joint passes for a leaf.
    """
    level = [bytes.fromhex(one) for one in leaves]
    if not level:
        return sha256(b"").hexdigest()
    while len(level) > 1:
        joined = [
            sha256(b"\x01" + level[at] + level[at + 1]).digest()
            for at in range(0, len(level) - 1, 2)
        ]
        level = joined + level[len(level) - len(level) % 2 :]
    return level[0].hex()
