"""Interactions a second: by REST to a real server, beside its parts alone and a plain endpoint.

python bench/ingest.py [--rows 10000] [--rounds 3] [--connections 2] [--cli 1000000] [--postgres]
"""

import argparse
import asyncio
import json
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.stage import GOLDLOOP, Server, free_port, now, postgres, servers, stage
from bench.wire import Wire
from storage import Store, ensure_current, open_store
from storage.ingest import ingest_rows
from storage.interactions import parse_interaction
from storage.sources import json_array

PER_BODY = 1_000
MUST, AIM, MUST_MB = 10_000, 15_000, 400
WORDS = "the order was sent twice and the invoice shows another address than agreed, so please "

PLAIN = """
    import asyncio, json, sqlite3, sys, threading
    import uvicorn
    from datetime import datetime
    from fastapi import FastAPI
    from pydantic import BaseModel

    class Message(BaseModel):
        role: str
        content: str

    class Interaction(BaseModel):
        id: str
        source: str
        created_at: datetime
        messages: list[Message]
        response: str
        context: list[str] = []
        model: str | None = None
        category: str | None = None
        confidence: float | None = None
        flags: list[str] = []
        metadata: dict = {}

    database = sqlite3.connect(sys.argv[2], isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE interaction (source, id, created_at, model, category,"
                     " confidence, flags, row, UNIQUE (source, id))")
    lock = threading.Lock()
    app = FastAPI()

    @app.get("/readyz")
    def ready():
        return {}

    @app.post("/v1/interactions")
    def take(rows: list[Interaction]):
        values = [(r.source, r.id, r.created_at.isoformat(), r.model, r.category, r.confidence,
                   json.dumps(r.flags), r.model_dump_json()) for r in rows]
        with lock:
            database.execute("BEGIN IMMEDIATE")
            marks = "?, ?, ?, ?, ?, ?, ?, ?"
            database.executemany(f"INSERT INTO interaction VALUES ({marks})", values)
            database.execute("COMMIT")
        return {"accepted": len(rows)}

    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
"""


