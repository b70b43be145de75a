"""The schema: built by migrations alone, equal to the tables, safe to upgrade."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from storage import StoreOutdated, ensure_current, open_store, upgrade
from storage.migrate import _config, head, revision
from storage.tables import metadata


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


def test_an_older_postgresql_store_is_refused_with_the_command(postgres_store):
    with postgres_store.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StoreOutdated, match="goldloop migrate"):
        ensure_current(postgres_store)
