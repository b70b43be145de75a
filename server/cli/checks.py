"""`goldloop check`: automated checks of what comes in, and of what is stored already."""

from pathlib import Path
from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, many, now, opened

_source = click.option("--source", default="", help="Of this source; default: of all others.")


@click.group()
def check() -> None:
    """Automated checks: they set flags on what comes in."""


@check.command("show")
@as_json
@fails_cleanly
def show(json_: bool) -> None:
    """Show the rules in force."""
    from storage.checks import DEFAULT
    from storage.queries.checks import rules_in_force

    with opened() as store, store.read() as session:
        found = {"": DEFAULT} | rules_in_force(session)
    parts = [
        f"# {f'source {name}' if name else 'every other source'}\n{toml}"
        for name, toml in sorted(found.items())
    ]
    answer(found, json_, "\n".join(parts).rstrip())


@check.command("set")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@_source
@as_json
@fails_cleanly
def set_(file: str, source: str, json_: bool) -> None:
    """Put the rules of a TOML file into force for what comes in from now on."""
    from storage.checking import set_rules

    toml = Path(file).read_text("utf-8")
    with opened(create=True) as store, store.write() as session:
        rules = set_rules(session, source, toml, now())
    flags = [one.flag for one in rules.checks]
    found = {"source": source or None, "flags": flags}
    answer(found, json_, f"{len(flags)} checks in force: {', '.join(flags) or 'none'}")


@check.command("run")
@click.option("--since", help="Only what was created from then on, such as 2026-11-01.")
@click.option("--where", multiple=True, metavar="K=V", help="Filter as of a draw. Repeatable.")
@as_json
@fails_cleanly
def run(since: str | None, where: tuple[str, ...], json_: bool) -> None:
    """Check what is stored: a score `check.FLAG` each, 1 passed, 0 failed. Flags stay."""
    from labeling.filters import parse_filter
    from storage.checking import check_stored

    asked: dict[str, Any] = {"since": since} if since else {}
    chosen = parse_filter(asked | many(where, "--where"))
    with opened() as store:
        done = check_stored(store, chosen, clock=now)
    lines = [f"checked {done.interactions} interactions, {done.scores} new scores"]
    lines += [f"  {flag:20} {count} failed" for flag, count in sorted(done.failed.items())]
    answer(done.to_json(), json_, "\n".join(lines))
