"""Many people at once, and a server that dies: no label too many, none too few, none lost.

    python bench/soak.py [--people 50] [--seconds 30] [--kills 20] [--database sqlite|postgres|both]

Claims: `people` annotators claim, label, skip, return and abandon for `seconds` at overlap 1, 2
and 3, then finish the rest. Kills: the server is killed again and again during concurrent
submits; every label that was acknowledged must be there, once, and every lease must come back.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from sqlalchemy import text

from bench.stage import Server, Stage, fill_queue, postgres, servers, stage
from storage import Store

LEASE = 10


@dataclass
class Tally:
    """What the people of a run saw."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """Label id by idempotency key."""
    answers: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class Person:
    """One annotator at work over REST."""

    def __init__(self, name: str, token: str, bases: list[str], queue: str, seed: int) -> None:
        self.name, self.queue = name, queue
        self._bases = bases
        self._rng = np.random.default_rng(seed)
        self._headers = {"Authorization": f"Bearer {token}"}

    async def work(self, client: httpx.AsyncClient, tally: Tally, until: float) -> None:
        """Claim and finish tasks until the time is up, then until there is nothing left."""
        while True:
            answer = await self._post(client, f"/v1/queues/{self.queue}/assignments")
            if answer.status_code == 201:
                await self._finish(client, tally, answer.json(), careless=time.time() < until)
                continue
            if answer.status_code != 200:
                tally.problems.append(f"claim: {answer.status_code} {answer.text[:200]}")
                return
            reason = answer.json()["reason"]
            if reason == "done":
                return
            await asyncio.sleep(0.2)

    async def _finish(
        self, client: httpx.AsyncClient, tally: Tally, found: dict[str, str], *, careless: bool
    ) -> None:
        path = f"/v1/assignments/{found['assignment_id']}"
        chance = self._rng.random()
        if careless and chance < 0.05:
            await self._post(client, f"{path}/return")
            tally.answers["returned"] += 1
            return
        if careless and chance < 0.08:
            await asyncio.sleep(0.05)  # looks away for a moment, then labels the same task again
            tally.answers["looked away"] += 1
            return
        key = uuid.uuid4().hex
        body = {"values": {"quality": int(self._rng.integers(1, 6)), "issues": []}, "seconds": 1.0}
        answer = await self._post(client, f"{path}/label", body, key)
        if careless and chance > 0.9:  # an impatient double click
            again = await self._post(client, f"{path}/label", body, key)
            if again.json() != answer.json():
                tally.problems.append(f"repeat answered otherwise: {again.text[:200]}")
        tally.answers[str(answer.status_code)] += 1
        if answer.status_code == 201:
            tally.acknowledged[key] = str(answer.json()["label_id"])
        elif answer.status_code != 409:
            tally.problems.append(f"label: {answer.status_code} {answer.text[:200]}")

    async def _post(
        self,
        client: httpx.AsyncClient,
        path: str,
        body: dict[str, object] | None = None,
        key: str | None = None,
    ) -> httpx.Response:
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        base = self._bases[int(self._rng.integers(len(self._bases)))]
        return await client.post(base + path, json=body or {}, headers=headers)


async def _people(stage_: Stage, bases: list[str], queue: str, seconds: float) -> Tally:
    tally = Tally()
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx.AsyncClient(timeout=30, limits=limits) as client:
        names = [name for name in stage_.tokens if name != "boss"]
        crowd = [
            Person(name, stage_.tokens[name], bases, queue, seed) for seed, name in enumerate(names)
        ]
        until = time.time() + seconds
        await asyncio.gather(*(person.work(client, tally, until) for person in crowd))
    return tally


INTEGRITY = {
    "labels by one person on one task": """
        SELECT count(*) FROM (SELECT task_id, account_id FROM label WHERE revision = 1
        GROUP BY task_id, account_id HAVING count(*) > 1) AS twice""",
    "tasks with more labels than wanted": """
        SELECT count(*) FROM (SELECT t.id FROM task t JOIN label l ON l.task_id = t.id
        WHERE l.revision = 1 GROUP BY t.id, t.labels_wanted
        HAVING count(*) > t.labels_wanted) AS surplus""",
    "submitted holds without a label": """
        SELECT count(*) FROM assignment a WHERE a.state = 'submitted'
        AND NOT EXISTS (SELECT 1 FROM label l WHERE l.assignment_id = a.id)""",
    "labels whose hold is not submitted": """
        SELECT count(*) FROM label l JOIN assignment a ON a.id = l.assignment_id
        WHERE a.state <> 'submitted'""",
    "tasks whose free slots do not add up": """
        SELECT count(*) FROM task t WHERE t.purpose = 'sample' AND t.free_slots <>
        t.labels_wanted - (SELECT count(*) FROM assignment a WHERE a.task_id = t.id
        AND a.slot IS NOT NULL AND a.state IN ('leased', 'submitted'))""",
}
UNFINISHED = """
    SELECT count(*) FROM task t JOIN queue q ON q.id = t.queue_id WHERE q.name = :queue
    AND t.labels_wanted > (SELECT count(*) FROM label l WHERE l.task_id = t.id AND l.revision = 1)
