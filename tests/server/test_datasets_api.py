"""Datasets over REST: who may, what is refused, and that the zip is what was kept."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from labeling.datasets.manifest import verify
from storage.queries import accounts


@pytest.fixture
def town(sqlite_town):
    sqlite_town.queue("q", tasks=12)
    lead = sqlite_town.client("lee")
    lines = [
        json.dumps({"source": "bot", "interaction_id": f"bot-{n}", "annotator": "x",
                    "values": {"quality": 5, "expected_answer": f"Yes {n}."}})
        for n in range(12)
    ]  # fmt: skip
    sent = lead.post("/v1/queues/q/labels", content="\n".join(lines),
                     headers={"content-type": "application/x-ndjson"})  # fmt: skip
    assert sent.json()["accepted"] == 12
    return sqlite_town


def test_from_a_queue_to_a_zip_that_is_checked(town, tmp_path: Path):
    client = town.client("eng")
    made = client.post("/v1/datasets", json={"name": "a", "licence": "CC0"})
    assert made.status_code == 201
    client.post("/v1/datasets", json={"name": "b", "licence": "CC0", "splits": {"dev": 1}})
    added = client.post("/v1/datasets/b/versions", json={"recipe": {"queues": ["q"]}})
    assert (added.status_code, added.json()["items"]) == (201, 12)
    again = client.post("/v1/datasets/b/versions", json={"recipe": {"queues": ["q"]}})
    assert (again.status_code, again.json()["new"]) == (200, False)
    items = [{"id": "e", "query": "Is it?", "expected": "It is."}, {"id": "f", "query": 5}]
    more = client.post("/v1/datasets/b/versions", json={"items": items, "note": "one more"})
    assert (more.json()["items"], more.json()["rejected"][0]["index"]) == (13, 1)
    told = client.get("/v1/datasets/b/diff?old=1&new=2").json()
    assert told["added"] == ["expert-b:e"]
    assert client.get("/v1/datasets/b/check?against=b@1").json()["exact"]["count"] == 0
    sent = client.post("/v1/datasets/b/export", json={"format": "jsonl"})
    assert sent.status_code == 200
    zipfile.ZipFile(io.BytesIO(sent.content)).extractall(tmp_path)
    found = verify(tmp_path / "b", expected=sent.headers["x-goldloop-root"])
    assert (found.faults, found.items, found.trusted) == ((), 13, "root")
    assert client.get("/v1/datasets/b").json()["exports"][0]["root"] == found.root
    turn = client.put("/v1/datasets/b/rotation", json={"every_seconds": 3600, "keep": 2}).json()
    assert turn["rotation"]["keep"] == 2
    assert [one["name"] for one in client.get("/v1/datasets").json()] == ["a", "b"]


def test_opening_the_test_split_takes_a_reason_and_is_audited(town):
    client = town.client("lee")
    client.post("/v1/datasets", json={"name": "b", "licence": "CC0", "splits": {"test": 1}})
    client.post("/v1/datasets/b/versions", json={"recipe": {"queues": ["q"]}})
    body = {"format": "jsonl", "splits": ["test"]}
    refused = client.post("/v1/datasets/b/export", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "locked")
    opened = client.post("/v1/datasets/b/export", json=body | {"unlock": "the release"})
    assert opened.status_code == 200
    assert client.get("/v1/datasets/b").json()["exports"][0]["by"] == "lee"
    with town.house.store.read() as session:
        since = town.clock.now.replace(year=2020)
        assert accounts.count_audit(session, "test_unlocked", "b", since) == 1


def test_hostile_items_are_told_one_by_one_and_the_good_one_is_kept(town):
    client = town.client("lee")
    client.post("/v1/datasets", json={"name": "b", "licence": "CC0", "splits": {"dev": 1}})
    deep = "[" * 100 + "]" * 100
    rows = [
        f'{{"id": "a", "query": "x", "values": {{"deep": {deep}}}}}',
        f'{{"id": "b", "query": {deep}}}',
        '{"id": "c", "query": "x", "expected": 5}',
        '{"id": "d", "query": "x", "values": 5}',
        '{"id": "e\\u0000", "query": "x"}',
        '{"query": "no id"}',
        '{"id": "../../<b>{{7*7}}", "query": "=1+1 ${x} {0.__class__}", "expected": "<script>"}',
    ]
    body = f'{{"items": [{", ".join(rows)}]}}'
    sent = client.post("/v1/datasets/b/versions", content=body).json()
    assert [one["index"] for one in sent["rejected"]] == [0, 1, 2, 3, 4, 5]
    assert sent["items"] == 1
    for format_ in ("jsonl", "csv", "parquet", "goldloop", "inspect"):
        exported = client.post("/v1/datasets/b/export", json={"format": format_})
        assert exported.status_code == 200
        names = zipfile.ZipFile(io.BytesIO(exported.content)).namelist()
        assert all(name.startswith("b/") and ".." not in name for name in names)


def test_annotators_see_nothing_of_it(town):
    client = town.client("ann")
    for method, path in (
        ("GET", "/v1/datasets"), ("POST", "/v1/datasets"), ("GET", "/v1/datasets/b"),
        ("POST", "/v1/datasets/b/versions"), ("GET", "/v1/datasets/b/diff?old=1&new=2"),
        ("GET", "/v1/datasets/b/check?against=b"), ("PUT", "/v1/datasets/b/rotation"),
        ("POST", "/v1/datasets/b/export"), ("GET", "/v1/datasets/b/export?format=jsonl"),
    ):  # fmt: skip
        assert client.request(method, path, json={}).status_code == 403
        assert town.client().request(method, path, json={}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"recipe": {"queues": ["q"]}, "items": []}, {"recipe": {"queues": ["q"], "sql": 1}},
     {"recipe": {"queues": []}}, {"recipe": {"queues": ["q"], "where": {"x": "y"}}},
     {"items": [], "nonsense": 1}, {"note": "x" * 3000, "remove": []}],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(town, body):
    client = town.client("lee")
    client.post("/v1/datasets", json={"name": "b", "licence": "CC0"})
    refused = client.post("/v1/datasets/b/versions", json=body)
    assert refused.status_code == 422
    assert refused.json()["error"]["message"]
