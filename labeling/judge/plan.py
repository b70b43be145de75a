"""Planning a run: which interactions, by which chance, and the most that it can cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from labeling.errors import InvalidLabel
from labeling.fields import Field, Pairwise, fields_from_json
from labeling.filters import parse_filter
from labeling.guideline import Guideline
from labeling.judge.endpoints import body_of
from labeling.judge.leaving import leaving, sends
from labeling.judge.models import Model
from labeling.judge.prompt import judged_fields, prompt_for, version_of
from labeling.judge.reading import check_score_names
from labeling.judge.samples import design_warnings
from sampling import Plan, draw, strategy_from
from storage import Conflict, Session, Store
from storage.clock import Clock, draw_clock
from storage.engine import AnyRow
from storage.queries import draws, judging, pool, queues
from storage.queries.accounts import Account
from storage.values import is_own_name

SHOWN = 20
"""Cases that a dry run measures to tell what a run may cost."""
CHARS_A_TOKEN = 4
TYPICAL_OUTPUT = 150
MOST_CALLS = 10_000_000
MOST_USD = 1_000_000.0


def check_budget(usd: float, calls: int) -> None:
    """Raise InvalidLabel for a budget that cannot be."""
    if not 0 <= usd <= MOST_USD:
        hint = f"US dollars from 0 to {MOST_USD:,.0f}"
        raise InvalidLabel("budget_usd", f"{usd:g} is not possible", hint)
    if not 1 <= calls <= MOST_CALLS:
        raise InvalidLabel("budget_calls", f"{calls} is not possible", f"from 1 to {MOST_CALLS}")


@dataclass(frozen=True)
class RunRequest:
    """What is asked of a judge."""

    budget_usd: float
    budget_calls: int
    strategy: str = "random"
    params: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None
    rate: float | None = None
    seed: int | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    tasks: bool = False
    """The tasks of the queue in place of a sample: says how far judge and people agree, no more."""
    fields: tuple[str, ...] = ()
    """Names; empty: all that a judge can answer."""
    scores_named: str | None = None

    def check(self) -> None:
        """Raise InvalidLabel on the first value that cannot be."""
        check_budget(self.budget_usd, self.budget_calls)
        name = self.scores_named
        if name is not None and (not is_own_name(name) or "." in name or len(name) > 50):
            hint = "at most 50 printable characters without a dot"
            raise InvalidLabel("name", f"{name!r:.80} cannot name scores", hint)
        if self.tasks and (self.size or self.rate or self.where):
            raise InvalidLabel("tasks", "come without size, rate and where", "leave them out")
        if not self.tasks and self.size is None and self.rate is None:
            hint = "a size, or a rate: 1 judges everything, which helps the estimate most"
            raise InvalidLabel("size", "how many shall be judged is missing", hint)


@dataclass(frozen=True)
class Planned:
    """A run before it is kept."""

    queue: queues.QueueRow
    guideline: Guideline
    fields: tuple[Field, ...]
    version: str
    design: Mapping[str, Any]
    as_of: datetime
    picked: list[tuple[int, float]]
    """Interactions with their chances, in the order they are judged."""


def guideline_of(row: AnyRow) -> Guideline:
    """The version of a guideline that a run, or a queue, is about."""
    form = fields_from_json(row.form)
    return Guideline(row.slug, row.guideline_version, row.title, row.markdown, form, row.hash)


def planned(
    store: Store, queue_name: str, model: Model, request: RunRequest, clock: Clock
) -> Planned:
    """Draw the sample of a run.

    Raises
    ------
    InvalidLabel
        If strategy, size, filter, field, name or budget cannot be.
    Conflict
        `seed_reused` for the seed of a draw of the queue: both would take the same ones;
        `nothing_to_draw` when nothing matches.
    """
    request.check()
    with store.write(durable=False) as session:
        now = draw_clock(session, clock)
    with store.read() as session:
        queue = queues.queue_named(session, queue_name)
        row = queues.guideline_row(session, queue.guideline_id)
        form = fields_from_json(row.fields)
        told = Guideline(row.slug, row.version, row.title, row.markdown, form, row.hash)
        fields = judged_fields(form, request.fields)
        check_score_names(fields, request.scores_named)
        if request.tasks:
            design, picked = _tasks(session, queue)
        else:
            design, picked = _sample(session, queue, request, now)
        ids = [one for one, _ in picked]
        design["leaving"] = leaving(session, model, ids, store.redaction.default)
    if not picked:
        raise Conflict("nothing_to_draw", "no interaction matches", "look at where and tasks")
    version = version_of(model, told, fields)
    return Planned(queue, told, fields, version, design, now, picked)


def _tasks(
    session: Session, queue: queues.QueueRow
) -> tuple[dict[str, Any], list[tuple[int, float]]]:
    ids = [int(one) for one in draws.sample_tasks(session, queue.id)["interaction"]]
    return {"tasks": True, "population": len(ids), "drawn": len(ids)}, [(one, 1.0) for one in ids]


def _sample(
    session: Session, queue: queues.QueueRow, request: RunRequest, now: datetime
) -> tuple[dict[str, Any], list[tuple[int, float]]]:
    seed = request.seed
    if seed is None:
        seed = _own_seed(session, queue.id)
    elif not 0 <= seed < 2**63:
        raise InvalidLabel("seed", f"{seed} is out of range", "from 0 to 2^63 - 1")
    elif draws.seed_used(session, queue.id, seed):
        message = f"seed {seed} was used by a draw of this queue: both would take the same ones"
        raise Conflict("seed_reused", message, "give another seed, or none")
    try:
        strategy = strategy_from(request.strategy, request.params)
        plan = Plan(strategy, size=request.size, rate=request.rate, seed=seed)
    except ValueError as error:
        raise InvalidLabel("strategy", str(error), None) from error
    candidates = pool.Pool(
        parse_filter(request.where), now, columns=strategy.columns, scores=strategy.scores
    )
    drawn = draw(plan, lambda: pool.chunks(session, candidates))
    picked = [
        (int(one), float(pi))
        for one, pi in zip(drawn.picked["interaction"], drawn.picked["pi"], strict=True)
    ]
    design = {
        "tasks": False,
        "strategy": request.strategy,
        "params": strategy.params(),
        "size": request.size,
        "rate": request.rate,
        "seed": seed,
        "where": {key: str(value) if isinstance(value, datetime) else value
                  for key, value in request.where.items()},
        "population": drawn.population,
        "drawn": len(picked),
        "record": drawn.record().to_json(),
    }  # fmt: skip
    return design, picked


def _own_seed(session: Session, queue_id: int) -> int:
    """A seed that has nothing to do with those of the queue's draws."""
    number = len(judging.runs_of(session))
    while True:
        number += 1
        digest = sha256(f"goldloop judge {queue_id} {number}".encode()).digest()
        seed = int.from_bytes(digest[:8], "big") >> 1
        if not draws.seed_used(session, queue_id, seed):
            return seed


