"""`goldloop connection` and `goldloop pull`: traffic from the platforms it lies on."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, pairs, settings, table

if TYPE_CHECKING:
    from storage import Session, Store
    from storage.pull import Outside, PullOrder, PullReport

_UNITS = {"m": 1, "h": 60, "d": 60 * 24}


@click.group()
def connection() -> None:
    """Platforms that traffic is pulled from."""


@connection.command("add")
@click.argument("name")
@click.option("--kind", required=True, help="phoenix, mlflow, langfuse or langsmith.")
@click.option("--url", required=True, help="Where it is, such as http://127.0.0.1:6006.")
@click.option("--project", help="Project or experiment there, by name or id.")
@click.option("--secret", help="Name of the key: GOLDLOOP_SECRET_NAME, or [secrets] of the file.")
@click.option("--source", help="Source of its interactions here; default: the name.")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE",
              help="Repeatable: page_size, overlap_minutes, reread_days, reread_hours, "
                   "scale.NAME=MIN..MAX, and what its kind has.")  # fmt: skip
@click.option("--every", help="Pull by itself: 15m, 2h, 1d.")
@as_json
@fails_cleanly
def add(  # noqa: PLR0913 - one parameter per option
    name: str, kind: str, url: str, project: str | None, secret: str | None, source: str | None,
    options: tuple[str, ...], every: str | None, json_: bool,
) -> None:  # fmt: skip
    """Keep where a platform is and what is pulled from it."""
    from storage.connections import ConnectionSpec, make_connection, told

    minutes = None if every is None else _minutes(every)
    spec = ConnectionSpec(
        name, kind, url, project, secret, source, pairs(options, "--option"), minutes
    )
    with opened(create=True) as store, store.write() as session:
        found = told(make_connection(session, spec, now()))
        _note(session, "connection_added", name, url=found["url"], kind=kind)
    answer(found, json_, f"connection {name}; try it: goldloop connection test {name}")


@connection.command("list")
@as_json
@fails_cleanly
def list_(json_: bool) -> None:
    """Show every connection, when it was pulled last, and its fault."""
    from storage.connections import told
    from storage.queries.connections import connection_rows

    with opened() as store, store.read() as session:
        found = [told(row) for row in connection_rows(session)]
    columns = {"name": "name", "kind": "kind", "url": "url", "project": "project",
               "source": "source", "every_minutes": "minutes", "pulled_at": "pulled",
               "fault": "fault"}  # fmt: skip
    answer(found, json_, lambda: table(list(found), columns, "no connections"))


@connection.command("test")
@click.argument("name")
@as_json
@fails_cleanly
def test(name: str, json_: bool) -> None:
    """Ask the platform whether it is there and the key is right."""
    from storage.pull import check

    with opened() as store, _outside() as outside:
        found = check(store, name, outside)
    answer({"connection": name, "told": found}, json_, found)


@connection.command("remove")
@click.argument("name")
@as_json
@fails_cleanly
def remove(name: str, json_: bool) -> None:
    """Forget a connection; what was pulled by it stays."""
    from storage.queries import connections

    with opened() as store, store.write() as session:
        row = connections.connection_named(session, name)
        connections.remove_connection(session, row.id, now())
        _note(session, "connection_removed", name)
    answer({"connection": name, "removed": True}, json_, f"removed {name}")


@click.command()
@click.argument("name", required=False)
@click.option("--all", "all_", is_flag=True, help="Every connection.")
@click.option("--since", help="Nothing that began before: 2026-11-01, 2026-11-01T10:00Z, 7d, 3h.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after the page that reaches it.")
@click.option("--dry-run", is_flag=True, help="Look at the first pages and store nothing.")
@as_json
@fails_cleanly
def pull(
    name: str | None, all_: bool, since: str | None, limit: int | None, dry_run: bool, json_: bool
) -> None:
    """Bring what is new on a platform; broken off anywhere, it goes on there."""
    from storage.pull import PullOrder
    from storage.queries.connections import connection_rows

    if all_ == (name is not None):
        raise click.UsageError("say the name of a connection, or --all")
    order = PullOrder(None if since is None else _moment(since), limit, dry_run)
    with opened() as store, _outside() as outside:
        with store.read() as session:
            names = [name] if name else [row.name for row in connection_rows(session)]
        reports = [_pulled(store, one, outside, order, alone=not all_) for one in names]
        if not dry_run:
            with store.write() as session:
                for one in reports:
                    _note(session, "pulled", one.connection, **_counted(one))
    found = [one.to_json() for one in reports]
    answer(found[0] if name else found, json_, lambda: "\n".join(map(_told, found)))
    if any(one.fault for one in reports):
        sys.exit(1)


def _pulled(
    store: "Store", name: str, outside: "Outside", order: "PullOrder", *, alone: bool
) -> "PullReport":
    """One pull; among several, one that cannot be does not keep the others."""
    from storage import Conflict, PullFault
    from storage.pull import PullReport
    from storage.pull import pull as pull_now

    try:
        return pull_now(store, name, outside, order)
    except (Conflict, PullFault) as error:
        if alone:
            raise
        fault = PullFault(error.message, error.hint)
        return PullReport(name, order.since, outside.clock(), fault=fault)


@contextmanager
def _outside() -> "Iterator[Outside]":
    from server.outside import open_outside

    outside = open_outside(settings(), now)
    try:
        yield outside
    finally:
        outside.client.close()


def _note(session: "Session", action: str, name: str, **detail: object) -> None:
    from storage.queries.accounts import record_audit

    record_audit(session, None, action, name, detail or None, now())


def _counted(report: "PullReport") -> dict[str, Any]:
    taken = report.intake
    return {"interactions": taken.interactions.accepted, "feedback": taken.feedback.accepted}


def _minutes(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no span such as 15m, 2h, 1d", param_hint="--every")
    return int(found[1]) * _UNITS[found[2]]


def _moment(text: str) -> Any:
    from datetime import timedelta

    from storage.values import moment_of

    if re.fullmatch(r"\d{1,6}[mhd]", text):
        return now() - timedelta(minutes=_minutes(text))
    return moment_of("since", text)


def _told(report: Mapping[str, Any]) -> str:
    name, pages = report["connection"], report["pages"]
    if report.get("dry_run"):
        more = "; there is more" if report["more"] else ""
        lines = [
            f"{name}: of {pages} pages {report['new']} new, {report['known']} known, "
            f"{report['feedback']} feedback, {report['scores']} scores, "
            f"{len(report['rejected'])} rejected{more}; nothing was stored"
        ]
        return "\n".join(lines + [f"  {one['id']}  {one['messages']}" for one in report["first"]])
    lines = [f"{name}: {pages} pages, {'done' if report['finished'] else 'not finished'}"]
    for kind in ("interactions", "feedback", "scores"):
        one = report[kind]
        lines.append(
            f"  {kind}: accepted {one['accepted']}, duplicate {one['duplicate']}, "
            f"rejected {one.get('rejected_total', len(one['rejected']))}"
        )
        lines += [f"    {row['error'].get('field') or 'row'}: {row['error']['message']}"
                  for row in one["rejected"][:5]]  # fmt: skip
    if report["unattached"]:
        lines.append(f"  said of traces that are not here: {report['unattached']}")
    if report["fault"]:
        lines.append(f"  fault: {report['fault']}")
    return "\n".join(lines)
