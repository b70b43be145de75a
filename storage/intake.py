"""What platforms bring goes in by the ways that everything goes: rows, feedback, scores."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storage.clock import Clock
from storage.engine import Store
from storage.errors import BadRow
from storage.ingest import (
    KEPT_ERRORS,
    IngestReport,
    ingest_feedback,
    ingest_file,
    ingest_rows,
    ingest_scores,
)
from storage.queries.targets import known_ids, last_of_traces
from storage.redaction import Redactors
from storage.sources import SUFFIXES, FileOptions
from storage.sources.brought import Brought
from storage.sources.jsonl import Row
from storage.sources.platforms import PLATFORMS, platform_of, read_platform
from storage.values import MAX_ID


@dataclass
class Intake:
    """What became of everything that a platform brought."""

    interactions: IngestReport = field(default_factory=IngestReport)
    feedback: IngestReport = field(default_factory=lambda: IngestReport(waiting=0))
    scores: IngestReport = field(default_factory=lambda: IngestReport(waiting=0))
    unattached: int = 0
    """Feedback and scores on traces of which no interaction is here."""
    passed: int = 0
    """Objects that are no interaction, such as calls of tools, or that still run."""

    def parts(self) -> dict[str, IngestReport]:
        """The three reports by name."""
        return {
            "interactions": self.interactions, "feedback": self.feedback, "scores": self.scores
        }  # fmt: skip

    def add(self, other: "Intake") -> None:
        """Count another one in."""
        for name, mine in self.parts().items():
            its = other.parts()[name]
            mine.accepted += its.accepted
            mine.duplicate += its.duplicate
            mine.unanswered += its.unanswered
            mine.rejected_total += its.rejected_total
            mine.rejected += its.rejected[: max(KEPT_ERRORS - len(mine.rejected), 0)]
            if its.waiting is not None:
                mine.waiting = (mine.waiting or 0) + its.waiting
        self.unattached += other.unattached
        self.passed += other.passed

    def to_json(self) -> dict[str, Any]:
        """The three reports and what is in none of them."""
        found: dict[str, Any] = {name: one.to_json() for name, one in self.parts().items()}
        return {**found, "unattached": self.unattached, "passed_over": self.passed}


def take(store: Store, brought: Brought, source: str, *, clock: Clock) -> Intake:
    """Store what a platform brought; what was stored before counts as a duplicate.

    Feedback on a trace goes to the last interaction of that trace, which has to be here by then.
    """
    report = Intake(passed=brought.passed)
    if brought.interactions:
        report.interactions = ingest_rows(store, brought.interactions, source=source, clock=clock)
    if brought.feedback:
        aimed = _aimed(store, brought.feedback, source)
        report.feedback = ingest_feedback(store, aimed, clock=clock)
        report.unattached += len(brought.feedback) - len(aimed)
    if brought.scores:
        aimed = _aimed(store, brought.scores, source)
        report.scores = ingest_scores(store, aimed, clock=clock)
        report.unattached += len(brought.scores) - len(aimed)
    return report


def intake_file(
    store: Store,
    path: Path,
    options: FileOptions,
    *,
    clock: Clock,
    on_bytes: Callable[[int], object] | None = None,
) -> Intake:
    """Take a file in: the export of a platform, or interactions in the plain form.

    Raises
    ------
    BadRow
        If the format is not known, or options do not go with it.
    """
    name = options.format
    plain = bool(options.mapping) or options.id_from is not None
    if name == "auto" and not plain and _may_hold_json(path):
        name = platform_of(path) or "auto"
    if name not in PLATFORMS:
        return Intake(ingest_file(store, path, options, clock=clock, on_bytes=on_bytes))
    if plain:
        raise BadRow(
            "format", f"{name} has ids and names of its own", "leave --map and --id-from out"
        )
    brought = read_platform(path, name, options.scales)
    if on_bytes is not None:
        on_bytes(path.stat().st_size)
    return take(store, brought, options.source, clock=clock)


def _may_hold_json(path: Path) -> bool:
    return SUFFIXES.get(Path(path.name.removesuffix(".gz")).suffix.lower()) == "jsonl"


def _aimed(store: Store, rows: list[Row], source: str) -> list[Row]:
    """Rows with the id of an interaction; those on a trace that is not here are left out."""
    sound = [row for _, row in rows if not isinstance(row, BadRow)]
    fit = Redactors.of_store(store).of(source).id  # as ids are stored
    direct = {fit(row["interaction_id"]) for row in sound if _is_id(row.get("interaction_id"))}
    traces = {fit(row["trace_id"]) for row in sound if _is_id(row.get("trace_id"))}
    with store.read() as session:
        here = known_ids(session, source, direct) if traces else set()
        last = last_of_traces(session, source, traces) if traces else {}
    found: list[Row] = []
    for index, row in rows:
        if isinstance(row, BadRow):
            found.append((index, row))
            continue
        target, trace = row.get("interaction_id"), row.get("trace_id")
        if trace is not None and not (_is_id(target) and fit(target) in here):
            target = last.get(fit(trace)) if _is_id(trace) else None
            if target is None:
                continue
        plain = {key: value for key, value in row.items() if key != "trace_id"}
        found.append((index, {**plain, "source": source, "interaction_id": target}))
    return found


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID
