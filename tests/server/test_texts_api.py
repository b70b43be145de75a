"""Rules on texts by machine, by command and by the scheduler's job."""

import json

from click.testing import CliRunner

from server import jobs
from server.cli import goldloop
from tests.server.test_adjudication_api import code


def test_a_rule_is_kept_listed_and_ended(town) -> None:
    town.interactions(6)
    body = {"words": ["answer", "refund"], "at_least": 2, "name": "both"}
    made = town.client("lee").post("/v1/texts", json=body)
    assert made.status_code == 201, made.text
    assert (made.json()["found"], made.json()["unread"]) == (0, 0)
    lead = town.client("lee")
    made = lead.post("/v1/texts", json={"words": ["question"]}).json()
    assert (made["name"], made["found"]) == ("question", 6)
    town.interactions(2, source="more")
    assert jobs.read_texts(town.house.store, town.clock, "me") == 0
    assert [one["found"] for one in town.client("eng").get("/v1/texts").json()] == [8, 0]
    assert lead.delete("/v1/texts/question").json()["ended_at"] is not None
    assert code(lead.delete("/v1/texts/nothing"))[0] == 404
    assert code(town.client("ann").get("/v1/texts"))[0] == 403
    assert code(town.client("eng").post("/v1/texts", json={"words": ["late"]}))[0] == 403
    assert code(lead.post("/v1/texts", json={"words": ["the"]})) == (422, "invalid")


def test_the_same_by_command(sqlite_town, monkeypatch) -> None:
    sqlite_town.interactions(4)
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", sqlite_town.house.settings.database_url)

    def run(*words: str) -> str:
        result = CliRunner().invoke(goldloop, ["texts", *words])
        assert result.exit_code == 0, result.output
        return result.output

    assert json.loads(run("keep", "question", "--json"))["found"] == 4
    assert "texts:question" in run("list")
    assert "ended" in run("end", "question")
