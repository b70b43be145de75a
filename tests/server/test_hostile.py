"""Whatever is sent, nothing breaks: below 500, one shape of error, on every route."""

import json
import re
from typing import Any

import pytest

from storage.exports import EXPORTS

TEXTS = [
    "a\0b", "\x1b[31m", "\u202eevil", "x" * 100_000, "'; DROP TABLE label; --", "{{7*7}}${7*7}",
    "<script>alert(1)</script>", "../../etc/passwd", "%00", "🦉" * 500, " ", "",
]  # fmt: skip
NUMBERS = [-1, 0, 1e308, 2**63, 2**64, 10**40, 0.1]
OTHERS = [None, True, [], {}, [[[[]]]], {"a": {"b": {}}}]
FULL: dict[str, dict[str, Any]] = {
    "/v1/queues": {"name": "n", "guideline": "response-quality"},
    "/v1/queues/{queue}/draws": {"strategy": "random", "size": 2},
    "/v1/queues/{queue}/schedule": {"strategy": "random", "size": 2},
    "/v1/accounts": {"name": "n", "role": "annotator"},
    "/v1/assignments/{assignment}/label": {"values": {"quality": 3}},
    "/v1/assignments/{assignment}/draft": {"values": {}},
    "/v1/assignments/{assignment}/skip": {"reason": "r"},
    "/v1/accounts/{name}/password": {"password": "long enough"},
}
WHERE = [
    {"since": "0001-01-01T00:00:00+14:00"}, {"until": "9999-12-31T23:59:59-14:00"},
    {"since": 10**40}, {"category": "x" * 10_000}, {"flags": ["a", 1]}, {"dedupe": []},
    {"has_feedback": {}}, {"feedback_below": "1e999"}, {"score": {"name": [], "below": {}}},
    {"score": {"name": "j", "below": "nan"}}, {"model": None}, {"source": []},
]  # fmt: skip
PARAMS = [
    {"gamma": "x"}, {"gamma": float("inf")}, {"floor": -1}, {"by": "values"}, {"parts": [{}]},
    {"parts": [{"strategy": "mixture", "share": 1}]}, {"name": 7}, {"missing": None},
]  # fmt: skip
STRATEGIES = [
    "random", "confidence", "error_triggered", "score", "stratified", "feedback_weighted", "mixture"
]  # fmt: skip


def check(answer, where: object) -> None:
    assert answer.status_code < 500, (where, answer.text[:300])
    if answer.status_code >= 400:
        error = answer.json()["error"]
        assert error["code"], where
        assert error["message"], where


def routes(town) -> list[tuple[str, str]]:
    paths = town.app.openapi()["paths"]
    return [(method.upper(), path) for path, known in paths.items() for method in known]


def test_hostile_addresses(town) -> None:
    town.queue(tasks=1)
    client = town.client("root", raise_server_exceptions=False)
    for method, path in routes(town):
        for text in TEXTS:
            if not text.strip() or len(text) > 5000:
                continue
            filled = re.sub(r"\{[^}]*\}", lambda _: _quoted(text), path)  # noqa: B023
            check(client.request(method, filled, content=b"{}"), (method, path, text))


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.mark.parametrize("text", TEXTS[:6])
def test_hostile_queries(town, text: str) -> None:
    town.queue(tasks=1)
    client = town.client("root", raise_server_exceptions=False)
    for method, path in routes(town):
        if method == "GET":
            names = ("field", "model", "category", "state", "queue", "format", "labels", "expected")
            query = dict.fromkeys(names, text[:4000])
            filled = path.replace("{queue}", "q").replace("{assignment}", "1")
            check(client.get(filled, params=query), (path, text))


def _keys(town, method: str, path: str) -> list[str]:
    operation = town.app.openapi()["paths"][path][method.lower()]
    return list(operation["requestBody"]["content"]["application/json"]["schema"]["properties"])


def test_hostile_bodies(town) -> None:
    town.queue(tasks=1)
    client = town.client("root", raise_server_exceptions=False)
    for path, full in FULL.items():
        number = client.post("/v1/queues/q/assignments").json()["assignment_id"]
        filled = path.replace("{queue}", "q").replace("{name}", "ann")
        filled = filled.replace("{assignment}", str(number))
        method = "PUT" if path.endswith(("schedule", "draft", "password")) else "POST"
        for key in [*_keys(town, method, path), "unknown"]:
            for value in [*TEXTS, *NUMBERS, *OTHERS]:
                if (
                    key in ("password", "name")
                    and path.startswith("/v1/accounts")
                    and value in TEXTS
                ):
                    continue  # would only hash passwords
                body = json.dumps({**full, key: value}).encode()
                check(client.request(method, filled, content=body), (path, key, value))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_hostile_draws(sqlite_town, strategy: str) -> None:
    town = sqlite_town
    town.queue(tasks=0)
    town.interactions(5, metadata={"x": 1})
    client = town.client("root", raise_server_exceptions=False)
    asked: list[dict[str, Any]] = [{"where": where} for where in WHERE]
    asked += [{"params": params} for params in PARAMS]
    asked += [{"params": {"name": "judge"}}, {"rate": 0.5, "size": None}]
    for one in asked:
        body = json.dumps({"strategy": strategy, "size": 2, **one}).encode()
        check(client.post("/v1/queues/q/draws?dry_run=1", content=body), (strategy, one))


ROW_KEYS = {
    "interactions": ("source", "id", "query", "response", "confidence", "created_at"),
    "feedback": ("source", "interaction_id", "score", "comment", "created_at"),
    "scores": ("source", "interaction_id", "name", "kind", "value", "created_at"),
    "queues/q/labels": ("source", "interaction_id", "annotator", "values", "created_at"),
}


def hostile_rows() -> list[dict[str, Any]]:
    return [
        {"source": source, "id": number, "interaction_id": number, "query": text, "response": text,
         "comment": text, "annotator": text, "values": {"quality": value, "notes": text},
         "name": text, "kind": "judge", "value": value, "score": value, "created_at": moment,
         "confidence": value}
        for text in TEXTS
        for source, number in [("bot", "bot-0"), (text, text), (7, 10**30)]
        for value in (1, 1e308, 10**40, "x", None, [], float("nan"))
        for moment in ("2026-01-01", "0001-01-01T00:00:00+14:00", 1e300, -1, text)
    ]  # fmt: skip


def test_hostile_rows(town) -> None:
    town.queue(tasks=1)
    client = town.client("root", raise_server_exceptions=False)
    headers = {"content-type": "application/x-ndjson"}
    for path, keys in ROW_KEYS.items():
        rows = [{key: row[key] for key in keys} for row in hostile_rows()]
        body = "\n".join(json.dumps(row) for row in rows)
        answer = client.post(f"/v1/{path}", content=body, headers=headers)
        check(answer, path)
        told = answer.json()
        assert told["accepted"] > 0, path
        assert len(told["rejected"]) > len(rows) / 4, path
        assert told["accepted"] + told["duplicate"] + len(told["rejected"]) == len(rows)
    for report in ("progress", "agreement", "quality", "failures", "tasks", "labels"):
        check(client.get(f"/v1/queues/q/{report}"), report)
    for format_ in EXPORTS:
        check(client.get(f"/v1/queues/q/export?format={format_}&labels=raw"), format_)
        check(client.get(f"/v1/queues/q/export?format={format_}"), format_)
