"""A model as a judge: which there are, runs and what became of them."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from labeling.judge import (
    again,
    check_cap,
    kept,
    outlook,
    planned,
    run_named,
    run_report,
    stop,
)
from labeling.layers import layers_report
from server import auth
from server.api.deps import House, Lead, ThisHouse, allowed, reply, takes
from server.api.schemas import JudgeRunIn, ResumeIn, brings
from server.judges import model_named, models_of
from storage.queries import judging

router = APIRouter(prefix="/v1", tags=["judge"])
_reads = [allowed(auth.may_report)]


@router.get("/judges", dependencies=_reads)
def judges(house: ThisHouse) -> Response:
    """The models that may judge, with their prices."""
    names = ("name", "endpoint", "model", "usd_per_million_input", "usd_per_million_output")
    known = [one.to_json() for one in models_of(house.settings).values()]
    return reply([{name: one[name] for name in names} for one in known])


@router.post("/queues/{queue}/judge-runs", status_code=201, openapi_extra=brings(JudgeRunIn))
def begin(
    house: ThisHouse,
    who: Lead,
    queue: str,
    sent: Annotated[JudgeRunIn, takes(JudgeRunIn)],
    dry_run: bool = False,
) -> Response:
    """Begin a run; the server executes it. A dry run answers 200 with what it would cost."""
    model, request = model_named(house.settings, sent.model), sent.request()
    plan = planned(house.store, queue, model, request, house.clock)
    if dry_run:
        return reply(outlook(house.store, plan, model))
    with house.store.write() as session:
        check_cap(session, house.settings.judge_budget_usd, house.clock(), sent.budget_usd)
        run_id = kept(session, plan, model, request, who)
        house.note(session, who, "judge_run", queue, run=run_id, budget_usd=sent.budget_usd)
    return _told(house, run_id, 201)


@router.get("/judge-runs", dependencies=_reads)
def runs(house: ThisHouse, queue: str | None = None) -> Response:
    """Runs, the newest first; of one queue or of all."""
    with house.store.snapshot() as session:
        return reply([run_report(session, row) for row in judging.runs_of(session, queue)])


@router.get("/judge-runs/{run}", dependencies=_reads)
def one_run(house: ThisHouse, run: int) -> Response:
    """What became of a run: scores, failures by kind, cost."""
    return _told(house, run)


@router.post("/judge-runs/{run}/stop")
def stop_run(house: ThisHouse, who: Lead, run: int) -> Response:
    """Stop a run; what is under way is still taken in."""
    with house.store.write() as session:
        stop(session, run)
        house.note(session, who, "judge_stopped", run_named(session, run).queue_name, run=run)
    return _told(house, run)


@router.post("/judge-runs/{run}/resume", openapi_extra=brings(ResumeIn))
def resume(
    house: ThisHouse, who: Lead, run: int, sent: Annotated[ResumeIn, takes(ResumeIn)]
) -> Response:
    """Let a run that was stopped, or has spent its budget, go on."""
    with house.store.write() as session:
        known = run_named(session, run)
        budget = sent.budget_usd if sent.budget_usd is not None else known.budget_usd
        check_cap(session, house.settings.judge_budget_usd, house.clock(), budget, run)
        again(session, run, usd=sent.budget_usd, calls=sent.calls)
        house.note(session, who, "judge_resumed", run_named(session, run).queue_name, run=run)
    return _told(house, run)


@router.get("/layers", dependencies=_reads)
def layers(  # noqa: PLR0913 - one parameter per option
    house: ThisHouse,
    traffic: float,
    call_usd: float,
    labels: float,
    judged: float = 1.0,
    minutes: float = 2.0,
    hourly_usd: float = 30.0,
    rate: float | None = None,
    correlation: float | None = None,
    check_usd: float = 0.0,
    queue: str | None = None,
) -> Response:
    """What checks, a judge and people cost a month, and how narrow an interval that buys."""
    plan: dict[str, float | None] = {
        "traffic": traffic,
        "judged": judged,
        "call_usd": call_usd,
        "labels": labels,
        "minutes": minutes,
        "hourly_usd": hourly_usd,
        "rate": rate,
        "correlation": correlation,
        "check_usd": check_usd,
    }
    if queue is None:
        return reply(layers_report(plan))
    with house.store.snapshot() as session:
        return reply(layers_report(plan, session, queue, house.clock()))


def _told(house: House, run_id: int, status: int = 200) -> Response:
    with house.store.snapshot() as session:
        return reply(run_report(session, run_named(session, run_id)), status)
