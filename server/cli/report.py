"""`goldloop report`: what the labels of a queue say, to be passed on."""

import sys
from pathlib import Path

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, table


@click.command()
@click.argument("queue_name", metavar="QUEUE")
@click.option("--format", "format_", type=click.Choice(["markdown", "html"]), default="markdown",
              show_default=True)  # fmt: skip
@click.option("--out", default="-", show_default=True, help="Where to; - is standard output.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option("--at", type=click.IntRange(1, 2**63 - 1), help="One that was kept, by its number.")
@as_json
@fails_cleanly
def report(
    queue_name: str, format_: str, out: str, force: bool, at: int | None, json_: bool
) -> None:
    """Quality, failures, agreement and how they were measured, in words; --json has it as data."""
    from labeling import kept
    from labeling.overview import overview
    from server.report import FORMATS
    from storage.types import encode_json

    with opened() as store, store.snapshot() as session:
        found = (
            overview(session, queue_name, now()) if at is None else kept.at(session, queue_name, at)
        )
    if out == "-" and json_:
        answer(found, json_, "")
        return
    text = encode_json(found) if json_ else FORMATS[format_].write(found)
    if out == "-":
        sys.stdout.write(text)
        return
    if Path(out).exists() and not force:
        raise click.ClickException(f"{out} is there already; --force replaces it")
    Path(out).write_text(text, "utf-8")
    click.echo(f"written to {out}", err=json_)


@click.group()
def reports() -> None:
    """Reports that are kept, and those made every week or month."""


@reports.command("list")
@click.argument("queue_name", metavar="QUEUE")
@as_json
@fails_cleanly
def list_(queue_name: str, json_: bool) -> None:
    """Every report that is kept: the last of every day, and those made by the calendar."""
    from labeling import kept

    with opened() as store, store.read() as session:
        found = kept.kept(session, queue_name)
    columns = {"report_id": "NUMBER", "made_at": "MADE", "period": "FOR"}
    answer({"reports": found}, json_, lambda: table([*found], columns, "none is kept yet"))


@reports.command("schedule")
@click.argument("queue_name", metavar="QUEUE")
@click.option("--every", type=click.Choice(["week", "month"]), help="How often.")
@click.option("--at", default="monday 07:00", show_default=True,
              help="Day and time in UTC; of a month such as '1 07:00'.")  # fmt: skip
@click.option("--off", is_flag=True, help="Make no more.")
@as_json
@fails_cleanly
def schedule(queue_name: str, every: str | None, at: str, off: bool, json_: bool) -> None:
    """Have a report made by the calendar and kept for good; alone: say when."""
    from labeling import planned_reports

    with opened() as store, store.write() as session:
        if off:
            planned_reports.stop(session, queue_name)
        elif every is not None:
            calendar = planned_reports.Calendar.read(every, at)
            planned_reports.plan(session, queue_name, calendar, now())
        found = planned_reports.planned(session, queue_name)
    told = "none is planned"
    if found:
        told = f"every {found['every']}, {found['at']} UTC, next {found['next_at']:%Y-%m-%d}"
    answer({"schedule": found}, json_, told)
