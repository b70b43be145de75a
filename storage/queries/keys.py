"""Interactions by what their sender calls them."""

from collections.abc import Iterable

from storage.engine import Session
from storage.types import encode_json

Key = tuple[str, str]
"""Source and the sender's id."""

_IDS = "SELECT external_id, id FROM interaction WHERE source = "
_ON_SQLITE = f"{_IDS}? AND external_id IN (SELECT value FROM json_each(?))"
_ON_POSTGRESQL = f"{_IDS}%s AND external_id = ANY(%s)"


def ids_of(session: Session, keys: Iterable[Key]) -> dict[Key, int]:
    """Ids of interactions by source and sender's id; the unknown ones are missing."""
    by_source: dict[str, list[str]] = {}
    for source, external_id in keys:
        by_source.setdefault(source, []).append(external_id)
    found: dict[Key, int] = {}
    for source, names in by_source.items():
        if session.dialect.name == "sqlite":
            rows = session.exec_driver_sql(_ON_SQLITE, (source, encode_json(names)))
        else:
            rows = session.exec_driver_sql(_ON_POSTGRESQL, (source, names))
        for external_id, number in rows:
            found[source, external_id] = number
    return found
