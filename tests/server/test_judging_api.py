"""A model as a judge by REST: begun by a lead, executed by the server, within its budget."""

from pathlib import Path
from threading import Event
from typing import Any

import pytest

from server import jobs
from tests.model_server import model_server

MODEL = """
[models.small]
endpoint = "openai"
url = "{url}"
model = "small-1"
secret = "maker"
usd_per_million_input = 1.0
usd_per_million_output = 10.0
"""
RUN: dict[str, Any] = {"model": "small", "budget_usd": 1.0, "calls": 50, "rate": 1.0}


@pytest.fixture
def server():
    with model_server() as made:
        yield made


@pytest.fixture
def judged_town(make_town, server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A town with a model to ask and a queue."""
    file = tmp_path / "judges.toml"
    file.write_text(MODEL.format(url=server.url))
    monkeypatch.setenv("GOLDLOOP_SECRET_MAKER", "a-key-of-nobody")
    made = make_town(judges=file)
    made.queue(tasks=6)
    yield made
    made.house.turns.stop()


def work(town) -> list[tuple[int, str]]:
    """What the scheduler does."""
    house = town.house
    return jobs.judge_waiting(house.store, town.clock, house.settings, Event())


def test_a_lead_begins_a_run_and_the_server_executes_it(judged_town, server):
    lee = judged_town.client("lee")
    (known,) = lee.get("/v1/judges").json()
    assert (known["name"], "url" in known, "secret" in known) == ("small", False, False)
    dry = lee.post("/v1/queues/q/judge-runs?dry_run=true", json=RUN)
    assert (dry.status_code, dry.json()["calls"], server.asked) == (200, 6, [])
    assert 0 < dry.json()["typical_usd"] < dry.json()["most_usd"]
    begun = lee.post("/v1/queues/q/judge-runs", json=RUN)
    assert (begun.status_code, begun.json()["state"]) == (201, "waiting")
    run = begun.json()["run_id"]
    assert work(judged_town) == [(run, "done")]
    told = lee.get(f"/v1/judge-runs/{run}").json()
    assert (told["scored"], told["calls"], told["open"]) == (6, {"answered": 6}, 0)
    assert lee.get("/v1/judge-runs?queue=q").json() == [told]
    assert lee.get("/v1/judge-runs?queue=other").json() == []
    found = lee.get("/v1/queues/q/judge").json()
    assert (found["judge"]["name"], found["judge"]["scored"]) == ("quality", 6)
    assert "issues.refusal" in found["judges"]
    assert work(judged_town) == []
    again = lee.post(f"/v1/judge-runs/{run}/resume", json={})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "run_done")


def test_a_budget_that_is_spent_can_be_raised_and_a_run_be_stopped(judged_town, server):
    lee = judged_town.client("lee")
    run = lee.post("/v1/queues/q/judge-runs", json=RUN | {"calls": 2}).json()["run_id"]
    assert work(judged_town) == [(run, "budget_spent")]
    answer = lee.post(f"/v1/judge-runs/{run}/resume", json={"calls": 50, "budget_usd": -1})
    assert answer.json()["error"]["field"] == "budget_usd"
    assert lee.post(f"/v1/judge-runs/{run}/resume", json={"calls": 50}).status_code == 200
    assert lee.post(f"/v1/judge-runs/{run}/stop").json()["state"] == "stopped"
    assert work(judged_town) == []
    lee.post(f"/v1/judge-runs/{run}/resume", json={})
    assert work(judged_town) == [(run, "done")]
    assert len(server.asked) == 6


def test_a_server_that_stops_leaves_the_run_to_the_next(judged_town, server):
    leaving = Event()

    def misbehave(number, body):
        if number == 2:
            leaving.set()
            return 429, {"retry-after": "200"}, b""
        return None

    server.misbehave = misbehave
    lee = judged_town.client("lee")
    run = lee.post("/v1/queues/q/judge-runs", json=RUN).json()["run_id"]
    house = judged_town.house
    jobs.judge_waiting(house.store, judged_town.clock, house.settings, leaving)
    left = lee.get(f"/v1/judge-runs/{run}").json()
    assert left["state"] == "running"
    assert 1 <= left["open"] < 6
    assert work(judged_town) == [(run, "done")]
    told = lee.get(f"/v1/judge-runs/{run}").json()
    assert (told["scored"], told["calls"]) == (6, {"answered": 6, "rate_limited": 1})


def test_a_run_without_its_key_is_stopped_with_the_reason(judged_town, server, monkeypatch):
    monkeypatch.delenv("GOLDLOOP_SECRET_MAKER")
    lee = judged_town.client("lee")
    run = lee.post("/v1/queues/q/judge-runs", json=RUN).json()["run_id"]
    assert work(judged_town) == []
    told = lee.get(f"/v1/judge-runs/{run}").json()
    assert told["state"] == "stopped"
    assert "GOLDLOOP_SECRET_MAKER" in told["reason"]
    assert server.asked == []


def test_only_who_leads_may_spend_and_what_cannot_be_is_named(judged_town):
    for name, status in (("ann", 403), ("eng", 403), ("lee", 201), ("root", 201)):
        answer = judged_town.client(name).post("/v1/queues/q/judge-runs", json=RUN)
        assert answer.status_code == status
    lee = judged_town.client("lee")
    for changed, field in (
        ({"model": "huge"}, "model"),
        ({"calls": 0}, "budget_calls"),
        ({"rate": None}, "size"),
        ({"url": "http://elsewhere"}, "url"),
        ({"where": {"score": 1}}, "where.score"),
    ):
        answer = lee.post("/v1/queues/q/judge-runs", json=RUN | changed)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert lee.get("/v1/judge-runs/99").status_code == 404
    assert lee.post("/v1/queues/none/judge-runs", json=RUN).status_code == 404
    assert judged_town.client("ann").get("/v1/judge-runs").status_code == 403


def test_a_judge_that_was_sent_a_part_is_believed_on_that_part_alone(judged_town):
    lee = judged_town.client("lee")
    lee.post("/v1/queues/q/judge-runs", json=RUN | {"where": {"model": "m-0"}})
    ((_, state),) = work(judged_town)
    assert state == "done"
    warned = lee.get("/v1/queues/q/judge").json()["judge"]["warnings"]
    assert any("was sent only what has model=m-0: agreement" in one for one in warned)


def test_leads_together_keep_to_the_cap_of_the_operator(make_town, server, tmp_path, monkeypatch):
    file = tmp_path / "judges.toml"
    file.write_text(MODEL.format(url=server.url))
    monkeypatch.setenv("GOLDLOOP_SECRET_MAKER", "a-key-of-nobody")
    town = make_town(judges=file, judge_budget_usd=1.5)
    town.queue(tasks=2)
    lee, root = town.client("lee"), town.client("root")
    run = lee.post("/v1/queues/q/judge-runs", json=RUN).json()["run_id"]
    refused = root.post("/v1/queues/q/judge-runs", json=RUN)
    assert refused.status_code == 422
    assert "0.5 that are left" in refused.json()["error"]["message"]
    more = lee.post(f"/v1/judge-runs/{run}/resume", json={"budget_usd": 1.6})
    assert (more.status_code, more.json()["error"]["field"]) == (422, "budget_usd")
    assert lee.post(f"/v1/judge-runs/{run}/resume", json={"budget_usd": 1.4}).status_code == 200
    assert lee.get("/v1/judge-runs/99999999999999999999").status_code == 404
    town.house.turns.stop()


def test_layers_by_rest(judged_town):
    asked = {"traffic": 1e6, "call_usd": 0.001, "labels": 500, "correlation": 0.8, "rate": 0.2}
    lee = judged_town.client("lee")
    told = lee.get("/v1/layers", params=asked).json()
    assert (told["judge_usd"], told["unused"]) == (1000, None)
    of_queue = lee.get("/v1/layers", params={**asked, "queue": "q"}).json()
    assert of_queue["taken"] == {}
    bad = lee.get("/v1/layers", params={**asked, "rate": 2})
    assert (bad.status_code, bad.json()["error"]["field"]) == (422, "layers")
