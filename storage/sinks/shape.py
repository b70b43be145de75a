"""What a platform has to be able to do, and what it is handed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from storage.sinks.door import Door


class Origin(NamedTuple):
    """What is known here of where an interaction came from."""

    external_id: str
    trace_id: str | None
    extra: Mapping[str, Any]
    """The metadata that came with it."""


class Item(NamedTuple):
    """One thing to be said of one interaction, or taken back."""

    key: str
    place: Mapping[str, str]
    """Ids of the interaction over there, as `Sink.place` found them."""
    body: Mapping[str, Any]
    """`name`, `kind` of the field, `value`, `score`, `label`, `text`, `reason`, `by`,
    `about`; or empty."""


@dataclass(frozen=True)
class Sink:
    """One kind of platform."""

    place: Callable[[Origin], dict[str, str] | None]
    """Ids of an interaction over there; None when it has none."""
    put: Callable[[Door, Sequence[Item]], None]
    """Make or replace; the same key twice is one thing. Raises Declined or Down."""
    drop: Callable[[Door, Item], None]
    """Take back; what is not there is taken back already. Raises Declined or Down."""
    headers: Callable[[str, Mapping[str, Any]], dict[str, str]]
    """How the key is shown, given the options of the connection."""
    at_once: int = 1
    """How many `put` takes; when it refuses several, none of them was taken."""
    tags_apart: bool = True
    """Whether tags are told best one by one, so that each can be counted over there."""


def remark(body: Mapping[str, Any]) -> str | None:
    """What is shown beside a value: its text, and why it was settled so."""
    return " · ".join(one for one in (body["text"], body["reason"]) if one) or None


def first_text(extra: Mapping[str, Any], *names: str) -> str | None:
    """The first of some keys of the metadata that holds a text."""
    found = (extra.get(name) for name in names)
    return next((one for one in found if isinstance(one, str) and one), None)
