"""Reading the clock so that nothing received before a draw can appear after it.

Rows of an open transaction are invisible to others, yet carry the time at which it began to write.
On PostgreSQL ingestion therefore holds a shared lock from before it reads the clock until it
commits; a draw takes the lock alone for the moment in which it reads its as-of time. On SQLite the
one write lock orders them already.
"""

from collections.abc import Callable
from datetime import datetime

from storage.engine import Session

Clock = Callable[[], datetime]
"""Gives the present moment, aware UTC."""

_RECEIVING = 0x601D0001  # the advisory lock that ingestion shares and a draw takes alone


def ingest_clock(session: Session, clock: Clock) -> datetime:
    """The `received_at` of rows that this transaction is going to write."""
    if session.dialect.name == "postgresql":
        session.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({_RECEIVING})")
    return clock()


def draw_clock(session: Session, clock: Clock) -> datetime:
    """A moment up to which everything received is committed: the as-of time of a draw."""
    if session.dialect.name != "postgresql":
        return clock()
    session.exec_driver_sql(f"SELECT pg_advisory_lock({_RECEIVING})")
    try:
        return clock()
    finally:
        session.exec_driver_sql(f"SELECT pg_advisory_unlock({_RECEIVING})")
