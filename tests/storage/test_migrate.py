"""The schema: built by migrations alone, equal to the tables, safe to upgrade."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

from storage import Store, StoreOutdated, ensure_current, open_store, upgrade
from storage.migrate import _config, head, revision
from storage.tables import label, metadata, question
from tests import factories
from tests.conftest import opened, postgres_url


def test_migrations_build_what_the_tables_say(store):
    with store.read() as session:
        context = MigrationContext.configure(session, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_head_and_revision_are_those_of_alembic(store):
    assert head() == ScriptDirectory.from_config(_config()).get_current_head()
    with store.read() as session:
        assert revision(session) == MigrationContext.configure(session).get_current_revision()
        assert revision(session) == head()


def test_every_foreign_key_of_a_hot_path_has_an_index(store):
    with store.read() as session:
        found = inspect(session)
        led_by = {
            (table, index["column_names"][0])
            for table in found.get_table_names()
            for index in [*found.get_indexes(table), *found.get_unique_constraints(table)]
        }
    for reference in (
        ("task", "queue_id"),
        ("task", "interaction_id"),
        ("label", "task_id"),
        ("label", "assignment_id"),
        ("assignment", "task_id"),
        ("assignment", "account_id"),
        ("assignment", "queue_id"),
        ("draw", "queue_id"),
        ("draw_task", "task_id"),
        ("feedback", "interaction_id"),
        ("score", "interaction_id"),
        ("verdict", "task_id"),
        ("token", "account_id"),
        ("question", "assignment_id"),
        ("question", "account_id"),
        ("question", "queue_id"),
        ("question", "guideline_id"),
        ("answer", "question_id"),
        ("precedent", "question_id"),
    ):
        assert reference in led_by


def test_an_upgrade_repeated_does_nothing(store):
    assert upgrade(store) is False
    with store.read() as session:
        assert revision(session) == head()


def test_many_may_upgrade_an_empty_store_at_once(tmp_path):
    url = f"sqlite:///{tmp_path / 'new.db'}"

    def begin(_: int) -> None:
        store = open_store(url)
        ensure_current(store)
        store.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(begin, range(4)))
    store = open_store(url)
    with store.read() as session:
        assert revision(session) == head()
    store.close()


def test_an_older_embedded_store_is_upgraded_by_itself(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'old.db'}")
    ensure_current(store)
    with store.read() as session:
        assert revision(session) == head()
    store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def first_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store at the first schema, on each database."""
    url = f"sqlite:///{tmp_path / 'first.db'}"
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS goldloop_first WITH (FORCE)")
            connection.execute("CREATE DATABASE goldloop_first")
        url = postgres_url(server, "goldloop_first")
    with opened(url) as store:
        with store.write() as session:
            config = _config()
            config.attributes["connection"] = session
            command.upgrade(config, "0001")
        yield store


def test_a_store_of_the_first_schema_keeps_all_it_holds(first_store):
    with first_store.write() as session:
        assert revision(session) == "0001"
        assert not inspect(session).has_table("question")
        ada, queue_id = factories.account(session, "ada"), factories.queue(session)
        task = factories.task(session, queue_id, factories.interaction(session, "req:1"))
        number = factories.label(session, task, ada, {"quality": 4, "notes": "Grüße"})
        was = session.execute(select(label)).one()
    assert upgrade(first_store) is True
    with first_store.write() as session:
        assert revision(session) == head()
        assert session.execute(select(label)).one() == was
        asked = {"assignment_id": was.assignment_id, "account_id": ada, "queue_id": queue_id}
        words = {"guideline_id": was.guideline_id, "text": "Why?", "created_at": factories.NOON}
        factories.add(session, question, asked | words)
        assert session.scalar(select(question.c.text)) == "Why?"
    assert (was.id, upgrade(first_store)) == (number, False)


def test_an_older_postgresql_store_is_refused_with_the_command(postgres_store):
    with postgres_store.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StoreOutdated, match="goldloop migrate"):
        ensure_current(postgres_store)
