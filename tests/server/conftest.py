"""A running house in a test: people with tokens, a clock that is set, example work."""

import atexit
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from starlette.testclient import TestClient

from labeling.draws import DrawRequest, draw_into
from labeling.guideline import load_guidelines, shipped_folder
from labeling.queues import QueueSpec, create_queue
from server import auth
from server.api.deps import House
from server.app import assemble, create_app
from server.settings import Settings
from storage import Store
from storage.ingest import ingest_rows
from storage.queries.accounts import Account

PASSWORD = "three calm words"
ROLES = {
    "ann": "annotator", "ben": "annotator", "lee": "lead", "eng": "engineer", "root": "admin"
}  # fmt: skip


@dataclass
class Clock:
    """Time that stands still until it is moved."""

    now: datetime = datetime(2026, 11, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **spans: float) -> None:
        self.now += timedelta(**spans)


@cache
def event_loop() -> BlockingPortal:
    """The one that all requests of this process run in, in a thread of its own."""
    opened = start_blocking_portal()
    atexit.register(opened.__exit__, None, None, None)
    return opened.__enter__()


def asks(client: TestClient) -> TestClient:
    """The same without a new thread and a new event loop for every request."""
    client.portal = event_loop()
    return client


@dataclass
class Town:
    """A house, who lives there, and ways to ask it."""

    house: House
    app: FastAPI
    clock: Clock
    tokens: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)

    def client(self, name: str | None = None, **options: Any) -> TestClient:
        headers = {"authorization": f"Bearer {self.tokens[name]}"} if name else {}
        return asks(TestClient(self.app, follow_redirects=False, headers=headers, **options))

    def browser(self, name: str) -> TestClient:
        """A client with the cookie of a log-in."""
        with self.house.store.write() as session:
            secret = auth.open_login(session, self.accounts[name], self.clock.now, 1)
        cookies = {auth.COOKIE: secret}
        return asks(TestClient(self.app, follow_redirects=False, cookies=cookies))

    def interactions(self, count: int, source: str = "bot", **more: Any) -> None:
        rows = [
            {
                "id": f"{source}-{number}",
                "source": source,
                "query": f"Question {number}?",
                "response": f"Answer {number}.",
                "model": f"m-{number % 2}",
                "confidence": (number % 10) / 10,
                **more,
            }
            for number in range(count)
        ]
        ingest_rows(self.house.store, enumerate(rows), source=source, clock=self.clock)

    def queue(self, name: str = "q", *, tasks: int = 4, **rules: Any) -> None:
        """A queue with that many drawn tasks."""
        guideline = self.house.guidelines["response-quality"]
        with self.house.store.write() as session:
            spec = QueueSpec(name, guideline.slug, **rules)
            create_queue(session, spec, guideline, None, self.clock.now)
        if tasks:
            self.interactions(tasks)
            self.clock.pass_(seconds=1)
            request = DrawRequest("random", size=tasks)
            draw_into(self.house.store, name, request, clock=self.clock)


def settle(store: Store, clock: Clock, **changed: Any) -> Town:
    url = store.engine.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, scheduler=False, **changed)
    house = House(settings, store, load_guidelines(shipped_folder()), clock)
    return peopled(Town(house, assemble(house), clock))


@cache
def password_hash() -> str:
    """Made once: it is meant to take long."""
    return auth.password_hash(PASSWORD)


def peopled(town: Town) -> Town:
    with town.house.store.write() as session:
        for name, role in ROLES.items():
            account = auth.create_account(session, name, role, town.clock.now)
            auth.accounts.set_password(session, account.id, password_hash())
            town.accounts[name] = account
            town.tokens[name] = auth.issue_token(session, account, town.clock.now)
    return town


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_town(sqlite_store: Store, clock: Clock) -> Callable[..., Town]:
    """REST and log-in under the settings that are given."""
    return lambda **changed: settle(sqlite_store, clock, **changed)


@pytest.fixture
def town(store: Store, clock: Clock) -> Iterator[Town]:
    """REST and log-in on each database."""
    made = settle(store, clock)
    yield made
    made.house.turns.stop()


@pytest.fixture
def sqlite_town(make_town: Callable[..., Town]) -> Iterator[Town]:
    """The same where the database makes no difference."""
    made = make_town()
    yield made
    made.house.turns.stop()


@contextmanager
def opened_city(folder: Path, template: Path, clock: Clock) -> Iterator[Town]:
    """The whole application with its pages: building them takes a second."""
    shutil.copyfile(template, folder / "city.db")
    settings = Settings(database_url=f"sqlite:///{folder}/city.db", scheduler=False)
    app = create_app(settings, clock=clock)
    made = peopled(Town(app.state.house, app, clock))
    with TestClient(app):
        yield made


@pytest.fixture
def city(tmp_path: Path, clock: Clock, sqlite_template: Path) -> Iterator[Town]:
    """One of a test's own."""
    with opened_city(tmp_path, sqlite_template, clock) as made:
        yield made
