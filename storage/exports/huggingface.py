"""A folder that `datasets.load_dataset` reads: JSON lines by split, and a card with every type.

The types stand in the card, because a column that is empty in one split and not in another would
else be refused. A split without rows has no file, which would be refused as well.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from storage.errors import Conflict
from storage.exports.cases import OWN, Case, cases, flat, put
from storage.exports.chat import Json, chat, transcript
from storage.exports.format import About, Kind, Row
from storage.exports.lines import Lines

SPLIT, UNSCORED = "test", "unscored"
TYPES: dict[Kind, str] = {
    "text": "dtype: string",
    "time": "dtype: string",
    "json": "dtype: string",
    "integer": "dtype: int64",
    "number": "dtype: float64",
    "boolean": "dtype: bool",
    "texts": "list: string",
    "integers": "list: int64",
}
MESSAGE = """\
  - name: messages
    list:
    - name: role
      dtype: string
    - name: content
      dtype: string
    - name: tool_calls
      dtype: string
    - name: tool_call_id
      dtype: string
"""
COLUMNS: tuple[tuple[str, Kind], ...] = (
    ("input", "text"), ("target", "texts"), ("response", "text"), ("context", "texts"),
    ("source", "text"), ("interaction_id", "text"), ("category", "text"), ("model", "text"),
    ("variant", "text"), ("tags", "texts"), ("expected_from", "text"), ("purpose", "text"),
    ("pi", "number"), ("labels", "integer"),
)  # fmt: skip
OF_DATASET: tuple[tuple[str, Kind], ...] = tuple((name, "text") for name in OWN)


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of rows.

    Raises
    ------
    Conflict
        `nothing_expected` when there is no row: a dataset without one cannot be loaded.
    """
    human = {column.path[1]: column.kind for column in about.columns if column.path[0] == "values"}
    with Lines(folder) as out:
        for case in cases(rows, about):
            out.write(f"data/{_split(case)}.jsonl", _row(case, human))
    if not out.counts:
        raise Conflict("nothing_expected", "no task has a label yet", "label first, then export")
    put(folder / "README.md", _card(about, out.counts, human))
    return out.counts.total()


def _split(case: Case) -> str:
    """The split that a row names, in letters that a split may have; `unscored` without a target."""
    if not case.scored:
        return UNSCORED
    return re.sub(r"\W+", "_", str(case.row.get("split") or SPLIT), flags=re.ASCII)


def _row(case: Case, human: dict[str, Kind]) -> Json:
    values, row = case.row["values"], case.row
    return {
        "id": case.id,
        "messages": [_message(one) for one in chat(case.messages)],
        "input": transcript(case.messages),
        "target": [case.expected] if case.expected else [],
        "response": case.response,
        "context": case.passages,
        **{name: case.facts[name] for name, _ in COLUMNS + OF_DATASET if name in case.facts},
        **{name: row.get(name) for name in ("purpose", "pi", "labels")},
        **{f"human_{name}": _typed(kind, values.get(name)) for name, kind in human.items()},
    }


def _typed(kind: Kind, value: object) -> object:
    if kind == "json" and value is not None:
        return msgspec.json.encode(value).decode()
    return value if kind == "texts" else flat(value)


def _message(message: Json) -> Json:
    calls = message.get("tool_calls")
    return {
        "role": message["role"],
        "content": message["content"],
        "tool_calls": None if calls is None else msgspec.json.encode(calls).decode(),
        "tool_call_id": message.get("tool_call_id"),
    }


def _card(about: About, counts: Counter[str], human: dict[str, Kind]) -> str:
    files = "".join(f"  - split: {Path(name).stem}\n    path: {name}\n" for name in sorted(counts))
    own = OF_DATASET if about.dataset else ()
    columns = [
        ("id", "text"),
        *COLUMNS,
        *own,
        *((f"human_{name}", kind) for name, kind in human.items()),
    ]
    told = [f"  - name: {name}\n    {TYPES[kind]}\n" for name, kind in columns]
    return CARD.format(
        name=msgspec.json.encode(about.queue).decode(),
        files=files,
        features=told[0] + MESSAGE + "".join(told[1:]),
        queue=about.queue,
        licence=LICENCE if about.dataset else NO_LICENCE,
        counted=", ".join(f"{Path(name).stem} {n}" for name, n in sorted(counts.items())),
    )


CARD = """\
---
pretty_name: {name}
configs:
- config_name: default
  data_files:
{files}dataset_info:
  features:
{features}---

# {queue}

Rows by split: {counted}; what has no expected answer is in `unscored`.
Texts are as they are stored;
`goldloop redaction show` tells how they were redacted before.

    pip install datasets
    python -c "import datasets, os; print(datasets.load_dataset(os.getcwd()))"

`human_...` is what people settled on. Tool calls are JSON text. {licence}
"""
NO_LICENCE = "No licence is stated: the texts\nbelong to whoever wrote them."
LICENCE = "The licence stands in the\ncard of the whole dataset, `../README.md`."
