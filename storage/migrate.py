"""Bringing a database to the schema of this program."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.engine import Session, Store
from storage.errors import StoreOutdated

_SCRIPTS = Path(__file__).with_name("migrations")
_UPGRADE_LOCK = 0x601D  # one number for everybody who upgrades the same PostgreSQL database


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def head() -> str:
    """The schema revision of this program."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def revision(session: Session) -> str | None:
    """The schema revision of the database; None when it is empty."""
    return MigrationContext.configure(session).get_current_revision()


def upgrade(store: Store) -> bool:
    """Create or upgrade the schema; tells whether anything was done. Safe to call at once."""
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
