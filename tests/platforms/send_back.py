"""The way back to a real platform: labels there, once, corrected, taken back; none pulled again.

`check_send` is called by check.py with the platform's name, a store worked by the command line, the
platform's address, and the function that tells of each check.
"""

import json
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import select

from storage import open_store
from storage.tables import feedback, interaction

PROJECT = "support-bot"
QUEUE = "sent-back"
VALUES = {"quality": 4, "issues": ["incomplete", "wrong_tone"], "requires_context": True,
          "expected_answer": "Within 30 days.", "notes": "Polite."}  # fmt: skip
Told = Callable[[str, Any, Any], None]


class House(Protocol):
    """A store of its own, worked by the command line."""

    url: str

    def goldloop(self, *words: str) -> Any: ...


def check_send(name: str, house: House, url: str, told: Told) -> None:
    """Label two interactions, send them, look, send again, correct, take back."""
    first, second = _interactions(house, name)
    _label(house, name, first, VALUES)
    _label(house, name, second, {"quality": 2})
    found = house.goldloop("send", QUEUE, name, "--dry-run")
    sent = house.goldloop("send", QUEUE, name)
    told(f"{name}: sent what the dry run says", sent["this_time"]["sent"], found["new"])
    told(f"{name}: nothing refused", (sent["refused"], sent["waiting"]), ([], 0))
    told(f"{name}: over there", SEEN[name](url, first), WANTED[name])
    again = house.goldloop("send", QUEUE, name)
    told(f"{name}: sent again", again["this_time"]["sent"], 0)
    house.goldloop("send", QUEUE, name, "--labels", "raw")
    names = {one for one, _ in SEEN[name](url, first)}
    told(f"{name}: only people's own labels", {one.endswith(".label") for one in names}, {True})
    house.goldloop("send", QUEUE, name, "--labels", "settled")
    told(f"{name}: and settled ones again", SEEN[name](url, first), WANTED[name])
    house.goldloop("pull", name)
    told(f"{name}: our own words are not pulled", _pulled_back(house), 0)


def _interactions(house: House, source: str) -> list[str]:
    store = open_store(house.url)
    with store.read() as session:
        wanted = select(interaction.c.external_id).where(interaction.c.source == source)
        found = session.scalars(wanted.order_by(interaction.c.id).limit(2)).all()
    store.close()
    return list(found)


def _label(house: House, source: str, interaction_id: str, values: dict[str, Any]) -> None:
    queues = [one["name"] for one in house.goldloop("queue", "list")]
    if QUEUE not in queues:
        house.goldloop("queue", "create", QUEUE, "--guideline", "response-quality")
    row = {"source": source, "interaction_id": interaction_id, "annotator": "ann",
           "values": values}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "labels.jsonl")
        file.write_text(json.dumps(row), "utf-8")
        house.goldloop("labels", "import", QUEUE, str(file))


def _pulled_back(house: House) -> int:
    """How many opinions of users bear a name of ours."""
    store = open_store(house.url)
    with store.read() as session:
        raws = session.scalars(select(feedback.c.raw)).all()
    store.close()
    return sum("goldloop." in json.dumps(raw) for raw in raws)


def _json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def _phoenix(url: str, span_id: str) -> list[tuple[str, Any]]:
    query = urllib.parse.urlencode({"span_ids": span_id, "limit": 1000})
    path = f"{url}/v1/projects/{PROJECT}/span_annotations?{query}"
    ours = [one for one in _json(path)["data"] if one["name"].startswith("goldloop.")]
    assert all(one["annotator_kind"] == "HUMAN" for one in ours)
    return sorted(
        (one["name"], (one["result"]["label"] or one["result"]["explanation"])) for one in ours
    )


def _mlflow(url: str, trace_id: str) -> list[tuple[str, Any]]:
    found = _json(f"{url}/api/3.0/mlflow/traces/{trace_id}")
    ours = [
        one
        for one in found["trace"]["trace_info"].get("assessments", [])
        if one["assessment_name"].startswith("goldloop.")
    ]
    assert all(one["source"]["source_type"] == "HUMAN" for one in ours)
    return sorted(
        (one["assessment_name"], (one.get("feedback") or one["expectation"])["value"])
        for one in ours
    )


SEEN: dict[str, Callable[[str, str], list[tuple[str, Any]]]] = {
    "phoenix": _phoenix,
    "mlflow": _mlflow,
}
WANTED: dict[str, list[tuple[str, Any]]] = {
    "phoenix": [
        ("goldloop.expected_answer", "Within 30 days."), ("goldloop.issues", "incomplete"),
        ("goldloop.issues", "wrong_tone"), ("goldloop.notes", "Polite."),
        ("goldloop.quality", "Good"), ("goldloop.requires_context", "yes"),
    ],
    "mlflow": [
        ("goldloop.expected_answer", "Within 30 days."),
        ("goldloop.issues", ["incomplete", "wrong_tone"]), ("goldloop.notes", "Polite."),
        ("goldloop.quality", 4.0), ("goldloop.requires_context", True),
    ],
}  # fmt: skip
