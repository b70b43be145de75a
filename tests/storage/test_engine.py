"""Transactions of a store, on both databases."""

import pytest
from sqlalchemy import func, insert, select

from storage import Store
from storage.tables import lease
from storage.types import EPOCH


def count(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(lease)) or 0


def add_lease_and_fail(store: Store, durable: bool) -> None:
    with store.write(durable=durable) as session:
        session.execute(insert(lease).values(name="a", holder="me", expires_at=EPOCH))
        raise RuntimeError("stop")


def test_every_test_begins_with_an_empty_store(store: Store) -> None:
    assert count(store) == 0
    with store.write() as session:
        session.execute(insert(lease).values(name="a", holder="me", expires_at=EPOCH))
    assert count(store) == 1


@pytest.mark.parametrize("durable", [True, False])
def test_a_write_that_fails_leaves_nothing(store: Store, durable: bool) -> None:
    with pytest.raises(RuntimeError, match="stop"):
        add_lease_and_fail(store, durable)
    assert count(store) == 0
