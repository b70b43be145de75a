"""Claiming and labeling by machine, as the public contract says, on both databases."""

import threading
from collections import Counter

import pytest

GOOD = {"values": {"quality": 4, "issues": ["hallucination"]}, "seconds": 12.5}


def claim(town, name: str, queue: str = "q", **body: int):
    return town.client(name).post(f"/v1/queues/{queue}/assignments", json=body)


def label(town, name: str, number: str, body=GOOD, key: str | None = None):
    headers = {"idempotency-key": key} if key else {}
    path = f"/v1/assignments/{number}/label"
    return town.client(name).post(path, json=body, headers=headers)


def held(town, name: str = "ann", queue: str = "q") -> str:
    return claim(town, name, queue).json()["assignment_id"]


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_claim_is_blind_and_complete(town) -> None:
    town.queue()
    answer = claim(town, "ann")
    assert answer.status_code == 201
    told = answer.json()
    assert set(told) == {"assignment_id", "lease_expires_at", "task"}
    assert isinstance(told["assignment_id"], str)
    assert told["lease_expires_at"] == "2026-11-02T09:30:01Z"
    task = told["task"]
    assert set(task) == {"id", "queue", "interaction_id", "interaction", "guideline"}
    assert task["guideline"]["slug"] == "response-quality"
    shown = task["interaction"]
    assert set(shown) <= {"messages", "responses", "context"}
    assert shown["messages"][0]["role"] == "user"
    assert all("model" not in response for response in shown["responses"])


def test_what_the_queue_shows_is_shown(town) -> None:
    town.queue(show=("source", "model", "confidence"))
    task = claim(town, "ann").json()["task"]
    assert task["source"] == "bot"
    assert {"model", "confidence"} <= set(task["interaction"])
    assert claim(town, "lee").json()["task"]["source"] == "bot"


def test_an_open_lease_is_returned_again(town) -> None:
    town.queue()
    first, again = claim(town, "ann").json(), claim(town, "ann").json()
    assert first["assignment_id"] == again["assignment_id"]
    assert held(town, "ben") != first["assignment_id"]


def test_several_at_once(town) -> None:
    town.queue()
    told = claim(town, "ann", count=3).json()
    numbers = [one["assignment_id"] for one in told["assignments"]]
    assert len(set(numbers)) == 3
    assert told["assignment_id"] == numbers[0]
    assert code(town.client("ann").post("/v1/queues/q/assignments", json={"count": 0}))[0] == 422


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_claim_needs_no_body(sqlite_town, body: bytes) -> None:
    sqlite_town.queue()
    answer = sqlite_town.client("ann").post("/v1/queues/q/assignments", content=body)
    assert answer.status_code == 201


def test_why_there_is_nothing(town) -> None:
    town.queue("empty", tasks=0)
    assert claim(town, "ann", "empty").json()["reason"] == "nothing_drawn"
    town.queue(tasks=1)
    number = held(town)
    waiting = claim(town, "ben")
    assert waiting.status_code == 200
    told = waiting.json()
    assert (told["assignment_id"], told["reason"]) == (None, "leased_by_others")
    assert 0 < told["retry_after_seconds"] <= 60
    label(town, "ann", number)
    assert claim(town, "ann").json()["reason"] == "done"
    assert town.client("lee").patch("/v1/queues/q", json={"paused": True}).status_code == 200
    assert claim(town, "ben").json()["reason"] == "paused"


def test_only_the_invited_may_enter(town) -> None:
    town.queue(people=("ann",))
    assert claim(town, "ann").status_code == 201
    assert code(claim(town, "ben")) == (403, "not_allowed")
    assert code(claim(town, "ann", "unknown")) == (404, "not_found")


def test_a_label_and_its_correction(town) -> None:
    town.queue()
    number = held(town)
    first = label(town, "ann", number)
    assert first.status_code == 201
    assert first.json()["revision"] == 1
    assert code(label(town, "ann", number)) == (409, "already_submitted")
    second = label(town, "ann", number, {**GOOD, "revises": 1})
    assert (second.status_code, second.json()["revision"]) == (201, 2)
    assert code(label(town, "ann", number, {**GOOD, "revises": 1})) == (409, "stale_revision")


def test_idempotency(town) -> None:
    town.queue()
    number = held(town)
    first = label(town, "ann", number, key="k1")
    again = label(town, "ann", number, key="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = {"values": {"quality": 1}}
    assert code(label(town, "ann", number, other, key="k1")) == (409, "key_reused")
    assert label(town, "ben", held(town, "ben"), key="k1").status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"values": {"quality": 9}}, "quality"),
        ({"values": {"issues": []}}, "quality"),
        ({"values": {"quality": 4, "colour": "red"}}, "colour"),
        ({"values": {"quality": True}}, "quality"),
        ({"values": {"quality": 4, "issues": ["boring"]}}, "issues"),
        ({"values": [4]}, "values"),
        ({"quality": 4}, None),
        ({**GOOD, "seconds": -1}, "seconds"),
        ({**GOOD, "revises": "1"}, "revises"),
    ],
)
def test_a_bad_answer_names_its_field(sqlite_town, body, field: str | None) -> None:
    sqlite_town.queue()
    answer = label(sqlite_town, "ann", held(sqlite_town), body)
    assert answer.status_code == 422
    named = answer.json()["error"]["field"]
    assert named in ("values", "quality") if field is None else field in named
    assert sqlite_town.client("ann").get("/v1/me/assignments?state=leased").json()


