"""The ways out, by name. A new one is a file here and a line in EXPORTS."""

from storage.exports import csv, goldloop, inspect, jsonl, parquet
from storage.exports.format import About, Column, FileFormat, FolderFormat, Format, Kind, Row
from storage.exports.target import new_file, new_folder

EXPORTS: dict[str, Format] = {
    "csv": FileFormat(csv.chunks, ".csv", "text/csv; charset=utf-8"),
    "goldloop": FolderFormat(goldloop.write),
    "inspect": FolderFormat(inspect.write),
    "jsonl": FileFormat(jsonl.chunks, ".jsonl", "application/x-ndjson"),
    "parquet": FileFormat(parquet.chunks, ".parquet", "application/vnd.apache.parquet"),
}

__all__ = [
    "EXPORTS",
    "About",
    "Column",
    "FileFormat",
    "FolderFormat",
    "Format",
    "Kind",
    "Row",
    "new_file",
    "new_folder",
]
