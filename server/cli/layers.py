"""`goldloop layers`: what checks, a judge and people cost a month, and what precision it buys."""

from collections.abc import Mapping
from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened


@click.command()
@click.option("--queue", "queue_name", help="Take rate and correlation from its labels.")
@click.option("--traffic", type=float, required=True, help="Interactions a month.")
@click.option("--judged", type=float, default=1.0, show_default=True,
              help="Share that a judge sees, 0 to 1.")  # fmt: skip
@click.option("--call-usd", type=float, required=True, help="Of one interaction judged.")
@click.option("--labels", type=float, required=True, help="Tasks that people label a month.")
@click.option("--minutes", type=float, default=2.0, show_default=True, help="Of one label.")
@click.option("--hourly-usd", type=float, default=30.0, show_default=True)
@click.option("--rate", type=float, help="Failure rate to be expected; else 0.1.")
@click.option("--correlation", type=float, help="Of judge and labels; else 0.")
@click.option("--check-usd", type=float, default=0.0, show_default=True,
              help="Of the checks of one interaction.")  # fmt: skip
@as_json
@fails_cleanly
def layers(queue_name: str | None, json_: bool, **plan: float | None) -> None:
    """What checks, a judge and people cost a month, and how narrow an interval that buys."""
    from labeling.layers import layers_report

    if queue_name is None:
        found = layers_report(plan)
    else:
        with opened() as store, store.snapshot() as session:
            found = layers_report(plan, session, queue_name, now())
    answer(found, json_, lambda: _told(found))


def _told(found: Mapping[str, Any]) -> str:
    rates = found["rates"]
    lines = [
        f"checks  {rates['traffic']:>12,.0f} interactions  {found['checks_usd']:>12,.2f} USD",
        f"judge   {rates['traffic'] * rates['judged']:>12,.0f} calls         "
        f"{found['judge_usd']:>12,.2f} USD",
        f"people  {rates['labels']:>12,.0f} labels        {found['people_usd']:>12,.2f} USD",
        f"total                              {found['total_usd']:>12,.2f} USD a month",
        f"failure rate {100 * rates['rate']:.3g} %: "
        f"+-{100 * found['half_width']:.2f} points from people alone, "
        f"+-{100 * found['half_width_judged']:.2f} with the judge",
        found["sentence"],
    ]
    return "\n".join([*lines, *(f"  {name} {why}" for name, why in found["taken"].items())])
