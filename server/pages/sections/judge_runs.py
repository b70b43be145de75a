"""The runs of judges on a queue: how far each is, what failed, what it cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.pages.elements import Column, code, count, folded, muted, plural, table, warning
from server.pages.markup import Child, Markup, h, join, name

STATES = {
    "waiting": "waits for the server",
    "running": "runs",
    "done": "done",
    "budget_spent": "budget spent",
    "stopped": "stopped",
}
COLUMNS: list[Column | str] = [
    "Run", "Judge", "State", Column("Scored", numbers=True),
    Column("Open", numbers=True), Column("Failed", numbers=True), Column("Calls", numbers=True),
    Column("Spent (USD)", numbers=True),
]  # fmt: skip


def judge_runs(runs: Sequence[Mapping[str, Any]]) -> Markup | None:
    """The newest runs; the last one with its failures by kind and its warnings."""
    if not runs:
        return None
    last = runs[0]
    rows: list[Sequence[Child]] = [
        (
            count(one["run_id"]),
            name(one["version"]),
            STATES[one["state"]],
            f"{count(one['scored'])} of {count(one['items'])}",
            count(one["open"]),
            count(sum(one["failed"].values())),
            f"{count(one['calls_sent'])} of {count(one['budget_calls'])}",
            f"{one['spent_usd']:.4g} of {one['budget_usd']:.4g}",
        )
        for one in runs
    ]
    return folded(
        plural(len(runs), "run of a judge", "runs of judges"),
        table("Runs, the newest first", COLUMNS, rows),
        h("p", None, f"Run {last['run_id']}: ", last["reason"]) if last["reason"] else None,
        h("p", None, muted(f"Run {last['run_id']}: {last['sends']}.")) if last["sends"] else None,
        _counted("Interactions that failed, last run", last["failed"]),
        _counted("Replies, last run", last["calls"]),
        [warning(told) for told in last["warnings"]],
        h("p", None, muted("All of a run: "), code(f"goldloop judging show {last['run_id']}")),
        is_open=last["state"] in ("waiting", "running"),
    )


def _counted(words: str, counts: Mapping[str, int]) -> Markup | None:
    if not counts:
        return None
    rows: list[Sequence[Child]] = [
        (kind.replace("_", " "), count(number)) for kind, number in sorted(counts.items())
    ]
    return join(table(words, [words, Column("Number", numbers=True)], rows))
