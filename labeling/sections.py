"""What a section was made of when it was opened last: read again while nothing has changed.

A section of a large queue takes seconds to make. It is kept in the store with the mark of what it
was made from, so every process finds it, and none has anything in memory that could grow stale.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import msgspec

from storage import Session, Store
from storage.queries import queues, reports
from storage.types import encode_json

SHAPE = 1
"""Grows with every change of what a section is made of."""
SLOW = 0.3
"""Seconds; what takes less is made anew each time."""


@dataclass(frozen=True)
class Made:
    """A section that is to be kept."""

    queue_id: int
    asked: str
    mark: str
    body: dict[str, Any]


def reused(
    session: Session,
    queue_name: str,
    asked: Mapping[str, Any],
    make: Callable[[], dict[str, Any]],
    *,
    scored: bool = False,
) -> tuple[dict[str, Any], Made | None]:
    """What a section is made of, kept or made now; and what to `keep` where that took long.

    `asked` is all that was chosen, `scored` whether it reads scores. Times come back as texts.
    """
    queue_id = queues.queue_named(session, queue_name).id
    told = encode_json([SHAPE, version("goldloop"), dict(sorted(asked.items()))])
    key = sha256(told.encode()).hexdigest()[:32]
    mark = reports.mark(session, queue_id, scored=scored)
    known = reports.section_row(session, queue_id, key)
    if known is not None and known.mark == mark:
        return known.body, None
    begun = time.monotonic()
    body: dict[str, Any] = msgspec.json.decode(encode_json(make()))
    slow = time.monotonic() - begun >= SLOW
    return body, Made(queue_id, key, mark, body) if slow else None


def keep(store: Store, made: Made, now: datetime) -> None:
    """Keep what a section was made of."""
    values = {"queue_id": made.queue_id, "asked": made.asked, "mark": made.mark,
              "made_at": now, "body": made.body}  # fmt: skip
    with store.write(durable=False) as session:
        reports.keep_section(session, values)
