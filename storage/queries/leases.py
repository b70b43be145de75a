"""Who may do what only one process at a time may do."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.engine import Session
from storage.tables import lease


def take_lease(session: Session, name: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take or renew a lease unless somebody else holds it; whether it is ours."""
    insert = postgresql.insert if session.dialect.name == "postgresql" else sqlite.insert
    statement = insert(lease).values(name=name, holder=holder, expires_at=until)
    statement = statement.on_conflict_do_update(
        index_elements=[lease.c.name],
        set_={"holder": holder, "expires_at": until},
        where=or_(lease.c.holder == holder, lease.c.expires_at <= now),
    )
    return session.execute(statement.returning(lease.c.holder)).one_or_none() is not None


def is_of(session: Session, name: str, holder: str) -> bool:
    """Whether nobody else has taken a lease since; nobody can until this transaction ends."""
    kept = update(lease).where(lease.c.name == name, lease.c.holder == holder)
    return session.execute(kept.values(holder=holder).returning(lease.c.name)).first() is not None


def is_held(session: Session, name: str, now: datetime) -> bool:
    """Whether anybody holds a lease."""
    held = select(lease.c.name).where(lease.c.name == name, lease.c.expires_at > now)
    return session.scalar(held) is not None
