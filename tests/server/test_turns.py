"""Requests taken together: each stands or falls alone, none is answered before the commit."""

import asyncio

import pytest
from sqlalchemy import text

from server.turns import Turns
from storage import Store


@pytest.fixture
def turns(store: Store):
    with store.write() as session:
        session.execute(text("CREATE TABLE noted (number INTEGER PRIMARY KEY)"))
    found = Turns(store)
    yield found
    found.stop()


def note(number: int):
    def act(session):
        session.execute(text("INSERT INTO noted VALUES (:n)"), {"n": number})
        if number % 5 == 0:
            raise ValueError(number)
        return number

    return act


def numbers(store: Store) -> list[int]:
    with store.read() as session:
        return list(session.scalars(text("SELECT number FROM noted ORDER BY number")))


def test_a_fault_undoes_its_own_turn_alone(turns, store):
    async def all_at_once():
        acts = [turns.take(note(number), durable=True) for number in range(1, 41)]
        return await asyncio.gather(*acts, return_exceptions=True)

    told = asyncio.run(all_at_once())
    assert [one for one in told if not isinstance(one, ValueError)] == numbers(store)
    assert len(numbers(store)) == 32


def test_an_answer_means_that_it_is_stored(turns, store):
    async def one_by_one():
        for number in (1, 2, 3):
            await turns.take(note(number), durable=True)
            assert number in numbers(store)

    asyncio.run(one_by_one())


def test_when_nothing_can_be_committed_nobody_is_told_otherwise(sqlite_store):
    turns = Turns(sqlite_store)

    def spoil(session):
        session.execute(text("CREATE TABLE child (p INTEGER REFERENCES parent(id) "
                             "DEFERRABLE INITIALLY DEFERRED)"))  # fmt: skip
        session.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        session.execute(text("INSERT INTO child VALUES (1)"))

    async def both():
        acts = [turns.take(spoil, durable=True), turns.take(lambda _: "fine", durable=True)]
        return await asyncio.gather(*acts, return_exceptions=True)

    told = asyncio.run(both())
    turns.stop()
    assert isinstance(told[0], Exception)
    with sqlite_store.read() as session:
        assert session.scalar(text("SELECT count(*) FROM sqlite_master WHERE name = 'child'")) == 0


def test_stopping_finishes_what_was_taken(store):
    with store.write() as session:
        session.execute(text("CREATE TABLE noted (number INTEGER PRIMARY KEY)"))
    turns = Turns(store)

    async def taken():
        waiting = [asyncio.ensure_future(turns.take(note(n), durable=False)) for n in (1, 2)]
        await asyncio.gather(*waiting)
        turns.stop()

    asyncio.run(taken())
    assert numbers(store) == [1, 2]
