"""`goldloop judging`: let a model judge a sample, within a budget, and see what came of it."""

from collections.abc import Mapping
from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, many, now, opened, settings, table
from server.cli.queues import parameters

_run = click.argument("run_id", metavar="RUN", type=int)


@click.group()
def judging() -> None:
    """A model as a judge. `goldloop judge QUEUE` tells how far it can be believed."""


@judging.command("models")
@as_json
@fails_cleanly
def models(json_: bool) -> None:
    """List the models that may judge."""
    from server.judges import models_of

    found = [one.to_json() for one in models_of(settings()).values()]
    columns = {
        "name": "MODEL",
        "endpoint": "ENDPOINT",
        "model": "CALLED",
        "url": "URL",
        "usd_per_million_input": "USD/M IN",
        "usd_per_million_output": "USD/M OUT",
    }
    answer(found, json_, lambda: table(list(found), columns, "none: GOLDLOOP_JUDGES names no file"))


@judging.command("run")
@click.argument("queue_name", metavar="QUEUE")
@click.option("--model", "model_name", required=True, help="One of `goldloop judging models`.")
@click.option("--budget-usd", type=float, required=True, help="Never exceeded, in US dollars.")
@click.option("--calls", type=int, required=True, help="Most requests, repeated ones included.")
@click.option("--strategy", default="random", show_default=True)
@click.option("--size", type=int, help="How many interactions.")
@click.option("--rate", type=float, help="Or which share; 1 judges everything that matches.")
@click.option("--seed", type=int, help="For the same sample everywhere.")
@click.option("--where", multiple=True, metavar="K=V", help="Filter. Repeatable.")
@click.option("--param", multiple=True, metavar="K=V", help="Of the strategy. Repeatable.")
@click.option("--tasks", is_flag=True, help="The tasks of the queue: for agreement alone.")
@click.option("--field", "fields", multiple=True, help="Only this question. Repeatable.")
@click.option("--name", help="Stands before the names of the scores, such as NAME.quality.")
@click.option("--dry-run", is_flag=True, help="Ask nobody; tell what it would cost.")
@as_json
@fails_cleanly
def run(  # noqa: PLR0913 - one parameter per option
    queue_name: str, model_name: str, budget_usd: float, calls: int, strategy: str,
    size: int | None, rate: float | None, seed: int | None, where: tuple[str, ...],
    param: tuple[str, ...], tasks: bool, fields: tuple[str, ...], name: str | None,
    dry_run: bool, json_: bool,
) -> None:  # fmt: skip
    """Judge a sample of the traffic by the guideline of a queue."""
    from labeling.judge import RunRequest, check_cap, hold, kept, outlook, planned, sends
    from server.judges import holder, model_named

    asked = RunRequest(
        budget_usd, calls, strategy, parameters(param), size, rate, seed, many(where, "--where"),
        tasks, fields, name,
    )  # fmt: skip
    model = model_named(settings(), model_name)
    with opened() as store:
        plan = planned(store, queue_name, model, asked, now)
        if dry_run:
            told = outlook(store, plan, model)
            answer(told, json_, lambda: _outlook(told))
            return
        me = holder()
        click.echo(sends(plan.design), err=True)
        with store.write() as session:
            check_cap(session, settings().judge_budget_usd, now(), budget_usd)
            run_id = kept(session, plan, model, asked)
            hold(session, run_id, me, now)
    _execute(run_id, me, json_)


@judging.command("resume")
@_run
@click.option("--budget-usd", type=float, help="A new budget, of the whole run.")
@click.option("--calls", type=int, help="A new limit of requests, of the whole run.")
@as_json
@fails_cleanly
def resume(run_id: int, budget_usd: float | None, calls: int | None, json_: bool) -> None:
    """Go on with a run that was killed, stopped or had spent its budget."""
    from labeling.judge import again, check_cap, hold, run_named
    from server.judges import holder

    me = holder()
    with opened() as store, store.write() as session:
        known = run_named(session, run_id).budget_usd if budget_usd is None else budget_usd
        check_cap(session, settings().judge_budget_usd, now(), known, run_id)
        again(session, run_id, usd=budget_usd, calls=calls)
        hold(session, run_id, me, now)
    _execute(run_id, me, json_)


@judging.command("stop")
@_run
@as_json
@fails_cleanly
def stop(run_id: int, json_: bool) -> None:
    """Stop a run; what is under way is still taken in."""
    from labeling.judge import stop as stop_run

    with opened() as store, store.write() as session:
        stop_run(session, run_id)
    _show(run_id, json_)


@judging.command("show")
@_run
@as_json
@fails_cleanly
def show(run_id: int, json_: bool) -> None:
    """Show what became of a run: scores, failures by kind, cost."""
    _show(run_id, json_)


@judging.command("runs")
@click.argument("queue_name", metavar="[QUEUE]", required=False)
@as_json
@fails_cleanly
def runs(queue_name: str | None, json_: bool) -> None:
    """List the runs, the newest first."""
    from labeling.judge import run_report
    from storage.queries.judging import runs_of

    with opened() as store, store.read() as session:
        found = [run_report(session, row) for row in runs_of(session, queue_name)]
    columns = {
        "run_id": "RUN",
        "queue": "QUEUE",
        "version": "JUDGE",
        "state": "STATE",
        "scored": "SCORED",
        "items": "OF",
        "calls_sent": "CALLS",
        "spent_usd": "USD",
    }
    answer(found, json_, lambda: table(list(found), columns))


def _execute(run_id: int, holder: str, json_: bool) -> None:
    from server.judges import judge_now

    with opened() as store:
        judge_now(store, run_id, settings(), now, holder=holder)
    _show(run_id, json_)


def _show(run_id: int, json_: bool) -> None:
    from labeling.judge import run_named, run_report

    with opened() as store, store.read() as session:
        found = run_report(session, run_named(session, run_id))
    answer(found, json_, lambda: _told(found))


def _outlook(told: Mapping[str, Any]) -> str:
    lines = [
        f"{told['version']} would judge {told['items']} of {told['population']} interactions "
        f"on {', '.join(told['fields'])}: {told['calls']} calls",
        f"  about {told['typical_usd']:.4g} USD, at most {told['most_usd']:.4g} USD "
        "if no call has to be repeated",
        f"  {told['sends']}",
    ]
    return "\n".join([*lines, *(f"  warning: {one}" for one in told["warnings"])])


def _told(found: Mapping[str, Any]) -> str:
    why = f": {found['reason']}" if found["reason"] else ""
    lines = [
        f"run {found['run_id']} of {found['queue']} by {found['version']}: {found['state']}{why}",
        f"  scored {found['scored']} of {found['items']}, open {found['open']}"
        + (f"; {found['remembered']} from earlier answers" if found["remembered"] else ""),
        f"  spent {found['spent_usd']:.6g} of {found['budget_usd']:g} USD, "
        f"{found['calls_sent']} of {found['budget_calls']} calls",
    ]
    if found["sends"]:
        lines.append(f"  {found['sends']}")
    lines += [f"  failed   {kind:18} {count}" for kind, count in sorted(found["failed"].items())]
    lines += [f"  replies  {kind:18} {count}" for kind, count in sorted(found["calls"].items())]
    if found["position"]:
        told = found["position"]
        lines.append(f"  pairs {told['pairs']}, decided by their order {told['undecided']}")
    return "\n".join([*lines, *(f"  warning: {one}" for one in found["warnings"])])
