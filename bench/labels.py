"""Labels a second: 20 people in a closed loop over REST, each label on disk when answered.

    python bench/labels.py [--people 20] [--seconds 10] [--rounds 3]

Beside it, in the same run: a FastAPI endpoint that only parses and answers, and a plain insert
with commit and fsync through the same driver.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.soak import broken_rules, database
from bench.stage import Server, Stage, fill_queue, free_port, servers, stage
from bench.wire import Wire

BODY = b'{"values": {"quality": 4, "issues": ["hallucination"]}, "seconds": 3.2}'
BARE = """
    from fastapi import FastAPI, Request
    import uvicorn, sys
    app = FastAPI()
    @app.post("/bare")
    async def bare(request: Request) -> dict[str, int]:
        return {"label_id": len(await request.json())}
    @app.get("/readyz")
    def ready() -> str:
        return "ok"
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
"""


@dataclass
class Times:
    """What one run saw."""

    claims: list[float] = field(default_factory=list)
    labels: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def _annotate(wire: Wire, queue: str, until: float, times: Times) -> None:
    while time.perf_counter() < until:
        began = time.perf_counter()
        status, found = await wire.post(f"/v1/queues/{queue}/assignments")
        times.claims.append(time.perf_counter() - began)
        if status != 201:
            times.errors.append(f"claim {status} {found}")
            return
        began = time.perf_counter()
        key = f"Idempotency-Key: {uuid.uuid4().hex}\r\n"
        path = f"/v1/assignments/{found['assignment_id']}/label"
        status, answer = await wire.post(path, BODY, more=key)
        times.labels.append(time.perf_counter() - began)
        if status != 201:
            times.errors.append(f"label {status} {answer}")


async def _crowd(ready: Stage, running: list[Server], queue: str, seconds: float) -> Times:
    times = Times()
    names = [name for name in ready.tokens if name != "boss"]
    wires = [
        Wire("127.0.0.1", running[place % len(running)].port, ready.tokens[name])
        for place, name in enumerate(names)
    ]
    until = time.perf_counter() + seconds
    await asyncio.gather(*(_annotate(wire, queue, until, times) for wire in wires))
    for wire in wires:
        wire.close()
    return times


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000 if values else 0.0


def labels_per_second(
    kind: str, folder: Path, people: int, seconds: float, rounds: int
) -> list[float]:
    rates = []
    processes = 1 if kind == "sqlite" else 2
    with (
        database(kind, folder) as url,
        stage(url, people) as ready,
        servers(url, processes, folder) as running,
    ):
        for number in range(rounds):
            queue = f"bench-{number}"
            fill_queue(ready.store, queue, tasks=int(1200 * seconds), overlap=1, lease_seconds=600)
            times = asyncio.run(_crowd(ready, running, queue, seconds))
            rates.append(len(times.labels) / seconds)
            both = times.claims + times.labels
            print(
                f"  {kind} ({processes} process): {rates[-1]:.0f} labels/s, label p50 "
                f"{quantile(times.labels, 0.5):.1f} p99 {quantile(times.labels, 0.99):.1f} ms, all "
                f"requests p99 {quantile(both, 0.99):.1f} ms, errors {len(times.errors)} "
                f"{times.errors[:1] or ''} broken rules {broken_rules(ready.store) or 'none'}"
            )
    return rates


async def _hammer(port: int, people: int, seconds: float) -> float:
    done = 0
    until = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal done
        wire = Wire("127.0.0.1", port, "none")
        while time.perf_counter() < until:
            await wire.post("/bare", BODY)
            done += 1
        wire.close()

    await asyncio.gather(*(one() for _ in range(people)))
    return done / seconds


def bare_endpoint(folder: Path, people: int, seconds: float) -> float:
    script = folder / "bare.py"
    script.write_text(textwrap.dedent(BARE))
    port = free_port()
    process = subprocess.Popen([sys.executable, str(script), str(port)])
    try:
        for _ in range(500):
            try:
                httpx.get(f"http://127.0.0.1:{port}/readyz")
                break
            except httpx.TransportError:
                time.sleep(0.02)
        return asyncio.run(_hammer(port, people, seconds))
    finally:
        process.terminate()
        process.wait()


def plain_commits(folder: Path, seconds: float) -> float:
    import sqlite3

    raw = sqlite3.connect(folder / "plain.db", isolation_level=None)
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("CREATE TABLE label (id INTEGER PRIMARY KEY, body TEXT)")
    done, until = 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        raw.execute("INSERT INTO label (body) VALUES (?)", (BODY.decode(),))
        done += 1
    raw.close()
    return done / seconds


def main() -> int:
    parser = argparse.ArgumentParser(description="Labels a second.")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        bare = bare_endpoint(folder, asked.people, 3)
        print(f"  bare FastAPI POST: {bare:.0f} requests/s")
        print(f"  plain commits with fsync: {plain_commits(folder, 2):.0f}/s")
        for kind in ["sqlite", "postgres"] if asked.database == "both" else [asked.database]:
            rates = labels_per_second(kind, folder, asked.people, asked.seconds, asked.rounds)
            middle = statistics.median(rates)
            print(f"{kind}: median {middle:.0f} labels/s, {2 * middle / bare:.2f} of bare requests")
    return 0


if __name__ == "__main__":
    sys.exit(main())
