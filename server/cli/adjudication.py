"""`goldloop disagreements`: what people differ on, and what settling it is worth."""

from collections.abc import Mapping
from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, table


@click.command()
@click.argument("queue_name", metavar="QUEUE")
@click.option("--field", help="Only this field of the form; default: every one.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, help="So many tasks.")
@as_json
@fails_cleanly
def disagreements(queue_name: str, field: str | None, limit: int, json_: bool) -> None:
    """Tasks that wait for a verdict, first what moves the reported figures most."""
    from labeling.disagreements import disagreements as ranked

    with opened() as store, store.snapshot() as session:
        found = ranked(session, queue_name, now(), field=field, limit=limit)
    answer(found, json_, lambda: _told(found))


def _told(found: dict[str, Any]) -> str:
    rows: list[Mapping[str, Any]] = [
        {
            "id": one["interaction_id"],
            "worth": f"{100 * one['worth']:.1f} %",
            "said": "; ".join(
                f"{field} {', '.join(map(str, said['said'].values()))}"
                for field, said in one["apart"].items()
            ),
        }
        for one in found["tasks"]
    ]
    headings = {"id": "INTERACTION", "worth": "WORTH", "said": "ANSWERS"}
    return (
        f"{found['open']} to settle, {found['settled']} settled, of {found['compared']} tasks "
        f"that two people labelled\n{table(rows, headings, 'nothing to settle')}"
    )
