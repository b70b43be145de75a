"""`goldloop ingest`, `goldloop labels import`, `goldloop export`: data in and out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, pairs

if TYPE_CHECKING:
    from storage.ingest import IngestReport
    from storage.intake import Intake


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--format", "format_", default="auto", show_default=True,
              help="auto (by name and content), jsonl, csv, parquet, or of an export: "
                   "phoenix, mlflow, langfuse, langsmith, litellm, openai.")  # fmt: skip
@click.option("--source", default="default", show_default=True, help="For rows that name none.")
@click.option("--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="Repeatable.")
@click.option("--id-from", help="Take the id from this field, or `content` for a hash.")
@click.option("--scale", "scales", multiple=True, metavar="NAME=MIN..MAX",
              help="Scale of a rating in an export; without it the raw value alone is kept.",
              )  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit with 1 when any row was rejected.")
@as_json
@fails_cleanly
def ingest(  # noqa: PLR0913 - one parameter per option
    files: tuple[str, ...],
    format_: str,
    source: str,
    mapped: tuple[str, ...],
    id_from: str | None,
    scales: tuple[str, ...],
    strict: bool,
    json_: bool,
) -> None:
    """Take interactions in; a file that was taken before adds nothing."""
    from storage.sources import FileOptions
    from storage.sources.platforms import parse_scales

    options = FileOptions(
        format=format_,
        source=source,
        mapping=pairs(mapped, "--map"),
        id_from=id_from,
        scales=parse_scales(pairs(scales, "--scale")),
    )
    with opened(create=True) as store:
        taken = [(name, _one_file(store, Path(name), options, quiet=json_)) for name in files]
    total = _total([(name, one.interactions) for name, one in taken]) | _said(taken)
    answer(total, json_, lambda: _told(total))
    if strict and total["rejected_total"]:
        raise click.exceptions.Exit(1)
    _fail_if_nothing_was_taken(total)


def _total(reports: "Sequence[tuple[str, IngestReport]]") -> dict[str, Any]:
    """What became of the rows of all files; a faulty row names its file."""
    return {
        "accepted": sum(one.accepted for _, one in reports),
        "duplicate": sum(one.duplicate for _, one in reports),
        "rejected": [{"file": name, **row} for name, one in reports for row in one.rejected],
        "rejected_total": sum(one.rejected_total for _, one in reports),
        "unanswered": sum(one.unanswered for _, one in reports),
        "redacted": dict(sum((one.redacted for _, one in reports), Counter[str]())),
    }


def _fail_if_nothing_was_taken(total: Mapping[str, Any]) -> None:
    parts = [total, *(total[kind] for kind in ("feedback", "scores") if kind in total)]
    if any(one["rejected_total"] for one in parts) and not any(
        one["accepted"] or one["duplicate"] for one in parts
    ):
        raise click.exceptions.Exit(1)


def _said(taken: "Sequence[tuple[str, Intake]]") -> dict[str, Any]:
    """Feedback and scores that came with exports; nothing when none did."""
    found: dict[str, Any] = {}
    for kind in ("feedback", "scores"):
        told = _total([(name, one.parts()[kind]) for name, one in taken])
        if any(told.values()):
            waiting = sum(one.parts()[kind].waiting or 0 for _, one in taken)
            found[kind] = {**told, "waiting": waiting}
            del found[kind]["unanswered"]
    for kind in ("unattached", "passed"):
        if count := sum(getattr(one, kind) for _, one in taken):
            found["passed_over" if kind == "passed" else kind] = count
    return found


def _one_file(store: Any, path: Path, options: Any, *, quiet: bool) -> "Intake":
    import sys

    from storage.intake import intake_file

    size = path.stat().st_size
    shown = not quiet and sys.stderr.isatty()
    with click.progressbar(length=size, label=path.name, file=sys.stderr, hidden=not shown) as bar:
        return intake_file(store, path, options, clock=now, on_bytes=bar.update)


def _told(total: Mapping[str, Any]) -> str:
    lines = [
        f"accepted {total['accepted']}, duplicate {total['duplicate']}, "
        f"rejected {total['rejected_total']}"
    ]
    if total["redacted"]:
        found = ", ".join(f"{kind} {count}" for kind, count in sorted(total["redacted"].items()))
        lines.append(f"redacted before it was stored: {found}")
    if total["unanswered"]:
        lines.append(
            f"without a response: {total['unanswered']}; they count as failed calls. "
            "In a plain file where it has another name: --map response=COLUMN"
        )
    lines += _faults(total)
    for kind in ("feedback", "scores"):
        if one := total.get(kind):
            lines.append(
                f"{kind}: accepted {one['accepted']}, duplicate {one['duplicate']}, "
                f"waiting {one['waiting']}, rejected {one['rejected_total']}"
            )
            lines += _faults(one)
    if total.get("unattached"):
        lines.append(f"on traces that are not here: {total['unattached']}; ingest those first")
    if total.get("passed_over"):
        lines.append(f"no interactions, passed over: {total['passed_over']}")
    return "\n".join(lines)


def _faults(total: Mapping[str, Any]) -> list[str]:
    lines = []
    for row in total["rejected"][:20]:
        error = row["error"]
        field = f"{error['field']}: " if "field" in error else ""
        hint = f" ({error['hint']})" if "hint" in error else ""
        lines.append(f"  {row['file']} row {row['index'] + 1}: {field}{error['message']}{hint}")
    if total["rejected_total"] > 20:
        lines.append("  ... all of those kept are in --json")
    return lines


@click.group()
def labels() -> None:
    """Labels that were made elsewhere."""


@labels.command("import")
@click.argument("queue_name", metavar="QUEUE")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@as_json
@fails_cleanly
def import_(queue_name: str, file: str, json_: bool) -> None:
    """Import labels from JSONL; annotators and tasks that are missing are made."""
    from labeling.imports import import_labels
    from storage.sources import json_lines

    with opened() as store, Path(file).open("rb") as lines:
        report = import_labels(store, queue_name, json_lines(lines), now=now())
    total = _total([(file, report)])
    answer(report.to_json(), json_, lambda: _told(total))
    _fail_if_nothing_was_taken(total)


@click.command()
@click.argument("queue_name", metavar="QUEUE")
@click.option("--format", "format_", required=True,
              help="jsonl, csv, parquet (a file); goldloop, inspect, promptfoo, lm-eval, "
              "openai-evals, deepeval, ragas, huggingface, trl, langfuse, phoenix "
              "(a folder).")  # fmt: skip
@click.option("--out", required=True, help="Where to; - is standard output.")
@click.option("--labels", "which", type=click.Choice(["raw", "settled"]), default="settled",
              show_default=True)  # fmt: skip
@click.option("--expected", default="corrected", show_default=True,
              help="corrected, 'response-if-quality>=N', or none.")  # fmt: skip
@click.option("--where", multiple=True, metavar="NAME=VALUE",
              help="Only the tasks of a pattern, as `goldloop failures` names it.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace what is there.")
@as_json
@fails_cleanly
def export(  # noqa: PLR0913 - one parameter per option
    queue_name: str, format_: str, out: str, which: str, expected: str, where: tuple[str, ...],
    force: bool, json_: bool,
) -> None:  # fmt: skip
    """Take labels or settled answers away."""
    from labeling.attributes import parse_pattern
    from labeling.exports import ExportOptions, export_queue
    from labeling.redaction import in_words

    options = ExportOptions(which, expected, force, parse_pattern(where))
    with opened() as store:
        report = export_queue(store, queue_name, format_, out, options, now())
        words = in_words(report.redaction)
    if out != "-":
        answer(
            report.to_json(),
            json_,
            f"{report.rows} rows written to {out}; redaction: {words}",
        )
