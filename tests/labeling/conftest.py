"""A small laboratory: people, a queue with tasks, and a clock that only moves when told."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from labeling import assignment
from labeling.guideline import Guideline, load_guidelines
from labeling.queues import QueueSpec, create_queue
from labeling.submit import SlotTaken, Submission, Submitted, submit
from storage import Store
from storage.queries import accounts, draws, queues
from storage.queries.accounts import Account
from storage.tables import content, interaction

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Lab:
    store: Store
    guideline: Guideline
    now: datetime = datetime(2026, 11, 1, 12, tzinfo=UTC)
    people: dict[str, Account] = field(default_factory=dict)

    def person(self, name: str, role: str = "annotator") -> Account:
        if name not in self.people:
            with self.store.write() as session:
                self.people[name] = accounts.add_account(session, name, role, self.now)
        return self.people[name]

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def interactions(self, count: int, **columns: Any) -> list[int]:
        """That many interactions, straight into the tables; their ids."""
        ids = []
        with self.store.write() as session:
            for number in range(count):
                row = {
                    "source": "lab",
                    "external_id": f"i{number}",
                    "sample_key": 1_000_003 * (number + 1),
                    "input_hash": number,
                    "created_at": self.now,
                    "received_at": self.now,
                    "chars": 10,
                } | columns
                added = session.execute(insert(interaction).values(row).returning(interaction.c.id))
                ids.append(added.scalar_one())
                texts = {
                    "interaction_id": ids[-1],
                    "messages": [{"role": "user", "content": f"Question {number}?"}],
                    "responses": [{"id": "r1", "text": "Answer.", "model": "secret-model"}],
                }
                session.execute(insert(content).values(texts))
        return ids

    def queue(self, tasks: int, *, name: str = "q", overlap: int = 1, **spec: Any) -> str:
        """A queue with tasks in the order of their interactions."""
        with self.store.write() as session:
            wanted = QueueSpec(name, self.guideline.slug, overlap, **spec)
            create_queue(session, wanted, self.guideline, None, self.now)
        ids = self.interactions(tasks, source=name) if tasks else []
        with self.store.write() as session:
            queue_id = queues.queue_named(session, name).id
            rows = [
                {
                    "interaction_id": one,
                    "purpose": "sample",
                    "planned_labels": overlap,
                    "labels_wanted": overlap,
                    "free_slots": overlap,
                    "position": place,
                    "reason": "taken at random",
                }
                for place, one in enumerate(ids)
            ]
            draws.add_tasks(session, queue_id, rows, self.now)
        return name

    def claim(self, name: str, queue: str = "q", **options: Any) -> Any:
        account = self.person(name)
        with self.store.write() as session:
            return assignment.claim(session, queue, account, now=self.now, **options)

    def claim_one(self, name: str, queue: str = "q") -> Any:
        return self.claim(name, queue)[0]

    def submit(self, name: str, held: int, quality: int = 4, **rest: Any) -> Submitted | SlotTaken:
        sent = Submission(rest.pop("values", {"quality": quality, "issues": []}), **rest)
        account = self.person(name)
        with self.store.write() as session:
            return submit(session, held, account, sent, self.now)


@pytest.fixture
def lab(store: Store) -> Lab:
    """The laboratory on each database."""
    return Lab(store, load_guidelines(ROOT / "guidelines")["response-quality"])
