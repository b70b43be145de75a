"""A version taken away: a folder of splits in any format, with card, items and manifest."""

import re
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from labeling.datasets.canary import canary_text
from labeling.datasets.card import card
from labeling.datasets.fitting import asked_by, fitting
from labeling.datasets.manifest import ITEMS, item_lines, seal
from labeling.datasets.redacted import of_versions
from labeling.datasets.splits import HELD_OUT, SPLITS
from labeling.datasets.versions import find, told_dataset, told_version
from labeling.errors import InvalidLabel
from labeling.exports import agreement_told, file_name, sent
from labeling.fields import fields_from_json
from labeling.forms import Forms, forms_of
from labeling.rows import settled_columns
from storage import Conflict, NotFound, Session, Store
from storage.exports import EXPORTS, About, Column, FileFormat, Format, Row, new_folder
from storage.queries import accounts, queues
from storage.queries import datasets as kept
from storage.queries.accounts import Account
from storage.types import encode_json

REASON_CHARS = 500
OWN = ("split", "item_origin", "canary")
"""Columns that items have beside those of settled answers."""


@dataclass(frozen=True)
class Wanted:
    """What of a version is to be taken away."""

    format: str
    splits: tuple[str, ...] = ()
    """None named: all but test, or all when it is unlocked."""
    unlock: str | None = None
    """Why the test split is opened; it is written down and told on every later card."""
    force: bool = False
    key: bytes | None = None
    """Signs the manifest."""


@dataclass
class _Seen:
    """What is counted while items go by."""

    origins: Counter[str] = field(default_factory=Counter)
    tasks: dict[str, set[int]] = field(default_factory=dict)
    """By queue, the tasks that items came from."""
    expected: int = 0
    with_pi: int = 0
    written: int = 0
    unfit: int = 0
    """Answers that came with written items and are none of the form."""

    def add(self, row: Row, origin: Mapping[str, Any]) -> None:
        self.written += 1
        self.origins[origin["kind"]] += 1
        self.expected += bool((row["expected_answer"] or "").strip())
        self.with_pi += row["pi"] is not None
        if origin["kind"] == "production":
            self.tasks.setdefault(origin["queue"], set()).add(int(row["task_id"]))


@dataclass(frozen=True)
class _Job:
    """An export under way."""

    session: Session
    dataset: Any
    version: Any
    chosen: Format
    wanted: Wanted
    splits: tuple[str, ...]
    now: datetime
    seen: _Seen = field(default_factory=_Seen)


def export_version(
    store: Store,
    told: str,
    target: Path,
    wanted: Wanted,
    now: datetime,
    by: Account | None = None,
) -> dict[str, Any]:
    """Write a version (`NAME` or `NAME@3`) to a new folder; its root is kept in the store.

    Raises
    ------
    InvalidLabel
        For an unknown format or split, or a reason that is none.
    NotFound
        If there is no such dataset or version.
    Conflict
        `locked` when test is asked for without a reason, `exists` when something is there,
        `nothing_expected` when no split has anything to be scored.
    """
    if wanted.format not in EXPORTS:
        hint = f"one of: {', '.join(EXPORTS)}"
        raise InvalidLabel("format", f"no format {wanted.format!r:.80}", hint)
    with store.read() as session:
        dataset, version = find(session, told)
    splits = _splits(wanted, dataset)
    export_id = _noted(store, dataset, version, wanted, splits, now, by)
    root = None
    try:
        with store.snapshot() as session, new_folder(target, force=wanted.force) as folder:
            chosen = EXPORTS[wanted.format]
            job = _Job(session, dataset, version, chosen, wanted, splits, now)
            folders, skipped = _written(job, folder)
            _finish(job, folder, folders, skipped)
            root = seal(folder, _about(job), wanted.key)
    finally:
        with store.write() as session:
            kept.finish_export(session, export_id, root)
    return {
        "dataset": dataset.name,
        "version": version.number,
        "hash": version.hash,
        "format": wanted.format,
        "splits": sorted(folders),
        "skipped": skipped,
        "items": job.seen.written,
        "root": root,
        "signed": wanted.key is not None,
        "path": str(target),
    }


def stream_version(
    store: Store, told: str, wanted: Wanted, now: datetime, by: Account | None = None
) -> tuple[str, Iterator[bytes]]:
    """The same as a zip, built in a temporary file: the root, and the bytes."""
    packed = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the last byte was sent
    try:
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent, "export")
            report = export_version(store, told, folder, wanted, now, by)
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in sorted(folder.rglob("*")):
                    place = path.relative_to(folder).as_posix()
                    archive.write(path, f"{file_name(told)}/{place}")
    except BaseException:
        packed.close()
        raise
    return report["root"], sent(packed)


