"""What checks, a judge and people cost a month, with what a queue's labels say so far."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from analysis import Layers, layer_costs
from labeling.errors import InvalidLabel
from labeling.failures import Asked, failures_report
from labeling.judged import judge_report
from storage import Session


def layers_report(
    plan: dict[str, Any], session: Session | None = None, queue_name: str = "", now: Any = None
) -> dict[str, Any]:
    """Cost and precision of each layer; `plan` has the numbers of `analysis.Layers`.

    With a session and a queue, a rate or correlation that is not given is that of its labels.

    Raises
    ------
    InvalidLabel
        If a number is out of range.
    """
    given = {key: value for key, value in plan.items() if value is not None}
    told: dict[str, str] = {}
    if session is not None:
        for name, value in _known(session, queue_name, now).items():
            if name not in given:
                given[name], told[name] = value, f"from the labels of {queue_name}"
    try:
        asked = Layers(**given)
        found, alone = layer_costs(asked), layer_costs(replace(asked, judged=0.0))
    except ValueError as error:
        raise InvalidLabel("layers", str(error), "see goldloop layers --help") from None
    total = found.checks_usd + found.judge_usd + found.people_usd
    return {
        "rates": asdict(asked),
        "taken": told,
        **asdict(found),
        "total_usd": total,
        "people_alone_usd": alone.people_usd,
        "sentence": _sentence(found.judge_usd, found.same_usd - found.people_usd, found.unused),
    }


def _known(session: Session, queue_name: str, now: datetime) -> dict[str, float]:
    """Failure rate and correlation as the labels of a queue have them, where they do."""
    known = {}
    failing = failures_report(session, queue_name, now, Asked(depth=1, by=()))["failure_rate"]
    if failing["value"] is not None and 0 < failing["value"] < 1:
        known["rate"] = failing["value"]
    judge = judge_report(session, queue_name, now)["judge"]
    if judge is not None and judge["correlation"]["value"] is not None:
        known["correlation"] = judge["correlation"]["value"]
    return known


def _sentence(judge_usd: float, saved_usd: float, unused: str | None) -> str:
    if unused is not None:
        return f"The judge does not narrow the estimate: {unused}."
    verdict = "pays for itself" if saved_usd > judge_usd else "does not pay for itself by that"
    return (
        f"The judge costs {judge_usd:,.2f} USD and is worth labels for {saved_usd:,.2f} USD: "
        f"it {verdict}."
    )
