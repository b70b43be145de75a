"""Embeddings from a file."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage import BadRow
from storage.sources.vectors import read_vectors


def written(folder: Path, columns: dict[str, Any]) -> str:
    path = folder / "vectors.parquet"
    pq.write_table(pa.table(columns), path)
    return str(path)


def test_vectors_by_source_and_id(tmp_path: Path) -> None:
    columns = {"source": ["bot", "shop"], "id": ["1", "1"], "vector": [[1.0, 2.0], [3.0, 4.0]]}
    assert read_vectors(written(tmp_path, columns)) == {
        ("bot", "1"): [1.0, 2.0], ("shop", "1"): [3.0, 4.0]
    }  # fmt: skip
    columns.pop("source")
    columns = {"id": [7], "vector": [[1.0]]}
    assert read_vectors(written(tmp_path, columns)) == {("default", "7"): [1.0]}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": ["1"]}, r"lacks columns \['vector'\]"),
        ({"id": ["1", "2"], "vector": [[1.0], [1.0, 2.0]]}, r"lengths \[1, 2\]"),
        ({"id": ["1"], "vector": [[]]}, r"lengths \[0\]"),
    ],
)
def test_a_file_that_does_not_fit_is_told(tmp_path: Path, columns, message: str) -> None:
    with pytest.raises(BadRow, match=message):
        read_vectors(written(tmp_path, columns))


def test_what_is_no_parquet_is_told(tmp_path: Path) -> None:
    path = tmp_path / "vectors.csv"
    path.write_text("id,vector")
    with pytest.raises(BadRow, match="no Parquet"):
        read_vectors(str(path))