def _splits(wanted: Wanted, dataset: Any) -> tuple[str, ...]:
    """The splits to be taken, in their order; test only with a reason."""
    if strange := [one for one in wanted.splits if one not in SPLITS]:
        raise InvalidLabel("split", f"{strange[0]!r:.80} is no split", ", ".join(SPLITS))
    reason = wanted.unlock
    if reason is not None and not 3 <= len(reason.strip()) <= REASON_CHARS:
        hint = f"a sentence of 3 to {REASON_CHARS} characters"
        raise InvalidLabel("unlock", "is no reason", hint)
    there = [one for one in SPLITS if one in dataset.splits]
    chosen = wanted.splits or tuple(one for one in there if reason is not None or one != HELD_OUT)
    if HELD_OUT in chosen and reason is None:
        message = f"the {HELD_OUT} split of {dataset.name} is held out"
        raise Conflict("locked", message, "say why it is opened: --unlock REASON")
    return tuple(one for one in SPLITS if one in chosen)


def _noted(  # noqa: PLR0913 - one parameter per column
    store: Store,
    dataset: Any,
    version: Any,
    wanted: Wanted,
    splits: tuple[str, ...],
    now: datetime,
    by: Account | None,
) -> int:
    """Write down what is about to leave, before it does."""
    opened = wanted.unlock.strip() if wanted.unlock and HELD_OUT in splits else None
    who = by.id if by else None
    values = {
        "version_id": version.id, "at": now, "account_id": who, "format": wanted.format,
        "splits": list(splits), "reason": opened, "root": None,
    }  # fmt: skip
    with store.write() as session:
        action = "dataset_exported" if opened is None else "test_unlocked"
        detail = {"version": version.number, "reason": opened, "format": wanted.format}
        accounts.record_audit(session, who, action, dataset.name, detail, now)
        return kept.add_export(session, values)


def _written(job: _Job, folder: Path) -> tuple[dict[str, int], dict[str, str]]:
    """Write each split; how many items each has, and why some were left out."""
    counts, skipped = kept.split_counts(job.session, job.version.id), {}
    folders: dict[str, int] = {}
    last: Conflict | None = None
    for split in job.splits:
        if not counts.get(split):
            skipped[split] = "it is empty"
            continue
        try:
            name, written = _write_split(job, folder, split)
        except Conflict as error:
            skipped[split], last = error.message, error
            shutil.rmtree(folder / split, ignore_errors=True)
        else:
            folders[name] = written
    if not folders:
        if last is not None:
            raise last
        hint = f"it has items in {', '.join(sorted(counts))}"
        raise Conflict("nothing_in_split", f"{', '.join(job.splits)}: no items", hint)
    return folders, skipped


def _write_split(job: _Job, folder: Path, split: str) -> tuple[str, int]:
    seen = _Seen()
    rows, about = _rows(job, split, seen), _about_rows(job, split, seen)
    if isinstance(job.chosen, FileFormat):
        name = f"{split}{job.chosen.suffix}"
        with (folder / name).open("wb") as out:
            out.writelines(job.chosen.chunks(rows, about))
    else:
        name = split
        (folder / split).mkdir()
        job.chosen.write(rows, folder / split, about)
    job.seen.origins.update(seen.origins)
    for queue, tasks in seen.tasks.items():
        job.seen.tasks.setdefault(queue, set()).update(tasks)
    job.seen.expected += seen.expected
    job.seen.with_pi += seen.with_pi
    job.seen.written += seen.written
    job.seen.unfit += seen.unfit
    return name, seen.written


def _rows(job: _Job, split: str, seen: _Seen) -> Iterator[Row]:
    """The items of a split as settled rows."""
    asked = asked_by(guidelines(job.session, job.version))
    for one in kept.members(job.session, job.version.id, (split,)):
        content = msgspec.json.decode(one.body)
        row, origin = content["row"], content["origin"]
        at = row["interaction"].get("created_at")
        row["interaction"]["created_at"] = None if at is None else datetime.fromisoformat(at)
        row |= {"pi": one.pi, "reason": None, "split": split, "item_origin": origin["kind"]}
        row["canary"] = canary_text(job.dataset.canary)
        if origin["kind"] != "production":
            row["values"], unfit = fitting(row["values"], asked)
            seen.unfit += unfit
        seen.add(row, origin)
        yield row


