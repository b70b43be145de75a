"""Items for the datasets of a platform, with a script that uploads them.

Those without an expected answer are apart here too, but sent just as well: people and judges score
them where there is nothing to compare with.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from storage.errors import Conflict
from storage.exports.cases import UNSCORED, Case, cases, put, readme
from storage.exports.chat import Json
from storage.exports.format import About, Row
from storage.exports.lines import Lines

ITEMS = "items.jsonl"


def write_items(
    rows: Iterable[Row],
    folder: Path,
    about: About,
    shape: Callable[[Case], Json],
    texts: tuple[str, str],
) -> int:
    """Write items and a script that uploads them; the number of items."""
    with Lines(folder) as out:
        for case in cases(rows, about):
            out.write(ITEMS if case.scored else UNSCORED, shape(case))
    if not out.counts:
        raise Conflict("nothing_expected", "no task has a label yet", "label first, then export")
    load, commands = texts
    if not out.counts[ITEMS]:
        commands = commands.replace("load.py", f"load.py {UNSCORED}")
    put(folder / "load.py", load.replace("QUEUE", msgspec.json.encode(about.queue).decode()))
    put(folder / "README.md", readme(about, out.counts, ITEMS, commands, MORE))
    return out.counts.total()


MORE = """\
`python load.py items.jsonl unscored.jsonl` sends what has no expected answer as well.
"""