def rows(count: int, name: str, chars: int = 3_000) -> Iterator[dict[str, Any]]:
    """Interactions with every field, about that large as JSON."""
    text = WORDS * (chars // len(WORDS) + 1)
    part = max(chars - 500, 100) // 10
    for number in range(count):
        at = number % len(WORDS)
        yield {
            "id": f"{name}-{number:08d}",
            "source": "bench",
            "created_at": "2026-11-01T10:00:00Z",
            "session_id": f"s{number // 4}",
            "user_id": f"u{number % 997}",
            "trace_id": f"{number:032x}",
            "messages": [
                {"role": "system", "content": text[at : at + part]},
                {"role": "user", "content": text[at : at + 3 * part]},
            ],
            "response": text[at : at + 4 * part],
            "context": [text[at : at + part], text[at : at + part]],
            "model": f"m-{number % 3}",
            "variant": "B",
            "category": ("billing", "shipping", "returns", "account")[number % 4],
            "tags": ["faq"],
            "confidence": (number * 7919 % 1000) / 1000,
            "flags": ["too_short"] if number % 11 == 0 else [],
            "latency_ms": 812,
            "usage": {"input_tokens": 310, "output_tokens": 120},
            "cost_usd": 0.0004,
            "metadata": {"locale": "de"},
            **({"feedback": {"thumb": "down", "comment": "no"}} if number % 10 == 0 else {}),
            **({"scores": {"judge": 2.5}} if number % 4 == 0 else {}),
        }


def bodies(count: int, name: str) -> list[bytes]:
    """The same rows as JSON arrays of a thousand."""
    sent = list(rows(count, name))
    return [
        json.dumps(sent[start : start + PER_BODY]).encode() for start in range(0, count, PER_BODY)
    ]


async def _send(port: int, token: str, sent: list[bytes], connections: int) -> float:
    """Seconds from the first byte sent to the last answer."""
    waiting = sent[::-1]

    async def one(wire: Wire) -> int:
        accepted = 0
        while waiting:
            status, answer = await wire.post("/v1/interactions", waiting.pop())
            assert status == 200, answer
            accepted += answer["accepted"]
        wire.close()
        return accepted

    began = time.perf_counter()
    found = await asyncio.gather(*(one(Wire("127.0.0.1", port, token)) for _ in range(connections)))
    took = time.perf_counter() - began
    assert sum(found) == sum(body.count(b'"created_at"') for body in sent)
    return took


def by_rest(url: str, folder: Path, asked: argparse.Namespace) -> list[float]:
    """Rows a second of each round, and the server's peak memory told on the way."""
    rates = []
    with stage(url, 0) as town, servers(url, 1, folder) as (server,):
        asyncio.run(_send(server.port, town.tokens["boss"], bodies(PER_BODY, "warm"), 1))
        for number in range(asked.rounds):
            sent = bodies(asked.rows, f"round{number}")
            cpu = _cpu_seconds(server)
            took = asyncio.run(_send(server.port, town.tokens["boss"], sent, asked.connections))
            rates.append(asked.rows / took)
            cpu = (_cpu_seconds(server) - cpu) / asked.rows * 1e6
            print(f"    {asked.rows / took:,.0f} rows/s; server CPU {cpu:.0f} µs a row")
        print(f"    server's peak memory {server.peak_mb():.0f} MB (must {MUST_MB})")
    return rates


def _cpu_seconds(server: Server) -> float:
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@contextmanager
def plain_server(folder: Path) -> Iterator[int]:
    """An endpoint as one writes it on the first day: FastAPI, pydantic, one INSERT a row."""
    script, port = folder / "plain.py", free_port()
    script.write_text(textwrap.dedent(PLAIN))
    command = [sys.executable, str(script), str(port), str(folder / "plain.db")]
    process = subprocess.Popen(command)
    try:
        for _ in range(1_000):
            try:
                httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2)
                break
            except httpx.TransportError:
                time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def rate_of(count: int, act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return count / (time.perf_counter() - began)


def parts_alone(folder: Path, count: int) -> None:
    """Decoding, checking and storing, one after the other in this process."""
    sent = bodies(count, "parts")
    read = [row for body in sent for _, row in json_array(body)]
    checked = [parse_interaction(row, now=now()) for row in read]  # type: ignore[arg-type]
    decoding = rate_of(count, lambda: [list(json_array(body)) for body in sent])
    checking = rate_of(
        count,
        lambda: [parse_interaction(row, now=now()) for row in read],  # type: ignore[arg-type]
    )
    raw = sqlite3.connect(folder / "raw.db", isolation_level=None)
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("CREATE TABLE content (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT, d TEXT)")
    values = [(one.messages, one.responses, one.context, one.extra) for one in checked]

    def insert() -> None:
        for start in range(0, count, PER_BODY):
            raw.execute("BEGIN IMMEDIATE")
            statement = "INSERT INTO content (a, b, c, d) VALUES (?, ?, ?, ?)"
            raw.executemany(statement, values[start : start + PER_BODY])
            raw.execute("COMMIT")

    inserting = rate_of(count, insert)
    raw.close()
    with opened(folder / "parts.db") as store:
        whole = rate_of(
            count, lambda: [ingest_rows(store, json_array(body), clock=now) for body in sent]
        )
    print(
        f"  alone: decode {decoding:,.0f}, check {checking:,.0f}, bare INSERT of the texts "
        f"{inserting:,.0f}; all of it in one process without HTTP {whole:,.0f} rows/s"
    )


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{path}")
    ensure_current(store)
    try:
        yield store
    finally:
        store.close()


def by_cli(folder: Path, count: int, chars: int) -> None:
    """A file through `goldloop ingest`; memory must not grow with the file."""
    peaks = []
    for size in (count // 10, count):
        path = folder / f"{size}.jsonl"
        with path.open("w") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows(size, "cli", chars))
        command = [
            *("/usr/bin/env", f"GOLDLOOP_DATABASE_URL=sqlite:///{folder / f'{size}.db'}"),
            *(str(GOLDLOOP), "ingest", "--json", str(path)),
        ]
        began = time.perf_counter()
        report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        took = time.perf_counter() - began
        assert report["accepted"] == size, report
        peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
        megabytes = path.stat().st_size / 1e6
        print(
            f"  goldloop ingest: {size:,} rows ({megabytes:,.0f} MB) in {took:.0f} s, "
            f"{size / took:,.0f} rows/s; peak memory of any child so far {peaks[-1]:.0f} MB"
        )
        path.unlink()
    print(f"  ten times the rows took {peaks[1] - peaks[0]:+.0f} MB")


def main() -> int:
    parser = argparse.ArgumentParser(description="Interactions a second.")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--cli", type=int, default=1_000_000, help="rows in the file; 0: none")
    parser.add_argument("--cli-chars", type=int, default=1_200)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    asked.rows -= asked.rows % PER_BODY
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        if asked.cli:
            by_cli(folder, asked.cli, asked.cli_chars)
        size = sum(map(len, bodies(PER_BODY, "size"))) / PER_BODY
        print(f"{asked.rows:,} interactions of {size:,.0f} bytes, {PER_BODY} a request")
        parts_alone(folder, asked.rows)
        with plain_server(folder) as port:
            took = asyncio.run(_send(port, "-", bodies(asked.rows, "plain"), asked.connections))
        plain = asked.rows / took
        print(f"  plain FastAPI and pydantic endpoint, a third of the fields: {plain:,.0f} rows/s")
        tell("SQLite", by_rest(f"sqlite:///{folder / 'rest.db'}", folder, asked), plain)
        if asked.postgres:
            with postgres(folder / "postgres") as url:
                tell("PostgreSQL", by_rest(url, folder, asked), plain)
    return 0


def tell(where: str, rates: list[float], plain: float) -> None:
    middle = statistics.median(rates)
    held = "aim" if middle >= AIM else "must" if middle >= MUST else "missed"
    print(
        f"{where}: median {middle:,.0f} rows/s, {middle / plain:.1f} of the plain endpoint"
        f" (must {MUST:,}, aim {AIM:,}: {held})"
    )


if __name__ == "__main__":
    sys.exit(main())
