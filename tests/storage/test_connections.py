"""Connections: one of each name, forgotten ones make room."""

from datetime import UTC, datetime
from typing import Any

import pytest

from storage import Conflict, NotFound
from storage.queries import connections

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def values(name: str = "traces", **more: Any) -> dict[str, Any]:
    return {
        "name": name, "kind": "phoenix", "url": "http://127.0.0.1:6006", "source": "bot",
        "options": {}, "progress": {}, "created_at": NOW, **more,
    }  # fmt: skip


def test_a_connection_is_found_by_name_and_moved_on(store) -> None:
    with store.write() as session:
        made = connections.add_connection(session, values(secret="phoenix"))
        connections.change_connection(session, made, {"progress": {"cursor": "c2"}})
    with store.read() as session:
        row = connections.connection_named(session, "traces")
        assert (row.id, row.secret, row.progress) == (made, "phoenix", {"cursor": "c2"})


def test_a_name_is_given_once_and_free_again_when_its_connection_is_removed(store) -> None:
    with store.write() as session:
        made = connections.add_connection(session, values())
        with pytest.raises(Conflict, match="there is a connection 'traces'"):
            connections.add_connection(session, values())
        connections.remove_connection(session, made, NOW)
        with pytest.raises(NotFound):
            connections.connection_named(session, "traces")
        again = connections.add_connection(session, values())
        assert [row.id for row in connections.connection_rows(session)] == [again]
