"""Consensus over REST and on the command line: the report, its rows, keeping, who may."""

import json

import pytest
from click.testing import CliRunner

from server.cli import goldloop
from storage.queries.accounts import audit_rows
from tests.server.test_reports_api import figures, labelled

PAIRS = [(5, 5), (4, 4), (1, 1), (2, 3)]


def test_the_report_says_what_is_settled_and_every_figure_is_whole_or_says_why(town) -> None:
    labelled(town, PAIRS)
    told = town.client("eng").get("/v1/queues/q/consensus", params={"field": "quality"}).json()
    assert (told["method"], told["settled"], told["tied"]) == ("majority", 3, 1)
    assert told["worst"][0]["votes"] == {"2": 1, "3": 1}
    found = dict(figures(told))
    assert found
    assert all(one["ci"] or one["reason"] for one in found.values())


def test_rows_come_as_lines(town) -> None:
    labelled(town, PAIRS)
    answer = town.client("lee").get("/v1/queues/q/consensus?tasks=true&field=issues")
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert len(rows) == 4 * 7
    assert {row["state"] for row in rows if row["tag"] == "refusal"} == {"settled", "tied"}


def test_keeping_writes_verdicts_and_an_audit_entry_and_is_for_leads(town) -> None:
    labelled(town, PAIRS)
    sent = {"method": "majority"}
    assert town.client("eng").post("/v1/queues/q/consensus/verdicts", json=sent).status_code == 403
    kept = town.client("lee").post("/v1/queues/q/consensus/verdicts", json=sent).json()
    assert (kept["written"], kept["left_to_people"]) == (3, 0)
    with town.house.store.read() as session:
        note = next(row for row in audit_rows(session) if row.action == "consensus_kept")
    assert (note.subject, note.detail["written"]) == ("q", 3)
    text = town.client("lee").get("/v1/queues/q/export?format=jsonl").text
    origins = [json.loads(line)["origin"]["quality"] for line in text.splitlines()]
    assert sorted(filter(None, origins)) == ["median", "unanimous", "unanimous", "unanimous"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("method=glad", "method"), ("at_least=1.5", "at_least"), ("field=nothing", "field")],
)
def test_what_cannot_be_asked_names_the_field(town, query: str, field: str) -> None:
    labelled(town, PAIRS)
    answer = town.client("lee").get(f"/v1/queues/q/consensus?{query}")
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_the_command_speaks_to_people_and_to_machines(sqlite_town, monkeypatch) -> None:
    labelled(sqlite_town, PAIRS)
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", sqlite_town.house.settings.database_url)
    run = CliRunner().invoke
    words = run(goldloop, ["consensus", "q"]).stdout
    assert "settled 3, open 0, tied 1" in words
    assert "fewer than three people" in words
    assert "issues" not in words
    told = json.loads(run(goldloop, ["consensus", "q", "--json"]).stdout)
    assert told["settled"] == 3
    assert "3 verdicts written" in run(goldloop, ["consensus", "q", "--keep"]).stdout
    again = json.loads(run(goldloop, ["consensus", "q", "--keep", "--json"]).stdout)
    assert (again["written"], again["unchanged"]) == (0, 3)
