"""Connections over the command line and REST, every command of their pages, and the job."""

import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from server import jobs
from server.cli import goldloop
from server.outside import open_outside
from server.settings import Settings
from storage import open_store
from storage.queries.accounts import audit_rows
from storage.tables import interaction
from tests.pages import commands
from tests.platform_servers import PAYLOADS, SERVERS, payload, serving

Run = Callable[..., Result]
PAGES = {
    "sources/phoenix.md": 7, "sources/mlflow.md": 4, "sources/langfuse-export.md": 4,
    "sources/langsmith-export.md": 2, "sources/litellm.md": 3, "sources/openai.md": 5,
    "sources/files.md": 7,
}  # fmt: skip
"""Every page with the interactions there are after its commands, and one from before."""
ADDRESSES = {
    "http://127.0.0.1:6006": "phoenix", "http://127.0.0.1:5000": "mlflow",
    "https://cloud.langfuse.com": "langfuse", "https://api.smith.langchain.com": "langsmith",
}  # fmt: skip


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'goldloop.db'}"
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", url)
    monkeypatch.chdir(tmp_path)
    return url


@pytest.fixture
def run(database: str) -> Run:
    def runner(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(goldloop, words)
        assert result.exit_code == code, f"{words}: {result.output}{result.exception}"
        return result

    return runner


@pytest.fixture
def platforms() -> Iterator[dict[str, str]]:
    """A running server of each kind by the address that the pages give it."""
    with ExitStack() as open_:
        yield {
            address: open_.enter_context(serving(SERVERS[kind])).url
            for address, kind in ADDRESSES.items()
        }


def lay_out(folder: Path) -> None:
    """The files that the pages speak of."""
    runs = [payload(f"langsmith_{number}_runs_batch.json") for number in (1, 2, 5)]
    lines = [one for part in runs for one in part.get("post", []) + part.get("patch", [])]
    (folder / "runs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    observation = {"id": "o", "traceId": payload("langfuse_scores_post.json")[0]["traceId"],
                   "type": "GENERATION", "startTime": "2026-11-21T06:49:40Z", "input": "Hello?",
                   "endTime": "2026-11-21T06:49:41Z", "output": "Hi."}  # fmt: skip
    (folder / "observations.json").write_text(json.dumps([observation]))
    for name, source in {
        "spans.json": "phoenix_spans.json",
        "annotations.json": "phoenix_span_annotations.json",
        "trace.json": "mlflow_trace_to_json_rating.json",
        "scores.json": "langfuse_scores_post.json",
        "calls.jsonl": "litellm_standard_logging_payload.jsonl",
        "chats.jsonl": "phoenix_dataset_jsonl_openai_ft.jsonl",
        "evals.jsonl": "phoenix_dataset_jsonl_openai_evals.jsonl",
    }.items():
        (folder / name).write_bytes((PAYLOADS / source).read_bytes())


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_does_what_it_says(page, run, platforms, tmp_path, monkeypatch):
    lay_out(tmp_path)
    run("ingest", "observations.json", "--source", "lf")  # what scores.json speaks of
    for line in commands(page):
        for address, url in platforms.items():
            line = line.replace(address, url)
        words = shlex.split(line)
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("=", 1))
        elif words[0] == "curl":
            (tmp_path / words[-1]).write_bytes(httpx.get(words[2]).content)
        else:
            assert words[0] == "goldloop"
            run(*words[1:])
    store = open_store(f"sqlite:///{tmp_path / 'goldloop.db'}")
    with store.read() as session:
        assert len(session.scalars(select(interaction.c.id)).all()) == PAGES[page]
    store.close()


def test_the_command_line_tells_what_came_and_what_went_wrong(run):
    with serving(SERVERS["phoenix"]) as platform:
        run("connection", "add", "px", "--kind", "phoenix", "--url", platform.url, "--every", "2h")
        assert "6 new, 0 known" in run("pull", "px", "--dry-run").stdout
        text = run("pull", "px").stdout
        assert "interactions: accepted 6, duplicate 0, rejected 0" in text
        assert "feedback: accepted 2" in text
        platform.instead = [(401, {"detail": "no"})]
        assert "fault: /v1/projects/default/spans answered 401" in run("pull", "px", code=1).stdout
        (row,) = json.loads(run("connection", "list", "--json").stdout)
        assert (row["every_minutes"], "answered 401" in row["fault"]) == (120, True)
        platform.instead = [(401, {"detail": "no"})]
        failed = run("connection", "test", "px", "--json", code=1)
        assert json.loads(failed.stdout)["error"]["code"] == "platform_fault"
    run("pull", code=2)
    run("connection", "remove", "px")
    assert run("connection", "list").stdout == "no connections\n"


