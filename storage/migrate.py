"""Bringing a database to the schema of this program.

Alembic is imported when there is something to bring: to find out that there is not, it would cost
10 MB and a third of a second at every start.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import String, column, inspect, select, table

from storage.engine import Session, Store
from storage.errors import StoreOutdated

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).with_name("migrations")
_KEPT = table("alembic_version", column("version_num", String))
_UPGRADE_LOCK = 0x601D  # one number for everybody who upgrades the same PostgreSQL database


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def head() -> str:
    """The schema revision of this program: the number of its last migration."""
    return max(file.name.partition("_")[0] for file in (_SCRIPTS / "versions").glob("[0-9]*.py"))


def revision(session: Session) -> str | None:
    """The schema revision of the database; None when it is empty."""
    if not inspect(session).has_table(_KEPT.name):
        return None
    return session.scalar(select(_KEPT.c.version_num))


def upgrade(store: Store) -> bool:
    """Create or upgrade the schema; tells whether anything was done. Safe to call at once."""
    from alembic import command

    wanted = head()
    with store.write() as session:
        if not store.is_sqlite:
            session.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
        if revision(session) == wanted:
            return False
        config = _config()
        config.attributes["connection"] = session
        command.upgrade(config, "head")
        return True


def ensure_current(store: Store) -> None:
    """Create or upgrade an embedded store; create an empty PostgreSQL one, refuse an older one.

    Raises
    ------
    StoreOutdated
        On PostgreSQL, where other servers may still run the old program.
    """
    with store.read() as session:
        found = revision(session)
    if found == head():
        return
    if store.is_sqlite or found is None:
        upgrade(store)
        return
    raise StoreOutdated(
        f"the database is at schema {found}, this program needs {head()}: "
        "stop the servers and run `goldloop migrate`"
    )
