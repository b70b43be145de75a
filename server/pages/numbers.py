"""Parts of the quality section that read a report of their own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from labeling.errors import InvalidLabel
from labeling.judge import run_report
from labeling.judged import judge_report
from labeling.outcomes import Evidence
from labeling.planning import POWER, plan_report
from server.pages.charts import Scale
from server.pages.elements import sentence
from server.pages.markup import Markup, join
from server.pages.sections import judge, judge_runs, plan
from server.pages.told import Told
from storage import Session
from storage.queries.judging import runs_of

RUNS = 10
"""How many runs of judges are listed."""


def judged(
    session: Session, now: datetime, report: Mapping[str, Any], said: Evidence, scale: Scale | None
) -> Markup | None:
    """The part on the judge, and on the runs of one, where there are any."""
    rows = runs_of(session, report["queue"])[:RUNS]
    runs = judge_runs.judge_runs([run_report(session, row) for row in rows])
    if report["judge"] is None or scale is None:
        return runs
    told = judge_report(session, report["queue"], now, field=report["field"], said=said)["judge"]
    return join(judge.judge(told, "share" if scale == Scale(0, 1) else "number", scale), runs)


def planned(
    session: Session, now: datetime, report: Mapping[str, Any], said: Evidence, asked: Told
) -> Markup:
    """The planner, with what was typed into it."""
    names = ("change", "power", "half_width")
    typed = {key: value for key in names if (value := asked.text(key)) is not None}
    try:
        told = plan_report(
            session,
            report["queue"],
            now,
            field=report["field"],
            change=asked.number("change"),
            power=asked.share("power") or POWER,
            half_width=asked.number("half_width"),
            said=said,
        )
    except InvalidLabel as error:
        return plan.plan(None, typed, sentence(f"{error.field}: {error.message}"))
    return plan.plan(told, typed, None)
