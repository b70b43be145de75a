"""Care for quality by machine: settings, qualifying, decisions, totals; on both databases."""

import json

import pytest
from sqlalchemy import select

from storage.tables import assignment, audit, gold, task

FIVE = {"tasks": 2, "pass": 1.0}


def make(town, **rules):
    body = {"name": "q", "guideline": "response-quality", **rules}
    return town.client("lee").post("/v1/queues", json=body)


def claim(town, name="ann"):
    return town.client(name).post("/v1/queues/q/assignments", json={})


def agreed(town, number):
    with town.house.store.read() as session:
        return session.scalar(
            select(gold.c.expected)
            .join_from(assignment, task, assignment.c.task_id == task.c.id)
            .join(gold, gold.c.interaction_id == task.c.interaction_id)
            .where(assignment.c.id == int(number))
        )


def answer(town, *, right: bool, name="ann"):
    told = claim(town, name).json()
    number = told["assignment_id"]
    known = agreed(town, number)
    quality = known["quality"] if right else 1 if known["quality"] > 2 else 5
    values = {"quality": quality, "issues": known.get("issues", [])}
    path = f"/v1/assignments/{number}/label"
    assert town.client(name).post(path, json={"values": values}).status_code == 201
    return told


def decide(town, decision, annotator="ann", by="lee"):
    body = {"annotator": annotator, "decision": decision}
    return town.client(by).post("/v1/queues/q/qualifications", json=body)


def test_settings_are_given_changed_and_told(town) -> None:
    made = make(town, qualification=FIVE, gold_rate=0.1, repeat_rate=0.05, min_seconds=2)
    assert made.status_code == 201
    told = made.json()
    assert told["qualification"] == FIVE
    assert (told["gold_rate"], told["repeat_rate"], told["min_seconds"]) == (0.1, 0.05, 2.0)
    lead = town.client("lee")
    changed = lead.patch("/v1/queues/q", json={"qualification": None, "min_seconds": None}).json()
    assert (changed["qualification"], changed["min_seconds"], changed["gold_rate"]) == (
        None,
        None,
        0.1,
    )
    wrong = lead.patch("/v1/queues/q", json={"gold_rate": 0.5})
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (422, "gold_rate")


def test_to_qualify_fail_wait_try_again_and_label(town) -> None:
    make(town, qualification=FIVE)
    town.interactions(2)
    town.clock.pass_(seconds=1)
    draw = {"strategy": "random", "size": 2}
    assert town.client("lee").post("/v1/queues/q/draws", json=draw).status_code == 201
    told = answer(town, right=True)
    assert set(told["task"]) == {"id", "queue", "interaction_id", "interaction", "guideline"}
    assert "guideline:" not in json.dumps(told)
    answer(town, right=False)
    closed = claim(town)
    assert closed.status_code == 200
    assert closed.json()["reason"] == "not_qualified"
    assert decide(town, "again").json()["attempt"] == 2
    answer(town, right=True)
    early = decide(town, "again")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_failed")
    answer(town, right=True)
    assert claim(town).json()["task"]["interaction_id"].startswith("bot-")
    with town.house.store.read() as session:
        rows = session.execute(
            select(audit.c.subject, audit.c.detail).where(audit.c.action == "qualification_decided")
        ).all()
    assert [tuple(row) for row in rows] == [("q", {"annotator": "ann", "decision": "again"})]


def test_a_lead_lets_in_and_sees_who_stands_where(town) -> None:
    make(town, qualification=FIVE)
    answer(town, right=False)
    assert decide(town, "admit").json()["admitted"]
    assert claim(town).json()["reason"] == "nothing_drawn"
    report = town.client("lee").get("/v1/queues/q/gold").json()
    assert report["gold"] == report["repeats"] == []
    assert [one["annotator"] for one in report["qualification"]] == ["ann"]


@pytest.mark.parametrize(
    ("annotator", "decision", "status"),
    [("nobody", "admit", 404), ("lee", "admit", 422), ("ann", "perhaps", 422)],
)
def test_a_decision_that_cannot_be(sqlite_town, annotator, decision, status) -> None:
    make(sqlite_town, qualification=FIVE)
    assert decide(sqlite_town, decision, annotator).status_code == status


def test_a_queue_that_asks_for_nothing_has_nothing_to_decide(sqlite_town) -> None:
    make(sqlite_town)
    assert decide(sqlite_town, "admit").json()["error"]["field"] == "queue"


def test_annotators_decide_nothing_and_see_their_own_totals_alone(sqlite_town) -> None:
    sqlite_town.queue()
    for name in ("ann", "eng"):
        assert decide(sqlite_town, "admit", by=name).status_code == 403
        assert sqlite_town.client(name).get("/v1/queues/q/gold").status_code == 403
    number = claim(sqlite_town, "ben").json()["assignment_id"]
    body = {"values": {"quality": 4}, "seconds": 9.5}
    sqlite_town.client("ben").post(f"/v1/assignments/{number}/label", json=body)
    told = {name: sqlite_town.client(name).get("/v1/me/progress").json() for name in ("ann", "ben")}
    assert told["ann"]["labels"] == 0
    assert told["ben"] == {
        "queue": None, "labels": 1, "today": 1, "median_seconds": 9.5, "checks": None,
    }  # fmt: skip
    assert sqlite_town.client("ben").get("/v1/me/progress?queue=none").status_code == 404
    assert sqlite_town.client("ben").get("/v1/me/progress?offset=9999").status_code == 422


def test_a_queue_is_made_at_the_command_line(sqlite_town, monkeypatch) -> None:
    from click.testing import CliRunner

    from server.cli import goldloop

    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", sqlite_town.house.settings.database_url)
    create = ["queue", "create", "q", "--guideline", "response-quality"]
    made = CliRunner().invoke(
        goldloop, [*create, "--qualification", "5:0.8", "--gold-rate", "0.1", "--json"]
    )
    assert json.loads(made.stdout)["qualification"] == {"tasks": 5, "pass": 0.8}
    shown = CliRunner().invoke(goldloop, ["queue", "show", "q"])
    assert "5 tasks to qualify, 80 % right, 10 % hidden checks" in shown.stdout
    wrong = CliRunner().invoke(goldloop, [*create, "--qualification", "five"])
    assert (wrong.exit_code, "such as 5:0.8" in wrong.output) == (2, True)
