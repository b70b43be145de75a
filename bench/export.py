"""All labels of 10,000 tasks as JSONL, beside `json.dumps` of the same rows, and other formats.

    python bench/export.py [--tasks 10000] [--labels 2] [--postgres URL]

Must: under 1 s on SQLite. The conversation of a task is about 3 kB. Memory is the peak of the
process above what it was before the first export.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from labeling.exports import ExportOptions, export_queue, stream_export
from storage import Store, ensure_current, open_store
from storage import tables as t
from tests import factories

NOW = datetime(2026, 11, 2, tzinfo=UTC)
TEXT = "the order was sent twice and the invoice shows another address than agreed " * 20


def filled(store: Store, tasks: int, labels: int) -> None:
    """A queue `bench` whose tasks have that many labels each."""
    ensure_current(store)
    with store.write() as session:
        queue_id = factories.queue(session, "bench")
        people = [factories.account(session) for _ in range(labels)]
        form = session.execute(t.queue.select()).one().guideline_id
        interactions, contents, rows, held, said = [], [], [], [], []
        for n in range(1, tasks + 1):
            interactions.append(
                {"id": n, "source": "bench", "external_id": f"req-{n}", "sample_key": n,
                 "input_hash": n, "created_at": NOW, "received_at": NOW, "chars": 1500,
                 "category": "billing", "model": "m-1", "confidence": 0.5}
            )  # fmt: skip
            contents.append(
                {"interaction_id": n, "messages": [{"role": "user", "content": f"{n} {TEXT}"}],
                 "responses": [{"id": "r1", "text": f"Answer {n}. {TEXT}"}], "context": None,
                 "extra": None}
            )  # fmt: skip
            rows.append(
                {"id": n, "queue_id": queue_id, "interaction_id": n, "purpose": "sample",
                 "planned_labels": labels, "labels_wanted": labels, "free_slots": 0, "position": n,
                 "reason": "taken at random", "created_at": NOW}
            )  # fmt: skip
            for slot, person in enumerate(people):
                key = n * 100 + slot
                held.append(
                    {"id": key, "task_id": n, "queue_id": queue_id, "account_id": person,
                     "role": "planned", "round": 0, "slot": slot, "guideline_id": form,
                     "state": "submitted", "leased_at": NOW, "finished_at": NOW}
                )  # fmt: skip
                said.append(
                    {"assignment_id": key, "task_id": n, "account_id": person, "revision": 1,
                     "values": {"quality": 1 + (n + slot) % 5, "issues": ["incomplete"],
                                "confidence": "high", "notes": "A remark of some length."},
                     "guideline_id": form, "seconds": 12.5, "body_hash": 0, "created_at": NOW}
                )  # fmt: skip
        for table, values in (
            (t.interaction, interactions), (t.content, contents), (t.task, rows),
            (t.assignment, held), (t.label, said),
        ):  # fmt: skip
            session.execute(insert(table), values)


def timed(name: str, run: Callable[[], object], times: int = 3) -> float:
    """The best of a few runs, in seconds."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        spent.append(time.perf_counter() - start)
    print(f"{name:28} {min(spent):7.3f} s")
    return min(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--labels", type=int, default=2)
    parser.add_argument("--postgres", metavar="URL", help="an empty database instead of SQLite")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(given.postgres or f"sqlite:///{folder}/bench.db")
        filled(store, given.tasks, given.labels)
        print(f"{given.tasks} tasks, {given.labels} labels each")
        measure(store, Path(folder))
        store.close()


def measure(store: Store, folder: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    raw = ExportOptions(labels="raw", force=True)
    settled = ExportOptions(force=True, expected="response-if-quality>=4")
    out = folder / "raw.jsonl"
    ours = timed("jsonl, raw", lambda: export_queue(store, "bench", "jsonl", out, raw, NOW))
    for name, options in (("csv", raw), ("parquet", raw), ("jsonl", settled),
                          ("goldloop", settled), ("inspect", settled)):  # fmt: skip
        path = folder / f"{name}-{options.labels}"
        timed(
            f"{name}, {options.labels}",
            lambda n=name, p=path, o=options: export_queue(store, "bench", n, p, o, NOW),
        )
    timed("jsonl, raw, streamed",
          lambda: sum(map(len, stream_export(store, "bench", "jsonl", raw, NOW))))  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{'memory above the start':28} {(after - before) / 1024:7.0f} MB")
    lines = [json.loads(line) for line in out.read_bytes().splitlines()]
    plain = timed("json.dumps of the raw rows", lambda: [json.dumps(line) for line in lines])
    size = out.stat().st_size / 1e6
    print(f"{len(lines)} labels, {size:.0f} MB: {ours / plain:.1f} times json.dumps")


if __name__ == "__main__":
    main()
