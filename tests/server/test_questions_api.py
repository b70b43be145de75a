"""Questions and precedents by machine, as the public contract says, on both databases."""

import pytest

from storage.queries import accounts


def asked(town, name: str = "ann", queue: str = "q", **more) -> tuple[str, int]:
    """An assignment of that person, and a question about it."""
    made = town.client(name).post(f"/v1/queues/{queue}/assignments").json()["assignment_id"]
    path = f"/v1/assignments/{made}/questions"
    answer = town.client(name).post(path, json={"text": "Is a refusal wrong?", **more})
    assert answer.status_code == 201, answer.text
    return made, answer.json()["question_id"]


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def questions(town, state: str | None = None, name: str = "lee") -> list[dict]:
    query = f"?state={state}" if state else ""
    answer = town.client(name).get(f"/v1/queues/q/questions{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def answered(town, number: int, name: str = "lee", **body):
    told = {"answer": "Only if it could have answered."} | body
    return town.client(name).post(f"/v1/questions/{number}/answer", json=told)


KEPT = {"question": "Refusals?", "answer": "Wrong if it could have answered."}


def test_a_question_its_answer_and_the_precedent(town) -> None:
    town.queue()
    _, number = asked(town, field="issues")
    (waiting,) = questions(town, "open")
    assert waiting["question_id"] == number
    assert (waiting["asked_by"], waiting["field"]) == ("ann", "issues")
    assert (waiting["answer"], waiting["precedent"]) == (None, None)
    assert questions(town, "answered") == []
    assert answered(town, number, precedent=KEPT).status_code == 201
    assert questions(town, "open") == []
    (done,) = questions(town)
    assert (done["answer"], done["answered_by"]) == ("Only if it could have answered.", "lee")
    assert done["precedent"] == KEPT
    (precedent,) = town.client("ben").get("/v1/queues/q/precedents").json()
    assert precedent == {
        "question_id": number,
        "field": "issues",
        "kept_at": precedent["kept_at"],
        **KEPT,
    }
    assert town.client("lee").delete(f"/v1/questions/{number}/precedent").status_code == 200
    assert town.client("ben").get("/v1/queues/q/precedents").json() == []
    assert code(town.client("lee").delete(f"/v1/questions/{number}/precedent"))[0] == 404
    assert questions(town)[0]["answer"] == "Only if it could have answered."


def test_the_newest_answer_and_wording_count(town) -> None:
    town.queue()
    _, number = asked(town)
    answered(town, number, precedent=KEPT)
    answered(town, number, answer="Look again.")
    assert questions(town)[0]["answer"] == "Look again."
    assert len(town.client("ann").get("/v1/queues/q/precedents").json()) == 1
    answered(town, number, precedent={**KEPT, "answer": "Never."})
    (precedent,) = town.client("ann").get("/v1/queues/q/precedents").json()
    assert precedent["answer"] == "Never."


def test_the_same_question_again_is_the_same(town) -> None:
    town.queue()
    held, number = asked(town)
    path = f"/v1/assignments/{held}/questions"
    again = town.client("ann").post(path, json={"text": " Is a refusal wrong?\r\n"})
    assert (again.status_code, again.json()) == (200, {"question_id": number})
    other = town.client("ann").post(path, json={"text": "Is a refusal wrong?", "field": "notes"})
    assert other.status_code == 201
    assert len(questions(town)) == 2


@pytest.mark.parametrize("state", ["leased", "submitted", "skipped"])
def test_a_task_is_asked_about_in_any_state(town, state: str) -> None:
    town.queue()
    held, number = asked(town)
    client = town.client("ann")
    if state == "submitted":
        client.post(f"/v1/assignments/{held}/label", json={"values": {"quality": 4}})
    elif state == "skipped":
        client.post(f"/v1/assignments/{held}/skip", json={"reason": "broken"})
    more = client.post(f"/v1/assignments/{held}/questions", json={"text": "And now?"})
    assert more.status_code == 201
    assert number in [one["question_id"] for one in questions(town, "open")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n "}, "text"),
        ({"text": "x" * 2_001}, "text"),
        ({"text": 7}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "Why?", "field": "mood"}, "field"),
        ({"text": "Why?", "mood": "bad"}, "mood"),
        ({}, "text"),
    ],
)
def test_a_question_that_cannot_be_names_its_field(sqlite_town, body, field: str) -> None:
    sqlite_town.queue()
    held, _ = asked(sqlite_town)
    answer = sqlite_town.client("ann").post(f"/v1/assignments/{held}/questions", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field
    assert len(questions(sqlite_town)) == 1


def test_half_a_character_is_refused(sqlite_town) -> None:
    sqlite_town.queue()
    held, _ = asked(sqlite_town)
    client, path = sqlite_town.client("ann"), f"/v1/assignments/{held}/questions"
    assert code(client.post(path, content=b'{"text": "\\ud83d"}'))[0] == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answer": ""}, "answer"),
        ({"answer": "x" * 4_001}, "answer"),
        ({"precedent": {"question": "Q?"}}, "precedent.answer"),
        ({"precedent": {"question": "", "answer": "A"}}, "precedent.question"),
        ({"precedent": {**KEPT, "by": "lee"}}, "precedent.by"),
    ],
)
def test_an_answer_that_cannot_be_changes_nothing(sqlite_town, body, field: str) -> None:
    sqlite_town.queue()
    _, number = asked(sqlite_town)
    refused = answered(sqlite_town, number, **body)
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == field
    assert questions(sqlite_town)[0]["answer"] is None
    assert sqlite_town.client("ann").get("/v1/queues/q/precedents").json() == []


