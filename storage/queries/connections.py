"""Connections to other platforms: kept, found by name, moved on, removed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.engine import AnyRow, Session
from storage.errors import Conflict, NotFound
from storage.tables import connection

_THERE = connection.c.removed_at.is_(None)


def add_connection(session: Session, values: Mapping[str, Any]) -> int:
    """Keep a connection; its id.

    Raises
    ------
    Conflict
        `exists` when one of that name is there.
    """
    into = insert(connection).values(**values).returning(connection.c.id)
    try:
        with session.begin_nested():
            return int(session.execute(into).scalar_one())
    except IntegrityError as error:
        message = f"there is a connection {values['name']!r}"
        raise Conflict("exists", message, "choose another name") from error


def connection_rows(session: Session) -> Sequence[AnyRow]:
    """Every connection, by name."""
    return session.execute(select(connection).where(_THERE).order_by(connection.c.name)).all()


def connection_named(session: Session, name: str) -> AnyRow:
    """One connection.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    row = session.execute(select(connection).where(connection.c.name == name, _THERE)).first()
    if row is None:
        raise NotFound("connection", name)
    return row


def change_connection(session: Session, connection_id: int, values: Mapping[str, Any]) -> None:
    """Set columns of a connection: its schedule, its progress, its last fault."""
    session.execute(update(connection).where(connection.c.id == connection_id).values(**values))


def remove_connection(session: Session, connection_id: int, now: datetime) -> None:
    """Forget a connection; what was pulled by it stays."""
    change_connection(session, connection_id, {"removed_at": now, "every_minutes": None})
