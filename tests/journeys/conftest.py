"""Journeys: the real application on a port of its own, and a real Chromium."""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from labeling.guideline import Guideline, load_guidelines, shipped_folder
from labeling.queues import QueueSpec, create_queue
from server import auth
from server.app import create_app
from server.settings import Settings
from storage import Store, open_store
from storage.queries import draws, queues
from tests import factories

PASSWORD = "correct horse battery"
PATIENCE = 20_000
"""Milliseconds after which something that should have come has not; machines are slow at times."""
FLAGS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@cache
def password_hash() -> str:
    """Made once: it is meant to take long."""
    return auth.password_hash(PASSWORD)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine, or the one that GOLDLOOP_CHROMIUM names."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("GOLDLOOP_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )
    assert found, "no Chromium: tests/install-chromium.sh installs one"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


class _Server(uvicorn.Server):
    """Says when it answers."""

    ready: threading.Event

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@dataclass
class Site:
    """The running application, its store behind its back, and who has logged in."""

    url: str
    store: Store
    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    """Requests that left the origin."""
    broken: list[str] = field(default_factory=list)
    """What the browser's console complained of."""

    def person(self, name: str, role: str = "annotator") -> str:
        with self.store.write() as session:
            account = auth.create_account(session, name, role, datetime.now(UTC))
            auth.accounts.set_password(session, account.id, password_hash())
        return name

    def queue(
        self,
        name: str,
        exchanges: Sequence[dict[str, Any]],
        guideline: Guideline | str = "response-quality",
        **spec: Any,
    ) -> str:
        """A queue under a guideline, shipped or given, its tasks in the order of the exchanges."""
        now = datetime.now(UTC)
        if isinstance(guideline, str):
            guideline = load_guidelines(shipped_folder())[guideline]
        overlap = spec.get("overlap", 1)
        with self.store.write() as session:
            wanted = QueueSpec(name=name, guideline=guideline.slug, **spec)
            create_queue(session, wanted, guideline, None, now)
            queue_id = queues.queue_named(session, name).id
            rows = [
                {
                    "interaction_id": factories.interaction(session, **exchange),
                    "purpose": "sample",
                    "planned_labels": overlap,
                    "labels_wanted": overlap,
                    "free_slots": overlap,
                    "position": place,
                    "reason": "taken at random",
                }
                for place, exchange in enumerate(exchanges)
            ]
            draws.add_tasks(session, queue_id, rows, now)
        return name

    def browser(self, **options: Any) -> BrowserContext:
        """A browser without cookies that notes what leaves the origin and what breaks."""
        context = self.chromium.new_context(base_url=self.url, **options)
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda request: self._note(request.url))
        context.on(
            "console",
            lambda said: self.broken.append(said.text) if said.type == "error" else None,
        )
        context.on("weberror", lambda error: self.broken.append(str(error.error)))
        self.contexts.append(context)
        return context

    def _note(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.foreign.append(url)

    def log_in(self, name: str, path: str = "/label", **options: Any) -> Page:
        """A browser of that person, on a page."""
        page = self.browser(**options).new_page()
        page.goto(path)
        page.fill("#username", name)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(f"**{path.split('?')[0]}/**")
        return page


def away(page: Page) -> None:
    """Put the guideline away that lies over a task on a phone when somebody sees it first."""
    page.locator(".gl-rubric").get_by_role("button", name="Close").click()


@pytest.fixture(scope="module")
def start_site(
    tmp_path_factory: pytest.TempPathFactory, chromium: Browser, sqlite_template: Path
) -> Iterator[Callable[[], Site]]:
    """Starts applications, each on a new database; stops them at the end."""
    running: list[tuple[_Server, threading.Thread, Site]] = []

    def start() -> Site:
        path = tmp_path_factory.mktemp("site") / "goldloop.db"
        shutil.copyfile(sqlite_template, path)
        url = f"sqlite:///{path}"
        app = create_app(Settings(database_url=url, scheduler=False, failed_logins=1000))
        listener = socket.create_server(("127.0.0.1", 0))
        server = _Server(uvicorn.Config(app, log_level="warning"))
        server.ready = threading.Event()
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        assert server.ready.wait(30), "the application did not start"
        port = listener.getsockname()[1]
        site = Site(f"http://127.0.0.1:{port}", open_store(url), chromium)
        running.append((server, thread, site))
        return site

    yield start
    for server, thread, site in running:
        for context in site.contexts:
            context.close()
        site.store.close()
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def site(start_site: Callable[[], Site]) -> Site:
    """One application for the journeys of a file."""
    return start_site()


@pytest.fixture(autouse=True)
def tidy(request: pytest.FixtureRequest) -> Iterator[None]:
    """Closes the browsers that a journey opened: pages left open take the machine from the rest."""
    if "site" not in request.fixturenames:
        yield
        return
    contexts = request.getfixturevalue("site").contexts
    before = len(contexts)
    yield
    for context in contexts[before:]:
        context.close()
    del contexts[before:]
