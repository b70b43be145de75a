"""Queues, draws, schedules, their tasks and labels, and imports, as the public contract says."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.queries import accounts

NEW = {"name": "support", "guideline": "response-quality", "overlap": 2, "overlap_rate": 0.5}
NDJSON = {"content-type": "application/x-ndjson"}


def rows(answer) -> list[dict]:
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def imported(number: int, annotator: str, quality: int, **more) -> dict:
    return {
        "source": "bot",
        "interaction_id": f"bot-{number}",
        "annotator": annotator,
        "values": {"quality": quality},
        **more,
    }


def send(town, labels: list[dict]):
    body = "\n".join(json.dumps(row) for row in labels)
    return town.client("lee").post("/v1/queues/q/labels", content=body, headers=NDJSON)


def test_a_queue_is_made_shown_listed_and_changed(town) -> None:
    client = town.client("lee")
    made = client.post("/v1/queues", json=NEW)
    assert made.status_code == 201
    assert client.get("/v1/queues/support").json() == made.json()
    assert client.get("/v1/queues").json() == [made.json()]
    told = made.json()
    assert (told["overlap"], told["overlap_rate"], told["lease_seconds"]) == (2, 0.5, 1800)
    assert (told["people"], told["show"], told["paused"]) == (None, [], False)
    assert told["guideline"]["slug"] == "response-quality"
    changed = client.patch("/v1/queues/support", json={"lease_seconds": 60, "people": ["ann"]})
    assert changed.status_code == 200
    assert (changed.json()["lease_seconds"], changed.json()["people"]) == (60, ["ann"])
    assert changed.json()["overlap"] == 2
    assert client.patch("/v1/queues/support", json={"people": None}).json()["people"] is None
    paused = client.patch("/v1/queues/support", json={"paused": True}).json()
    assert paused["paused"] is True


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"guideline": "unknown"}, 422, "guideline"),
        ({"name": " x"}, 422, "name"),
        ({"name": "a/b"}, 422, "name"),
        ({"overlap": 0}, 422, "overlap"),
        ({"overlap_rate": 1.5}, 422, "overlap_rate"),
        ({"lease_seconds": 1}, 422, "lease_seconds"),
        ({"show": ["pi"]}, 422, "show"),
        ({"people": ["nobody"]}, 404, None),
        ({"people": ["a\0b"]}, 422, "people"),
        ({"overlap": True}, 422, "overlap"),
    ],
)
def test_what_cannot_be_a_queue(sqlite_town, changed, status: int, field: str | None) -> None:
    client = sqlite_town.client("lee")
    answer = client.post("/v1/queues", json={**NEW, **changed})
    assert answer.status_code == status
    assert answer.json()["error"].get("field") == field
    assert client.get("/v1/queues").json() == []


def test_one_name_one_queue(town) -> None:
    client = town.client("lee")
    client.post("/v1/queues", json=NEW)
    again = client.post("/v1/queues", json=NEW)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "exists")
    assert client.get("/v1/queues/other").status_code == 404


def test_a_draw_and_its_dry_run(town) -> None:
    town.queue(tasks=0)
    town.interactions(30)
    town.clock.pass_(seconds=1)
    client = town.client("eng")
    asked = {"strategy": "confidence", "size": 10, "seed": 7, "params": {"gamma": 2}}
    dry = client.post("/v1/queues/q/draws?dry_run=true", json=asked)
    assert dry.status_code == 200
    assert (dry.json()["draw_id"], dry.json()["drawn"]) == (None, 10)
    made = client.post("/v1/queues/q/draws", json=asked)
    assert made.status_code == 201
    told = made.json()
    assert (told["strategy"], told["seed"], told["population"]) == ("confidence", 7, 30)
    assert (told["eligible"], told["drawn"], told["new_tasks"]) == (30, 10, 10)
    assert {"value", "ci", "n"} <= set(told["expected_half_width"])
    assert len(told["strata"]) == 1
    again = client.post("/v1/queues/q/draws", json=asked)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "seed_reused")
    everything = client.post("/v1/queues/q/draws", json={"strategy": "random", "size": 99})
    assert (everything.json()["drawn"], everything.json()["new_tasks"]) == (30, 20)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"strategy": "astrology", "size": 3}, "strategy"),
        ({"strategy": "random", "size": 0}, "size"),
        ({"strategy": "random", "size": 3, "rate": 0.5}, "size"),
        ({"strategy": "random", "rate": 1.5}, "size"),
        ({"strategy": "random", "size": 3, "seed": -1}, "seed"),
        ({"strategy": "random", "size": 3, "seed": 2**63}, "seed"),
        ({"strategy": "random", "size": 3, "where": {"colour": "red"}}, "where.colour"),
        ({"strategy": "random", "size": 3, "where": {"since": "soon"}}, "where.since"),
        ({"strategy": "random", "size": 3, "where": {"category": "a\0b"}}, "where"),
        ({"strategy": "confidence", "size": 3, "params": {"gama": 2}}, "strategy"),
    ],
)
def test_what_cannot_be_drawn(sqlite_town, asked, field: str) -> None:
    sqlite_town.queue(tasks=0)
    sqlite_town.interactions(5)
    answer = sqlite_town.client("eng").post("/v1/queues/q/draws", json=asked)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


def test_an_unfit_body_is_told_what_would_fit(sqlite_town) -> None:
    client = sqlite_town.client("lee")

    def fault(**body) -> tuple[str, str, str]:
        answer = client.post("/v1/queues", json=body)
        assert answer.status_code == 422
        error = answer.json()["error"]
        return error["field"], error["message"], error["hint"]

    field, message, hint = fault(name="q", guideline="response-quality", overlop=2)
    assert (field, message) == ("overlop", "there is no such key")
    assert "overlap_rate" in hint
    assert fault(name="q")[:2] == ("guideline", "is missing")


def test_a_refusal_names_the_roles_that_may(sqlite_town) -> None:
    sqlite_town.queue()
    error = sqlite_town.client("ann").get("/v1/queues/q/quality").json()["error"]
    assert error["message"].startswith("the role annotator may not do this, lead or")


def test_a_schedule(town) -> None:
    town.queue(tasks=0)
    client = town.client("lee")
    asked = {"strategy": "random", "rate": 0.1, "every_seconds": 3600}
    told = client.put("/v1/queues/q/schedule", json=asked)
    assert told.status_code == 200
    schedule = told.json()["schedule"]
    assert (schedule["every_seconds"], schedule["enabled"]) == (3600, True)
    assert schedule["next_at"] == "2026-11-02T10:00:00Z"
    assert client.get("/v1/queues/q").json()["schedule"] == schedule
    short = client.put("/v1/queues/q/schedule", json={**asked, "every_seconds": 5})
    assert short.json()["error"]["field"] == "every_seconds"
    naive = client.put("/v1/queues/q/schedule", json={**asked, "starts_at": "2026-11-02T10:00:00"})
    assert naive.json()["error"]["field"] == "starts_at"
    unknown = client.put("/v1/queues/none/schedule", json=asked)
    assert unknown.status_code == 404


def test_a_schedule_is_stopped_by_one_word_and_begun_again_where_told(sqlite_town) -> None:
    sqlite_town.queue(tasks=0)
    client = sqlite_town.client("lee")
    stop = {"enabled": False}
    assert client.put("/v1/queues/q/schedule", json=stop).status_code == 404
    asked = {"strategy": "random", "size": 5, "every_seconds": 3600}
    first = client.put("/v1/queues/q/schedule", json=asked).json()["schedule"]
    stopped = client.put("/v1/queues/q/schedule", json=stop).json()["schedule"]
    assert stopped == {**first, "enabled": False}
    began = {**asked, "starts_at": "2026-10-01T00:00:00Z"}
    again = client.put("/v1/queues/q/schedule", json=began).json()["schedule"]
    assert (again["next_at"], again["enabled"]) == ("2026-10-01T01:00:00Z", True)


def test_the_stream_of_tasks(town) -> None:
    town.queue(tasks=3, overlap=2)
    client = town.client("lee")
    before = rows(client.get("/v1/queues/q/tasks"))
    assert [row["state"] for row in before] == ["open"] * 3
    assert set(before[0]) == {
        "task_id", "source", "interaction_id", "purpose", "pi", "reason", "planned_labels",
        "labels", "state",
    }  # fmt: skip
    for name in ("ann", "ben"):
        ticket = town.client(name)
        number = ticket.post("/v1/queues/q/assignments").json()["assignment_id"]
        ticket.post(f"/v1/assignments/{number}/label", json={"values": {"quality": 4}})
    town.client("ann").post("/v1/queues/q/assignments")
    after = rows(client.get("/v1/queues/q/tasks"))
    assert [(row["state"], row["labels"]) for row in after] == [
        ("done", 2), ("leased", 0), ("open", 0)
    ]  # fmt: skip
    assert [row["task_id"] for row in after] == [row["task_id"] for row in before]
    assert client.get("/v1/queues/none/tasks").status_code == 404


def test_the_stream_of_labels(town) -> None:
    town.queue(tasks=2)
    ann = town.client("ann")
    for quality in (2, 5):
        number = ann.post("/v1/queues/q/assignments").json()["assignment_id"]
        path = f"/v1/assignments/{number}/label"
        label_id = ann.post(path, json={"values": {"quality": quality}, "seconds": 3}).json()
    ann.post(path, json={"values": {"quality": 4}, "revises": 1})
    found = {
        row["values"]["quality"]: row for row in rows(town.client("eng").get("/v1/queues/q/labels"))
    }
    assert set(found) == {2, 4}
    row = found[4]
    assert {
        "label_id", "task_id", "source", "interaction_id", "annotator", "values", "revision",
        "created_at", "seconds", "guideline", "pi", "reason", "role",
    } <= set(row)  # fmt: skip
    assert (row["annotator"], row["revision"], row["role"], row["pi"]) == ("ann", 2, "planned", 1.0)
    assert row["label_id"] > label_id["label_id"] - 1
    assert row["guideline"] == town.house.guidelines["response-quality"].hash
    assert town.client("eng").get("/v1/queues/none/labels").status_code == 404


def test_an_import(town) -> None:
    town.queue(tasks=0)
    town.interactions(3)
    labels = [imported(0, "zoe", 4), imported(0, "yan", 2), imported(9, "zoe", 1),
              imported(1, "zoe", 8), {"annotator": "zoe"}]  # fmt: skip
    told = send(town, labels).json()
    assert (told["accepted"], told["duplicate"]) == (2, 0)
    errors = {row["index"]: row["error"]["field"] for row in told["rejected"]}
    assert errors == {2: "interaction_id", 3: "values.quality", 4: "values"}
    assert send(town, labels[:2]).json()["duplicate"] == 2
    assert send(town, [imported(0, "zoe", 5)]).json()["accepted"] == 1
    found = rows(town.client("lee").get("/v1/queues/q/labels"))
    told = {row["annotator"]: (row["values"]["quality"], row["revision"]) for row in found}
    assert told == {"zoe": (5, 2), "yan": (2, 1)}
    assert {row["pi"] for row in found} == {None}
    assert town.client().post("/login", data={"username": "zoe", "password": ""}).status_code == 401


def test_a_file_with_two_answers_of_one_person_adds_nothing_the_second_time(town) -> None:
    town.queue(tasks=0)
    town.interactions(2)
    labels = [imported(0, "zoe", 4), imported(0, "zoe", 5), imported(1, "zoe", 3)]
    assert send(town, labels).json()["accepted"] == 3
    again = send(town, labels).json()
    assert (again["accepted"], again["duplicate"]) == (0, 3)
    found = rows(town.client("lee").get("/v1/queues/q/labels"))
    assert sorted(row["values"]["quality"] for row in found) == [3, 5]


def test_an_older_answer_does_not_replace_a_newer_one(sqlite_town) -> None:
    sqlite_town.queue(tasks=0)
    sqlite_town.interactions(1)
    dated = [
        imported(0, "zoe", quality, created_at=f"20{year}-05-01T00:00:00Z")
        for year, quality in ((24, 2), (26, 5), (25, 3))
    ]
    told = send(sqlite_town, dated).json()
    assert (told["accepted"], told["rejected"][0]["index"]) == (2, 2)
    assert told["rejected"][0]["error"]["field"] == "created_at"
    assert send(sqlite_town, dated).json()["duplicate"] == 2
    assert send(sqlite_town, [imported(0, "zoe", 3)]).json()["accepted"] == 1


def test_a_label_is_the_same_before_and_after_its_interaction_was_drawn(town) -> None:
    town.queue(tasks=0)
    town.interactions(3)
    assert send(town, [imported(0, "zoe", 4)]).json()["accepted"] == 1
    town.client("eng").post("/v1/queues/q/draws", json={"strategy": "random", "size": 3})
    assert send(town, [imported(0, "zoe", 4)]).json()["duplicate"] == 1
    assert len(rows(town.client("lee").get("/v1/queues/q/labels"))) == 1


def test_an_import_onto_a_drawn_task_leaves_its_work_open(town) -> None:
    town.queue(tasks=1)
    send(town, [imported(0, "zoe", 4)])
    (task,) = rows(town.client("lee").get("/v1/queues/q/tasks"))
    assert (task["state"], task["labels"]) == ("open", 0)
    (zoe,) = town.client("lee").get("/v1/queues/q/progress").json()["by_annotator"]
    assert (zoe["labels"], zoe["imported"]) == (0, 1)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"annotator": " padded "}, "annotator"),
        ({"annotator": "a\u202eb"}, "annotator"),
        ({"annotator": "x" * 101}, "annotator"),
        ({"created_at": "9999-01-01"}, "created_at"),
        ({"seconds": -1}, "seconds"),
    ],
)
def test_what_an_import_cannot_take(sqlite_town, changed, field: str) -> None:
    sqlite_town.queue(tasks=0)
    sqlite_town.interactions(1)
    (rejected,) = send(sqlite_town, [{**imported(0, "zoe", 4), **changed}]).json()["rejected"]
    assert rejected["error"]["field"] == field


def test_the_same_file_twice_at_once_makes_nothing_twice(town) -> None:
    town.queue(tasks=0)
    town.interactions(40)
    labels = [imported(number, name, 4) for number in range(40) for name in ("zoe", "yan")]
    with ThreadPoolExecutor(4) as pool:
        told = [answer.json() for answer in pool.map(lambda _: send(town, labels), range(4))]
    assert sorted(one["accepted"] for one in told) == [0, 0, 0, 80]
    assert sum(one["duplicate"] for one in told) == 240
    assert len(rows(town.client("lee").get("/v1/queues/q/labels"))) == 80


def test_imports_into_two_queues_at_once_share_their_new_people(town) -> None:
    town.interactions(30)
    for name in ("q", "r"):
        town.queue(name, tasks=0)
    names = [f"person {number}" for number in range(30)]

    def one(turn: int) -> int:
        ordered = names if turn % 2 else names[::-1]
        body = [imported(number, name, 3) for number, name in enumerate(ordered)]
        path = f"/v1/queues/{'qr'[turn % 2]}/labels"
        return town.client("lee").post(path, json=body).json()["accepted"]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(one, range(2))) == [30, 30]


def test_an_import_into_no_queue(sqlite_town) -> None:
    answer = sqlite_town.client("lee").post("/v1/queues/none/labels", json=[])
    assert answer.status_code == 404


def test_the_audit_says_who_did_what_to_a_queue(town) -> None:
    lee, eng = town.client("lee"), town.client("eng")
    lee.post("/v1/queues", json={"name": "q", "guideline": "response-quality"})
    lee.patch("/v1/queues/q", json={"overlap": 2})
    town.interactions(5)
    town.clock.pass_(seconds=1)
    eng.post("/v1/queues/q/draws?dry_run=true", json={"strategy": "random", "size": 3})
    eng.post("/v1/queues/q/draws", json={"strategy": "random", "size": 3})
    lee.put("/v1/queues/q/schedule", json={"strategy": "random", "size": 3})
    lee.put("/v1/queues/q/schedule", json={"enabled": False})
    send(town, [imported(0, "zoe", 4)])
    eng.get("/v1/queues/q/export?format=csv&labels=raw")
    with town.house.store.read() as session:
        done = [
            (row.by, row.action, row.detail)
            for row in reversed(accounts.audit_rows(session))
            if row.subject == "q"
        ]
    assert done == [
        ("lee", "queue_made", None),
        ("lee", "queue_changed", {"overlap": 2}),
        ("eng", "drawn", {"draw": 1, "interactions": 3}),
        ("lee", "schedule_set", None),
        ("lee", "schedule_stopped", None),
        ("lee", "labels_imported", {"accepted": 1}),
        ("eng", "exported", {"format": "csv", "labels": "raw"}),
    ]
