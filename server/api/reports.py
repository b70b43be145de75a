"""What the labels say: agreement, quality, failures, progress; and all of it as a report."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import Response

from labeling import kept, planned_reports, reports
from labeling import quality as estimates
from labeling.agreement import agreement_report
from labeling.attributes import ATTRIBUTES, parse_pattern
from labeling.failing import failing_tasks
from labeling.failures import Asked, failures_report
from labeling.judged import judge_report
from labeling.overview import overview
from labeling.planned_reports import Calendar
from labeling.planning import POWER, plan_report
from labeling.weighing import SPLIT_BY
from labeling.wins import wins_report
from server import auth
from server.api.deps import Lead, ThisHouse, allowed, reply, takes
from server.api.schemas import ReportPlanIn, brings

router = APIRouter(
    prefix="/v1/queues/{queue}", tags=["reports"], dependencies=[allowed(auth.may_report)]
)


@router.get("/progress")
def progress(house: ThisHouse, queue: str) -> Response:
    """How far a queue is, and who has done what."""
    with house.store.snapshot() as session:
        return reply(reports.progress_report(session, queue))


@router.get("/agreement")
def agreement(  # noqa: PLR0913 - one parameter per option
    house: ThisHouse,
    queue: str,
    field: str | None = None,
    model: str | None = None,
    category: str | None = None,
    cluster: str | None = None,
    width: float = 0.1,
) -> Response:
    """How far annotators agree beyond chance: overall, per pair, over time, by segment."""
    with house.store.snapshot() as session:
        found = agreement_report(
            session,
            queue,
            field=field,
            model=model,
            category=category,
            cluster=cluster,
            width=width,
        )
    return reply(found)


@router.get("/quality")
def quality(
    house: ThisHouse,
    queue: str,
    field: str | None = None,
    by: str | None = None,
    poststratify: str | None = None,
    judge: str | None = None,
) -> Response:
    """The quality of the whole traffic, estimated from a sample with known probabilities."""
    segments = SPLIT_BY if by is None else tuple(one.strip() for one in by.split(","))
    with house.store.snapshot() as session:
        found = estimates.quality_report(
            session,
            queue,
            house.clock(),
            field=field,
            by=segments,
            poststratify=poststratify,
            judge=judge,
        )
    return reply(found)


@router.get("/wins")
def wins(house: ThisHouse, queue: str, field: str | None = None, by: str | None = None) -> Response:
    """Whose responses people prefer: shares of wins, ties, and ranks of all traffic."""
    with house.store.snapshot() as session:
        return reply(wins_report(session, queue, house.clock(), field=field, by=by))


@router.get("/judge")
def judge(
    house: ThisHouse,
    queue: str,
    name: str | None = None,
    field: str | None = None,
    passes: float | None = None,
) -> Response:
    """What a judge saves, how often it agrees with people, and whether its values hold."""
    with house.store.snapshot() as session:
        found = judge_report(session, queue, house.clock(), name=name, field=field, passes=passes)
    return reply(found)


@router.get("/plan")
def plan(
    house: ThisHouse,
    queue: str,
    field: str | None = None,
    change: float | None = None,
    power: float = POWER,
    half_width: float | None = None,
) -> Response:
    """How many labels it takes to see a change, or for an interval of some width."""
    with house.store.snapshot() as session:
        found = plan_report(
            session,
            queue,
            house.clock(),
            field=field,
            change=change,
            power=power,
            half_width=half_width,
        )
    return reply(found)


@router.get("/failures")
def failures(
    house: ThisHouse, queue: str, depth: int = 2, by: str | None = None, clusters: bool = False
) -> Response:
    """Rates of failures and issues, the patterns that stand out, and what has changed."""
    names = ATTRIBUTES if by is None else tuple(by.split(","))
    asked = Asked(depth, names, clusters)
    with house.store.snapshot() as session:
        return reply(failures_report(session, queue, house.clock(), asked))


@router.get("/failures/tasks")
def tasks(
    house: ThisHouse,
    queue: str,
    where: Annotated[list[str] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
) -> Response:
    """The labelled tasks of a pattern, the failing ones first."""
    pattern = parse_pattern(where or [])
    with house.store.snapshot() as session:
        return reply(failing_tasks(session, queue, house.clock(), pattern, limit=limit))


@router.get("/report")
def report(
    house: ThisHouse,
    queue: str,
    format: Literal["json", "markdown", "html"] = "json",
    at: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """All of it in one, of now or as it was kept: as JSON, or in words that can be passed on."""
    from server.report import FORMATS

    with house.store.snapshot() as session:
        found = (
            overview(session, queue, house.clock()) if at is None else kept.at(session, queue, at)
        )
    if format == "json":
        return reply(found)
    chosen = FORMATS[format]
    name = quote(f"{queue} {found['as_of']:%Y-%m-%d}{chosen.suffix}", safe="")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    kind = f"{chosen.media_type}; charset=utf-8"
    return Response(chosen.write(found), media_type=kind, headers=headers)


@router.get("/reports")
def reports_(house: ThisHouse, queue: str) -> Response:
    """Which reports are kept: the last of every day, and those made by the calendar."""
    with house.store.read() as session:
        return reply(kept.kept(session, queue))


@router.get("/reports/schedule")
def planned(house: ThisHouse, queue: str) -> Response:
    """When a report is made by the calendar; null when none is."""
    with house.store.read() as session:
        return reply(planned_reports.planned(session, queue))


@router.put("/reports/schedule", openapi_extra=brings(ReportPlanIn))
def plan_reports(
    house: ThisHouse, who: Lead, queue: str, sent: Annotated[ReportPlanIn, takes(ReportPlanIn)]
) -> Response:
    """Have a report made every week or month, kept for good; `{"every": null}` stops it."""
    with house.store.write() as session:
        if sent.every is None:
            planned_reports.stop(session, queue)
            told = None
        else:
            calendar = Calendar.read(sent.every, sent.at)
            told = planned_reports.plan(session, queue, calendar, house.clock())
        house.note(session, who, "reports_planned", queue, every=sent.every, at=sent.at)
    return reply(told)
