"""A queue with labels that a dataset can be taken from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from labeling.datasets.recipe import Recipe
from labeling.datasets.versions import DatasetSpec, add_from_queues, create_dataset
from labeling.draws import DrawRequest, draw_into
from storage import Session, Store
from storage.frames import tasks as task_frame
from storage.queries import accounts, queues
from storage.tables import label
from tests import factories

NOW = factories.NOON + timedelta(days=1)
RATED = [
    one | {"failure_below": 3} if one["name"] == "quality" else one for one in factories.FIELDS
]
THINGS = ("kettle", "lamp", "shoes", "invoice", "parcel", "login", "password", "voucher")


@dataclass
class Bench:
    """A store with the queue `support`, and a dataset `bench` without a version."""

    store: Store
    folder: Path

    def ask(self, number: int, **columns: Any) -> int:
        text = f"{number * 7919} {THINGS[number % 8]} {number**3}: what about {number * number}?"
        with self.store.write() as session:
            return factories.interaction(
                session, f"req-{number}", messages=[{"role": "user", "content": text}], **columns
            )

    def label(self, now: datetime = NOW) -> None:
        """Draw what there is, and have two people label it: 1, 3 or 5, differing on every sixth."""
        draw_into(self.store, "support", DrawRequest("random", rate=1.0), clock=lambda: now)
        with self.store.write() as session:
            queue_id = queues.queue_named(session, "support").id
            frame = task_frame(session, queue_id)
            names = ("ada", "ben")
            people = [self._person(session, name) for name in names]
            for place, task_id in enumerate(sorted(frame["task"].tolist(), key=str)):
                if session.execute(select(label.c.id).where(label.c.task_id == task_id)).first():
                    continue
                for slot, person in enumerate(people):
                    held = factories.assignment(session, task_id, person, slot=slot)
                    point = 1 + 2 * (place % 3) + (slot if place % 6 == 0 else 0)
                    values = {"quality": point, "issues": ["hallucination"] if point < 3 else []}
                    if point >= 3:
                        values["expected_answer"] = f"Better {place}"
                    factories.label(session, task_id, person, values, assignment_id=held)

    def _person(self, session: Session, name: str) -> int:
        found = accounts.account_named(session, name)
        return found.id if found else factories.account(session, name)

    def add(self, now: datetime = NOW, **recipe: Any) -> dict[str, Any]:
        only = recipe.pop("only", False)
        asked = Recipe(("support",), **recipe)
        return add_from_queues(self.store, "bench", asked, now, only=only)


@pytest.fixture
def make_bench(tmp_path: Path) -> Callable[[Store], Bench]:
    def make(store: Store) -> Bench:
        with store.write() as session:
            form = factories.guideline(session, RATED)
            factories.queue(session, "support", form, overlap=2)
        bench = Bench(store, tmp_path)
        for number in range(24):
            bench.ask(number, tags=["vip"] if number % 4 == 0 else None, confidence=number / 24)
        bench.label()
        create_dataset(store, DatasetSpec("bench", "CC0"), NOW)
        return bench

    return make


@pytest.fixture
def bench(sqlite_store: Store, make_bench: Callable[[Store], Bench]) -> Bench:
    return make_bench(sqlite_store)
