"""An item of a dataset: its content as one JSON text, its hash, and what it hangs together with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from storage.exports import Row
from storage.exports.texts import decoded, text_of

ORIGINS = ("production", "synthetic", "expert")
LOOSE = ("pi", "reason")
"""What a row says of its draw: not content, so that it does not make another item."""
_canonical = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True)
class Item:
    """One item, ready to be kept."""

    key: str
    """`source:id`; stays the same through all versions."""
    body: str
    """The content as canonical JSON: keys sorted, no spaces."""
    hash: str
    """SHA-256 of the body."""
    pi: float | None = None
    draw_pi: float | None = None


@dataclass(frozen=True)
class Bound:
    """What decides with which other items an item has to stay together."""

    text: str
    """The conversation without system messages."""
    groups: tuple[str, ...]
    """Conversation and user, hashed."""


def item(
    row: Row, origin: Mapping[str, Any], groups: Sequence[str], draw_pi: float | None = None
) -> Item:
    """An item out of a settled row; `origin` says where it is from, `kind` being one of ORIGINS."""
    key = key_of(row["source"], row["interaction_id"])
    told = {name: value for name, value in row.items() if name not in LOOSE}
    told["interaction"] = {name: decoded(value) for name, value in row["interaction"].items()}
    content = {"key": key, "origin": dict(origin), "groups": sorted(set(groups)), "row": told}
    body = canonical(content)
    pi = row.get("pi")
    whole = pi if pi is None or draw_pi is None else pi * draw_pi
    return Item(key, body, digest(body), whole, draw_pi)


def canonical(value: Any) -> str:
    """The one JSON text of a value: read back first, so that times and the like are texts."""
    return _canonical(msgspec.json.decode(msgspec.json.encode(value))).decode()


def digest(text: str) -> str:
    """SHA-256 as hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def key_of(source: str, own: str) -> str:
    """The id of an item, as exports give it; a colon or # in the source is escaped."""
    safe = source.replace("%", "%25").replace(":", "%3A").replace("#", "%23")
    return f"{safe}:{own}"


def source_of(key: str) -> str:
    """The source in the id of an item."""
    safe = key.partition(":")[0]
    return safe.replace("%23", "#").replace("%3A", ":").replace("%25", "%")


def group_of(kind: str, source: str, own: str | None) -> list[str]:
    """A conversation or user under which items stay together; nothing when there is none."""
    return [] if not own else [f"{kind}:{digest(f'{kind}{chr(31)}{source}{chr(31)}{own}')[:20]}"]


def bound(body: str) -> Bound:
    """What an item has to stay together with, from its content."""
    content = msgspec.json.decode(body)
    messages = content["row"]["interaction"]["messages"] or []
    said = [text_of(one.get("content")) for one in messages if one.get("role") not in INSTRUCTIONS]
    return Bound("\n".join(said), tuple(content["groups"]))


INSTRUCTIONS = ("system", "developer")
"""Roles whose texts many items share without being alike."""
