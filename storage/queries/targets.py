"""Which interaction is meant when a platform speaks of a trace."""

import re
from collections.abc import Collection

from sqlalchemy import select

from storage.engine import Session
from storage.tables import interaction

_SLICE = 500
_SURROGATE = re.compile("[\ud800-\udfff]")


def last_of_traces(session: Session, source: str, traces: Collection[str]) -> dict[str, str]:
    """The sender's id of the last interaction of each trace; unknown traces are missing.

    The last is the one that began last: of an agent's calls it holds the answer.
    """
    found: dict[str, str] = {}
    wanted = _askable(traces)
    for start in range(0, len(wanted), _SLICE):
        rows = session.execute(
            select(interaction.c.trace_id, interaction.c.external_id)
            .where(
                interaction.c.source == source,
                interaction.c.trace_id.in_(wanted[start : start + _SLICE]),
            )
            .order_by(interaction.c.created_at, interaction.c.external_id)
        )
        found |= {row.trace_id: row.external_id for row in rows}
    return found


def known_ids(session: Session, source: str, ids: Collection[str]) -> set[str]:
    """Those of the ids that interactions of a source have."""
    found: set[str] = set()
    wanted = _askable(ids)
    for start in range(0, len(wanted), _SLICE):
        some = interaction.c.external_id.in_(wanted[start : start + _SLICE])
        found |= set(
            session.scalars(
                select(interaction.c.external_id).where(interaction.c.source == source, some)
            )
        )
    return found


def _askable(names: Collection[str]) -> list[str]:
    """Those that a database can compare with: no NUL, no half characters."""
    return sorted(one for one in names if "\x00" not in one and _SURROGATE.search(one) is None)
