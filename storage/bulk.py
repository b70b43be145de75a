"""Many rows at once, past SQLAlchemy's work on each value: the driver takes them as they are."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from storage.engine import Session
from storage.types import microseconds


def insert_rows(
    session: Session,
    table: str,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    unless_there: bool = False,
) -> int:
    """Insert rows given as tuples in the order of the names; how many were.

    Times must have gone through `stored_time` and JSON must be text. With `unless_there`, rows
    that a unique key forbids are left out.
    """
    if not rows:
        return 0
    mark = "?" if session.dialect.name == "sqlite" else "%s"
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"
    )
    if unless_there:
        statement += " ON CONFLICT DO NOTHING"
    return session.exec_driver_sql(statement, list(rows)).rowcount


def stored_time(session: Session) -> Callable[[datetime], Any]:
    """How this database's driver wants an aware time."""
    return microseconds if session.dialect.name == "sqlite" else _as_it_is


def _as_it_is(moment: datetime) -> datetime:
    return moment
