"""Parquet, a batch of rows at a time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from storage.errors import BadRow

ROWS = 1_000


def read(path: Path, on_bytes: Callable[[int], object]) -> Iterator[tuple[int, Any]]:
    """The rows of a file, each with its number from 0; a null is an absent value."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = path.stat().st_size
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        yield 0, BadRow(None, f"{path.name} is no Parquet file: {error!s:.200}", None)
        return
    with file:
        total = max(file.metadata.num_rows, 1)
        index = 0
        for batch in file.iter_batches(ROWS):
            for row in batch.to_pylist():
                yield index, {name: value for name, value in row.items() if value is not None}
                index += 1
            on_bytes(size * batch.num_rows // total)
