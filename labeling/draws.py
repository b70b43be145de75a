"""One draw into a queue: stream the candidates, sample, make tasks, keep all that replays it.

The candidates are read in a transaction of their own, so that people go on labeling meanwhile; the
result is written in one short transaction in which draws into the same queue take turns.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from labeling.errors import InvalidLabel
from labeling.filters import parse_filter
from sampling import (
    Drawn,
    DrawRecord,
    Plan,
    Strategy,
    classes,
    draw,
    knowing,
    replay,
    strategy_from,
    uniform,
)
from storage import Conflict, Session, Store
from storage.clock import draw_clock
from storage.queries import draws, pool, queues
from storage.queries.accounts import Account

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class DrawRequest:
    """What is asked of a draw."""

    strategy: str = "mixture"
    params: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None
    rate: float | None = None
    seed: int | None = None
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Occasion:
    """The planned time and the window of `received_at` that a schedule draws for."""

    schedule_id: int
    planned_at: datetime
    window_from: datetime


@dataclass(frozen=True)
class _Job:
    """A draw that has been asked for, with everything it depends on."""

    queue: queues.QueueRow
    strategy: Strategy
    request: DrawRequest
    seed: int
    pool: pool.Pool
    draws_before: int
    """How many draws the queue had when the candidates were read."""


def draw_into(  # noqa: PLR0913 - what, and who, when and whether
    store: Store,
    queue_name: str,
    request: DrawRequest,
    *,
    clock: Clock,
    by: Account | None = None,
    dry_run: bool = False,
    occasion: Occasion | None = None,
) -> dict[str, Any]:
    """Draw interactions into a queue as tasks; the draw as the public contract gives it.

    Raises
    ------
    InvalidLabel
        If strategy, parameters, size, rate or filter cannot be; names the field.
    Conflict
        `seed_reused`, `nothing_to_draw` when nothing matches, or `drawn_already` for a planned
        time that has been served.
    """
    while True:
        try:
            return _draw(store, queue_name, request, clock, by, dry_run, occasion)
        except Conflict as error:
            if request.seed is not None or error.code != "seed_reused":
                raise
            # another draw at the same moment took the seed that this one was going to take


def _draw(  # noqa: PLR0913 - as draw_into
    store: Store,
    queue_name: str,
    request: DrawRequest,
    clock: Clock,
    by: Account | None,
    dry_run: bool,
    occasion: Occasion | None,
) -> dict[str, Any]:
    with store.write(durable=False) as session:
        now = draw_clock(session, clock)
    with store.read() as session:
        job = _prepare(session, queue_name, request, now, occasion)
        drawn = _run(session, job)
        added, record = (0, drawn.record()) if dry_run else _added(session, job, drawn)
    if not drawn.population and not dry_run and occasion is None:
        message = "no interaction matches the filter" if request.where else "nothing is stored yet"
        raise Conflict("nothing_to_draw", message, "a dry run shows how many would match")
    if dry_run:
        with store.read() as session:
            known = draws.sample_tasks(session, job.queue.id)["interaction"]
            new = int((~drawn.picked["interaction"].isin(known)).sum())
            return _answer(job, drawn, None, new)
    with store.write() as session:
        return _store(session, job, drawn, (added, record), by, occasion)


def _prepare(
    session: Session,
    queue_name: str,
    request: DrawRequest,
    now: datetime,
    occasion: Occasion | None,
) -> _Job:
    queue = queues.queue_named(session, queue_name)
    try:
        strategy = strategy_from(request.strategy, request.params)
    except ValueError as error:
        raise InvalidLabel("strategy", str(error), None) from error
    seed = request.seed
    if seed is None:
        seed = _fresh_seed(session, queue.id)
    elif not 0 <= seed < 2**63:
        raise InvalidLabel("seed", f"{seed} is out of range", "from 0 to 2^63 - 1")
    elif draws.seed_used(session, queue.id, seed):
        message = f"seed {seed} was used by an earlier draw of this queue"
        raise Conflict("seed_reused", message, "give another seed, or none")
    candidates = pool.Pool(
        where=parse_filter(request.where),
        as_of=now,
        window_from=occasion.window_from if occasion else None,
        window_to=occasion.planned_at if occasion else None,
        columns=strategy.columns,
        scores=strategy.scores,
    )
    before = draws.count_draws(session, queue.id)
    return _Job(queue, strategy, request, seed, candidates, before)


def _fresh_seed(session: Session, queue_id: int) -> int:
    """A seed that no draw of the queue has had, the same wherever the history is the same."""
    number = draws.count_draws(session, queue_id)
    while True:
        number += 1
        digest = sha256(f"goldloop draw {queue_id} {number}".encode()).digest()
        seed = int.from_bytes(digest[:8], "big") >> 1
        if not draws.seed_used(session, queue_id, seed):
            return seed


def _run(session: Session, job: _Job) -> Drawn:
    try:
        plan = Plan(job.strategy, size=job.request.size, rate=job.request.rate, seed=job.seed)
    except ValueError as error:
        raise InvalidLabel("size", str(error), None) from error
    return draw(plan, lambda: pool.chunks(session, job.pool))


def _earlier(session: Session, queue_id: int) -> list[tuple[int, DrawRecord, pool.Pool]]:
    found = []
    for row in draws.draw_rows(session, queue_id):
        record = DrawRecord.from_json(row.record)
        candidates = pool.Pool(
            where=parse_filter(row.where),
            as_of=row.as_of,
            window_from=row.window_from,
            window_to=row.window_to,
            columns=record.strategy.columns,
            scores=record.strategy.scores,
        )
        found.append((row.id, record, candidates))
    return found


def _disjoint(one: pool.Pool, other: pool.Pool) -> bool:
    """Whether two pools cannot share an interaction because their windows do not meet."""
    one_to = min(one.window_to or one.as_of, one.as_of)
    other_to = min(other.window_to or other.as_of, other.as_of)
    return bool(
        (one.window_from and one.window_from > other_to)
        or (other.window_from and other.window_from > one_to)
        or (one.window_from and one.window_from == other.window_to)
        or (other.window_from and other.window_from == one.window_to)
    )


def _added(session: Session, job: _Job, drawn: Drawn) -> tuple[int, DrawRecord]:
    """How many interactions are eligible in this draw and in no earlier one of the queue.

    Beside them the record of the draw, which knows their weights.
    """
    earlier = [
        (record, candidates)
        for _, record, candidates in _earlier(session, job.queue.id)
        if not _disjoint(job.pool, candidates)
    ]
    mine = drawn.record()
    if not earlier:
        return drawn.eligible, mine
    added, news = 0, Counter[tuple[str, int]]()
    for chunk in pool.chunks(session, job.pool):
        ids = chunk["interaction"].to_numpy()
        told = replay(mine, chunk)
        fresh = ids[told["eligible"].to_numpy()]
        for record, candidates in earlier:
            if not len(fresh):
                break
            theirs = pool.between(session, candidates, int(ids[0]), int(ids[-1]))
            if not theirs.empty:
                said = replay(record, theirs)
                fresh = np.setdiff1d(fresh, said["interaction"][said["eligible"]].to_numpy())
        added += len(fresh)
        news += classes(told[told["interaction"].isin(fresh)])
    return added, knowing(mine, news)


def _store(
    session: Session,
    job: _Job,
    drawn: Drawn,
    news: tuple[int, DrawRecord],
    by: Account | None,
    occasion: Occasion | None,
) -> dict[str, Any]:
    queue_id = job.queue.id
    draws.lock_queue(session, queue_id)
    earlier = _earlier(session, queue_id)
    if len(earlier) != job.draws_before:  # somebody drew meanwhile
        news = _added(session, job, drawn)
    added, record = news
    known = draws.sample_tasks(session, queue_id)
    draw_id = draws.add_draw(
        session,
        {
            "queue_id": queue_id,
            "schedule_id": occasion.schedule_id if occasion else None,
            "planned_at": occasion.planned_at if occasion else None,
            "strategy": job.request.strategy,
            "params": job.strategy.params(),
            "code_version": version("goldloop"),
            "seed": job.seed,
            "where": _plain(job.request.where),
            "window_from": job.pool.window_from,
            "window_to": job.pool.window_to,
            "as_of": job.pool.as_of,
            "population": drawn.population,
            "eligible": drawn.eligible,
            "drawn": len(drawn.picked),
            "added": added,
            "record": record.to_json(),
            "created_at": job.pool.as_of,
            "created_by": by.id if by else None,
        },
    )
    picked = drawn.picked
    new = picked[~picked["interaction"].isin(known["interaction"])].sort_values("position")
    made = _make_tasks(session, job, new)
    task_of = dict(zip(known["interaction"], known["task"], strict=True)) | made
    draws.add_draw_tasks(session, draw_id, _picked_rows(picked, task_of))
    others = sorted(set(known["interaction"]) - set(picked["interaction"]))
    draws.add_draw_tasks(
        session, draw_id, _replayed(session, drawn.record(), job.pool, others, task_of)
    )
    for earlier_id, record, candidates in earlier:
        rows = _replayed(session, record, candidates, sorted(made), task_of)
        draws.add_draw_tasks(session, earlier_id, rows)
    return _answer(job, drawn, draw_id, len(made))


def _plain(where: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in where.items()
    }


def _overlap_seed(queue_id: int) -> int:
    """A seed of its own: who gets several labels must not depend on who was drawn."""
    digest = sha256(f"goldloop overlap {queue_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _make_tasks(session: Session, job: _Job, new: pd.DataFrame) -> dict[int, int]:
    """Tasks for newly drawn interactions, in serving order; task by interaction."""
    queue = job.queue
    first = draws.next_position(session, queue.id)
    several = uniform(new["sample_key"].to_numpy(), _overlap_seed(queue.id)) <= queue.overlap_rate
    rows = []
    for place, (interaction, reason, many) in enumerate(
        zip(new["interaction"], new["reason"], several, strict=True)
    ):
        labels = queue.overlap if many else 1
        rows.append(
            {
                "interaction_id": int(interaction),
                "purpose": "sample",
                "planned_labels": labels,
                "labels_wanted": labels,
                "free_slots": labels,
                "position": first + place,
                "reason": reason,
            }
        )
    ids = draws.add_tasks(session, queue.id, rows, job.pool.as_of)
    return dict(zip((row["interaction_id"] for row in rows), ids, strict=True))


def _row(row: Mapping[Any, Any], task_of: Mapping[int, int], *, picked: bool) -> dict[str, Any]:
    weight, priority = float(row["weight"]), float(row["priority"])
    return {
        "task_id": task_of[int(row["interaction"])],
        "stratum": str(row["stratum"]),
        "weight": None if np.isnan(weight) else weight,
        "priority": None if np.isnan(priority) else priority,
        "certain": bool(row["certain"]),
        "picked": picked,
        "position": int(row["position"]) if picked else None,
        "reason": str(row["reason"]) if picked else None,
    }


def _picked_rows(picked: pd.DataFrame, task_of: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    for row in picked.to_dict("records"):
        yield _row(row, task_of, picked=True)


def _replayed(
    session: Session,
    record: DrawRecord,
    candidates: pool.Pool,
    interactions: Iterable[int],
    task_of: Mapping[int, int],
) -> Iterator[dict[str, Any]]:
    """What a draw says of interactions that it did not pick but could have."""
    for frame in pool.among(session, candidates, list(interactions)):
        said = replay(record, frame)
        for row in said[said["eligible"]].to_dict("records"):
            yield _row(row, task_of, picked=False)


def _answer(job: _Job, drawn: Drawn, draw_id: int | None, new_tasks: int) -> dict[str, Any]:
    return {
        "draw_id": draw_id,
        "strategy": job.request.strategy,
        "params": job.strategy.params(),
        "seed": job.seed,
        "population": drawn.population,
        "eligible": drawn.eligible,
        "drawn": len(drawn.picked),
        "new_tasks": new_tasks,
        "strata": [asdict(stratum) for stratum in drawn.strata],
        "expected_half_width": drawn.expected_half_width,
        "warnings": list(drawn.warnings),
    }
