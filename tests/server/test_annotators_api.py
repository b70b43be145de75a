"""Each annotator beside the others: over REST and by command, for leads alone."""

import json

import pytest
from sqlalchemy import select

from server.cli.annotators import _text
from storage.queries import verdicts
from storage.tables import task
from tests.server.test_reports_api import figures

PEOPLE = ("ann", "ben", "lee")


def labelled(town, ratings, **rules) -> None:
    """Three people rate every task; `ratings(task, person)` says how."""
    town.queue(tasks=25, overlap=3)
    assert town.client("lee").patch("/v1/queues/q", json=rules).status_code == 200
    for place, name in enumerate(PEOPLE):
        client = town.client(name)
        for _ in range(25):
            told = client.post("/v1/queues/q/assignments").json()
            number = int(told["task"]["interaction_id"].removeprefix("bot-"))
            quality = ratings(number, place)
            values = {"quality": quality, "issues": ["refusal"] if quality < 3 else []}
            body = {"values": values, "seconds": 4.0 if name == "ben" else 30.0 + number}
            path = f"/v1/assignments/{told['assignment_id']}/label"
            assert client.post(path, json=body).status_code == 201
            town.clock.pass_(seconds=40)


def ask(town, **query) -> dict:
    answer = town.client("lee").get("/v1/queues/q/annotators", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def person(report: dict, name: str) -> dict:
    return next(one for one in report["annotators"] if one["annotator"] == name)


def strict(number: int, place: int) -> int:
    """The first is a point below the others; on every fifth task the third is off by one."""
    return 2 + number % 3 - (place == 0) + (place == 2 and number % 5 == 0)


def test_someone_strict_is_told_with_the_size_and_the_tasks_to_talk_about(sqlite_town) -> None:
    labelled(sqlite_town, strict)
    told = ask(sqlite_town, field="quality")
    assert [one["annotator"] for one in told["annotators"]] == ["ann", "ben", "lee"]
    ann = person(told, "ann")
    assert ann["labels"] == 25
    assert ann["leniency_alone"]["value"] == pytest.approx(-1.1)
    remark = next(one for one in ann["stands_out"] if one["measure"] == "leniency")
    assert remark["difference"]["ci"][1] < 0
    assert remark["value"] - remark["others"] == pytest.approx(-1.1)
    assert ann["agreement"]["value"] == 0
    worst = ann["differs_most"][0]
    assert (worst["apart"], set(worst["others"])) == (1.5, {"ben", "lee"})
    assert len(ann["differs_most"]) == 5
    assert sum(map(sum, ann["confusion"])) == pytest.approx(25)
    rated = ask(sqlite_town, field="issues")
    options = {one["option"]: one for one in person(rated, "ann")["options"]}
    assert options["refusal"]["value"] > options["refusal"]["others"]
    assert "leniency" not in person(rated, "ann")


def test_the_command_tells_people_the_same(sqlite_town) -> None:
    labelled(sqlite_town, strict)
    told = _text(ask(sqlite_town))
    assert "3 people" in told
    assert "ann: 25 labels" in told
    assert "stands out: leniency, " in told


def test_pace_and_quick_answers(sqlite_town) -> None:
    labelled(sqlite_town, strict, min_seconds=10.0)
    told = ask(sqlite_town)
    assert (told["min_seconds"], told["field"]) == (10.0, "quality")
    ben, ann = person(told, "ben"), person(told, "ann")
    assert (ben["median_seconds"]["value"], ann["median_seconds"]["value"]) == (4.0, 42.0)
    assert (ben["quick"]["value"], ann["quick"]["value"]) == (1.0, 0.0)
    assert "quick" in [one["measure"] for one in ben["stands_out"]]
    assert "quick" not in [one["measure"] for one in ann["stands_out"]]
    assert told["team"]["quick"]["value"] == pytest.approx(1 / 3)
    assert ben["order"]["seconds"]["reason"] == "too few: 25 of 40 labels"


def test_verdicts_of_people_count_and_those_of_majorities_do_not(sqlite_town) -> None:
    labelled(sqlite_town, lambda number, place: 2 if place == 0 else 4)
    now = sqlite_town.clock.now
    with sqlite_town.house.store.write() as session:
        for place, number in enumerate(session.scalars(select(task.c.id).order_by(task.c.id))):
            row = {
                "task_id": number, "field": "quality", "revision": 1, "value": 4,
                "origin": "adjudicated" if place < 12 else "majority", "account_id": None,
                "reason": None, "label_ids": [], "created_at": now,
            }  # fmt: skip
            verdicts.add_verdict(session, row)
    told = ask(sqlite_town)
    for name, share in (("ann", 0.0), ("ben", 1.0)):
        figure = person(told, name)["verdicts"]
        assert (figure["value"], figure["n"]) == (share, 12)
    assert told["team"]["verdicts"]["n"] == 36


def test_nothing_yet_is_undefined_with_a_reason(sqlite_town) -> None:
    sqlite_town.queue(tasks=2)
    assert ask(sqlite_town)["annotators"] == []
    number = sqlite_town.client("ann").post("/v1/queues/q/assignments").json()["assignment_id"]
    body = {"values": {"quality": 3}}
    sqlite_town.client("ann").post(f"/v1/assignments/{number}/label", json=body)
    told = ask(sqlite_town)
    ann = person(told, "ann")
    assert ann["stands_out"] == ann["differs_most"] == []
    for path, figure in figures(ann):
        assert figure["value"] is None, path
        assert figure["reason"], path


def test_what_comes_of_hidden_checks_is_for_leads_alone(sqlite_town) -> None:
    sqlite_town.queue()
    for name in ("ann", "eng"):
        refused = sqlite_town.client(name).get("/v1/queues/q/annotators")
        assert refused.status_code == 403
    assert sqlite_town.client("root").get("/v1/queues/q/annotators").status_code == 200
    assert sqlite_town.client("lee").get("/v1/queues/none/annotators").status_code == 404
    wrong = sqlite_town.client("lee").get("/v1/queues/q/annotators", params={"field": "notes"})
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (422, "field")


def test_checks_and_repeats_are_marked_by_field(sqlite_town) -> None:
    town = sqlite_town
    town.queue(tasks=80)
    rules = {"gold_rate": 0.3, "repeat_rate": 0.1}
    assert town.client("lee").patch("/v1/queues/q", json=rules).status_code == 200
    client = town.client("ann")
    for _ in range(90):
        told = client.post("/v1/queues/q/assignments").json()
        body = {"values": {"quality": 4, "issues": []}, "seconds": 20.0}
        client.post(f"/v1/assignments/{told['assignment_id']}/label", json=body)
        town.clock.pass_(seconds=30)
    ann = person(ask(town), "ann")
    assert ann["gold"]["n"] > 0
    assert ann["repeats"]["n"] > 0
    assert (ann["gold"]["value"] is None) == (ann["gold"]["n"] < 10)
    assert ann["labels"] == ann["median_seconds"]["n"] == 90
    total = town.client("lee").get("/v1/queues/q/gold").json()
    assert total["gold"][0]["n"] >= ann["gold"]["n"]
    assert json.dumps(ann)
