"""Dataset items for Langfuse: the bodies its API takes, line by line, and a script that sends them.

The id of an item is unique in a whole Langfuse project, so it begins with the queue; sending a file
again replaces its items.
"""

from collections.abc import Iterable
from pathlib import Path

from storage.exports.cases import Case
from storage.exports.chat import Json, chat
from storage.exports.format import About, Row
from storage.exports.items import write_items


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of items.

    Raises
    ------
    Conflict
        `nothing_expected` when there is no item at all.
    """
    return write_items(rows, folder, about, lambda case: _item(case, about.queue), (LOAD, COMMANDS))


def _item(case: Case, queue: str) -> Json:
    return {
        "datasetName": queue,
        "id": f"{queue}:{case.id}",
        "input": {"messages": chat(case.messages), "context": case.passages},
        "expectedOutput": case.expected,
        "metadata": {"id": case.id, **case.facts, "response": case.response},
        "sourceTraceId": None,
        "sourceObservationId": None,
        "status": "ACTIVE",
    }


LOAD = '''\
"""Send items to Langfuse: python load.py [FILE ...].

LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY say where to.
"""

import fileinput
import json
import sys

from langfuse import get_client

langfuse = get_client()
langfuse.create_dataset(name=QUEUE)
for line in fileinput.input(sys.argv[1:] or ["items.jsonl"], encoding="utf-8"):
    item = json.loads(line)
    langfuse.create_dataset_item(
        dataset_name=item["datasetName"],
        id=item["id"],
        input=item["input"],
        expected_output=item["expectedOutput"],
        metadata=item["metadata"],
    )
print(fileinput.lineno(), "items")
'''
COMMANDS = """
pip install langfuse
python load.py
"""
