"""The ways out, by name. A new one is a file here and a line in EXPORTS."""

from storage.exports import (
    csv,
    deepeval,
    goldloop,
    huggingface,
    inspect,
    jsonl,
    langfuse,
    lm_eval,
    openai_evals,
    parquet,
    phoenix,
    promptfoo,
    ragas,
    trl,
)
from storage.exports.format import About, Column, FileFormat, FolderFormat, Format, Kind, Row
from storage.exports.target import new_file, new_folder

EXPORTS: dict[str, Format] = {
    "csv": FileFormat(csv.chunks, ".csv", "text/csv; charset=utf-8"),
    "deepeval": FolderFormat(deepeval.write),
    "goldloop": FolderFormat(goldloop.write, raw=True),
    "huggingface": FolderFormat(huggingface.write),
    "inspect": FolderFormat(inspect.write),
    "jsonl": FileFormat(jsonl.chunks, ".jsonl", "application/x-ndjson"),
    "langfuse": FolderFormat(langfuse.write),
    "lm-eval": FolderFormat(lm_eval.write),
    "openai-evals": FolderFormat(openai_evals.write),
    "parquet": FileFormat(parquet.chunks, ".parquet", "application/vnd.apache.parquet"),
    "phoenix": FolderFormat(phoenix.write),
    "promptfoo": FolderFormat(promptfoo.write),
    "ragas": FolderFormat(ragas.write),
    "trl": FolderFormat(trl.write),
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
