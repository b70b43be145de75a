"""pi of the tasks of a queue, a few at a time: no table of all of them is made."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from sampling import Chance, DrawRecord, Standing, Told, counting, sides
from storage import Session
from storage.queries import draws, served
from storage.queries.served import Served

T = TypeVar("T")
AT_ONCE = 250
Rows = Iterator[dict[str, Any]]


@dataclass(frozen=True)
class Chances:
    """How far the draws of a queue were served when this was asked for."""

    session: Session
    standing: Standing | None
    """None when nothing was drawn."""

    def of(self, tasks: Sequence[int]) -> dict[int, float]:
        """The pi of those of some tasks that count: labelled and inside the prefix served."""
        if self.standing is None:
            return {}
        ends = self.standing.ends
        rows = (Told(*row) for row in served.told(self.session, tasks))
        return self.standing.of(row for row in rows if row.draw in ends)

    def along(
        self,
        tasks: Iterable[T],
        id_of: Callable[[T], int],
        rows_of: Callable[[Sequence[T], Mapping[int, float]], Rows],
    ) -> Rows:
        """The rows of tasks, made a bounded number at a time, with what they are to know of pi."""
        rest = iter(tasks)
        while part := list(islice(rest, AT_ONCE)):
            yield from rows_of(part, self.of([id_of(one) for one in part]))


def chances(session: Session, queue_id: int, now: datetime) -> Chances:
    """How the tasks of a queue came to be drawn, as far as they have been served."""
    rows = draws.draw_rows(session, queue_id)
    if not rows:
        return Chances(session, None)
    took = {one.draw: one for one in served.served(session, queue_id, now)}
    begun = counting(list(took), lambda key: _begun(session, took[key]))
    records = {row.id: DrawRecord.from_json(row.record) for row in rows}
    ends = {key: took[key].end if key in took else None for key in begun or records}
    pairs: dict[tuple[int, str], tuple[Chance, Chance]] = {}
    for key, end in ends.items():
        pairs |= _pairs(session, key, records[key], end)
    return Chances(session, Standing(ends, pairs))


def _begun(session: Session, one: Served) -> bool:
    if one.end is None:
        return True
    return one.end > one.first and served.has_own(session, one.draw, one.end)


def _pairs(
    session: Session, draw_id: int, record: DrawRecord, end: int | None
) -> dict[tuple[int, str], tuple[Chance, Chance]]:
    count = served.inside(session, draw_id, end)
    found = {}
    for one in record.strata:
        ranked = partial(served.ranked, session, draw_id, one.stratum)
        pair = sides(record, one, count.get(one.stratum, 0), ranked)
        found[draw_id, one.stratum] = pair
    return found


def all_chances(session: Session, queue_id: int, now: datetime) -> dict[int, float]:
    """The pi of every task of a queue that counts: some 100 bytes each."""
    known = chances(session, queue_id, now)
    found: dict[int, float] = {}
    drawn = draws.drawn_tasks(session, queue_id)
    while part := list(islice(drawn, AT_ONCE)):
        found |= known.of(part)
    return found
