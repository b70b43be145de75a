"""Sending interactions, feedback and scores: every form that is taken, and what is refused."""

import gzip
import json

import pytest
from sqlalchemy import func, select

from storage.tables import feedback, interaction, score

NDJSON = {"content-type": "application/x-ndjson"}
ONE = {"id": "req_1", "source": "bot", "query": "Why?", "response": "Because."}
TWO = {"id": "req_2", "source": "bot", "query": "How?", "response": "Thus."}
BAD = {"id": "req_3", "source": "bot", "query": "Who?", "response": "Me.", "confidence": 7}


def lines(*rows: object) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


def count(town, table) -> int:
    with town.house.store.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_an_array_and_its_repeat(town) -> None:
    client = town.client("eng")
    first = client.post("/v1/interactions", json=[ONE, TWO])
    assert first.status_code == 200
    assert first.json() == {"accepted": 2, "duplicate": 0, "rejected": []}
    assert client.post("/v1/interactions", json=[TWO, ONE]).json()["duplicate"] == 2
    assert count(town, interaction) == 2


def test_good_rows_beside_bad_ones_are_kept(town) -> None:
    answer = town.client("eng").post("/v1/interactions", json=[ONE, BAD, "no object", TWO])
    told = answer.json()
    assert (answer.status_code, told["accepted"], told["duplicate"]) == (200, 2, 0)
    assert [row["index"] for row in told["rejected"]] == [1, 2]
    assert told["rejected"][0]["error"]["field"] == "confidence"
    assert "7" in told["rejected"][0]["error"]["message"]


def test_lines_of_json(town) -> None:
    body = lines(ONE) + b"\n{broken\n\n" + lines(BAD, TWO)
    told = town.client("eng").post("/v1/interactions", content=body, headers=NDJSON).json()
    assert told["accepted"] == 2
    assert [row["index"] for row in told["rejected"]] == [1, 2]


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda b: gzip.compress(b[:40]) + gzip.compress(b[40:])]
)
def test_packed_bodies(sqlite_town, pack) -> None:
    headers = {**NDJSON, "content-encoding": "gzip"}
    body = pack(lines(ONE, TWO))
    told = sqlite_town.client("eng").post("/v1/interactions", content=body, headers=headers)
    assert told.json()["accepted"] == 2


def test_a_single_object_is_one_row(sqlite_town) -> None:
    assert sqlite_town.client("eng").post("/v1/interactions", json=ONE).json()["accepted"] == 1


@pytest.mark.parametrize("body", [b"[{]", b"", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused_whole(sqlite_town, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = sqlite_town.client("eng").post("/v1/interactions", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_json"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_other_content_types(sqlite_town, kind: str) -> None:
    headers = {"content-type": kind}
    answer = sqlite_town.client("eng").post("/v1/interactions", content=b"[]", headers=headers)
    assert answer.status_code == 415
    assert "application/x-ndjson" in answer.json()["error"]["hint"]


def test_other_encodings(sqlite_town) -> None:
    headers = {**NDJSON, "content-encoding": "br"}
    answer = sqlite_town.client("eng").post("/v1/interactions", content=b"x", headers=headers)
    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "unsupported_encoding"


def test_broken_gzip(sqlite_town) -> None:
    headers = {**NDJSON, "content-encoding": "gzip"}
    for body in (b"not gzip", gzip.compress(lines(ONE))[:-12]):
        answer = sqlite_town.client("eng").post("/v1/interactions", content=body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "bad_gzip"
    assert count(sqlite_town, interaction) == 0


def test_too_large_plain_and_packed(make_town) -> None:
    town = make_town(max_body_bytes=10_000)
    client = town.client("eng")
    plain = client.post("/v1/interactions", content=b" " * 10_001, headers=NDJSON)
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    packed = town.client("eng").post(
        "/v1/interactions",
        content=gzip.compress(b" " * 500_000),
        headers={**NDJSON, "content-encoding": "gzip"},
    )
    assert [plain.status_code, packed.status_code] == [413, 413]
    assert packed.json()["error"]["code"] == "too_large"


def test_feedback_waits_and_is_attached(town) -> None:
    client = town.client("eng")
    said = {"source": "bot", "interaction_id": "req_1", "thumb": "down", "comment": "wrong"}
    early = client.post("/v1/feedback", json=said).json()
    assert (early["accepted"], early["waiting"]) == (1, 1) or (early["waiting"] == 1)
    assert count(town, feedback) == 0
    client.post("/v1/interactions", json=[ONE])
    assert count(town, feedback) == 1
    again = client.post("/v1/feedback", json=said).json()
    assert again["duplicate"] == 1
    assert count(town, feedback) == 1


def test_scores(town) -> None:
    client = town.client("eng")
    client.post("/v1/interactions", json=[ONE])
    row = {"source": "bot", "interaction_id": "req_1", "name": "judge", "kind": "judge", "value": 2}
    told = client.post("/v1/scores", json=[row, {**row, "value": "high"}]).json()
    assert told["accepted"] == 1
    assert told["rejected"][0]["index"] == 1
    assert told["rejected"][0]["error"]["field"] == "value"
    assert count(town, score) == 1
