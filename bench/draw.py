"""A draw of 1,000 from a million interactions, beside a plain scan of the same columns.

python bench/draw.py [--rows 1000000] [--rounds 3]
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from bench.stage import ROOT, now
from labeling.draws import DrawRequest, draw_into
from labeling.guideline import load_guidelines
from labeling.queues import QueueSpec, create_queue
from storage import Store, ensure_current, open_store

STRATEGIES = {
    "random": DrawRequest("random", size=1000),
    "confidence": DrawRequest("confidence", size=1000),
    "mixture": DrawRequest("mixture", size=1000),
}
COLUMNS = {"random": "", "confidence": ", confidence", "mixture": ", confidence"}


def fill(url: str, rows: int) -> Store:
    """Interactions without texts, straight into the table: only the draw is measured here."""
    store = open_store(url)
    ensure_current(store)
    rng = np.random.default_rng(1)
    began = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1e6)
    with store.write(durable=False) as session:
        raw = session.connection
        for start in range(0, rows, 100_000):
            count = min(100_000, rows - start)
            keys = rng.integers(1, 2**63 - 1, count)
            sure = rng.random(count)
            values = [
                (
                    "bench",
                    f"request-{start + place:012d}",
                    int(keys[place]),
                    start + place,
                    began + start + place,
                    began + start + place,
                    "m-1",
                    "billing",
                    float(sure[place]),
                    500,
                )
                for place in range(count)
            ]
            raw.cursor().executemany(
                "INSERT INTO interaction (source, external_id, sample_key, input_hash, created_at,"
                " received_at, model, category, confidence, chars) VALUES (?,?,?,?,?,?,?,?,?,?)",
                values,
            )
    return store


def scan(store: Store, columns: str) -> float:
    """Read the same columns through the same driver."""
    began = time.perf_counter()
    with store.read() as session:
        cursor = session.connection.cursor()
        cursor.execute(f"SELECT id, sample_key{columns} FROM interaction")
        while cursor.fetchmany(50_000):
            pass
    return time.perf_counter() - began


def timed_draw(store: Store, name: str, number: int) -> float:
    guideline = load_guidelines(ROOT / "guidelines")["response-quality"]
    queue = f"{name}-{number}"
    with store.write() as session:
        create_queue(session, QueueSpec(queue, guideline.slug), guideline, None, now())
    began = time.perf_counter()
    made = draw_into(store, queue, STRATEGIES[name], clock=lambda: now() + timedelta(days=400))
    took = time.perf_counter() - began
    assert made["drawn"] == 1000
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description="A draw beside a plain scan.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="internal: one strategy on a filled store, for its memory")
    parser.add_argument("--url")
    asked = parser.parse_args()
    if asked.only:
        store = open_store(asked.url)
        timed_draw(store, asked.only, 99)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'draw.db'}"
        store = fill(url, asked.rows)
        for name in STRATEGIES:
            scans, drawn = [], []
            for number in range(asked.rounds):
                scans.append(scan(store, COLUMNS[name]))
                drawn.append(timed_draw(store, name, number))
            ratio = statistics.median(d / s for d, s in zip(drawn, scans, strict=True))
            command = [sys.executable, __file__, "--only", name, "--url", url]
            memory = subprocess.run(command, capture_output=True, text=True, check=True)
            print(
                f"{name}: draw {statistics.median(drawn):.2f} s, scan "
                f"{statistics.median(scans):.2f} s, ratio {ratio:.1f}, "
                f"peak {float(memory.stdout):.0f} MB"
            )
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
