"""All labels of 10,000 tasks as JSONL, beside `json.dumps` of the same rows, and other formats.

    python bench/export.py [--tasks 10000] [--labels 2] [--postgres URL]
    python bench/export.py --memory [--sizes 100000 1000000]

Must: under 1 s on SQLite. The conversation of a task is about 3 kB. Memory is the peak of the
process above what it was before the first export. With `--memory`: the same for a file and for a
folder at two numbers of labels, two a task of 0.3 kB, each in a process of its own; it must
not grow with what is written. Measured: 36 MB at 100,000 labels for a file and a folder, 55 MB at
1,000,000 for a file.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from labeling.draws import DrawRequest, draw_into
from labeling.exports import ExportOptions, export_queue, stream_export
from storage import Store, ensure_current, open_store
from storage import tables as t
from tests import factories

NOW = datetime(2026, 11, 2, tzinfo=UTC)
TEXT = "the order was sent twice and the invoice shows another address than agreed " * 20


def filled(store: Store, tasks: int, labels: int, text: str = TEXT) -> None:
    """A queue `bench` into which all was drawn, each task with that many labels."""
    ensure_current(store)
    numbers = range(1, tasks + 1)
    with store.write() as session:
        queue_id = factories.queue(session, "bench", overlap=labels)
        people = [factories.account(session) for _ in range(labels)]
        form = session.execute(t.queue.select()).one().guideline_id
        narrow = [
            {"id": n, "source": "bench", "external_id": f"req-{n}", "sample_key": n * 7919,
             "input_hash": n, "created_at": NOW, "received_at": NOW, "chars": 1500,
             "category": "billing", "model": "m-1", "confidence": 0.5}
            for n in numbers
        ]  # fmt: skip
        texts = [
            {"interaction_id": n, "messages": [{"role": "user", "content": f"{n} {text}"}],
             "responses": [{"id": "r1", "text": f"Answer {n}. {text}"}], "context": None,
             "extra": None}
            for n in numbers
        ]  # fmt: skip
        session.execute(insert(t.interaction), narrow)
        session.execute(insert(t.content), texts)
    draw_into(store, "bench", DrawRequest("random", size=tasks), clock=lambda: NOW)
    with store.write() as session:
        made = list(session.scalars(t.task.select().with_only_columns(t.task.c.id)))
        work = [(task, slot, person) for task in made for slot, person in enumerate(people)]
        held = [
            {"id": number, "task_id": task, "queue_id": queue_id, "account_id": person,
             "role": "planned", "round": 0, "slot": slot, "guideline_id": form,
             "state": "submitted", "leased_at": NOW, "finished_at": NOW}
            for number, (task, slot, person) in enumerate(work, 1)
        ]  # fmt: skip
        said = [
            {"assignment_id": number, "task_id": task, "account_id": person, "revision": 1,
             "values": {"quality": 1 + (task + slot // 2) % 5, "issues": ["incomplete"],
                        "confidence": "high", "notes": "A remark of some length."},
             "guideline_id": form, "seconds": 12.5, "body_hash": 0, "created_at": NOW}
            for number, (task, slot, person) in enumerate(work, 1)
        ]  # fmt: skip
        session.execute(insert(t.assignment), held)
        session.execute(insert(t.label), said)


def timed(name: str, run: Callable[[], object], times: int = 3) -> float:
    """The best of a few runs, in seconds."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        spent.append(time.perf_counter() - start)
    print(f"{name:28} {min(spent):7.3f} s")
    return min(spent)


def peak() -> float:
    """The most memory this process has had, in MB; where there is no /proc, its parent too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024


def alone(url: str, name: str, out: Path) -> tuple[float, float, int]:
    """Seconds, memory above the start in MB, and rows of one export in this process."""
    store = open_store(url)
    options = ExportOptions(force=True, expected="response-if-quality>=4")
    before, start = peak(), time.perf_counter()
    report = export_queue(store, "bench", name, out, options, NOW)
    return time.perf_counter() - start, peak() - before, report.rows


def memory(sizes: list[int]) -> None:
    """The peak of a file and of folders, at several numbers of labels."""
    for labels in sizes:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/bench.db"
            store = open_store(url)
            filled(store, labels // 2, 2, text=TEXT[:150])
            store.close()
            for name in ("jsonl", "inspect", "huggingface"):
                with ProcessPoolExecutor(1, get_context("spawn")) as other:
                    asked = other.submit(alone, url, name, Path(folder, name))
                    seconds, more, rows = asked.result()
                print(f"{labels:9} labels, {name:12} {rows:7} rows {seconds:6.1f} s {more:5.0f} MB",
                      flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--labels", type=int, default=2)
    parser.add_argument("--postgres", metavar="URL", help="an empty database instead of SQLite")
    given = parser.parse_args()
    if given.memory:
        memory(given.sizes)
        return
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
        run = partial(export_queue, store, "bench", name, path, options, NOW)
        timed(f"{name}, {options.labels}", run)
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
