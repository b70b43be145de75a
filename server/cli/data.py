"""`goldloop ingest`, `goldloop labels import`, `goldloop export`: data in and out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, pairs

if TYPE_CHECKING:
    from storage.ingest import IngestReport


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--format", "format_", default="auto", show_default=True,
              help="auto (by the name), jsonl, csv or parquet.")  # fmt: skip
@click.option("--source", default="default", show_default=True, help="For rows that name none.")
@click.option("--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="Repeatable.")
@click.option("--id-from", help="Take the id from this field, or `content` for a hash.")
@click.option("--strict", is_flag=True, help="Exit with 1 when any row was rejected.")
@as_json
@fails_cleanly
def ingest(  # noqa: PLR0913 - one parameter per option
    files: tuple[str, ...],
    format_: str,
    source: str,
    mapped: tuple[str, ...],
    id_from: str | None,
    strict: bool,
    json_: bool,
) -> None:
    """Take interactions in; a file that was taken before adds nothing."""
    from storage.sources import FileOptions

    options = FileOptions(
        format=format_, source=source, mapping=pairs(mapped, "--map"), id_from=id_from
    )
    with opened(create=True) as store:
        reports = [(name, _one_file(store, Path(name), options, quiet=json_)) for name in files]
    total = _total(reports)
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
    }


def _fail_if_nothing_was_taken(total: Mapping[str, Any]) -> None:
    if total["rejected_total"] and not total["accepted"] and not total["duplicate"]:
        raise click.exceptions.Exit(1)


def _one_file(store: Any, path: Path, options: Any, *, quiet: bool) -> "IngestReport":
    import sys

    from storage.ingest import ingest_file

    size = path.stat().st_size
    shown = not quiet and sys.stderr.isatty()
    with click.progressbar(length=size, label=path.name, file=sys.stderr, hidden=not shown) as bar:
        return ingest_file(store, path, options, clock=now, on_bytes=bar.update)


def _told(total: Mapping[str, Any]) -> str:
    lines = [
        f"accepted {total['accepted']}, duplicate {total['duplicate']}, "
        f"rejected {total['rejected_total']}"
    ]
    if total["unanswered"]:
        lines.append(
            f"without a response: {total['unanswered']}; they count as failed calls. "
            "If it has another name: --map response=COLUMN"
        )
    for row in total["rejected"][:20]:
        error = row["error"]
        field = f"{error['field']}: " if "field" in error else ""
        hint = f" ({error['hint']})" if "hint" in error else ""
        lines.append(f"  {row['file']} row {row['index'] + 1}: {field}{error['message']}{hint}")
    if total["rejected_total"] > 20:
        lines.append("  ... all of those kept are in --json")
    return "\n".join(lines)


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

    options = ExportOptions(which, expected, force, parse_pattern(where))
    with opened() as store:
        report = export_queue(store, queue_name, format_, out, options, now())
    if out != "-":
        answer(
            report.to_json(),
            json_,
            f"{report.rows} rows written to {out}; nothing in them is redacted",
        )
