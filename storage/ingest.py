"""Taking rows in: good ones beside bad ones, a batch per transaction, repeats add nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from storage.clock import Clock, ingest_clock
from storage.engine import Session, Store
from storage.errors import BadRow
from storage.events import parse_feedback, parse_score
from storage.interactions import parse_interaction
from storage.queries import interactions
from storage.sources import FileOptions, Rows, file_rows

BATCH = 1_000
KEPT_ERRORS = 10_000
"""Most faulty rows that are listed one by one; beyond, they are counted."""

T = TypeVar("T")


@dataclass
class IngestReport:
    """What became of the rows."""

    accepted: int = 0
    duplicate: int = 0
    waiting: int | None = None
    """Feedback and scores that came before their interaction."""
    rejected: list[dict[str, Any]] = field(default_factory=list)
    rejected_total: int = 0

    def reject(self, index: int, error: BadRow) -> None:
        """Note a row that cannot be taken."""
        self.rejected_total += 1
        if len(self.rejected) < KEPT_ERRORS:
            self.rejected.append({"index": index, "error": error.to_json()})

    def to_json(self) -> dict[str, Any]:
        """The answer of the public contract."""
        found: dict[str, Any] = {"accepted": self.accepted, "duplicate": self.duplicate}
        if self.waiting is not None:
            found["waiting"] = self.waiting
        found["rejected"] = self.rejected
        if self.rejected_total > len(self.rejected):
            found["rejected_total"] = self.rejected_total
        return found


def ingest_rows(store: Store, rows: Rows, *, source: str = "default", clock: Clock) -> IngestReport:
    """Take interactions in."""

    def parse(row: Mapping[str, Any], now: datetime) -> Any:
        return parse_interaction(row, default_source=source, now=now)

    def add(session: Session, good: list[Any], now: datetime, report: IngestReport) -> None:
        added = interactions.add_interactions(session, good, now)
        report.accepted += added.accepted
        report.duplicate += added.duplicates

    return _taken(store, rows, parse, add, IngestReport(), clock)


def ingest_feedback(store: Store, rows: Rows, *, clock: Clock) -> IngestReport:
    """Take feedback in; what comes before its interaction waits for it."""
    add = _adding(interactions.add_feedback)
    return _taken(store, rows, _parsing(parse_feedback), add, IngestReport(waiting=0), clock)


def ingest_scores(store: Store, rows: Rows, *, clock: Clock) -> IngestReport:
    """Take scores in; what comes before its interaction waits for it."""
    add = _adding(interactions.add_scores)
    return _taken(store, rows, _parsing(parse_score), add, IngestReport(waiting=0), clock)


def ingest_file(
    store: Store,
    path: Path,
    options: FileOptions,
    *,
    clock: Clock,
    on_bytes: Callable[[int], object] | None = None,
) -> IngestReport:
    """Take the interactions of a file in; `on_bytes` is told how far the file was read."""
    rows = file_rows(path, options, on_bytes)
    return ingest_rows(store, rows, source=options.source, clock=clock)


def _parsing(parse: Callable[..., T]) -> Callable[[Mapping[str, Any], datetime], T]:
    return lambda row, now: parse(row, now=now)


def _adding(add: Callable[..., interactions.EventsAdded]) -> Callable[..., None]:
    def added(session: Session, good: list[Any], now: datetime, report: IngestReport) -> None:
        found = add(session, good, now)
        report.accepted += found.accepted
        report.duplicate += found.duplicates
        report.waiting = (report.waiting or 0) + found.waiting

    return added


def _taken(
    store: Store,
    rows: Rows,
    parse: Callable[[Mapping[str, Any], datetime], Any],
    add: Callable[[Session, list[Any], datetime, IngestReport], None],
    report: IngestReport,
    clock: Clock,
) -> IngestReport:
    for batch in _batches(rows):
        now, good = clock(), []
        for index, row in batch:
            try:
                if isinstance(row, BadRow):
                    raise row
                good.append(parse(row, now))
            except BadRow as error:
                report.reject(index, error)
        if good:
            with store.write() as session:
                add(session, good, ingest_clock(session, clock), report)
    return report


def _batches(rows: Rows) -> Iterator[list[tuple[int, Mapping[str, Any] | BadRow]]]:
    batch: list[tuple[int, Mapping[str, Any] | BadRow]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
