"""`goldloop judge` and `plan`: what a judge is worth, and how many labels a question takes."""

from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, figure, now, opened

_queue = click.argument("queue_name", metavar="QUEUE")
_field = click.option("--field", help="Which rating or yes-or-no; default: the first that fits.")


@click.command()
@_queue
@_field
@click.option("--name", help="Which judge; default: the one that scored most labelled tasks.")
@click.option("--passes", type=float, help="The judge's value from which it passes a task.")
@as_json
@fails_cleanly
def judge(
    queue_name: str, field: str | None, name: str | None, passes: float | None, json_: bool
) -> None:
    """How many labels a judge saves, and how far it goes with people."""
    from labeling.judged import judge_report

    with opened() as store, store.snapshot() as session:
        found = judge_report(session, queue_name, now(), name=name, field=field, passes=passes)
    answer(found, json_, lambda: _judge(found))


def _judge(found: dict[str, Any]) -> str:
    one = found["judge"]
    if one is None:
        return str(found["reason"])
    lines = [
        f"{one['name']} on {found['field']}: {one['sentence']}",
        f"  with the judge   {figure(one['estimate'])}",
        f"  without          {figure(one['without'])}",
        f"  labels saved     {figure(one['saves'])}",
        f"  correlation      {figure(one['correlation'])}",
    ]
    lines += [f"  {name:16} {figure(fig)}" for name, fig in one["agreement"].items()]
    if one["calibration"]:
        lines.append(f"  calibration error {figure(one['calibration']['error'])}")
        lines += [
            f"    {part['low']:.2f} to {part['high']:.2f}: says {part['score']:.2f}, "
            f"people pass {figure(part['passed'])}"
            for part in one["calibration"]["bins"]
        ]
    return "\n".join([*lines, *(f"  {told}" for told in one["warnings"])])


@click.command()
@_queue
@_field
@click.option("--change", type=float, help="The change to be seen, in the unit of the field.")
@click.option("--power", type=float, default=0.8, show_default=True, help="Chance to see it.")
@click.option("--half-width", type=float, help="Wished half width of the 95 % interval.")
@as_json
@fails_cleanly
def plan(
    queue_name: str,
    field: str | None,
    change: float | None,
    power: float,
    half_width: float | None,
    json_: bool,
) -> None:
    """How many labels it takes to see a change, or for an interval of some width."""
    from labeling.planning import plan_report

    with opened() as store, store.snapshot() as session:
        found = plan_report(
            session,
            queue_name,
            now(),
            field=field,
            change=change,
            power=power,
            half_width=half_width,
        )
    answer(found, json_, lambda: _plan(found))


def _plan(found: dict[str, Any]) -> str:
    lines = [found["change"]["sentence"], found["width"]["sentence"]]
    lines.append(
        f"  from {found['labelled']} labels of {found['field']}: mean {found['value']:.3g}, "
        f"spread {found['sd']:.3g}, each worth {found['label_worth']:.2f} random ones, "
        f"{found['judge_worth']:.2f} times that with the judge"
    )
    return "\n".join([*lines, *(f"  assumed: {one}" for one in found["assumed"])])


@click.command()
@click.argument("queue_name", metavar="QUEUE")
@click.option("--field", help="Which comparison or ranking of the form; default: the first.")
@click.option(
    "--by", type=click.Choice(["model", "variant"]), help="Default: what tells more apart."
)
@as_json
@fails_cleanly
def wins(queue_name: str, field: str | None, by: str | None, json_: bool) -> None:
    """Whose responses people prefer: shares of wins, ties, and mean ranks of all traffic."""
    from labeling.wins import wins_report

    with opened() as store, store.snapshot() as session:
        found = wins_report(session, queue_name, now(), field=field, by=by)
    answer(found, json_, lambda: _won(found))


def _won(found: dict[str, Any]) -> str:
    lines = [f"{found['field']}: {found['tasks']} tasks, {found['left_out']} cannot tell"]
    lines += [f"  {one['name']:20} wins {figure(one['wins'])}" for one in found["names"]]
    lines += [
        f"  {one['name']:20} mean rank {figure(one['mean_rank'])}"
        for one in found["names"]
        if "mean_rank" in one
    ]
    lines += [
        f"  {one['a']} against {one['b']}: {figure(one['wins'])}, ties {figure(one['ties'])}"
        for one in found["pairs"]
    ]
    return "\n".join(lines)
