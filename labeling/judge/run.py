"""Executing a run: several calls at a time, resumable after a kill, within its budget."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

from labeling.judge.budget import Budget
from labeling.judge.calls import Judge, Judged
from labeling.judge.models import model_from
from labeling.judge.pace import Pace
from labeling.judge.plan import check_budget, guideline_of
from labeling.judge.progress import Progress
from labeling.judge.prompt import judged_fields
from labeling.judge.wire import Wire
from storage import Conflict, NotFound, Session, Store
from storage.clock import Clock
from storage.engine import AnyRow
from storage.ingest import ingest_scores
from storage.queries import judging
from storage.queries.leases import is_of, take_lease

TOGETHER = 20
"""Cases whose scores are written together."""
LEASE_SECONDS = 90
HEARTBEAT_SECONDS = 20.0

Secret = Callable[[str], str]


def never() -> bool:
    """Nobody asks to stop."""
    return False


def execute(  # noqa: PLR0913 - which run, with what, until when
    store: Store,
    run_id: int,
    *,
    secret: Secret,
    wire: Wire,
    clock: Clock,
    holder: str,
    halted: Callable[[], bool] = never,
) -> str:
    """Execute a run until it is done, its budget is spent, or it is stopped; its state.

    A run whose process was killed goes on where it was: what was answered is not asked again, and
    a call whose answer never came counts with the most it can cost. Cases that could not be asked
    about stay open; every failure is kept.

    Raises
    ------
    Conflict
        `run_busy` while another process executes it.
    NotFound
        If there is no such run.
    """
    with store.write() as session:
        hold(session, run_id, holder, clock)
        row = run_named(session, run_id)
        if row.state not in ("waiting", "running"):
            return str(row.state)
        judging.change_run(session, run_id, {"state": "running", "reason": None})
    try:
        worker = _judge(store, row, secret, Pace(wire), clock, holder)
        return _until_it_ends(worker, row, holder, halted)
    finally:
        with store.write(durable=False) as session:
            take_lease(session, _lease(run_id), holder, clock(), clock())


def _until_it_ends(worker: Judge, row: AnyRow, holder: str, halted: Callable[[], bool]) -> str:
    progress = Progress()
    with ThreadPoolExecutor(worker.model.concurrency) as threads:
        try:
            _work(worker, row, threads, progress, holder, halted)
        finally:
            worker.pace.over.set()
    if progress.ending is None and progress.answers:
        progress.give_up()
    _write(worker, row, progress)
    if progress.ending is None:
        with worker.store.read() as session:
            left = judging.outcomes(session, row.id).get(None, 0)
        told = f"{left} interactions could not be asked about; resume to try them again"
        progress.ending = ("stopped", told) if left else ("done", None)
    state, reason = progress.ending
    if state != "running":
        ended = {"state": state, "reason": reason, "finished_at": worker.clock()}
        with worker.store.write() as session:
            judging.change_run(session, row.id, ended)
    return state


def run_named(session: Session, run_id: int) -> AnyRow:
    """A run, or NotFound."""
    row = judging.run_row(session, run_id) if 0 < run_id < 2**63 else None
    if row is None:
        raise NotFound("judge run", run_id)
    return row


def again(
    session: Session, run_id: int, *, usd: float | None = None, calls: int | None = None
) -> None:
    """Let a run that has ended go on, with a larger budget where one is given.

    Raises
    ------
    Conflict
        `run_done` when nothing is open.
    InvalidLabel
        For a budget that cannot be.
    """
    row = run_named(session, run_id)
    if row.state == "done":
        raise Conflict("run_done", f"run {run_id} is done", "begin a new one")
    check_budget(
        row.budget_usd if usd is None else usd, row.budget_calls if calls is None else calls
    )
    given = {"budget_usd": usd, "budget_calls": calls}
    values: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if row.state != "running":
        values["state"] = "waiting"
    if values:
        judging.change_run(session, run_id, values)


def stop(session: Session, run_id: int) -> None:
    """Ask a run to stop: what is under way is still taken in."""
    row = run_named(session, run_id)
    if row.state in ("waiting", "running"):
        judging.change_run(session, run_id, {"state": "stopped", "reason": "stopped by hand"})


def _judge(
    store: Store, row: AnyRow, secret: Secret, pace: Pace, clock: Clock, holder: str
) -> Judge:
    model = model_from(row.model["name"], row.model)
    guideline = guideline_of(row)
    with store.read() as session:
        used = judging.spent(session, row.id)
    return Judge(
        store=store,
        run_id=row.id,
        model=model,
        key=secret(model.secret) if model.secret else None,
        guideline=guideline,
        fields=judged_fields(guideline.fields, row.fields),
        version=row.version,
        budget=Budget(row.budget_usd, row.budget_calls, used.usd, used.calls),
        pace=pace,
        clock=clock,
        ours=lambda session: is_of(session, _lease(row.id), holder),
    )


def _lease(run_id: int) -> str:
    return f"judge-run-{run_id}"


def hold(session: Session, run_id: int, holder: str, clock: Clock) -> None:
    """Make a run ours for a while; Conflict `run_busy` while it is somebody else's."""
    until = clock() + timedelta(seconds=LEASE_SECONDS)
    if not take_lease(session, _lease(run_id), holder, clock(), until):
        hint = f"if it was killed, wait {LEASE_SECONDS} seconds and try again"
        raise Conflict("run_busy", f"another process executes run {run_id}", hint)


