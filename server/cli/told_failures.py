"""Failures in words, for a person at a terminal."""

from collections.abc import Mapping
from typing import Any

from server.cli.context import figure, table
from server.pages.phrases import failing_below, where_of
from server.pages.wide import why_wide

CLEAR = 0.05


def report(found: Mapping[str, Any]) -> str:
    """Rates, issues, patterns, what comes together, what has changed."""
    rate, threshold = found["failure_rate"], found["threshold"]
    failing = "" if threshold is None else f", {failing_below(threshold)}"
    lines = [f"failure rate{failing}: {figure(rate)}"]
    lines += [f"  {why}" for why in (why_wide(rate),) if why]
    lines += [
        f"  {row['tag']:16} {row['count']:5} labelled  {figure(row['rate'])}"
        for row in found["issues"]
    ]
    if found["patterns"]:
        lines.append(f"patterns, of {found['tested']} slices tested")
    lines += [f"  {_pattern(row)}" for row in found["patterns"]]
    for row in found["together"]:
        if _clear(row):
            lines.append(f"  {' and '.join(row['tags'])} come together: lift {figure(row['lift'])}")
    changes = [*found["changes"]["moments"], *found["changes"]["releases"]]
    for row in filter(_clear, changes):
        change = figure(row["difference"])
        lines.append(f"  {where_of(row['where']) or 'everything'} since {row['since']}: {change}")
    for row in found["clusters"] or ():
        seen = "confirmed" if row["confirmed"] else "not confirmed"
        lines.append(f"  texts with {', '.join(row['words'])}: {seen}, {figure(row['rate'])}")
    return "\n".join(lines)


def tasks(found: Mapping[str, Any]) -> str:
    """The tasks of a pattern as a table."""
    rows = [one | {"issues": ", ".join(one["issues"])} for one in found["tasks"]]
    columns = {"task_id": "TASK", "source": "SOURCE", "interaction_id": "INTERACTION",
               "failed": "FAILED", "value": "VALUE", "issues": "ISSUES"}  # fmt: skip
    counted = f"{found['failures']} of {found['labelled']} labelled tasks fail"
    return f"{counted}\n{table(rows, columns)}"


def _pattern(row: Mapping[str, Any]) -> str:
    lift = "" if row["lift"] is None else f"lift {row['lift']:.2f}, "
    q = "" if row["q_value"] is None else f"  q {row['q_value']:.3f}"
    return f"{where_of(row['where'])}: {lift}{figure(row['rate'])}{q}"


def _clear(row: Mapping[str, Any]) -> bool:
    return row["q_value"] is not None and row["q_value"] <= CLEAR