def _about_rows(job: _Job, split: str, seen: _Seen) -> About:
    found = guidelines(job.session, job.version)
    recipes = [one["made_from"]["recipe"] for one in _steps(job) if "recipe" in one["made_from"]]
    return About(
        queue=f"{job.dataset.name}-v{job.version.number}-{split}",
        created_at=job.now,
        columns=_columns(found),
        guideline=found[0] if found else NO_GUIDELINE,
        labels="settled",
        expected=", ".join(dict.fromkeys(str(one["expected"]) for one in recipes)) or "as written",
        draws=[
            draw
            for step in _steps(job)
            for queue in step["made_from"].get("queues", ())
            for draw in queue["draws"]
        ],
        agreement=lambda: {
            name: found
            for fields in _agreement(job.session, seen.tasks).values()
            for name, found in fields.items()
        },
        redaction=of_versions(_steps(job)),
        dataset=_about(job) | {"split": split},
    )


NO_GUIDELINE: dict[str, Any] = {
    "slug": None, "version": None, "title": None, "hash": None, "markdown": "", "fields": [],
}  # fmt: skip


def _about(job: _Job) -> dict[str, Any]:
    """What a manifest says of a version."""
    return {
        "dataset": job.dataset.name,
        "version": job.version.number,
        "hash": job.version.hash,
        "parent": job.version.parent_id and job.version.number - 1,
        "created_at": job.version.created_at,
        "exported_at": job.now,
        "licence": job.dataset.licence,
        "canary": canary_text(job.dataset.canary),
        "splits": list(job.splits),
        "leaking_clusters": job.version.report["leaking_clusters"],
        "redaction": of_versions(_steps(job)),
    }


def guidelines(session: Session, version: Any) -> list[dict[str, Any]]:
    """The guidelines that the items of a version were labelled by, each version once."""
    rows = kept.version_rows(session, version.dataset_id)
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.number <= version.number:
            for queue in row.made_from.get("queues", ()):
                found.setdefault(queue["guideline"]["hash"], queue["guideline"])
    return list(found.values())


def _columns(found: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    """The columns of all forms together; as JSON where they differ in kind."""
    forms = [Forms(fields_from_json(encode_json(one["fields"])), {}) for one in found]
    columns: dict[str, Column] = {}
    for one in forms or [Forms((), {})]:
        for column in settled_columns(one):
            before = columns.setdefault(column.name, column)
            if before.kind != column.kind:
                columns[column.name] = Column(column.name, "json", column.path, column.read)
    return (*columns.values(), *(Column(name, "text", (name,)) for name in OWN))


def _agreement(session: Session, tasks: Mapping[str, set[int]]) -> dict[str, dict[str, Any]]:
    """Coefficients by queue and field, on the tasks that items came from."""
    found = {}
    for name, inside in sorted(tasks.items()):
        try:
            queue = queues.queue_named(session, name)
        except NotFound:
            continue
        found[name] = agreement_told(session, queue.id, forms_of(session, queue), inside)
    return found


def _steps(job: _Job) -> list[dict[str, Any]]:
    """How this version and those before it were made, the first one first."""
    rows = kept.version_rows(job.session, job.dataset.id)
    return [
        {"version": row.number, "made_from": row.made_from}
        for row in reversed(rows)
        if row.number <= job.version.number
    ]


def _finish(
    job: _Job, folder: Path, folders: Mapping[str, int], skipped: Mapping[str, str]
) -> None:
    """Write the list of items, the guidelines and the card."""
    rows = [(row.key, row.split, row.hash) for row in kept.member_rows(job.session, job.version.id)]
    with (folder / ITEMS).open("wb") as out:
        for line in item_lines(rows, job.splits):
            out.write(msgspec.json.encode(line) + b"\n")
    told_guidelines = []
    for one in guidelines(job.session, job.version):
        name = f"guideline-{re.sub(r'[^a-z0-9-]+', '-', one['slug'])}-{one['hash'][:8]}.md"
        (folder / name).write_text(one["markdown"], encoding="utf-8", newline="\n")
        told_guidelines.append(one | {"file": name})
    versions = kept.version_rows(job.session, job.dataset.id)
    told = {
        "dataset": told_dataset(job.session, job.dataset),
        "version": told_version(job.session, job.dataset, job.version),
        "versions": [
            row._asdict() | {"version": row.number}
            for row in versions
            if row.number <= job.version.number
        ],
        "made_from": _steps(job),
        "redaction": of_versions(_steps(job)),
        "agreement": _agreement(job.session, job.seen.tasks),
        "exports": [row._asdict() for row in kept.exports_of(job.session, job.dataset.id)],
        "guidelines": told_guidelines,
        "format": job.wanted.format,
        "splits": job.splits,
        "folders": folders,
        "skipped": skipped,
        "origins": job.seen.origins,
        "expected": job.seen.expected,
        "with_pi": job.seen.with_pi,
        "written": job.seen.written,
        "unfit": job.seen.unfit,
    }
    (folder / "README.md").write_text(card(told), encoding="utf-8", newline="\n")
