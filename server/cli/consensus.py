"""`goldloop consensus`: what the labels of each task say together."""

from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, figure, now, opened, table


@click.command()
@click.argument("queue_name", metavar="QUEUE")
@click.option("--field", help="Which field of the form; default: the first that fits.")
@click.option("--method", help="dawid_skene (the default), one_coin or majority.")
@click.option("--at-least", type=float, default=0.95, show_default=True,
              help="Posterior from which on a model settles a task.")  # fmt: skip
@click.option("--keep", is_flag=True, help="Keep what is settled as verdicts.")
@as_json
@fails_cleanly
def consensus(
    queue_name: str,
    field: str | None,
    method: str | None,
    at_least: float,
    keep: bool,
    json_: bool,
) -> None:
    """What the labels of each task say together: what is settled, how sure, what ties."""
    from labeling.consensus_keep import keep_consensus
    from labeling.consensus_report import consensus_report

    asked: dict[str, Any] = {"field": field, "method": method, "at_least": at_least}
    with opened() as store:
        if keep:
            kept = keep_consensus(store, queue_name, by=None, clock=now, **asked)
            answer(kept, json_, lambda: _kept(kept))
            return
        with store.snapshot() as session:
            found = consensus_report(session, queue_name, **asked)
    answer(found, json_, lambda: _told(found))


def _kept(kept: dict[str, Any]) -> str:
    return (
        f"{kept['field']} by {kept['method']}: {kept['written']} verdicts written, "
        f"{kept['unchanged']} stand already, {kept['withdrawn']} withdrawn, "
        f"{kept['left_to_people']} left as people settled them"
    )


def _told(found: dict[str, Any]) -> str:
    lines = [
        f"{found['field']} by {found['method']}: {found['labels']} labels by "
        f"{found['annotators']} annotators on {found['tasks']} tasks",
        f"  settled {found['settled']}, open {found['open']}, tied {found['tied']}, "
        f"with one label {found['single']}; kept as verdicts {found['kept']}",
    ]
    if found["why_majority"]:
        lines.append(f"  {found['why_majority']}")
    for tag, block in (found["tags"] or {"": found}).items():
        if tag:
            lines.append(f"\n{tag}")
        lines += _block(block)
    if found["worst"]:
        columns = {"interaction_id": "interaction", "state": "state", "certainty": "certainty",
                   "votes": "votes"}  # fmt: skip
        lines += ["", "least settled", table(found["worst"], columns)]
    return "\n".join(lines)


def _block(block: dict[str, Any]) -> list[str]:
    if block["converged"] is False:
        return ["  the model had not converged: take these with care"]
    lines = [f"  {name:16} {fig['value']:.3f}" for name, fig in block["shares"].items()]
    lines += [
        f"  {row['annotator']} ({row['labels']} labels) is right: {figure(row['accuracy'])}"
        for row in block["by_annotator"]
    ]
    for kind, one in block["against"].items():
        if one["tasks"]:
            lines.append(
                f"  against {kind}: right {figure(one['right'])}, "
                f"mean certainty {one['mean_certainty']:.3f}"
            )
    return lines
