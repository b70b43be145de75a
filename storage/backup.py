"""The whole store in one file, and back: the same file for SQLite and PostgreSQL.

A zip with one NDJSON file per table (each line a list of the values in the order of the columns)
and `manifest.json` with schema revision, columns, row counts and SHA-256. Times are microseconds
since 1970; JSON columns are kept as the text they are stored as.
"""

import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, Any

import msgspec
from sqlalchemy import Column, Table, Text, func, insert, select, type_coerce
from sqlalchemy.exc import DBAPIError

from storage.engine import Session, Store
from storage.errors import BadRow, Conflict, StoreOutdated
from storage.exports.target import new_file
from storage.migrate import head, revision
from storage.tables import metadata
from storage.types import EPOCH, Json, UtcTime, microseconds

FORMAT = "goldloop-backup/1"
MANIFEST = "manifest.json"
BATCH = 1_000
UNREADABLE = (KeyError, zipfile.BadZipFile, zlib.error, msgspec.DecodeError)
_json = msgspec.json.Encoder()


class TableFile(msgspec.Struct):
    """What the manifest says of one table."""

    columns: list[str]
    rows: int
    sha256: str


class Manifest(msgspec.Struct):
    """What a backup says of itself."""

    format: str
    revision: str
    tables: dict[str, TableFile]


@dataclass(frozen=True)
class BackupReport:
    """What was written or restored."""

    path: Path
    revision: str
    tables: dict[str, int]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.tables.values())

    def to_json(self) -> dict[str, Any]:
        """For the command line."""
        return {
            "path": str(self.path),
            "revision": self.revision,
            "rows": self.rows,
            "tables": self.tables,
        }


def backup(store: Store, path: Path | str, *, force: bool = False) -> BackupReport:
    """Write everything as it stands at one moment, while others go on working.

    Raises
    ------
    Conflict
        `exists` when something is there and `force` is not given.
    """
    target = Path(path)
    with new_file(target, force=force, private=True) as out:
        with (
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
            store.snapshot() as session,
        ):
            tables = {
                one.name: _write_table(session, one, archive) for one in metadata.sorted_tables
            }
            manifest = Manifest(FORMAT, str(revision(session)), tables)
            archive.writestr(MANIFEST, msgspec.json.format(_json.encode(manifest), indent=2))
        out.flush()
        os.fsync(out.fileno())  # a backup has to survive the power cut that it is made for
    return BackupReport(target, manifest.revision, _counts(manifest))


def _write_table(session: Session, table: Table, archive: zipfile.ZipFile) -> TableFile:
    columns = [_stored(column) for column in table.columns]
    statement = select(*columns).order_by(*table.primary_key.columns)
    rows = session.execute(statement, execution_options={"yield_per": BATCH})
    digest, count = sha256(), 0
    with archive.open(f"{table.name}.ndjson", "w", force_zip64=True) as out:
        for part in rows.partitions():
            lines = b"".join(_json.encode([_plain(value) for value in row]) + b"\n" for row in part)
            digest.update(lines)
            out.write(lines)
            count += len(part)
    return TableFile([column.name for column in table.columns], count, digest.hexdigest())


def _stored(column: Column[Any]) -> Any:
    """The column as it is kept: JSON as its text."""
    if isinstance(column.type, Json):
        return type_coerce(column, Text).label(column.name)
    return column


def _plain(value: Any) -> Any:
    return microseconds(value) if isinstance(value, datetime) else value


def restore(store: Store, path: Path | str) -> BackupReport:
    """Fill an empty store of the same schema, all in one transaction.

    Raises
    ------
    Conflict
        `not_empty` when the store holds anything.
    StoreOutdated
        When the backup is of another schema.
    BadRow
        When the file is not a backup, or not as it was written; `field` names the part.
    """
    source = Path(path)
    with _opened(source) as archive:
        manifest = _manifest(archive)
        with store.write() as session:
            _require_empty(session)
            for table in metadata.sorted_tables:
                _read_table(session, table, archive, manifest.tables[table.name])
            _reset_sequences(session)
    return BackupReport(source, manifest.revision, _counts(manifest))


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise _damaged(path.name, str(error)) from error


def _damaged(part: str, found: str) -> BadRow:
    return BadRow(part, f"the backup cannot be used: {found}", "take another copy of the file")


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        found = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
    except UNREADABLE as error:
        raise _damaged(MANIFEST, str(error)) from error
    if found.format != FORMAT:
        raise _damaged(MANIFEST, f"format {found.format!r}, this program reads {FORMAT!r}")
    if found.revision != head():  # said before anything of its tables, which are others then
        raise StoreOutdated(
            f"the backup is of schema {found.revision}, this program has {head()}: restore "
            "it with the Goldloop that wrote it, then upgrade that store"
        )
    for table in metadata.sorted_tables:
        here = [column.name for column in table.columns]
        if table.name not in found.tables or found.tables[table.name].columns != here:
            raise _damaged(MANIFEST, f"table {table.name!r} is missing or has other columns")
    return found


def _require_empty(session: Session) -> None:
    tables = metadata.sorted_tables
    if session.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in tables)
        session.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
    for table in tables:
        if session.execute(select(1).select_from(table).limit(1)).first() is not None:
            raise Conflict(
                "not_empty",
                f"the store holds data already (table {table.name})",
                "restore into a new store: name another file or database",
            )


def _read_table(
    session: Session, table: Table, archive: zipfile.ZipFile, wanted: TableFile
) -> None:
    name = f"{table.name}.ndjson"
    kinds = {
        column.name: Text() if isinstance(column.type, Json) else column.type
        for column in table.columns
    }
    raw = table.to_metadata(type(metadata)())
    for column_name, kind in kinds.items():
        raw.columns[column_name].type = kind
    digest, count = sha256(), 0
    try:
        with archive.open(name) as lines:
            for part in _parts(lines):
                digest.update(b"".join(part))
                session.execute(insert(raw), [_row(raw, line) for line in part])
                count += len(part)
    except (*UNREADABLE, EOFError, ValueError) as error:
        raise _damaged(name, str(error)) from error
    except DBAPIError as error:
        raise _damaged(name, f"the database refuses a row: {error.orig}") from error
    if (digest.hexdigest(), count) != (wanted.sha256, wanted.rows):
        raise _damaged(name, "its SHA-256 is not the one in the manifest")


def _parts(lines: IO[bytes]) -> Iterator[list[bytes]]:
    while part := list(islice(lines, BATCH)):
        yield part


def _row(table: Table, line: bytes) -> dict[str, Any]:
    values = msgspec.json.decode(line)
    return {
        column.name: _moment(value) if isinstance(column.type, UtcTime) else value
        for column, value in zip(table.columns, values, strict=True)
    }


def _moment(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


def _reset_sequences(session: Session) -> None:
    """On PostgreSQL, let every counting key go on after the restored ones."""
    if session.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        for column in table.primary_key.columns:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            if column.autoincrement is True and session.scalar(select(sequence)) is not None:
                last = session.scalar(select(func.max(column)))
                if last is not None:
                    session.execute(select(func.setval(sequence, last)))


def _counts(manifest: Manifest) -> dict[str, int]:
    return {name: table.rows for name, table in manifest.tables.items()}
