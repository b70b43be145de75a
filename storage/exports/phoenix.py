"""Examples for a Phoenix dataset, line by line, and a script that uploads them in batches."""

from collections.abc import Iterable
from pathlib import Path

from storage.exports.cases import Case
from storage.exports.chat import Json, chat
from storage.exports.format import About, Row
from storage.exports.items import write_items


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of examples.

    Raises
    ------
    Conflict
        `nothing_expected` when there is no example at all.
    """
    return write_items(rows, folder, about, _example, (LOAD, COMMANDS))


def _example(case: Case) -> Json:
    said = [{"role": "assistant", "content": case.expected}] if case.expected else []
    return {
        "id": case.id,
        "input": {"messages": chat(case.messages), "context": case.passages},
        "output": {"messages": said},
        "metadata": {"id": case.id, **case.facts, "response": case.response},
    }


LOAD = '''\
"""Upload examples to Phoenix: python load.py [FILE ...].

PHOENIX_COLLECTOR_ENDPOINT and PHOENIX_API_KEY say where to.
"""

import fileinput
import itertools
import json
import sys

from phoenix.client import Client

datasets, made = Client().datasets, None
lines = fileinput.input(sys.argv[1:] or ["items.jsonl"], encoding="utf-8")
while batch := [json.loads(line) for line in itertools.islice(lines, 500)]:
    if made is None:
        made = datasets.create_dataset(name=QUEUE, examples=batch)
    else:
        made = datasets.add_examples_to_dataset(dataset=made, examples=batch)
print(fileinput.lineno(), "examples")
'''
COMMANDS = """
pip install arize-phoenix-client
python load.py
"""
