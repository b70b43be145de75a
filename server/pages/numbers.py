"""What the quality section is made of: the estimate, the judge, the plan, the comparisons."""

from collections.abc import Mapping
from typing import Any

from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Field, Pairwise, Ranking, Rating
from labeling.judge import run_report
from labeling.judged import judge_report
from labeling.outcomes import Evidence, evidence
from labeling.planning import POWER, plan_report
from labeling.quality import quality_report
from labeling.wins import wins_report
from server.pages.charts import Scale
from server.pages.elements import sentence
from server.pages.markup import Markup, join
from server.pages.sections import judge, judge_runs, plan
from server.pages.told import Told
from server.pages.visits import Visit, questions_of
from storage.queries.judging import runs_of

RUNS = 10
"""How many runs of judges are listed."""
TYPED = ("change", "power", "half_width")


def numbers(visit: Visit) -> dict[str, Any]:
    """Every report of the section: quality, judge, plan or why there is none, wins."""
    said = evidence(visit.session, visit.row, visit.now)
    compared = [
        wins_report(visit.session, visit.name, visit.now, field=one.name, said=said)
        for one in visit.fields
        if isinstance(one, Pairwise | Ranking)
    ]
    told: dict[str, Any] = {"quality": None, "wins": compared}
    if not questions_of(visit.fields):
        return told
    report = quality_report(
        visit.session,
        visit.name,
        visit.now,
        field=visit.asked.text("field"),
        poststratify=visit.asked.text("poststratify"),
        said=said,
    )
    told["quality"] = report
    if scale_of(next(one for one in visit.fields if one.name == report["field"])) is None:
        return told
    return told | {"judge": _judge(visit, report, said), **_plan(visit, report, said)}


def _judge(visit: Visit, report: Mapping[str, Any], said: Evidence) -> dict[str, Any] | None:
    if report["judge"] is None:
        return None
    found: dict[str, Any] | None = judge_report(
        visit.session, visit.name, visit.now, field=report["field"], said=said
    )["judge"]
    return found


def _plan(visit: Visit, report: Mapping[str, Any], said: Evidence) -> dict[str, Any]:
    asked = visit.asked
    try:
        found = plan_report(
            visit.session,
            visit.name,
            visit.now,
            field=report["field"],
            change=asked.number("change"),
            power=asked.share("power") or POWER,
            half_width=asked.number("half_width"),
            said=said,
        )
    except InvalidLabel as error:
        return {"plan": None, "wrong": f"{error.field}: {error.message}"}
    return {"plan": found, "wrong": None}


def judged(visit: Visit, made: Mapping[str, Any], scale: Scale | None) -> Markup | None:
    """The part on the judge, and on the runs of one as they are now, where there are any."""
    rows = runs_of(visit.session, visit.name)[:RUNS]
    runs = judge_runs.judge_runs([run_report(visit.session, row) for row in rows])
    if scale is None or made["judge"] is None:
        return runs
    told = judge.judge(made["judge"], "share" if scale == Scale(0, 1) else "number", scale)
    return join(told, runs)


def planned(made: Mapping[str, Any], asked: Told) -> Markup:
    """The planner, with what was typed into it."""
    typed = {key: value for key in TYPED if (value := asked.text(key)) is not None}
    wrong = sentence(made["wrong"]) if made["wrong"] else None
    return plan.plan(made["plan"], typed, wrong)


def scale_of(field: Field) -> Scale | None:
    """The ends of a field's mean, if it has one."""
    if isinstance(field, Rating):
        return Scale(field.min, field.max)
    return Scale(0, 1) if isinstance(field, Boolean) else None
