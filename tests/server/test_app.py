"""The whole application on a real socket: it starts, is ready, answers, logs, and ends."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from labeling.queues import QueueSpec, create_queue, queue_info
from server import logs
from server.app import create_app
from server.auth import PAGES
from server.settings import Settings
from storage import open_store


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        base = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            thread.join(0.01)
        yield base
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(database_url=f"sqlite:///{tmp_path}/app.db", verbose=True)


def test_from_nothing_to_ready(settings: Settings) -> None:
    with served(create_app(settings)) as base:
        assert httpx.get(f"{base}/healthz").json() == {"status": "ok"}
        ready = httpx.get(f"{base}/readyz")
        assert ready.json() == {"status": "ok", "rooms": True, "database": True}
        page = httpx.get(f"{base}/label")
        assert (page.status_code, page.headers["location"]) == (303, "/login?next=%2Flabel")
        assert "server" not in page.headers or "uvicorn" in page.headers["server"]


def test_no_handler_of_a_page_waits_in_a_queue(city) -> None:
    pages = [one.app.get_blocks() for one in city.app.routes if getattr(one, "path", "") in PAGES]
    assert len(pages) == len(PAGES)
    for page in pages:
        assert page.fns
        assert not any(handler.queue for handler in page.fns.values())
        assert page._queue.sleep_when_free >= 60


def test_a_second_process_on_the_same_store(settings: Settings) -> None:
    with served(create_app(settings)) as first, served(create_app(settings)) as second:
        for base in (first, second):
            assert httpx.get(f"{base}/readyz").status_code == 200


def test_not_ready_without_its_tables(sqlite_town) -> None:
    with sqlite_town.house.store.write() as session:
        session.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    answer = sqlite_town.client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "rooms": True, "database": False}


def test_not_ready_without_its_database(sqlite_town) -> None:
    store = sqlite_town.house.store
    with store.write() as session:
        session.exec_driver_sql("DROP TABLE alembic_version")
    assert sqlite_town.client().get("/readyz").status_code == 503


def test_a_newer_guideline_is_in_force_after_a_start(settings: Settings, tmp_path) -> None:
    folder = tmp_path / "own" / "kindness"
    folder.mkdir(parents=True)
    (folder / "guideline.md").write_text("# Kindness\n\nIs it kind?\n")
    field = '[[fields]]\nname = "kind"\nkind = "boolean"\nlabel = "Kind?"\n'
    form = 'version = "{}"\ntitle = "Kindness"\n' + field
    (folder / "fields.toml").write_text(form.format(1))
    own = settings.model_copy(update={"guidelines": tmp_path / "own"})
    app = create_app(own)
    house = app.state.house
    with house.store.write() as session:
        spec = QueueSpec("q", "kindness")
        create_queue(session, spec, house.guidelines["kindness"], None, house.clock())
    (folder / "fields.toml").write_text(form.format(2))
    create_app(own)
    store = open_store(own.database_url)
    with store.read() as session:
        assert queue_info(session, "q")["guideline"]["version"] == "2"
    store.close()


def test_requests_are_logged_when_asked_for(settings, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="goldloop.access"):
        TestClient(create_app(settings)).get("/healthz?secret=1")
    (line,) = [record.getMessage() for record in caplog.records if record.name == logs.access.name]
    assert line.startswith("GET '/healthz' 200 ")
    assert "secret" not in line
