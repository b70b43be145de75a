"""A judge's bench: interactions, a queue, a loopback model, and a run that does not wait."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from labeling.guideline import load_guidelines
from labeling.judge import (
    RunRequest,
    Wire,
    execute,
    kept,
    model_from,
    planned,
    run_named,
    run_report,
)
from labeling.queues import QueueSpec, create_queue
from storage import Store
from storage.ingest import ingest_rows
from storage.queries.scores import latest_between
from tests.model_server import ModelServer, model_server

ROOT = Path(__file__).resolve().parents[3]
FREE: dict[str, Any] = {"usd_per_million_input": 0, "usd_per_million_output": 0}
PRICED: dict[str, Any] = {"usd_per_million_input": 1.0, "usd_per_million_output": 10.0}


@dataclass
class Bench:
    store: Store
    server: ModelServer
    now: datetime = datetime(2026, 11, 1, 12, tzinfo=UTC)
    waited: list[float] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    def later(self, **spans: float) -> None:
        self.now += timedelta(**spans)

    def traffic(self, count: int, **more: Any) -> None:
        rows = [
            {"id": f"r{n}", "source": "bot", "query": f"Question {n}?", "response": f"Answer {n}.",
             **more}
            for n in range(count)
        ]  # fmt: skip
        ingest_rows(self.store, enumerate(rows), clock=self.clock)

    def queue(self, slug: str = "response-quality", name: str = "q") -> None:
        guideline = load_guidelines(ROOT / "guidelines")[slug]
        with self.store.write() as session:
            create_queue(session, QueueSpec(name, slug), guideline, None, self.now)

    def model(self, **given: Any) -> Any:
        told = {"endpoint": "openai", "url": self.server.url, "model": "m-1", "temperature": 0,
                "concurrency": 1, "retries": 2, "timeout_seconds": 10}  # fmt: skip
        if given.get("endpoint") == "ollama":
            told["url"] = self.server.url.removesuffix("/v1")
        return model_from("small", told | PRICED | given)

    def begin(self, *, queue: str = "q", model: dict[str, Any] | None = None, usd: float = 100.0,
              calls: int = 1000, **request: Any) -> int:  # fmt: skip
        if not request.get("tasks") and "size" not in request:
            request = {"rate": 1.0, **request}
        asked = RunRequest(usd, calls, **request)
        made = self.model(**(model or {}))
        plan = planned(self.store, queue, made, asked, self.clock)
        with self.store.write() as session:
            return kept(session, plan, made, asked)

    def go(self, run_id: int, **given: Any) -> str:
        with httpx.Client() as client:
            return execute(
                self.store, run_id, secret=lambda name: f"key of {name}",
                wire=Wire(client, given.pop("wait", self.waited.append)), clock=self.clock,
                holder=given.pop("holder", "here"), **given,
            )  # fmt: skip

    def report(self, run_id: int) -> dict[str, Any]:
        with self.store.read() as session:
            return run_report(session, run_named(session, run_id))

    def judged(self, **given: Any) -> dict[str, Any]:
        """Begin a run, execute it, and tell what became of it."""
        run_id = self.begin(**given)
        self.go(run_id)
        return self.report(run_id)

    def scores(self, name: str = "quality") -> dict[int, float]:
        with self.store.read() as session:
            frame = latest_between(session, name, 0, 10**9, self.now + timedelta(days=9))
        return dict(zip(frame["interaction"], frame["value"], strict=True))


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as made:
        yield made


@pytest.fixture
def bench(sqlite_store: Store, server: ModelServer) -> Bench:
    return Bench(sqlite_store, server)


@pytest.fixture
def both(store: Store, server: ModelServer) -> Bench:
    """The same on each database."""
    return Bench(store, server)
