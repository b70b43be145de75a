"""Plans by REST from labels that are all alike, and for changes that cannot be."""

from dataclasses import replace
from typing import Any

import pytest

from labeling.draws import DrawRequest, draw_into
from labeling.fields import fields_from_toml
from labeling.queues import QueueSpec, create_queue, sync_guidelines
from tests.server.test_known_totals_api import labelled
from tests.server.test_quality_api import ask

SAFE = """
[[fields]]
name = "safe"
kind = "boolean"
label = "Safe?"
"""


def safe(town: Any, yes: int, *, size: int = 40, count: int = 400) -> None:
    """A queue that asks whether an answer is safe, with that many of `size` said to be."""
    known = town.house.guidelines["response-quality"]
    asks = replace(
        known, slug="safe", hash="3" * 64, version="1", fields=fields_from_toml(SAFE), gold=()
    )
    with town.house.store.write() as session:
        sync_guidelines(session, {"safe": asks}, town.clock.now)
        create_queue(session, QueueSpec("q", "safe"), asks, None, town.clock.now)
    town.interactions(count)
    town.clock.pass_(seconds=1)
    draw_into(town.house.store, "q", DrawRequest("random", size=size), clock=town.clock)
    ann = town.client("ann")
    for place in range(size):
        number = ann.post("/v1/queues/q/assignments").json()["assignment_id"]
        path = f"/v1/assignments/{number}/label"
        assert ann.post(path, json={"values": {"safe": place < yes}}).status_code == 201


@pytest.mark.parametrize(("yes", "size"), [(40, 40), (43, 43), (49, 49), (0, 40)])
def test_everybody_said_the_same(sqlite_town, yes: int, size: int) -> None:
    safe(sqlite_town, yes, size=size)
    told = ask(sqlite_town, "plan")
    assert told["value"] == pytest.approx(1.0 if yes else 0.0)
    assert 0 <= told["value"] <= 1
    # (y + 1) / (n + 2)
    assert told["sd"] == pytest.approx(((size + 1) ** 0.5) / (size + 2))
    assert 90 < told["change"]["labels"] < 130
    narrow = ask(sqlite_town, "plan", half_width=0.01)["width"]
    assert narrow["more"] > 100
    assert narrow["sentence"].endswith("more.")


def test_a_rate_cannot_move_beyond_its_ends(sqlite_town) -> None:
    safe(sqlite_town, 32)
    told = ask(sqlite_town, "plan", change=0.8)
    assert told["change"]["labels"] >= 1
    path, lead = "/v1/queues/q/plan", sqlite_town.client("lee")
    answer = lead.get(path, params={"change": 0.9})
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (422, "change")
    assert "at most 0.8" in error["hint"]


def test_ratings_that_are_all_alike_leave_a_spread(sqlite_town) -> None:
    labelled(sqlite_town, lambda _: {}, count=200, size=40, rated=lambda _: 4)
    low, high = ask(sqlite_town, "quality")["estimate"]["ci"]
    told = ask(sqlite_town, "plan")
    others = (4 - low) / 3
    assert told["sd"] == pytest.approx(3 * (others * (1 - others)) ** 0.5)
    assert told["change"]["labels"] > 50
    assert told["width"]["more"] > 0
    assert "enough" not in told["width"]["sentence"]
    wide = ask(sqlite_town, "plan", half_width=(high - low) / 2 + 0.2)["width"]
    assert wide["sentence"].endswith("you have enough labels.")
    answer = sqlite_town.client("lee").get("/v1/queues/q/plan", params={"change": 3.5})
    assert answer.json()["error"]["field"] == "change"


def test_enough_is_never_said_of_an_interval_that_is_wider_than_wished(sqlite_town) -> None:
    # Few labels: the t interval is wider than the normal plan reckons.
    labelled(sqlite_town, lambda _: {}, size=20, rated=lambda number: 3 + number % 2)
    low, high = ask(sqlite_town, "quality")["estimate"]["ci"]
    wished = 0.98 * (high - low) / 2
    told = ask(sqlite_town, "plan", half_width=wished)["width"]
    assert told["more"] > 0
    assert "enough" not in told["sentence"]


def test_enough_is_never_said_without_an_interval(sqlite_town) -> None:
    labelled(sqlite_town, lambda _: {}, size=10)
    told = ask(sqlite_town, "plan", half_width=3)["width"]
    assert (told["labels"], told["more"]) == (20, 10)


@pytest.mark.parametrize("asked", [{"change": 1e-20}, {"change": 1e-300}, {"half_width": 1e-300}])
def test_a_change_that_no_number_of_labels_shows_is_refused(sqlite_town, asked: Any) -> None:
    safe(sqlite_town, 32)
    answer = sqlite_town.client("lee").get("/v1/queues/q/plan", params=asked)
    assert answer.status_code == 422
    assert answer.json()["error"]["hint"] == "from 0.0001 and below 1"
