"""Taking a queue's labels away: to a file, to a folder, or over a network as they are read."""

import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from labeling.agreement import agreement_on
from labeling.attributes import attributes, having
from labeling.chances import all_chances, chances
from labeling.errors import InvalidLabel
from labeling.expected import Expected
from labeling.fields import Boolean, Choice, Rating, Tags
from labeling.forms import Forms, forms_of
from labeling.outcomes import compared
from labeling.redaction import redaction_told
from labeling.rows import raw_columns, raw_rows, settled_columns, settled_rows
from storage import Session, Store, frames
from storage.exports import (
    EXPORTS,
    About,
    FileFormat,
    FolderFormat,
    Format,
    Row,
    new_file,
    new_folder,
)
from storage.queries import draws, queues
from storage.queries.answers import TaskSaid, answered_tasks

LABELS = ("raw", "settled")
BYTES = 256 * 1024


@dataclass(frozen=True)
class ExportOptions:
    """What is to be taken away."""

    labels: str = "settled"
    """`raw`: every annotator's label; `settled`: one answer per task."""
    expected: str = "corrected"
    """`corrected`, `response-if-RATING>=N` or `none`."""
    force: bool = False
    """Replace an export that is there."""
    where: Mapping[str, str] = field(default_factory=dict)
    """Only the tasks of this pattern, as `labeling.attributes` reads one."""


@dataclass(frozen=True)
class ExportReport:
    """What was taken away."""

    queue: str
    format: str
    labels: str
    rows: int
    path: str
    redaction: Mapping[str, Any]
    """What was done to the texts of its sources, see `labeling.redaction`."""

    def to_json(self) -> dict[str, Any]:
        """For the command line."""
        return asdict(self)


@dataclass
class _Counted:
    """Rows on their way out."""

    rows: Iterator[Row]
    count: int = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.count += 1
            yield row


def export_queue(
    store: Store,
    queue_name: str,
    format_: str,
    target: str | Path,
    options: ExportOptions,
    now: datetime,
) -> ExportReport:
    """Write the labels of a queue to a file (`-`: standard output) or a new folder.

    Raises
    ------
    InvalidLabel
        For an unknown format or option; names it.
    NotFound
        If there is no such queue.
    Conflict
        If something is there already, or there is nothing to score.
    """
    chosen = _chosen(format_, options)
    if str(target) == "-" and not isinstance(chosen, FileFormat):
        hint = "name a new folder, or take jsonl, csv or parquet"
        raise InvalidLabel("out", f"{format_} is a folder", hint)
    with store.snapshot() as session:
        rows, about = _read(session, queue_name, chosen, options, now)
        about = replace(about, redaction=_redaction(store, session, queue_name))
        counted = _Counted(rows)
        if not isinstance(chosen, FileFormat):
            with new_folder(Path(target), force=options.force) as folder:
                chosen.write(counted, folder, about)
        elif str(target) == "-":
            for chunk in chosen.chunks(counted, about):
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
        else:
            with new_file(Path(target), force=options.force) as out:
                out.writelines(chosen.chunks(counted, about))
    return ExportReport(
        queue_name, format_, options.labels, counted.count, str(target), about.redaction
    )


def _redaction(store: Store, session: Session, queue_name: str) -> dict[str, Any]:
    queue = queues.queue_named(session, queue_name)
    return redaction_told(session, store.redaction.default, queue.id)


def stream_export(
    store: Store, queue_name: str, format_: str, options: ExportOptions, now: datetime
) -> Iterator[bytes]:
    """The same as bytes, read as they are sent; a folder as a zip, built in a temporary file.

    What can be refused is refused before the first byte is asked for.
    """
    chosen = _chosen(format_, options)
    with store.read() as session:
        queue = queues.queue_named(session, queue_name)
        Expected.parse(options.expected, forms_of(session, queue).fields)
        if options.where:
            _inside(session, queue.id, now, options.where)
    if isinstance(chosen, FileFormat):
        return _file_chunks(store, queue_name, chosen, options, now)
    packed = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the last byte was sent
    try:
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent, "export")
            export_queue(store, queue_name, format_, folder, options, now)
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in sorted(one for one in folder.rglob("*") if one.is_file()):
                    name = path.relative_to(folder).as_posix()
                    archive.write(path, f"{file_name(queue_name)}/{name}")
    except BaseException:
        packed.close()
        raise
    return sent(packed)