def kept(
    session: Session, plan: Planned, model: Model, request: RunRequest, by: Account | None = None
) -> int:
    """Keep a planned run, waiting to be executed; its id."""
    run_id = judging.add_run(
        session,
        {
            "queue_id": plan.queue.id,
            "guideline_id": plan.queue.guideline_id,
            "model": model.to_json(),
            "version": plan.version,
            "fields": [one.name for one in plan.fields],
            "scores_named": request.scores_named,
            "design": dict(plan.design),
            "as_of": plan.as_of,
            "budget_usd": request.budget_usd,
            "budget_calls": request.budget_calls,
            "state": "waiting",
            "created_at": plan.as_of,
            "created_by": by.id if by else None,
        },
    )
    judging.add_items(session, run_id, plan.picked)
    return run_id


def outlook(store: Store, plan: Planned, model: Model) -> dict[str, Any]:
    """What a run would do: calls and cost, measured on its first cases.

    `most_usd` cannot be exceeded while no call is repeated; `typical_usd` takes four characters
    for a token and answers of 150 tokens.
    """
    orders = 2 if any(isinstance(one, Pairwise) for one in plan.fields) else 1
    with store.read() as session:
        cases = judging.cases(session, [one for one, _ in plan.picked[:SHOWN]])
    bodies = []
    for one in cases:
        told = {"messages": one.messages, "context": one.context}
        bodies.append(body_of(model, prompt_for(plan.guideline, plan.fields, told, one.responses)))
    most = sum(model.most(one) for one in bodies) / len(bodies)
    tokens = sum(len(one) for one in bodies) / len(bodies) / CHARS_A_TOKEN
    typical = model.cost(round(tokens), min(TYPICAL_OUTPUT, model.max_output_tokens))
    calls = len(plan.picked) * orders
    return {
        "queue": plan.queue.name,
        "model": model.name,
        "version": plan.version,
        "fields": [one.name for one in plan.fields],
        "population": plan.design["population"],
        "items": len(plan.picked),
        "calls": calls,
        "most_usd": most * calls,
        "typical_usd": typical * calls,
        "sends": sends(plan.design),
        "warnings": design_warnings(plan.design),
    }