"""


def broken_rules(store: Store) -> list[str]:
    """Every rule of the store that does not hold, with how often."""
    found = []
    with store.read() as session:
        for rule, query in INTEGRITY.items():
            if count := session.execute(text(query)).scalar_one():
                found.append(f"{rule}: {count}")
        if store.is_sqlite:
            said = session.exec_driver_sql("PRAGMA integrity_check").scalar_one()
            if said != "ok":
                found.append(f"integrity_check: {said}")
    return found


def lost(store: Store, tally: Tally) -> list[str]:
    """Acknowledged labels that are not there."""
    with store.read() as session:
        rows = session.execute(text("SELECT idempotency_key, id FROM label"))
        there = {row[0]: str(row[1]) for row in rows}
    return [key for key, label in tally.acknowledged.items() if there.get(key) != label]


def unfinished(store: Store, queue: str) -> int:
    """Tasks of a queue with fewer labels than wanted."""
    with store.read() as session:
        return int(session.execute(text(UNFINISHED), {"queue": queue}).scalar_one())


def claims(stage_: Stage, folder: Path, *, seconds: float, tasks: int, processes: int) -> list[str]:
    """Everybody at once at overlap 1, 2 and 3; what went wrong."""
    problems: list[str] = []
    with servers(stage_.url, processes, folder) as running:
        bases = [one.base for one in running]
        for overlap in (1, 2, 3):
            queue = f"soak-{overlap}"
            wanted = max(tasks // overlap, 1)
            fill_queue(stage_.store, queue, tasks=wanted, overlap=overlap, lease_seconds=LEASE)
            began = time.perf_counter()
            tally = asyncio.run(_people(stage_, bases, queue, seconds))
            took = time.perf_counter() - began
            bad = [*tally.problems[:5], *broken_rules(stage_.store)]
            bad += [f"lost label {key}" for key in lost(stage_.store, tally)]
            if rest := unfinished(stage_.store, queue):
                bad.append(f"{rest} tasks have too few labels")
            labels = len(tally.acknowledged)
            print(
                f"  overlap {overlap}: {labels} labels in {took:.1f} s "
                f"({labels / took:.0f}/s), {dict(tally.answers)}, problems: {bad or 'none'}"
            )
            problems += bad
    return problems


async def _submit_until_killed(  # noqa: C901 - one story
    stage_: Stage, server: Server, tally: Tally, pending: dict[str, tuple[str, str]], seconds: float
) -> None:
    """Submit from everybody; kill the server in the middle; note what was not answered."""

    async def one(client: httpx.AsyncClient, name: str) -> None:
        headers = {"Authorization": f"Bearer {stage_.tokens[name]}"}
        while True:
            try:
                if name in pending:
                    key, path = pending[name]
                else:
                    claim = await client.post("/v1/queues/kill/assignments", headers=headers)
                    if claim.status_code != 201:
                        await asyncio.sleep(0.05)
                        continue
                    key = uuid.uuid4().hex
                    path = f"/v1/assignments/{claim.json()['assignment_id']}/label"
                    pending[name] = (key, path)
                body = {"values": {"quality": 4, "issues": []}}
                headed = {**headers, "Idempotency-Key": key}
                answer = await client.post(path, json=body, headers=headed)
            except httpx.TransportError:
                return
            del pending[name]
            if answer.status_code in (200, 201):
                tally.acknowledged[key] = str(answer.json()["label_id"])
            elif answer.status_code != 409:
                tally.problems.append(f"label: {answer.status_code} {answer.text[:200]}")

    async def executioner() -> None:
        await asyncio.sleep(seconds)
        server.kill()

    async with httpx.AsyncClient(base_url=server.base, timeout=10) as client:
        names = [name for name in stage_.tokens if name != "boss"]
        await asyncio.gather(executioner(), *(one(client, name) for name in names))


def kills(stage_: Stage, folder: Path, *, times: int, tasks: int) -> list[str]:
    """Kill the server during submits, `times` times; what went wrong."""
    fill_queue(stage_.store, "kill", tasks=tasks, overlap=2, lease_seconds=LEASE)
    rng = np.random.default_rng(7)
    tally = Tally()
    pending: dict[str, tuple[str, str]] = {}
    problems: list[str] = []
    server = Server(stage_.url, log=folder / "killed.log")
    for _ in range(times):
        server.start()
        seconds = float(rng.uniform(0.1, 0.8))
        asyncio.run(_submit_until_killed(stage_, server, tally, pending, seconds))
        problems += broken_rules(stage_.store)
        problems += [f"lost label {key}" for key in lost(stage_.store, tally)]
    server.start()
    try:
        finished = asyncio.run(_people(stage_, [server.base], "kill", 0))
    finally:
        server.stop()
    tally.acknowledged |= finished.acknowledged
    problems += tally.problems[:5] + finished.problems[:5] + broken_rules(stage_.store)
    problems += [f"lost label {key}" for key in lost(stage_.store, tally)]
    if rest := unfinished(stage_.store, "kill"):
        problems.append(f"{rest} tasks have too few labels: leases did not come back")
    print(
        f"  {times} kills, {len(tally.acknowledged)} acknowledged labels, {problems or 'none lost'}"
    )
    return problems


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database of that kind."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'soak.db'}"
    else:
        with postgres(folder / "postgres") as url:
            yield url


def main() -> int:
    parser = argparse.ArgumentParser(description="Many people at once, and a server that dies.")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--tasks", type=int, default=9_000, help="labels wanted in a run")
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    asked = parser.parse_args()
    problems: list[str] = []
    for kind in ["sqlite", "postgres"] if asked.database == "both" else [asked.database]:
        print(kind)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            folder.chmod(0o777)
            with database(kind, folder) as url, stage(url, asked.people) as ready:
                processes = 1 if kind == "sqlite" else 2
                problems += claims(
                    ready, folder, seconds=asked.seconds, tasks=asked.tasks, processes=processes
                )
                problems += kills(ready, folder, times=asked.kills, tasks=asked.tasks)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