def test_of_all_connections_one_that_cannot_be_pulled_keeps_no_other(run):
    with serving(SERVERS["phoenix"]) as bad, serving(SERVERS["langfuse"]) as good:
        run("connection", "add", "a", "--kind", "phoenix", "--url", bad.url)
        run("connection", "add", "b", "--kind", "langfuse", "--url", good.url)
        for words in (["--dry-run"], []):
            bad.instead = [(403, {})]
            text = run("pull", "--all", *words, code=1).stdout
            assert "fault: /v1/projects/default/spans answered 403" in text
            assert ("b: of 2 pages 3 new" if words else "accepted 3, duplicate 0") in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--url", "ftp://h"], "no address of http"),
        (["--url", "http://me:pw@h"], "user or a password"),
        (["--url", "http://h/?key=1"], "no address of http"),
        (["--url", "http://[::1"], "no address"),
        (["--kind", "jaeger"], "one of phoenix, mlflow, langfuse, langsmith"),
        (["--kind", "mlflow"], "an experiment"),
        (["--project", "a/b"], "holds / ? or #"),
        (["--option", "page_sise=4"], "there is no option 'page_sise'"),
        (["--option", "page_size=0"], "from 1 to 1000"),
        (["--option", "scale.rating=five"], "no scale"),
        (["--source", "guideline:x"], "reserved"),
    ],
)
def test_a_connection_that_cannot_be_is_refused_with_the_reason(run, words, said):
    given = {"--kind": "phoenix", "--url": "http://127.0.0.1:1", **dict([words])}
    result = run("connection", "add", "c", *(one for pair in given.items() for one in pair), code=1)
    assert said in result.output
    assert "pw" not in result.output


def test_a_missing_secret_is_a_fault_that_says_how_to_give_it(run):
    add = ["connection", "add", "px", "--kind", "phoenix", "--url", "http://127.0.0.1:1"]
    run(*add, "--secret", "my key")
    assert "set GOLDLOOP_SECRET_MY_KEY" in run("pull", "px", code=1).stdout


# REST


def test_engineers_make_pull_and_remove_a_connection(sqlite_town):
    eng = sqlite_town.client("eng")
    with serving(SERVERS["phoenix"]) as platform:
        made = eng.post(
            "/v1/connections", json={"name": "px", "kind": "phoenix", "url": platform.url}
        )
        assert (made.status_code, made.json()["project"]) == (201, "default")
        assert eng.post("/v1/connections/px/test").json()["told"] == "project default: has spans"
        look = eng.post("/v1/connections/px/pull?dry_run=true").json()
        assert (look["dry_run"], look["new"]) == (True, 6)
        got = eng.post("/v1/connections/px/pull").json()
        assert (got["interactions"]["accepted"], got["fault"]) == (6, None)
        platform.instead = [(200, b"no json")]
        assert "something else" in eng.post("/v1/connections/px/pull").json()["fault"]
        assert "something else" in eng.get("/v1/connections").json()[0]["fault"]
        platform.instead = [(404, {})]
        failed = eng.post("/v1/connections/px/test")
        assert (failed.status_code, failed.json()["error"]["code"]) == (502, "platform_fault")
    assert eng.delete("/v1/connections/px").json() == {"connection": "px", "removed": True}
    assert eng.post("/v1/connections/px/pull").status_code == 404
    with sqlite_town.house.store.read() as session:
        actions = [row.action for row in audit_rows(session)]
    assert {"connection_added", "pulled", "connection_removed"} <= set(actions)


def test_only_an_admin_lends_a_key_to_an_address(sqlite_town):
    body = {"name": "px", "kind": "phoenix", "url": "http://127.0.0.1:1", "secret": "judge"}
    refused = sqlite_town.client("eng").post("/v1/connections", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "wrong_role")
    assert sqlite_town.client("root").post("/v1/connections", json=body).status_code == 201
    for name in ("ann", "lee"):
        assert sqlite_town.client(name).get("/v1/connections").status_code == 403
    assert sqlite_town.client().get("/v1/connections").status_code == 401


# The job


def test_the_job_pulls_what_is_due_and_one_that_fails_keeps_no_other(sqlite_town, monkeypatch):
    monkeypatch.setenv("GOLDLOOP_SECRET_LF", "pk-lf-1:sk-lf-2")
    store, clock, root = sqlite_town.house.store, sqlite_town.clock, sqlite_town.client("root")
    outside = open_outside(Settings(), clock)
    with serving(SERVERS["langfuse"]) as good, serving(SERVERS["phoenix"]) as bad:
        for name, kind, url in (("a", "phoenix", bad.url), ("b", "langfuse", good.url)):
            body = {"name": name, "kind": kind, "url": url, "every_minutes": 15, "secret": "lf"}
            assert root.post("/v1/connections", json=body).status_code == 201
        bad.instead = [(403, {})]
        reports = jobs.pull_due(store, clock, "one", outside)
        assert [(one.connection, one.fault is None) for one in reports] == [
            ("a", False),
            ("b", True),
        ]
        assert jobs.pull_due(store, clock, "one", outside) == []
        clock.pass_(minutes=15)
        assert jobs.pull_due(store, clock, "two", outside) != []
        assert {one.headers["authorization"] for one in good.asked} == {
            "Basic cGstbGYtMTpzay1sZi0y"
        }
    outside.client.close()
    faults = {row["name"]: row["fault"] for row in root.get("/v1/connections").json()}
    assert (faults["a"], faults["b"]) == (None, None)


def test_only_one_process_keeps_the_pulls(sqlite_town):
    store, clock = sqlite_town.house.store, sqlite_town.clock
    with serving(SERVERS["langfuse"]) as platform:
        body = {"name": "b", "kind": "langfuse", "url": platform.url, "every_minutes": 1}
        sqlite_town.client("eng").post("/v1/connections", json=body)
        outside = open_outside(Settings(), clock)
        assert len(jobs.pull_due(store, clock, "one", outside)) == 1
        clock.pass_(seconds=70)
        assert jobs.pull_due(store, clock, "two", outside) == []
        assert len(jobs.pull_due(store, clock, "one", outside)) == 1
        outside.client.close()
