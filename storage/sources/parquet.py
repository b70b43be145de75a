"""Parquet, a batch of rows at a time."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from storage.errors import BadRow

ROWS = 256
"""Rows in memory at once: they may be large."""


def read(path: Path, on_bytes: Callable[[int], object]) -> Iterator[tuple[int, Any]]:
    """The rows of a file, each with its number from 0; a null is an absent value."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    size, index = path.stat().st_size, 0
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            total = max(file.metadata.num_rows, 1)
            for batch in file.iter_batches(ROWS, use_threads=False):
                for row in _rows(batch):
                    yield index, row
                    index += 1
                on_bytes(size * batch.num_rows // total)
    except (pa.ArrowException, OSError) as error:
        message = f"{path.name} is no Parquet file, or damaged: {error!s:.200}"
        yield index, BadRow(None, message, "write it again")


def _rows(batch: Any) -> Iterator[dict[str, Any] | BadRow]:
    try:
        rows = batch.to_pylist()
    except (UnicodeDecodeError, ValueError, OverflowError) as error:
        if batch.num_rows == 1:
            yield BadRow(None, f"cannot be read: {error!s:.200}", "write texts as UTF-8")
            return
        for place in range(batch.num_rows):  # so that the bad row alone is refused
            yield from _rows(batch.slice(place, 1))
        return
    for row in rows:
        yield {name: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: Any) -> Any:
    """NaN is how data frames write an absent value; decimals are numbers."""
    if isinstance(value, float) and value != value:
        return None
    return float(value) if isinstance(value, Decimal) else value
