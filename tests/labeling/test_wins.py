"""Shares of wins and mean ranks: of all traffic, with ties as half, from answers and verdicts."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from labeling.draws import DrawRequest, draw_into
from labeling.errors import InvalidLabel
from labeling.wins import wins_report
from storage import Store
from storage.frames import tasks as task_frame
from tests import factories

NOW = factories.NOON + timedelta(days=1)
FIELDS = [
    {"kind": "pairwise", "name": "better", "label": "Better?", "tie": True},
    {"kind": "ranking", "name": "order", "label": "Order", "tie": True},
]
MODELS = ("old", "new")


def built(store: Store, *, size: int = 400, share: float = 0.7, named: str = "model") -> int:
    """`new` is better in seven of ten hard cases, which are drawn twice as often as the others."""
    rng = np.random.default_rng(3)
    with store.write() as session:
        queue = factories.queue(session, "duel", factories.guideline(session, FIELDS))
        for number in range(2 * size):
            responses = [
                {"id": f"r{place}", "text": "said", named: MODELS[(place + number) % 2]}
                for place in range(2)
            ]
            factories.interaction(
                session, f"i{number}", responses=responses, category="easy",
                confidence=0.2 if number % 2 else 0.9,
            )  # fmt: skip
        person = factories.account(session, "ada")
    params = {"gamma": 1.0}
    draw_into(store, "duel", DrawRequest("confidence", params, size, seed=4), clock=lambda: NOW)
    with store.write() as session:
        told = task_frame(session, queue)
        pairs = zip(told["task"].tolist(), told["interaction_id"], strict=True)
        for task, name in pairs:
            number = int(name[1:])
            new = f"r{(1 - number) % 2}"
            other = "r1" if new == "r0" else "r0"
            better = (rng.random() < share) if number % 2 else False
            first, last = (new, other) if better else (other, new)
            tie = number % 10 == 1
            values = {
                "better": "tie" if tie else first,
                "order": [[first, last]] if tie else [[first], [last]],
            }
            held = factories.assignment(session, task, person, slot=0)
            factories.label(session, task, person, values, assignment_id=held)
    return queue


def report(store: Store, **asked: Any) -> dict[str, Any]:
    with store.snapshot() as session:
        return wins_report(session, "duel", NOW, **asked)


def by_name(told: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one for one in told["names"]}


def test_wins_are_of_all_traffic_and_add_up(store: Store) -> None:
    built(store)
    told = report(store)
    new, old = by_name(told)["new"], by_name(told)["old"]
    assert (told["by"], told["left_out"], new["tasks"]) == ("model", 0, 400)
    truth = 0.5 * (0.2 * 0.5 + 0.8 * 0.7)  # easy ones never; of hard ones a fifth are ties
    low, high = new["wins"]["ci"]
    assert low < truth < high
    assert high - low < 0.15
    assert new["wins"]["value"] + old["wins"]["value"] == pytest.approx(1)
    (pair,) = told["pairs"]
    assert pair["wins"]["value"] == pytest.approx(by_name(told)[pair["a"]]["wins"]["value"])
    assert pair["ties"]["value"] == pytest.approx(told["ties"]["value"])
    assert told["ties"]["ci"][0] < 0.1 < told["ties"]["ci"][1]


def test_ranks_say_the_same_as_comparisons_of_two(sqlite_store: Store) -> None:
    built(sqlite_store)
    told, ranked = by_name(report(sqlite_store)), by_name(report(sqlite_store, field="order"))
    for name in MODELS:
        wins = told[name]["wins"]["value"]
        assert ranked[name]["wins"]["value"] == pytest.approx(wins)
        assert ranked[name]["first"]["value"] == pytest.approx(wins)
        assert ranked[name]["mean_rank"]["value"] == pytest.approx(2 - wins)


def test_a_verdict_counts_instead_of_the_labels(sqlite_store: Store) -> None:
    queue = built(sqlite_store, size=40, share=0.0)
    before = by_name(report(sqlite_store))["new"]["wins"]["value"]
    with sqlite_store.write() as session:
        told = task_frame(session, queue)
        for task, name in list(zip(told["task"].tolist(), told["interaction_id"], strict=True))[:5]:
            won = f"r{(1 - int(name[1:])) % 2}"
            factories.verdict(session, task, "better", won, [])
    told = report(sqlite_store)
    assert told["settled"] == 5
    assert by_name(told)["new"]["wins"]["value"] > before


def test_responses_without_names_are_left_out(sqlite_store: Store) -> None:
    built(sqlite_store, size=40, named="colour")
    told = report(sqlite_store)
    assert (told["names"], told["left_out"]) == ([], 40)
    with pytest.raises(InvalidLabel, match="neither"):
        report(sqlite_store, by="colour")
    with pytest.raises(InvalidLabel, match="cannot be reported"):
        report(sqlite_store, field="quality")
