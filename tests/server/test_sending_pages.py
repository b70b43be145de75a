"""docs/sending.md and docs/webhooks.md, executed; the same over REST; the jobs that do it."""

import base64
import json
import shlex
from datetime import UTC, datetime

import httpx
import pytest
from click.testing import CliRunner

from server import outgoing
from server.cli import goldloop
from storage import ensure_current, open_store
from storage.queries.connections import add_connection
from tests.loopback import Reply, other
from tests.pages import blocks, commands

NOW = datetime(2026, 11, 2, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdefghijklmn").decode()


def connection(url: str, **more):
    return {"name": "traces", "kind": "phoenix", "url": url, "project": "p", "source": "bot",
            "secret": None, "options": {}, "progress": {}, "created_at": NOW, **more}  # fmt: skip


@pytest.fixture
def there():
    with other() as one:
        yield one


@pytest.fixture
def via():
    with httpx.Client(timeout=5) as one:
        yield one


@pytest.fixture
def run(tmp_path, monkeypatch, there):
    """Run a command on a store with a labelled queue and a connection."""
    url = f"sqlite:///{tmp_path / 'goldloop.db'}"
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", url)
    monkeypatch.setenv("GOLDLOOP_SECRET_BI", SECRET)

    def runner(*words: str, code: int = 0):
        result = CliRunner().invoke(goldloop, words)
        assert result.exit_code == code, result.output + str(result.exception)
        return result

    traffic, labels = tmp_path / "traffic.jsonl", tmp_path / "labels.jsonl"
    spans = [f"{number:016x}" for number in range(1, 4)]
    rows = [{"id": span, "source": "bot", "query": "q", "response": "r"} for span in spans]
    told = [{"source": "bot", "interaction_id": span, "annotator": "ann",
             "values": {"quality": 4, "issues": []}} for span in spans]  # fmt: skip
    traffic.write_text("\n".join(map(json.dumps, rows)))
    labels.write_text("\n".join(map(json.dumps, told)))
    runner("ingest", str(traffic))
    runner("queue", "create", "triage", "--guideline", "response-quality")
    runner("labels", "import", "triage", str(labels))
    store = open_store(url)
    ensure_current(store)
    with store.write() as session:
        add_connection(session, connection(there.url))
    store.close()
    return runner


def test_every_command_of_the_page_on_sending_works(run, there) -> None:
    told = [run(*shlex.split(one)[1:]).stdout for one in commands("sending.md")]
    assert told[0].startswith("would send 6 new and 0 changed")
    assert told[1].startswith("sent 6, taken back 0, refused 0; over there now: 6")
    assert told[2].split("\n")[1].split()[:6] == ["triage", "traces", "settled", "no", "0", "6"]
    assert json.loads(told[5])["names"] is True
    labels = [one["name"] for asked in there.asked if asked.method == "POST"
              for one in asked.json["data"]]  # fmt: skip
    assert labels.count("goldloop.quality.label") == 3
    assert [method for method, _ in there.paths()].count("DELETE") == 6 + 6  # there and back


def test_a_platform_that_cannot_be_asked_is_an_error_of_the_command(run, there) -> None:
    there.answer = lambda _: Reply(401, b"who are you")
    result = run("send", "triage", "traces", code=1)
    assert "traces could not be asked: answered 401: who are you" in result.stdout
    assert "no connection 'nope'" in run("send", "triage", "nope", code=1).stderr


def test_every_command_of_the_page_on_webhooks_works(run, there) -> None:
    for one in commands("webhooks.md"):
        words = shlex.split(one.replace("http://127.0.0.1:8080", there.url))[1:]
        assert run(*words).stdout
    assert [one.path for one in there.asked] == ["/goldloop"]
    assert json.loads(run("webhook", "list", "--json").stdout)[0]["name"] == "bi"
    told = run("webhook", "add", "x", there.url, "--secret", "nope", code=1)
    assert "set GOLDLOOP_SECRET_NOPE" in told.stderr
    there.answer = lambda _: Reply(500, b"oh")
    assert "answered 500: oh" in run("webhook", "test", "bi", code=1).stdout


def test_the_check_on_the_page_accepts_what_is_sent_and_nothing_else(run, there) -> None:
    run("webhook", "add", "bi", there.url, "--secret", "bi")
    run("webhook", "test", "bi")
    page: dict = {}
    exec(blocks("webhooks.md", "python")[0], page)
    (asked,) = there.asked
    assert page["is_genuine"](SECRET, asked.headers, asked.body)
    assert not page["is_genuine"](SECRET, asked.headers, asked.body + b" ")
    later = asked.headers | {"webhook-timestamp": "1793523600"}
    assert not page["is_genuine"](SECRET, later, asked.body)


def test_a_lead_sends_over_rest_and_the_scheduler_does_it(town, there, via, monkeypatch) -> None:
    town.queue(tasks=2)
    with town.house.store.write() as session:
        add_connection(session, connection(there.url, kind="langsmith", source="bot"))
    lead, path = town.client("lee"), "/v1/queues/q/sendings/traces"
    assert lead.put(f"{path}?dry_run=true", json={}).json() == {
        "new": 0, "changed": 0, "withdrawn": 0, "unchanged": 0, "unplaced": 0
    }  # fmt: skip
    assert lead.put(path, json={"labels": "all"}).json()["error"]["field"] == "labels"
    assert lead.put(path, json={"labels": "raw"}).json()["standing"] is True
    assert [one["queue"] for one in town.client("eng").get("/v1/sendings").json()] == ["q"]
    assert town.client("ann").get("/v1/sendings").status_code == 403
    answer_all(town)
    means = (town.house.store, town.clock, "one", str, via)
    assert outgoing.keep_sendings(*means) == []  # these interactions are no runs over there
    assert lead.get("/v1/sendings?queue=q").json()[0]["unplaced"] == 2
    assert lead.delete(path).json()["standing"] is False
    audited = town.client("root")
    assert audited.get("/v1/sendings?queue=nope").status_code == 404


def answer_all(town) -> None:
    """One annotator labels everything in the queue."""
    client = town.client("ann")
    for _ in range(2):
        held = client.post("/v1/queues/q/assignments").json()["assignment_id"]
        label = client.post(f"/v1/assignments/{held}/label", json={"values": {"quality": 4}})
        assert label.status_code == 201


def test_a_lost_key_is_a_fault_of_its_sending_alone(town, there, via) -> None:
    from labeling.sending import SendingSpec, set_sending

    town.queue(tasks=2)
    with town.house.store.write() as session:
        add_connection(session, connection(there.url, name="a", secret="nowhere"))
        add_connection(session, connection(there.url, name="b"))
        for name in ("a", "b"):
            set_sending(session, "q", name, SendingSpec(standing=True), town.clock.now)
    outgoing.keep_sendings(town.house.store, town.clock, "one", town.house.settings.secret, via)
    first, second = town.client("lee").get("/v1/sendings").json()
    assert "GOLDLOOP_SECRET_NOWHERE" in first["fault"]
    assert (second["fault"], second["sent_at"] is not None) == (None, True)


def test_an_admin_keeps_webhooks_over_rest_and_one_process_tells_them(
    town, there, via, monkeypatch
) -> None:
    monkeypatch.setenv("GOLDLOOP_SECRET_BI", SECRET)
    admin = town.client("root")
    body = {"name": "bi", "url": there.url, "secret": "bi"}
    assert admin.post("/v1/webhooks", json=body).status_code == 201
    assert admin.post("/v1/webhooks", json=body).status_code == 409
    weak = admin.post("/v1/webhooks", json=body | {"name": "x", "secret": "none"})
    assert (weak.status_code, weak.json()["error"]["field"]) == (422, "secret")
    assert town.client("lee").get("/v1/webhooks").status_code == 403
    assert admin.post("/v1/webhooks/bi/test").json()["status"] == 200
    town.queue(tasks=2)
    answer_all(town)
    means = (town.house.store, town.clock)
    secret = town.house.settings.secret
    told = outgoing.keep_webhooks(*means, "one", secret, via)
    assert told == {"events": 3, "delivered": 3, "refused": 0}
    assert outgoing.keep_webhooks(*means, "two", secret, via)["events"] == 0
    types = [one.json["type"] for one in there.asked]
    assert types == ["webhook.test", "label.created", "label.created", "queue.done"]
    assert [one["status"] for one in admin.get("/v1/webhooks/bi/log?limit=2").json()] == [200, 200]
    assert admin.patch("/v1/webhooks/bi", json={"active": False}).json()["active"] is False
    answer = admin.delete("/v1/webhooks/bi")
    assert answer.json() == {"name": "bi", "removed": True}
    assert admin.get("/v1/webhooks").json() == []
    assert SECRET not in repr(there.asked)


def test_the_other_process_waits_for_the_lease(town, there, via, monkeypatch) -> None:
    monkeypatch.setenv("GOLDLOOP_SECRET_BI", SECRET)
    body = {"name": "bi", "url": there.url, "secret": "bi"}
    town.client("root").post("/v1/webhooks", json=body)
    means = (town.house.store, town.clock)
    secret = town.house.settings.secret
    outgoing.keep_webhooks(*means, "one", secret, via)
    town.queue(tasks=2)
    answer_all(town)
    assert outgoing.keep_webhooks(*means, "two", secret, via)["delivered"] == 0
    town.clock.pass_(seconds=outgoing.LEASE_SECONDS + 1)
    assert outgoing.keep_webhooks(*means, "two", secret, via)["delivered"] == 3
