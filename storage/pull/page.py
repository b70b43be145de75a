"""What is asked of a platform, and what it answers at once."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from storage.errors import BadRow, PullFault
from storage.pull.http import Api
from storage.sources.brought import Brought, Scales
from storage.sources.jsonl import Row
from storage.values import shown

MOST_PAGES = 100
"""Most pages within one page, such as of the annotations on it."""


@dataclass(frozen=True)
class Asked:
    """Which part of which project is pulled, and how."""

    api: Api
    project: str | None
    since: datetime | None
    """Nothing that began before; None: everything."""
    until: datetime
    """Nothing that began then or later."""
    size: int
    known: Callable[[Collection[str]], set[str]]
    """Which of some ids are here already."""
    options: Mapping[str, Any] = field(default_factory=dict)
    scales: Scales = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """One page of a stage."""

    brought: Brought
    following: str | None
    """Where the next one begins; None: this was the last."""


class Puller(Protocol):
    """One platform: its stages in their order, each a walk over pages."""

    @property
    def stages(self) -> tuple[str, ...]:
        """What is walked, one after the other."""

    def page(self, stage: str, cursor: str | None) -> Page:
        """One page; raises PullFault."""

    def check(self) -> str:
        """What the platform says of the project; raises PullFault."""


def rows_in(answer: Mapping[str, Any], name: str) -> list[Row]:
    """The objects in an answer, with a fault for each that is none.

    Raises
    ------
    PullFault
        If there is no list of them.
    """
    held = answer.get(name)
    if held is None and name in answer:
        held = []
    if not isinstance(held, list):
        raise PullFault(f"the answer has no list {name!r}")
    return numbered(held)


def numbered(held: list[Any]) -> list[Row]:
    """Objects with their places, with a fault for each that is none."""
    return [
        (place, one if isinstance(one, Mapping) else BadRow(None, f"{shown(one)} is no object"))
        for place, one in enumerate(held)
    ]


def cursor_in(answer: Mapping[str, Any], name: str) -> str | None:
    """Where the next page begins; None when this was the last.

    Raises
    ------
    PullFault
        If it is no text.
    """
    cursor = answer.get(name)
    if cursor is None or cursor == "":
        return None
    if not isinstance(cursor, str) or len(cursor) > 4_000:
        raise PullFault(f"{name} is {shown(cursor)} and no cursor")
    return cursor


def walk(ask: Callable[[str | None], tuple[list[Row], str | None]]) -> Iterator[Row]:
    """The rows of all pages; `ask` gives those of one and the cursor of the next.

    Raises
    ------
    PullFault
        If a cursor comes twice, or there is no end of them.
    """
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        rows, cursor = ask(cursor)
        yield from rows
        if cursor is None:
            return
        if cursor in seen:
            raise PullFault(TWICE)
        seen.add(cursor)
    raise PullFault(f"a list within one page has more than {MOST_PAGES} pages")


TWICE = "the platform gives the same cursor twice: the list would never end"


def batches(ids: Collection[str], size: int) -> Iterator[list[str]]:
    """Ids in groups, so that no address becomes too long."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
