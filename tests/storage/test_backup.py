"""Backup and restore: everything, on either database, or nothing."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, text

from storage import BadRow, Conflict, Store, StoreOutdated
from storage.backup import MANIFEST, backup, restore
from storage.tables import account, label, metadata
from storage.types import encode_json
from tests import factories

TABLES = [table.name for table in metadata.sorted_tables]


def contents(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    with store.read() as session:
        return {
            table.name: [
                tuple(row)
                for row in session.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
        }


def is_empty(store: Store) -> bool:
    return not any(contents(store).values())


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with a row in every table, on each database."""
    with store.write() as session:
        factories.a_row_in_every_table(session)
    assert all(contents(store).values()), "the factory leaves a table empty"
    return store


@pytest.fixture
def other(
    request: pytest.FixtureRequest, store: Store, tmp_path: Path, postgres_server: str
) -> Store:
    """An empty store of the other kind of database."""
    name = "postgres_store" if store.is_sqlite else "sqlite_store"
    found: Store = request.getfixturevalue(name)
    return found


def rewritten(path: Path, change: dict[str, bytes | None]) -> Path:
    """A copy of a backup with some of its parts replaced, or left out."""
    copy = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            data = change.get(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return copy


def test_a_backup_restored_on_the_other_database_holds_identical_rows(
    filled: Store, other: Store, tmp_path: Path
) -> None:
    written = backup(filled, tmp_path / "all.zip")
    read = restore(other, tmp_path / "all.zip")
    assert contents(other) == contents(filled)
    assert written.tables == read.tables
    assert written.rows == sum(written.tables.values()) > len(TABLES)


def test_there_and_back_again_gives_the_same_file(
    filled: Store, other: Store, tmp_path: Path
) -> None:
    backup(filled, tmp_path / "one.zip")
    restore(other, tmp_path / "one.zip")
    backup(other, tmp_path / "two.zip")
    manifests = [zipfile.ZipFile(tmp_path / name).read(MANIFEST) for name in ("one.zip", "two.zip")]
    assert manifests[0] == manifests[1]


def test_the_manifest_tells_what_the_parts_are(filled: Store, tmp_path: Path) -> None:
    backup(filled, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        manifest = json.loads(archive.read(MANIFEST))
        assert manifest["format"] == "goldloop-backup/1"
        for name, told in manifest["tables"].items():
            data = archive.read(f"{name}.ndjson")
            assert sha256(data).hexdigest() == told["sha256"]
            assert len(data.splitlines()) == told["rows"]


def test_an_empty_store_can_be_kept_too(store: Store, other: Store, tmp_path: Path) -> None:
    assert backup(store, tmp_path / "none.zip").rows == 0
    assert restore(other, tmp_path / "none.zip").rows == 0


def test_new_rows_after_a_restore_get_keys_of_their_own(
    filled: Store, other: Store, tmp_path: Path
) -> None:
    backup(filled, tmp_path / "all.zip")
    restore(other, tmp_path / "all.zip")
    with other.write() as session:
        highest = session.scalar(select(func.max(account.c.id)))
        assert factories.account(session, "newcomer") > highest


def test_a_backup_shows_one_moment_while_others_write(store: Store, tmp_path: Path) -> None:
    """A row added after the first table was read is in no table of the backup."""
    with store.write() as session:
        factories.a_row_in_every_table(session)
    before = {name: len(rows) for name, rows in contents(store).items()}
    wrote: list[bool] = []

    def write_meanwhile(conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM login_session" in statement and not wrote:
            wrote.append(True)
            with store.write() as session:
                task_id = session.execute(select(label.c.task_id)).scalars().first() or 0
                person = factories.account(session)
                factories.label(session, task_id, person, {"quality": 1}, role="extra")

    event.listen(store.engine, "before_cursor_execute", write_meanwhile)
    try:
        report = backup(store, tmp_path / "moment.zip")
    finally:
        event.remove(store.engine, "before_cursor_execute", write_meanwhile)
    assert wrote
    assert report.tables == before


def test_a_store_with_data_is_not_restored_into(
    filled: Store, other: Store, tmp_path: Path
) -> None:
    backup(filled, tmp_path / "all.zip")
    with other.write() as session:
        factories.account(session, "somebody")
    before = contents(other)
    with pytest.raises(Conflict, match="holds data already") as caught:
        restore(other, tmp_path / "all.zip")
    assert caught.value.code == "not_empty"
    assert contents(other) == before


def test_a_backup_does_not_overwrite_another(filled: Store, tmp_path: Path) -> None:
    backup(filled, tmp_path / "all.zip")
    with pytest.raises(Conflict, match=r"all\.zip exists"):
        backup(filled, tmp_path / "all.zip")
    backup(filled, tmp_path / "all.zip", force=True)


@pytest.mark.parametrize("part", ["label.ndjson", "account.ndjson", "waiting_event.ndjson"])
def test_a_changed_part_is_noticed_and_nothing_is_kept(
    filled: Store, other: Store, tmp_path: Path, part: str
) -> None:
    backup(filled, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        data = archive.read(part)
    for changed in (data[: data.index(b"\n") + 1] * 0, data + data, b"not json\n", None):
        with pytest.raises(BadRow) as caught:
            restore(other, rewritten(tmp_path / "all.zip", {part: changed}))
        assert caught.value.field == part
        assert is_empty(other)


def test_a_truncated_file_is_noticed(filled: Store, other: Store, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    backup(filled, path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadRow, match="cannot be used"):
        restore(other, path)


def test_a_flipped_byte_is_noticed(filled: Store, other: Store, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    backup(filled, path)
    with zipfile.ZipFile(path) as archive:
        found = archive.getinfo("content.ndjson")
    at = found.header_offset + 64 + found.compress_size // 2
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(BadRow, match="cannot be used"):
        restore(other, path)
    assert is_empty(other)


@pytest.mark.parametrize("manifest", [None, b"{}", b"not json", b'{"format": "other"}'])
def test_a_zip_that_is_no_backup_is_refused(
    filled: Store, other: Store, tmp_path: Path, manifest: bytes | None
) -> None:
    backup(filled, tmp_path / "all.zip")
    with pytest.raises(BadRow) as caught:
        restore(other, rewritten(tmp_path / "all.zip", {MANIFEST: manifest}))
    assert caught.value.field == MANIFEST


@pytest.mark.parametrize("change", [{"format": "goldloop-backup/9"}, {"tables": {}}])
def test_a_backup_of_another_kind_is_refused(
    filled: Store, other: Store, tmp_path: Path, change: dict[str, Any]
) -> None:
    report = backup(filled, tmp_path / "all.zip").to_json()
    assert report["rows"] == sum(report["tables"].values())
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        manifest = json.loads(archive.read(MANIFEST)) | change
    changed = rewritten(tmp_path / "all.zip", {MANIFEST: encode_json(manifest).encode()})
    with pytest.raises(BadRow, match="cannot be used"):
        restore(other, changed)


def test_a_backup_of_another_schema_is_refused(filled: Store, other: Store, tmp_path: Path) -> None:
    backup(filled, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        manifest = json.loads(archive.read(MANIFEST)) | {"revision": "0000"}
    del manifest["tables"]["question"]  # which came later
    changed = rewritten(tmp_path / "all.zip", {MANIFEST: encode_json(manifest).encode()})
    with pytest.raises(StoreOutdated, match="schema 0000"):
        restore(other, changed)


KILLED = """
import os, signal, sys
from sqlalchemy import event
from storage import open_store
from storage.backup import backup, restore

store = open_store(sys.argv[2])

def die(conn, cursor, statement, *rest):
    if sys.argv[4] in statement:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(store.engine, "after_cursor_execute", die)
{"backup": backup, "restore": restore}[sys.argv[1]](store, sys.argv[3])
"""


def killed(what: str, store: Store, path: Path, at: str) -> None:
    """Run backup or restore in a process that kills itself at a statement."""
    url = store.engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, what, url, str(path), at],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_a_restore_killed_in_the_middle_leaves_an_empty_store(
    filled: Store, other: Store, tmp_path: Path
) -> None:
    backup(filled, tmp_path / "all.zip")
    killed("restore", other, tmp_path / "all.zip", "INSERT INTO label")
    assert is_empty(other)
    restore(other, tmp_path / "all.zip")
    assert contents(other) == contents(filled)


def test_a_backup_killed_in_the_middle_leaves_no_file_of_its_name(
    filled: Store, tmp_path: Path
) -> None:
    killed("backup", filled, tmp_path / "all.zip", "FROM label")
    assert not (tmp_path / "all.zip").exists()
    backup(filled, tmp_path / "all.zip")


def test_thousands_of_rows_keep_their_order_and_count(
    store: Store, other: Store, tmp_path: Path
) -> None:
    rows = [
        {"name": f"person {number}", "role": "annotator", "created_at": factories.NOON}
        for number in range(2_345)
    ]
    with store.write() as session:
        session.execute(insert(account), rows)
    assert backup(store, tmp_path / "many.zip").tables["account"] == 2_345
    restore(other, tmp_path / "many.zip")
    assert contents(other) == contents(store)
    with other.read() as session:
        assert session.scalar(text("SELECT count(*) FROM account")) == 2_345
