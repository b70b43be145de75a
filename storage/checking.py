"""Checks at work: flags on what comes in, scores on what is stored already."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from storage.checks import DEFAULT, Rules, exchanges, read_rules
from storage.clock import Clock
from storage.engine import AnyRow, Session, Store
from storage.errors import BadRow
from storage.interactions import InteractionIn
from storage.queries import checks
from storage.queries.pool import Filter, Pool
from storage.values import MAX_NAME, name_of

BATCH = 1_000
PREFIX = "check."
"""Stands before the flag in the name of a score: 1 passed, 0 failed."""
_UNANSWERED = frozenset(("error", "content_missing"))
"""Flags that say why there is no response to look at."""
_read = lru_cache(maxsize=64)(read_rules)


def _says_why(responses: str, flags: Sequence[str] | None) -> bool:
    """Whether there is no response, and a flag says why."""
    return responses == "[]" and not _UNANSWERED.isdisjoint(flags or ())


class Checking:
    """The checks in force at one moment."""

    def __init__(self, session: Session) -> None:
        self._toml = checks.rules_in_force(session)

    def of(self, source: str) -> Rules:
        """The rules of a source."""
        toml = self._toml.get(source)
        return _read(self._toml.get("", DEFAULT) if toml is None else toml)

    def flag(self, one: InteractionIn) -> None:
        """Add the flags of an interaction to those that its sender gave it."""
        if _says_why(one.responses, one.flags):
            return
        found = self.of(one.source).flags(one.messages, one.responses)
        if found:
            one.flags = list(dict.fromkeys([*(one.flags or ()), *found]))


@dataclass
class Checked:
    """What became of a check of what is stored."""

    interactions: int = 0
    scores: int = 0
    """New ones; the same version says the same and adds nothing."""
    failed: Counter[str] = field(default_factory=Counter)
    """Interactions by check that failed."""

    def to_json(self) -> dict[str, Any]:
        """For the command line."""
        return {
            "interactions": self.interactions,
            "scores": self.scores,
            "failed": dict(sorted(self.failed.items())),
        }


def set_rules(session: Session, source: str, toml: str, now: datetime) -> Rules:
    """Put rules into force for what comes in from now on; the rules as they are read.

    Raises
    ------
    BadRow
        Naming what of them cannot be.
    """
    name = name_of("source", source, MAX_NAME) or ""
    if "\x00" in toml:
        raise BadRow("checks", "holds a NUL character", "leave it out")
    rules = read_rules(toml)
    checks.add_rules(session, name, toml, now)
    return rules


def check_stored(store: Store, where: Filter, *, clock: Clock) -> Checked:
    """Check stored interactions again; a score of kind check per interaction and check.

    Flags stay as they were at the first write. Bulk work: a transaction per batch, and a run that
    was killed is simply started again.
    """
    from storage.ingest import ingest_scores

    with store.read() as session:
        checking = Checking(session)
    pool, done, last = Pool(where, as_of=clock()), Checked(), 0
    while True:
        with store.read() as session:
            rows = checks.texts_after(session, pool, last, BATCH)
        if not rows:
            return done
        last = rows[-1].id
        found = list(_scores(checking, rows, done))
        done.interactions += len(rows)
        done.scores += ingest_scores(store, enumerate(found), clock=clock).accepted


def _scores(checking: Checking, rows: Sequence[AnyRow], done: Checked) -> Iterator[dict[str, Any]]:
    for row in rows:
        if _says_why(row.responses, row.flags):
            continue
        said = list(exchanges(row.messages, row.responses))
        for check in checking.of(row.source).checks:
            failed = any(map(check.fails, said))
            done.failed[check.flag] += failed
            yield {
                "source": row.source,
                "interaction_id": row.external_id,
                "name": PREFIX + check.flag,
                "kind": "check",
                "value": 0.0 if failed else 1.0,
                "version": check.version,
            }
