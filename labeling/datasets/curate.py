"""Labelled tasks that become items: filtered, drawn, with the chance each had of coming in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import combinations
from typing import Any

import msgspec
import pandas as pd

from labeling.attributes import attributes, having
from labeling.chances import all_chances
from labeling.datasets.items import Item, group_of, item
from labeling.datasets.recipe import COMPARED, Recipe, conditions, failing
from labeling.errors import InvalidLabel
from labeling.expected import Expected
from labeling.exports import DRAW, guideline_told
from labeling.fields import Field, Tags
from labeling.forms import Forms, forms_of
from labeling.reports import chosen_field
from labeling.rows import counted_labels, settled_rows
from sampling import Plan, draw, strategy_from
from storage import Session, frames
from storage.exports import Row
from storage.queries import draws, pool, queues
from storage.queries.answers import TaskSaid, answered_tasks


@dataclass(frozen=True)
class Curated:
    """What came out of queues."""

    items: tuple[Item, ...]
    made_from: dict[str, Any]
    """Recipe, counts, the draws of the queues and of this, guidelines."""


@dataclass(frozen=True)
class _Found:
    """A task that fits."""

    task: int
    row: Row
    queue: str


def curate(
    session: Session,
    recipe: Recipe,
    now: datetime,
    *,
    seed: int,
    passed_over: frozenset[str] = frozenset(),
) -> Curated:
    """The items that a recipe takes, in the order of their keys.

    An interaction that several queues have, or that was drawn and imported, is one item: the first
    queue named wins, and what was drawn. `passed_over` are keys that are not to be drawn.

    Raises
    ------
    InvalidLabel
        If the recipe asks for what a form or a queue does not have.
    NotFound
        If there is no such queue.
    """
    found: dict[str, _Found] = {}
    interactions: dict[str, int] = {}
    groups: dict[str, list[str]] = {}
    sources: list[dict[str, Any]] = []
    for name in recipe.queues:
        queue = queues.queue_named(session, name)
        known = all_chances(session, queue.id, now)
        facts = attributes(session, queue.id, known)
        users = frames.clusters(session, queue.id, "user_id")
        matched = 0
        rows = sorted(_fitting(session, queue, recipe, facts, known), key=_drawn_first)
        numbers = dict(zip(facts["task"].tolist(), facts["interaction"].tolist(), strict=True))
        for one in rows:
            key = item(one.row, {}, ()).key
            matched += 1
            if key not in found and key not in passed_over:
                found[key], interactions[key] = one, numbers[one.task]
                groups[key] = _groups(one.row, users.get(one.task))
        sources.append(_told(session, queue, matched))
    chosen, told = _sized(session, recipe, interactions, now, seed)
    items = [
        item(found[key].row, {"kind": "production", "queue": found[key].queue}, groups[key], pi)
        for key, pi in sorted(chosen.items())
    ]
    made = {"recipe": recipe.to_json(), "queues": sources, "matched": len(found), "draw": told}
    return Curated(tuple(items), made | {"as_of": now})


def _drawn_first(one: _Found) -> bool:
    return bool(one.row["purpose"] != "sample")


def _groups(row: Row, user: Any) -> list[str]:
    source = row["source"]
    own = user.split("\x1f", 1)[1] if isinstance(user, str) else None
    session = group_of("conversation", source, row["interaction"]["session_id"])
    return [*session, *group_of("user", source, own)]


def _told(session: Session, queue: Any, matched: int) -> dict[str, Any]:
    guideline = guideline_told(session, queue)
    return {
        "queue": queue.name,
        "matched": matched,
        "guideline": guideline,
        "draws": [
            {"draw_id": row.id} | {name: getattr(row, name) for name in DRAW}
            for row in draws.draw_rows(session, queue.id)
        ],
    }


def _fitting(
    session: Session, queue: Any, recipe: Recipe, facts: pd.DataFrame, known: Mapping[int, float]
) -> Iterator[_Found]:
    """The settled rows of a queue that fit."""
    forms = forms_of(session, queue)
    expected = Expected.parse(recipe.expected, forms.fields)
    inside = set(having(facts, recipe.where)["task"].tolist()) if recipe.where else None
    fits = _row_test(recipe, forms)
    tasks = (
        task
        for task in answered_tasks(session, queue.id, texts=True)
        if inside is None or task.task_id in inside
    )
    agreed = (task for task in tasks if _task_fits(task, recipe, forms))
    for row in settled_rows(agreed, forms, known, expected):
        if fits(row):
            yield _Found(int(row["task_id"]), row, queue.name)


def _task_fits(task: TaskSaid, recipe: Recipe, forms: Forms) -> bool:
    if task.purpose not in recipe.purposes or (recipe.verdicts_only and not task.verdicts):
        return False
    if recipe.min_agreement is None:
        return True
    field = chosen_field(forms.fields, recipe.agreement_on, COMPARED)
    share = agreeing(task, field, forms)
    return share is not None and share >= recipe.min_agreement


def agreeing(task: TaskSaid, field: Field, forms: Forms) -> float | None:
    """The share of pairs of people who answered a field of a task alike; None without a pair."""
    said = [
        label.values.get(field.name, [] if isinstance(field, Tags) else None)
        for label in counted_labels(task.labels)
        if field.name in forms.same[label.guideline]
    ]
    given = [sorted(one) if isinstance(one, list) else one for one in said if one is not None]
    pairs = list(combinations(given, 2))
    return sum(one == other for one, other in pairs) / len(pairs) if pairs else None


def _row_test(recipe: Recipe, forms: Forms) -> Callable[[Row], bool]:
    """Whether a settled row fits."""
    tests = conditions(recipe.values, forms.fields)
    rating = None if recipe.outcome == "all" else failing(forms.fields)
    below = 0 if rating is None else rating.failure_below or 0

    def fits(row: Row) -> bool:
        values, tags = row["values"], row["interaction"]["tags"] or ()
        if rating is not None:
            point = values.get(rating.name)
            if point is None or (point < below) != (recipe.outcome == "failures"):
                return False
        if recipe.needs_expected and not (row["expected_answer"] or "").strip():
            return False
        return set(recipe.tags) <= set(tags) and all(test(values) for test in tests)

    return fits


def _sized(
    session: Session, recipe: Recipe, interactions: Mapping[str, int], now: datetime, seed: int
) -> tuple[dict[str, float | None], dict[str, Any] | None]:
    """Which of the matching come in, each with its chance, and the draw that says so."""
    if recipe.size is None or not interactions:
        return dict.fromkeys(interactions), None
    try:
        strategy = strategy_from(recipe.strategy, recipe.params)
        plan = Plan(strategy, size=recipe.size, seed=seed)
    except ValueError as error:
        raise InvalidLabel("strategy", str(error), None) from error
    asked = pool.Pool(pool.Filter(), now, columns=strategy.columns, scores=strategy.scores)
    ids = sorted(interactions.values())
    drawn = draw(plan, lambda: pool.among(session, asked, ids))
    key_of = {number: key for key, number in interactions.items()}
    pairs = zip(drawn.picked["interaction"].tolist(), drawn.picked["pi"].tolist(), strict=True)
    told = {
        "strategy": recipe.strategy,
        "params": strategy.params(),
        "seed": seed,
        "population": drawn.population,
        "drawn": len(drawn.picked),
        "record": drawn.record().to_json(),
        "warnings": list(drawn.warnings),
    }
    return {key_of[number]: pi for number, pi in pairs}, told


def seed_for(name: str, number: int) -> int:
    """A seed that is the same wherever the history of a dataset is the same."""
    text = f"goldloop dataset {name} {number}".encode()
    return int.from_bytes(sha256(text).digest()[:8], "big") >> 1


def plain(made: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON holds it."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(made))
    return found
