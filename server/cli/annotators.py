"""`goldloop annotators`: what may be said of each annotator, and who stands out."""

from collections.abc import Mapping
from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, figure, opened

FIGURES = {
    "gold": "checks as agreed",
    "verdicts": "as adjudicated",
    "agreement": "agreement",
    "kappa": "kappa with the others",
    "leniency": "leniency",
    "median_seconds": "median seconds",
    "quick": "too quick",
    "repeats": "repeats alike",
}
NAMES = FIGURES | {"option": "chooses"}


@click.command()
@click.argument("queue_name", metavar="QUEUE")
@click.option("--field", help="Which field of the form; default: the first that fits.")
@as_json
@fails_cleanly
def annotators(queue_name: str, field: str | None, json_: bool) -> None:
    """Each annotator beside the others, with intervals; for leads: it tells of hidden checks."""
    from labeling.annotators import annotators_report

    with opened() as store, store.snapshot() as session:
        found = annotators_report(session, queue_name, field=field)
    answer(found, json_, lambda: _text(found))


def _text(found: Mapping[str, Any]) -> str:
    noted = sum(bool(one["stands_out"]) for one in found["annotators"])
    lines = [
        f"{found['field']} ({found['scale']}): {noted} of {len(found['annotators'])} "
        f"people stand out in {found['looked_at']} comparisons; people by name"
    ]
    for one in found["annotators"]:
        lines.append(f"\n{one['annotator']}: {one['labels']} labels")
        lines += [
            f"  {words:22} {figure(one[key])}"
            for key, words in FIGURES.items()
            if key in one and (one[key]["n"] or key == "agreement")
        ]
        lines += [f"  stands out: {_remark(remark)}" for remark in one["stands_out"]]
    if not found["annotators"]:
        lines.append("nobody has labelled yet")
    return "\n".join(lines)


def _remark(one: Mapping[str, Any]) -> str:
    what = NAMES[one["measure"]] + ("" if one["option"] is None else f" {one['option']}")
    return f"{what}, {one['value']:.3f} beside {one['others']:.3f} (q {one['q_value']:.2g})"