def test_nobody_asks_about_what_another_holds(town) -> None:
    town.queue()
    held, number = asked(town)
    for name in ("ben", "lee", "root"):
        path = f"/v1/assignments/{held}/questions"
        assert code(town.client(name).post(path, json={"text": "?"})) == (404, "not_found")
    for forged in ("0", "-1", "x", "9" * 19, "9" * 40):
        path = f"/v1/assignments/{forged}/questions"
        assert code(town.client("ann").post(path, json={"text": "?"})) == (404, "not_found")
        told = town.client("lee").post(f"/v1/questions/{forged}/answer", json={"answer": "?"})
        assert code(told) == (404, "not_found")
        gone = town.client("lee").delete(f"/v1/questions/{forged}/precedent")
        assert code(gone) == (404, "not_found")
    assert [one["question_id"] for one in questions(town)] == [number]


def test_only_leads_read_and_answer(town) -> None:
    town.queue(people=("ann",))
    _, number = asked(town)
    for name in ("ann", "eng"):
        assert code(town.client(name).get("/v1/queues/q/questions")) == (403, "wrong_role")
        assert code(answered(town, number, name)) == (403, "wrong_role")
        gone = town.client(name).delete(f"/v1/questions/{number}/precedent")
        assert code(gone) == (403, "wrong_role")
    assert code(town.client("eng").get("/v1/queues/q/precedents")) == (403, "wrong_role")
    assert code(town.client("ben").get("/v1/queues/q/precedents")) == (403, "not_allowed")
    assert town.client("lee").get("/v1/queues/q/precedents").json() == []
    assert code(town.client("lee").get("/v1/queues/none/questions")) == (404, "not_found")
    assert code(town.client("lee").get("/v1/queues/q/questions?state=lost"))[0] == 422
    assert questions(town, name="root")[0]["answer"] is None


def test_what_a_lead_does_is_audited(town) -> None:
    town.queue()
    _, number = asked(town)
    answered(town, number, precedent=KEPT)
    town.client("lee").delete(f"/v1/questions/{number}/precedent")
    with town.house.store.read() as session:
        rows = accounts.audit_rows(session, 3)
    assert [(row.by, row.action, row.subject, row.detail) for row in reversed(rows)] == [
        ("lee", action, "q", {"question": number})
        for action in ("question_answered", "precedent_kept", "precedent_withdrawn")
    ]