def _file_chunks(
    store: Store, queue_name: str, chosen: FileFormat, options: ExportOptions, now: datetime
) -> Iterator[bytes]:
    with store.snapshot() as session:
        rows, about = _read(session, queue_name, chosen, options, now)
        yield from chosen.chunks(rows, about)


def file_name(name: str) -> str:
    """A name that unpacks into a folder right here on any system."""
    return re.sub(r"[^\w-]+", "-", name).strip("-") or "export"


def sent(packed: Any) -> Iterator[bytes]:
    """What a temporary file holds; closed when the last byte was taken."""
    with packed:
        packed.seek(0)
        while chunk := packed.read(BYTES):
            yield chunk


def _chosen(format_: str, options: ExportOptions) -> Format:
    if format_ not in EXPORTS:
        raise InvalidLabel("format", f"no format {format_!r}", f"one of: {', '.join(EXPORTS)}")
    if options.labels not in LABELS:
        raise InvalidLabel("labels", f"{options.labels!r} is neither", "raw or settled")
    chosen = EXPORTS[format_]
    if options.labels == "raw" and isinstance(chosen, FolderFormat) and not chosen.raw:
        hint = "take settled; jsonl, csv, parquet and goldloop hold every label"
        raise InvalidLabel("labels", f"{format_} takes one answer a task", hint)
    return chosen


def _read(
    session: Session, queue_name: str, chosen: Format, options: ExportOptions, now: datetime
) -> tuple[Iterator[Row], About]:
    """The rows of a queue, read as they are taken, and what they say of themselves."""
    queue = queues.queue_named(session, queue_name)
    forms = forms_of(session, queue)
    expected = Expected.parse(options.expected, forms.fields)
    known, raw = chances(session, queue.id, now), options.labels == "raw"
    tasks = answered_tasks(session, queue.id, texts=True)
    inside: set[int] | None = None
    if options.where:
        inside = _inside(session, queue.id, now, options.where)
        tasks = (task for task in tasks if task.task_id in inside)
    if raw and isinstance(chosen, FileFormat):
        columns = raw_columns(forms)
    else:
        columns = settled_columns(forms)

    def rows_of(part: Sequence[TaskSaid], pi: Mapping[int, float]) -> Iterator[Row]:
        if raw and isinstance(chosen, FileFormat):
            return raw_rows(part, pi)
        return settled_rows(part, forms, pi, expected, given=raw)

    about = About(
        queue=queue.name,
        created_at=now,
        columns=columns,
        guideline=guideline_told(session, queue),
        labels=options.labels,
        expected=options.expected,
        draws=[_draw(row) for row in draws.draw_rows(session, queue.id)],
        agreement=lambda: agreement_told(session, queue.id, forms, inside),
        where=options.where,
    )
    return known.along(tasks, lambda task: task.task_id, rows_of), about


def _inside(session: Session, queue_id: int, now: datetime, where: Mapping[str, str]) -> set[int]:
    """The tasks of a pattern."""
    known = all_chances(session, queue_id, now)
    return set(having(attributes(session, queue_id, known), where)["task"].tolist())


def guideline_told(session: Session, queue: queues.QueueRow) -> dict[str, Any]:
    """The version of the guideline in force, with its text."""
    row = queues.guideline_row(session, queue.guideline_id)
    names = ("slug", "version", "title", "hash", "markdown", "fields")
    return {name: getattr(row, name) for name in names}


COUNTED = ("scale", "tasks", "labels", "annotators", "coefficients")
DRAW = (
    "strategy", "params", "seed", "where", "window_from", "window_to", "as_of", "population",
    "eligible", "drawn", "code_version", "record",
)  # fmt: skip


def _draw(row: Any) -> dict[str, Any]:
    return {"draw_id": row.id} | {name: getattr(row, name) for name in DRAW}


def agreement_told(
    session: Session, queue_id: int, forms: Forms, inside: set[int] | None
) -> dict[str, Any]:
    """The coefficients of every field that can have them, on the tasks that are taken away."""
    labels = compared(frames.labels(session, queue_id))
    if inside is not None:
        labels = labels[labels["task"].isin(inside)]
    found = {}
    for one in forms.fields:
        if isinstance(one, Rating | Tags | Choice | Boolean):
            told = agreement_on(session, labels, one, forms)
            found[one.name] = {name: told[name] for name in COUNTED}
            if isinstance(one, Tags):
                tags = told["tags"].items()
                found[one.name] |= {"tags": {tag: told["coefficients"] for tag, told in tags}}
    return found
