"""A dataset folder: samples with statistics, a manifest that says where all of it is from.

    dataset.json    dataset_id, created_at, samples, statistics
    guideline.md    the rubric that people worked by
    manifest.json   hashes, sampling design, provenance of the labels, guideline

The samples are written one by one; only counts are kept in memory.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import msgspec

from storage.exports.format import About, Row
from storage.exports.samples import identified, sample

DATASET, GUIDELINE, MANIFEST = "dataset.json", "guideline.md", "manifest.json"
FORMAT = "goldloop/1"
_json = msgspec.json.encode


@dataclass
class Tally:
    """What is counted while the samples go by."""

    samples: int = 0
    expected: int = 0
    labels: int = 0
    sure: list[float] = field(default_factory=lambda: [0.0, 0.0])
    """Sum of the annotators' confidence, and the number of samples it was said on."""
    counts: dict[str, Counter[str | None]] = field(
        default_factory=lambda: {name: Counter() for name in ("category", "difficulty", "purpose")}
    )
    origins: dict[str, Counter[str]] = field(default_factory=dict)
    annotators: Counter[str] = field(default_factory=Counter)
    guidelines: Counter[str] = field(default_factory=Counter)

    def add(self, one: dict[str, Any]) -> None:
        """Count one sample."""
        self.samples += 1
        self.expected += one["expected_answer"] is not None
        self.labels += one["labels"]
        if one["annotator_confidence"] is not None:
            self.sure[0] += one["annotator_confidence"]
            self.sure[1] += 1
        for name, count in self.counts.items():
            count[one[name]] += 1
        for name, origin in one["origin"].items():
            self.origins.setdefault(name, Counter())[origin or "unsettled"] += 1
        self.annotators.update(one["annotators"])
        self.guidelines.update(one["guidelines"])


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of samples."""
    stamp = about.created_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    dataset_id = f"{about.queue}-{stamp}"
    tally = Tally()
    with (folder / DATASET).open("wb") as out:
        _write_dataset(out, dataset_id, rows, about, tally)
    (folder / GUIDELINE).write_text(about.guideline["markdown"], encoding="utf-8", newline="\n")
    files = {name: _file(folder / name) for name in (DATASET, GUIDELINE)}
    told = _json(_manifest(dataset_id, about, tally, files))
    (folder / MANIFEST).write_bytes(msgspec.json.format(told, indent=2) + b"\n")
    return tally.samples


def _write_dataset(
    out: IO[bytes], dataset_id: str, rows: Iterable[Row], about: About, tally: Tally
) -> None:
    head = _json({"dataset_id": dataset_id, "created_at": about.created_at, "queue": about.queue})
    out.write(head[:-1] + b',"samples":[')
    for key, row in identified(rows):
        one = sample(key, row)
        out.write(b",\n" if tally.samples else b"\n")
        out.write(_json(one))
        tally.add(one)
    out.write(b'\n],"statistics":' + _json(_statistics(about, tally)) + b"}\n")


def _statistics(about: About, tally: Tally) -> dict[str, Any]:
    total, said = tally.sure
    sure: dict[str, Any] = {"value": None, "ci": None, "n": 0}
    if said:
        method = "mean over samples, 0 = lowest option, 1 = highest; describes this file only"
        sure |= {"value": total / said, "n": int(said), "method": method}
    else:
        sure["reason"] = "no annotator said how sure they were"
    found: dict[str, Any] = {
        "samples": tally.samples,
        "with_expected_answer": tally.expected,
        "labels": tally.labels,
        "annotators": len(tally.annotators),
    }
    for name, count in tally.counts.items():
        found[f"by_{name}"] = {key: n for key, n in _sorted(count).items() if key is not None}
        found[f"without_{name}"] = count[None]
    return found | {"mean_annotator_confidence": sure, "agreement": about.agreement()}


def _sorted(count: Counter[Any]) -> dict[Any, int]:
    return dict(sorted(count.items(), key=lambda item: (-item[1], str(item[0]))))


def _manifest(
    dataset_id: str, about: About, tally: Tally, files: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    kept = ("slug", "version", "title", "hash", "fields")
    told = about.dataset
    return {
        "format": FORMAT,
        "dataset_id": dataset_id,
        "created_at": about.created_at,
        "version": files[DATASET]["sha256"],
        "parent_version": told.get("parent"),
        "files": files,
        "queue": about.queue,
        "samples": tally.samples,
        "sampling": {
            "draws": about.draws,
            "tasks_by_purpose": _sorted(tally.counts["purpose"]),
            "note": "pi of a sample is the probability with which it was drawn, over all draws; "
            "null where it is not known: imported, or labelled outside the served prefix",
        },
        "labels": {
            "which": about.labels,
            "expected": about.expected,
            "where": dict(about.where),
            "counted": tally.labels,
            "by_annotator": _sorted(tally.annotators),
            "origins": {name: _sorted(count) for name, count in tally.origins.items()},
            "guideline_hashes": _sorted(tally.guidelines),
        },
        "guideline": {name: about.guideline[name] for name in kept} | {"file": GUIDELINE},
        "split": told.get("split", "none: all samples are in one file"),
        "licence": told.get("licence", "not stated: the texts belong to whoever wrote them"),
        "redaction": dict(about.redaction) or "unknown",
    }


def _file(path: Path) -> dict[str, Any]:
    digest = sha256()
    with path.open("rb") as data:
        while part := data.read(1 << 20):
            digest.update(part)
    return {"sha256": digest.hexdigest(), "bytes": path.stat().st_size}