def _work(
    worker: Judge,
    row: AnyRow,
    threads: ThreadPoolExecutor,
    progress: Progress,
    holder: str,
    halted: Callable[[], bool],
) -> None:
    """Keep the threads busy until nothing is left or there is a reason to end."""
    cases, waiting = _cases(worker.store, worker.run_id), dict[Future[Judged], AnyRow]()
    left = True
    while left or waiting:
        while left and progress.ending is None and len(waiting) < worker.model.concurrency:
            case = next(cases, None)
            left = case is not None
            if case is not None:
                waiting[threads.submit(worker.judged, case)] = case
        left = left and progress.ending is None
        done, _ = wait(waiting, timeout=HEARTBEAT_SECONDS, return_when=FIRST_COMPLETED)
        for one in done:
            progress.note(one, waiting.pop(one))
        if halted() and progress.ending is None:
            progress.ending = ("running", None)  # another process goes on
        _beat(worker, row, progress, holder)
        if progress.ending is not None:
            worker.pace.over.set()


def _cases(store: Store, run_id: int) -> Iterator[AnyRow]:
    last = -1
    while True:
        with store.read() as session:
            rows = judging.open_items(session, run_id, last, TOGETHER)
        if not rows:
            return
        last = rows[-1].position
        yield from rows


def _beat(worker: Judge, row: AnyRow, progress: Progress, holder: str) -> None:
    """Keep the run ours, see whether somebody stopped it, write what is ready.

    A process that was held up may find that another one has taken over, and even ended: what it
    knows of the budget is then no longer true.
    """
    with worker.store.write(durable=False) as session:
        if not worker.ours(session):
            raise Conflict("run_busy", f"another process took over run {row.id}", None)
        hold(session, worker.run_id, holder, worker.clock)
        now = judging.run_now(session, worker.run_id)
    worker.budget.limit(now.budget_usd, now.budget_calls)
    if now.state == "stopped" and progress.ending is None:
        progress.ending = ("stopped", "stopped by hand")
    if len(progress.ready) >= TOGETHER:
        _write(worker, row, progress)


def _write(worker: Judge, row: AnyRow, progress: Progress) -> None:
    """Scores first, then outcomes: killed in between, the scores come again and add nothing."""
    ready, progress.ready = progress.ready, []
    scores = [
        {
            "source": case.source,
            "interaction_id": case.external_id,
            "name": f"{row.scores_named}.{name}" if row.scores_named else name,
            "kind": "judge",
            "value": value,
            "version": row.version,
        }
        for case, judged in ready
        for name, value in judged.scores.items()
    ]
    if scores:
        ingest_scores(worker.store, enumerate(scores), clock=worker.clock)
    with worker.store.write() as session:
        done = ((case.interaction_id, one.outcome, one.detail) for case, one in ready)
        judging.finish_items(session, row.id, done)
