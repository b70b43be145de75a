"""Taking rows in: good ones beside bad ones, a batch per transaction, repeats add nothing."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from storage.checking import Checking
from storage.clock import Clock, ingest_clock
from storage.engine import Session, Store
from storage.errors import BadRow
from storage.events import parse_feedback, parse_score
from storage.interactions import (
    GUIDELINE_SOURCE,
    InteractionIn,
    parse_interaction,
    text_size,
)
from storage.queries import events
from storage.queries.interactions import add_interactions
from storage.redaction import Redactors, source_of
from storage.sources import FileOptions, Row, Rows, file_rows

BATCH = 1_000
BATCH_TEXT = 16_000_000
"""Rows and characters of text after which a transaction ends: memory stays flat."""
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
    unanswered: int = 0
    """Interactions without a response: failed calls, or a response under another name."""
    redacted: Counter[str] = field(default_factory=Counter)
    """What was taken out of the texts, by kind."""

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
        if self.redacted:
            found["redacted"] = dict(sorted(self.redacted.items()))
        return found


def ingest_rows(store: Store, rows: Rows, *, source: str = "default", clock: Clock) -> IngestReport:
    """Take interactions in, redacted; `source` is for those that name none."""
    report, redactors = IngestReport(), Redactors.of_store(store)
    good: list[InteractionIn] = []
    size, now = 0, clock()
    with store.read() as session:
        checking = Checking(session)
    for index, row in rows:
        try:
            told = redactors.interaction(_sound(row), source)
            one = parse_interaction(told, default_source=source, now=now)
            check_source(one.source)
        except BadRow as error:
            report.reject(index, redactors.error(error, source_of(row, source)))
            continue
        checking.flag(one)
        redactors.keep(one.source, report.redacted)
        good.append(one)
        report.unanswered += one.responses == "[]"
        size += text_size(one)
        if len(good) >= BATCH or size >= BATCH_TEXT:
            _store_interactions(store, good, report, redactors, clock)
            good, size, now = [], 0, clock()
    if good:
        _store_interactions(store, good, report, redactors, clock)
    return report


def ingest_feedback(store: Store, rows: Rows, *, clock: Clock) -> IngestReport:
    """Take feedback in; what comes before its interaction waits for it."""
    return _ingest_events(store, rows, parse_feedback, events.add_feedback, clock)


def ingest_scores(store: Store, rows: Rows, *, clock: Clock) -> IngestReport:
    """Take scores in; what comes before its interaction waits for it."""
    return _ingest_events(store, rows, parse_score, events.add_scores, clock)


def ingest_file(
    store: Store,
    path: Path,
    options: FileOptions,
    *,
    clock: Clock,
    on_bytes: Callable[[int], object] | None = None,
) -> IngestReport:
    """Take the interactions of a file in; `on_bytes` is told how much more of it was read."""
    rows = file_rows(path, options, on_bytes)
    return ingest_rows(store, rows, source=options.source, clock=clock)


def check_source(source: str) -> None:
    """Refuse the names of sources that are ours, with BadRow."""
    if source.startswith(GUIDELINE_SOURCE):
        hint = "agreed answers come from the folder of their guideline; name another source"
        raise BadRow("source", f"{source!r:.80} is reserved", hint)


def _sound(row: Mapping[str, Any] | BadRow) -> Mapping[str, Any]:
    if isinstance(row, BadRow):
        raise row
    return row


def _store_interactions(
    store: Store,
    good: Sequence[InteractionIn],
    report: IngestReport,
    redactors: Redactors,
    clock: Clock,
) -> None:
    with store.write() as session:
        now = ingest_clock(session, clock)
        added = add_interactions(session, good, now)
        redactors.record(session, added.by_source, now)
    report.accepted += added.accepted
    report.duplicate += added.duplicates


def _ingest_events(
    store: Store,
    rows: Rows,
    parse: Callable[..., T],
    add: Callable[[Session, Sequence[T], Any], events.EventsAdded],
    clock: Clock,
) -> IngestReport:
    report, redactors = IngestReport(waiting=0), Redactors.of_store(store)
    for batch in _batches(rows):
        good, now = [], clock()
        for index, row in batch:
            source = source_of(row, "default")
            try:
                good.append(parse(redactors.event(_sound(row), source), now=now))
                redactors.keep(source, report.redacted)
            except BadRow as error:
                report.reject(index, redactors.error(error, source))
        if not good:
            continue
        with store.write() as session:
            stamp = ingest_clock(session, clock)
            added = add(session, good, stamp)
            redactors.record(session, {}, stamp)
        report.accepted += added.accepted
        report.duplicate += added.duplicates
        report.waiting = (report.waiting or 0) + added.waiting
    return report


def _batches(rows: Rows) -> Iterator[list[Row]]:
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        yield batch