@pytest.mark.parametrize("act", ["label", "skip", "return", "heartbeat", "draft"])
def test_another_persons_assignment_does_not_exist(town, act: str) -> None:
    town.queue()
    theirs = held(town, "ann")
    bodies = {"label": GOOD, "skip": {"reason": "no"}}
    forged = [theirs, str(int(theirs) + 1), "1", "0", "-1", "1e3", "٣", "9" * 30, str(2**63), "x"]
    for number in forged:
        for name in ("ben", "lee", "root"):
            client = town.client(name)
            path = f"/v1/assignments/{number}/{act}"
            answer = client.get(path) if act == "draft" else client.post(path, json=bodies.get(act))
            assert code(answer) == (404, "not_found"), (number, name)
    assert label(town, "ann", theirs).status_code == 201


def test_an_answer_after_the_lease_ended(town) -> None:
    town.queue(tasks=1, lease_seconds=60)
    late = held(town, "ann")
    town.clock.pass_(seconds=61)
    other = held(town, "ben")
    assert code(label(town, "ann", late)) == (409, "slot_taken")
    draft = town.client("ann").get(f"/v1/assignments/{late}/draft").json()
    assert draft["values"] == GOOD["values"]
    assert label(town, "ben", other).status_code == 201


def test_an_answer_after_the_lease_ended_while_nobody_came(town) -> None:
    town.queue(tasks=1, lease_seconds=60)
    late = held(town, "ann")
    town.clock.pass_(seconds=3600)
    assert label(town, "ann", late).status_code == 201
    assert claim(town, "ben").json()["reason"] == "done"


def test_heartbeat_keeps_a_lease(town) -> None:
    town.queue(tasks=1, lease_seconds=60)
    number = held(town, "ann")
    path = f"/v1/assignments/{number}/heartbeat"
    for _ in range(3):
        town.clock.pass_(seconds=50)
        answer = town.client("ann").post(path)
        assert answer.status_code == 200
    assert answer.json()["lease_expires_at"] == "2026-11-02T09:03:31Z"
    assert claim(town, "ben").json()["reason"] == "leased_by_others"
    town.clock.pass_(seconds=61)
    assert held(town, "ben") is not None
    assert code(town.client("ann").post(path)) == (409, "lease_lost")


def test_a_skipped_task_never_comes_back_a_returned_one_does(town) -> None:
    town.queue(tasks=1)
    client, number = town.client("ann"), held(town, "ann")
    empty = client.post(f"/v1/assignments/{number}/skip", json={"reason": " "})
    assert empty.json()["error"]["field"] == "reason"
    assert client.post(f"/v1/assignments/{number}/return").json() == {"state": "returned"}
    assert held(town, "ann") == number
    skipped = client.post(f"/v1/assignments/{number}/skip", json={"reason": "not my language"})
    assert skipped.json() == {"state": "skipped"}
    assert claim(town, "ann").json()["reason"] == "done"
    assert held(town, "ben") is not None


def test_drafts(town) -> None:
    town.queue()
    client, number = town.client("ann"), held(town, "ann")
    path = f"/v1/assignments/{number}/draft"
    assert client.get(path).json() == {"values": {}, "version": 0, "updated_at": None}
    odd = client.put(path, content=rb'{"values": {"notes": "\u0000 \u202e \u001b"}}')
    assert odd.status_code == 200
    assert client.get(path).json()["values"] == {"notes": "\0 \u202e \x1b"}
    half = client.put(path, content=rb'{"values": {"notes": "\ud83d"}}')
    assert half.status_code == 422
    assert client.put(path, json={"values": {"notes": "half"}}).status_code == 200
    assert client.get(path).json()["values"] == {"notes": "half"}
    assert client.put(path, json={"notes": "half"}).status_code == 422


def test_my_assignments_tell_nothing_that_anchors(town) -> None:
    town.queue()
    label(town, "ann", held(town, "ann"))
    open_one = held(town, "ann")
    client = town.client("ann")
    assert len(client.get("/v1/me/assignments").json()) == 2
    (leased,) = client.get("/v1/me/assignments?state=leased&queue=q").json()
    assert leased["assignment_id"] == open_one
    assert {"source", "reason", "purpose", "pi", "role"}.isdisjoint(leased)
    assert client.get("/v1/me/assignments?queue=other").json() == []
    assert client.get("/v1/me/assignments?state=lost").json()["error"]["field"] == "state"
    assert town.client("ben").get("/v1/me/assignments").json() == []


@pytest.mark.parametrize("overlap", [1, 2])
def test_a_crowd_labels_each_task_exactly_as_often_as_wanted(town, overlap: int) -> None:
    town.queue(tasks=10, overlap=overlap)
    answers: Counter[int] = Counter()

    def work(name: str) -> None:
        while (told := claim(town, name).json()).get("reason") != "done":
            if told["assignment_id"]:  # else the next one is just changing hands: ask again
                answers[label(town, name, told["assignment_id"]).status_code] += 1

    names = ["ann", "ben", "lee", "root", "ann", "ben"]
    crowd = [threading.Thread(target=work, args=(name,)) for name in names]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    progress = town.client("lee").get("/v1/queues/q/progress").json()
    assert progress["labels_done"] == progress["labels_needed"] == 10 * overlap
    assert answers[201] == 10 * overlap
    assert set(answers) <= {201, 409}  # 409: two windows of one person on the same task
