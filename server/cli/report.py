"""`goldloop report`: what the labels of a queue say, to be passed on."""

import sys
from pathlib import Path

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened


@click.command()
@click.argument("queue_name", metavar="QUEUE")
@click.option("--format", "format_", type=click.Choice(["markdown", "html"]), default="markdown",
              show_default=True)  # fmt: skip
@click.option("--out", default="-", show_default=True, help="Where to; - is standard output.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@as_json
@fails_cleanly
def report(queue_name: str, format_: str, out: str, force: bool, json_: bool) -> None:
    """Quality, failures, agreement and how they were measured, in words; --json has it as data."""
    from labeling.overview import overview
    from server.report import FORMATS
    from storage.types import encode_json

    with opened() as store, store.snapshot() as session:
        found = overview(session, queue_name, now())
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
