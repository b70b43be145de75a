"""A process killed in the middle of a run: nothing that was answered is paid twice."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import Conflict
from storage.tables import judge_call, judge_item, judge_reply

ROOT = Path(__file__).resolve().parents[3]
CHILD = """
import sys
from datetime import UTC, datetime
import httpx
from labeling.judge import Wire, execute
from storage import open_store
with httpx.Client() as client:
    execute(open_store(sys.argv[1]), int(sys.argv[2]), secret=str, wire=Wire(client),
            clock=lambda: datetime(2026, 11, 1, 12, tzinfo=UTC), holder="child")
"""


def test_a_run_that_was_killed_goes_on_and_pays_for_nothing_twice(bench, server):
    bench.queue()
    bench.traffic(30)
    run_id = bench.begin(model={"concurrency": 3, "timeout_seconds": 30})
    children = []

    def misbehave(number, body):
        if number == 14:
            children[0].send_signal(signal.SIGKILL)
        if 14 <= number <= 16:
            server.ended.wait(1)  # these were on their way
        return None

    server.misbehave = misbehave
    url = bench.store.engine.url.render_as_string(hide_password=False)
    children.append(
        subprocess.Popen(
            [sys.executable, "-c", CHILD, url, str(run_id)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
    )
    assert children[0].wait(60) == -signal.SIGKILL
    sent_before = len(server.asked)
    killed = bench.report(run_id)
    lost, answered = killed["calls"]["lost"], killed["calls"]["answered"]
    assert killed["state"] == "running"
    assert sent_before <= lost + answered <= sent_before + 3  # written down before they are sent
    assert 1 <= lost <= 3
    with bench.store.read() as session:
        paid = set(session.scalars(select(judge_call.c.key).join(judge_reply)))
        last = max(session.scalars(select(judge_call.c.id)))
    with pytest.raises(Conflict, match="another process"):
        bench.go(run_id)
    bench.later(minutes=5)
    server.misbehave = lambda number, body: None
    assert bench.go(run_id) == "done"
    report = bench.report(run_id)
    assert (report["scored"], report["open"], report["failed"]) == (30, 0, {})
    assert report["calls"] == {"answered": 30, "lost": lost}
    assert len(server.asked) - sent_before == 30 - answered
    assert f"{lost} calls were on their way" in report["warnings"][0]
    with bench.store.read() as session:
        later = session.scalars(select(judge_call.c.key).where(judge_call.c.id > last)).all()
        spent = report["spent_usd"]
        most = session.scalars(
            select(judge_call.c.most_usd).outerjoin(judge_reply).where(judge_reply.c.id.is_(None))
        ).all()
        cost = sum(session.scalars(select(judge_reply.c.cost_usd)))
        outcomes = set(session.scalars(select(judge_item.c.outcome)))
    assert not paid & set(later)
    assert spent == pytest.approx(cost + sum(most))
    assert outcomes == {"scored"}
    assert len(bench.scores()) == 30


def test_the_budget_survives_the_restart(bench, server):
    bench.queue()
    bench.traffic(12)
    run_id = bench.begin(calls=9)
    bench.go(run_id, halted=lambda: len(server.asked) >= 5)
    assert bench.report(run_id)["calls_sent"] == 5
    assert bench.go(run_id, holder="the next") == "budget_spent"
    assert len(server.asked) == 9
    assert bench.go(run_id, holder="one more") == "budget_spent"
    assert len(server.asked) == 9
    bodies = [json.dumps(body) for _, _, body in server.asked]
    assert len(set(bodies)) == 9
