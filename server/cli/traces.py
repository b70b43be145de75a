"""`goldloop traces`: what waits to become interactions, and what could not."""

from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, settings


@click.command()
@click.option("--now", "at_once", is_flag=True, help="Wait for nothing: make interactions now.")
@as_json
@fails_cleanly
def traces(at_once: bool, json_: bool) -> None:
    """Say what has come as traces and waits; with --now, make interactions of it."""
    from storage.assembly import assemble
    from storage.queries.remarks import waiting_remarks
    from storage.queries.traces import recent_faults, trace_counts

    patience = settings().patience()
    with opened() as store:
        made = assemble(store, patience, now, at_once=True) if at_once else None
        with store.read() as session:
            told: dict[str, Any] = {
                **trace_counts(session),
                "feedback_waiting": waiting_remarks(session),
                "faults": recent_faults(session),
            }
    if made is not None:
        told |= {"interactions": made.interactions, "feedback": made.feedback}
    answer(told, json_, lambda: _told(told))


def _told(told: dict[str, Any]) -> str:
    lines = [
        f"traces kept {told['traces']}, of which {told['waiting']} wait to fall quiet; "
        f"feedback that waits for its call {told['feedback_waiting']}",
        f"calls that came again with other texts {told['late']}, "
        f"that could not be stored {told['rejected']}",
    ]
    if "interactions" in told:
        lines.insert(
            0, f"made now: interactions {told['interactions']}, feedback {told['feedback']}"
        )
    for one in told["faults"]:
        fault = one["fault"] or "other texts came after it was stored; the first ones stay"
        lines.append(f"  trace {one['trace_id']}: {fault}")
    return "\n".join(lines)
