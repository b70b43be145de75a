"""Disagreements, verdicts and notes by machine, on both databases."""

import pytest
from sqlalchemy import select

from storage.tables import audit


def label_all(town, name: str, qualities: list[int]) -> None:
    client = town.client(name)
    for quality in qualities:
        number = client.post("/v1/queues/q/assignments").json()["assignment_id"]
        body = {"values": {"quality": quality, "issues": []}}
        assert client.post(f"/v1/assignments/{number}/label", json=body).status_code == 201


@pytest.fixture
def split(town):
    """Thirty tasks by two people who differ on the third alone."""
    town.queue(tasks=30, overlap=2)
    label_all(town, "ann", [4] * 30)
    label_all(town, "ben", [4, 4, 2, *[4] * 27])
    return town


def differing(town) -> dict:
    answer = town.client("lee").get("/v1/queues/q/disagreements")
    assert answer.status_code == 200, answer.text
    return answer.json()


def settled(town, task: str, **body):
    return town.client("lee").post("/v1/queues/q/verdicts", json={"task_id": task, **body})


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def estimate(town, what: str = "quality") -> float:
    return town.client("lee").get(f"/v1/queues/q/{what}").json()["estimate"]["value"]


def test_a_verdict_moves_the_estimate_by_no_more_than_it_was_worth(split) -> None:
    (one,) = differing(split)["tasks"]
    assert one["worth"] == pytest.approx(1 / 30), "a failure hangs on it"
    assert sorted(one["apart"]["quality"]["said"]) == ["A", "B"]
    before = estimate(split)
    assert before == pytest.approx(4 - 1 / 30)
    made = settled(split, one["task_id"], values={"quality": 2}, reason="half is missing")
    assert made.status_code == 201
    assert made.json()["revisions"] == {"quality": 1}
    assert estimate(split) == pytest.approx(4 - 2 / 30)
    assert differing(split)["tasks"] == []
    (kept,) = split.client("lee").get("/v1/queues/q/verdicts").json()
    assert (kept["value"], kept["by"], kept["reason"]) == (2, "lee", "half is missing")
    assert settled(split, one["task_id"], values={"quality": None}).status_code == 201
    assert estimate(split) == pytest.approx(before)
    with split.house.store.read() as session:
        done = session.execute(select(audit.c.action, audit.c.detail)).all()
    assert [row.detail["fields"] for row in done if row.action == "verdict_given"] == [
        ["quality"], ["quality"],
    ]  # fmt: skip


def test_a_task_tells_its_answers_without_names(split) -> None:
    (one,) = differing(split)["tasks"]
    answer = split.client("lee").get(f"/v1/queues/q/tasks/{one['task_id']}")
    assert '"ann"' not in answer.text
    assert '"ben"' not in answer.text
    assert [given["letter"] for given in answer.json()["answers"]] == ["A", "B"]
    assert code(split.client("lee").get("/v1/queues/q/tasks/x1"))[0] == 404
    assert code(split.client("lee").get(f"/v1/queues/q/tasks/{2**63}"))[0] == 404


def test_two_leads_do_not_overrule_each_other_unseen(split) -> None:
    task = differing(split)["tasks"][0]["task_id"]
    assert settled(split, task, values={"quality": 2}, seen={"quality": 0}).status_code == 201
    late = settled(split, task, values={"quality": 4}, seen={"quality": 0})
    assert code(late) == (409, "stale_revision")


def test_what_does_not_fit_names_the_field(split) -> None:
    task = differing(split)["tasks"][0]["task_id"]
    for values, field in (({"quality": 9}, "quality"), ({"colour": 1}, "colour"), ({}, "values")):
        refused = settled(split, task, values=values)
        assert refused.status_code == 422
        assert refused.json()["error"]["field"] == field
    assert settled(split, task, values={"quality": 5}).json()["error"]["field"] == "reason"
    assert code(settled(split, "12", values={"quality": 4}))[0] == 404
    assert code(split.client("lee").get("/v1/queues/q/disagreements?field=notes"))[0] == 422


def test_notes_are_filed_and_closed(split) -> None:
    lead = split.client("lee")
    body = {"text": "Does half an answer fail?", "field": "quality"}
    number = lead.post("/v1/queues/q/notes", json=body).json()["note_id"]
    (note,) = lead.get("/v1/queues/q/notes").json()
    assert (note["text"], note["by"], note["closed_at"]) == (body["text"], "lee", None)
    assert lead.post(f"/v1/notes/{number}/close").json()["closed_by"] == "lee"
    assert lead.post(f"/v1/notes/{number}/close").status_code == 200
    assert code(lead.post("/v1/notes/999/close"))[0] == 404


@pytest.mark.parametrize("name", ["ann", "eng"])
def test_only_leads_may(split, name: str) -> None:
    client = split.client(name)
    for path in ("disagreements", "verdicts", "notes", "tasks/1"):
        assert client.get(f"/v1/queues/q/{path}").status_code == 403
    assert client.post("/v1/queues/q/verdicts", json={}).status_code == 403
    assert client.post("/v1/notes/1/close").status_code == 403


def test_an_engineers_report_counts_disagreements_and_names_none(split) -> None:
    told = split.client("eng").get("/v1/queues/q/report").json()["disagreements"]
    assert told == {"compared": 30, "open": 1, "settled": 0}


def test_no_number_is_too_large_to_be_refused(split) -> None:
    assert split.client("eng").get(f"/v1/queues/q/report?at={2**63}").status_code == 422
    assert split.client("eng").get("/v1/queues/q/report?at=12").status_code == 404
