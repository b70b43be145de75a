"""A typed table: the same schema whatever the rows hold, also where a column is empty."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from storage.exports.format import About, Column, Kind, Row

ROWS = 1_000
TYPES: dict[Kind, Any] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
    "texts": pa.list_(pa.string()),
    "integers": pa.list_(pa.int64()),
    "json": pa.string(),
}


class _Drain:
    """A file that gives back what was written to it, so that a table can leave as it is made."""

    closed = False

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits in here."""

    def taken(self) -> bytes:
        """All that was written since the last call."""
        written, self._written = self._written, []
        return b"".join(written)


def chunks(rows: Iterable[Row], about: About) -> Iterator[bytes]:
    """The file, one row group at a time."""
    schema = pa.schema([pa.field(one.name, TYPES[one.kind]) for one in about.columns])
    drain, rest = _Drain(), iter(rows)
    with pq.ParquetWriter(pa.PythonFile(drain, mode="w"), schema, compression="zstd") as writer:
        while part := list(islice(rest, ROWS)):
            arrays = [_array(column, part) for column in about.columns]
            part.clear()  # before the next ones are read
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield drain.taken()
    yield drain.taken()


def _array(column: Column, rows: list[Row]) -> Any:
    values = [column.value(row) for row in rows]
    if column.kind == "json":
        values = [None if one is None else msgspec.json.encode(one).decode() for one in values]
    return pa.array(values, TYPES[column.kind])
