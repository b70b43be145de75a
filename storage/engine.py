"""Opening a store: one engine, and one transaction per `read` or `write` block.

SQLite takes one writer at a time. Threads that meet only in SQLite's own busy handler wait up to
seconds; a lock in the process hands over at once, so `write` takes one first.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, create_engine, event
from sqlalchemy.engine import make_url

from storage.redact.key import Redaction

Session = Connection
"""One open transaction. Queries take it as first argument and never commit."""

AnyRow = Row[*tuple[Any, ...]]
"""One row of a result, columns as attributes."""

BUSY_MILLISECONDS = 30_000


@dataclass(frozen=True)
class Store:
    """A database that Goldloop keeps its data in."""

    engine: Engine
    _writer: threading.RLock = field(default_factory=threading.RLock, repr=False)
    redaction: Redaction = field(default_factory=Redaction, repr=False)
    """What the settings say of redaction."""

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @property
    def path(self) -> Path | None:
        """The file of an embedded store."""
        database = self.engine.url.database
        return Path(database) if self.is_sqlite and database else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads: one consistent picture on SQLite."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A transaction that only reads and sees one moment throughout, on either database."""
        with self.read() as session:
            if not self.is_sqlite:
                session.exec_driver_sql(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
                )
            yield session

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Session]:
        """A transaction that is on disk when the block ends.

        With ``durable=False`` the last moments may be lost in a power cut (never in a crash of
        the process): right for leases and drafts, wrong for labels.
        """
        if not self.is_sqlite:
            with self.engine.connect() as connection:
                if not durable:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
                with _finished(connection):
                    yield connection
            return
        with self._writer, self.engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            connection = connection.execution_options(goldloop_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextmanager
def _finished(connection: Connection) -> Iterator[None]:
    """Commit what was begun on the connection, or roll it back."""
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def open_store(url: str, redaction: Redaction | None = None) -> Store:
    """Open the store at a database URL (``sqlite:///file`` or ``postgresql://...``).

    What comes in is masked unless `redaction` says otherwise; an embedded store keeps the key of
    its placeholders in a file beside it.

    Raises
    ------
    ValueError
        If the URL is neither SQLite nor PostgreSQL.
    """
    redaction = redaction or Redaction()
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return Store(
            create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_size=20,
                max_overflow=30,
                pool_pre_ping=True,
            ),
            redaction=redaction,
        )
    if backend != "sqlite":
        raise ValueError(f"database URL {url!r}: want sqlite:///FILE or postgresql://HOST/NAME")
    if not parsed.database or parsed.database == ":memory:":
        raise ValueError(f"database URL {url!r}: an embedded store needs a file, sqlite:///FILE")
    file = Path(parsed.database).expanduser()
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        parsed.set(database=str(file)),
        pool_size=40,
        max_overflow=20,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "do_connect", _keep_private)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Store(engine, redaction=redaction.beside(file))


def _keep_private(_dialect: object, _record: object, args: list[Any], _rest: object) -> None:
    """Let nobody but its owner read a new store: it holds what users of a product said."""
    Path(args[0]).touch(mode=0o600, exist_ok=True)


def _prepare_sqlite(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # transactions begin where we say, see _begin_sqlite
    raw.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    _use_wal(raw)
    for pragma in (
        "foreign_keys=ON",
        "cache_size=-32000",
        "temp_store=MEMORY",
    ):
        raw.execute(f"PRAGMA {pragma}")


def _use_wal(raw: Any) -> None:
    """Switch a new file to WAL; it takes the file alone, and SQLite does not wait for that."""
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("goldloop_begin", "BEGIN")
    connection.exec_driver_sql(begin)
