"""Embeddings that somebody made of their interactions: a Parquet file of source, id and vector."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from storage.errors import BadRow

COLUMNS = ("source", "id", "vector")


def read_vectors(path: str) -> dict[tuple[str, str], Sequence[float]]:
    """The vector of each interaction, by source and id; without a source column it is `default`.

    Raises
    ------
    BadRow
        If the file is no Parquet, a column is missing, or vectors differ in length.
    """
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise BadRow("vectors", f"is no Parquet file: {error}", "columns source, id, vector") from (
            error
        )
    if missing := {"id", "vector"} - set(table.column_names):
        message = f"lacks columns {sorted(missing)}"
        raise BadRow("vectors", message, f"it has {table.column_names}; give {COLUMNS}")
    ids = [str(one) for one in table["id"].to_pylist()]
    named = "source" in table.column_names
    sources = table["source"].to_pylist() if named else ["default"] * len(ids)
    vectors = table["vector"].to_pylist()
    lengths = {len(one) if isinstance(one, list) else 0 for one in vectors}
    if len(lengths) > 1 or 0 in lengths:
        message = f"vectors have lengths {sorted(lengths)[:5]}"
        raise BadRow("vectors", message, "one list of numbers a row, all of one length")
    return dict(zip(zip(map(str, sources), ids, strict=True), vectors, strict=True))
