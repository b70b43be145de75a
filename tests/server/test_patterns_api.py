"""Noted patterns by machine and by command, on both databases."""

import json

from click.testing import CliRunner
from sqlalchemy import select

from server.cli import goldloop
from storage.tables import audit
from tests.server.test_adjudication_api import code, label_all

PATTERNS = "/v1/queues/q/patterns"


def noted(town, **body):
    return town.client("lee").post(PATTERNS, json=body)


def test_a_pattern_is_noted_listed_decided_and_done(town) -> None:
    town.queue(tasks=12)
    label_all(town, "ann", [1, 4] * 6)
    made = noted(town, where={"model": "m-0"}, text="try another prompt")
    assert made.status_code == 201, made.text
    number = made.json()["pattern_id"]
    (one,) = town.client("eng").get(PATTERNS).json()
    assert one["where"] == {"model": "m-0"}
    assert one["then"]["tasks"] == 6
    assert one["since"]["rate"]["value"] is None
    report = town.client("eng").get("/v1/queues/q/report")
    assert [each["pattern_id"] for each in report.json()["patterns"]] == [number]
    text = town.client("eng").get("/v1/queues/q/report?format=markdown").text
    assert "| Model m-0 | try another prompt | open |" in text
    changed = town.client("lee").patch(f"/v1/patterns/{number}", json={"done": True})
    assert (changed.json()["done"], changed.json()["text"]) == (True, "try another prompt")
    assert town.client("lee").get("/v1/queues/q/notes").json() == [], "no note on the guideline"
    assert code(town.client("lee").post(f"/v1/notes/{number}/close"))[0] == 404
    with town.house.store.read() as session:
        done = session.execute(select(audit.c.action)).scalars().all()
    assert {"pattern_noted", "pattern_changed"} <= set(done)


def test_who_may_not_and_what_cannot_be(sqlite_town) -> None:
    town = sqlite_town
    town.queue(tasks=4)
    label_all(town, "ann", [1, 4, 1, 4])
    assert code(town.client("ann").get(PATTERNS))[0] == 403
    assert code(town.client("eng").post(PATTERNS, json={"where": {"model": "m-0"}}))[0] == 403
    assert code(noted(town, where={"colour": "red"})) == (422, "invalid")
    assert code(noted(town)) == (422, "invalid")
    assert code(noted(town, where={"model": "=1+1"})) == (422, "invalid")
    assert code(noted(town, tags=["hallucination"])) == (422, "invalid")
    assert code(town.client("lee").patch("/v1/patterns/x1", json={"done": True}))[0] == 404
    assert code(town.client("lee").patch(f"/v1/patterns/{2**62}", json={"done": True}))[0] == 404


def test_the_same_by_command(sqlite_town, monkeypatch) -> None:
    sqlite_town.queue(tasks=6)
    label_all(sqlite_town, "ann", [1, 4] * 3)
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", sqlite_town.house.settings.database_url)

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(goldloop, ["pattern", *words])
        assert result.exit_code == code, result.output
        return result.output

    told = run("note", "q", "--where", "model=m-0", "--by", "lee", "--json")
    number = str(json.loads(told)["pattern_id"])
    run("change", number, "--text", "another prompt", "--done", "--by", "lee")
    shown = run("list", "q")
    assert "model m-0: done, another prompt" in shown
    assert "since" in shown
    assert "may not" in run("change", number, "--open", "--by", "ann", code=1)
    assert "no" in run("change", number, "--open", "--by", "nobody", code=1)
