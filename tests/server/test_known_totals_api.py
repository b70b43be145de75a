"""Known totals by REST: classes that are hard to tell apart, or that cannot be met."""

from collections.abc import Callable
from typing import Any

import pytest

from labeling.draws import DrawRequest, draw_into
from storage.ingest import ingest_rows
from tests.server.test_quality_api import ask

Told = Callable[[int], Any]


def labelled(
    town: Any,
    about: Told,
    *,
    count: int = 400,
    size: int = 100,
    rated: Callable[[int], int] = lambda number: 1 + number % 5,
    strategy: str = "random",
    params: dict[str, Any] | None = None,
) -> None:
    """A draw, labelled; `about` tells more of each interaction, by its number."""
    town.queue(tasks=0)
    rows = [
        {"id": f"r{number}", "source": "bot", "query": "Q", "response": "A", **about(number)}
        for number in range(count)
    ]
    ingest_rows(town.house.store, enumerate(rows), source="bot", clock=town.clock)
    town.clock.pass_(seconds=1)
    request = DrawRequest(strategy, size=size, params=params or {})
    draw_into(town.house.store, "q", request, clock=town.clock)
    ann = town.client("ann")
    for _ in range(size):
        answer = ann.post("/v1/queues/q/assignments").json()
        number = int(answer["task"]["interaction_id"][1:])
        path = f"/v1/assignments/{answer['assignment_id']}/label"
        ann.post(path, json={"values": {"quality": rated(number)}})


def test_a_category_called_unknown_is_not_one_that_is_missing(sqlite_town) -> None:
    kinds = ["unknown"] * 6 + [None] * 3 + ["billing"]
    labelled(
        sqlite_town,
        lambda number: {"category": kinds[number % 10]},
        rated=lambda number: 2 if number % 10 < 6 else 5,
    )
    told = ask(sqlite_town, "quality", poststratify="category")
    assert told["poststratified"]["totals"] == {"unknown": 240, "(unknown)": 120, "billing": 40}
    assert told["estimate"]["value"] == pytest.approx(0.6 * 2 + 0.4 * 5)


def test_a_model_called_others_is_not_the_rest(sqlite_town) -> None:
    def about(number: int) -> dict[str, Any]:
        return {"model": "others" if number < 200 else f"m{number % 100}"}

    labelled(sqlite_town, about, rated=lambda number: 2 if number < 200 else 5)
    told = ask(sqlite_town, "quality", poststratify="model")
    totals = told["poststratified"]["totals"]
    assert (totals["others"], totals["(others)"], sum(totals.values())) == (200, 102, 400)
    assert told["estimate"]["value"] == pytest.approx(3.5)


@pytest.mark.parametrize("rare", [0.5, None])
def test_confidence_that_is_nearly_always_the_highest(sqlite_town, rare: float | None) -> None:
    labelled(sqlite_town, lambda number: {"confidence": 1.0 if number % 10 else rare})
    told = ask(sqlite_town, "quality", poststratify="confidence")
    assert told["estimate"]["value"] is not None
    met = told["poststratified"]
    assert (met["by"], met["asked"]) == ("confidence" if rare is None else None, "confidence")
    assert (met["reason"] is None) == (rare is None)


def test_confidence_that_nobody_sent(sqlite_town) -> None:
    labelled(sqlite_town, lambda _: {})
    told = ask(sqlite_town, "quality", poststratify="confidence")
    assert told["estimate"] == ask(sqlite_town, "quality")["estimate"]


def test_a_stratified_draw_says_that_it_meets_no_other_totals(sqlite_town) -> None:
    labelled(
        sqlite_town,
        lambda number: {"category": "ab"[number % 2], "confidence": (number % 97) / 97},
        strategy="stratified",
        params={"by": "category"},
    )
    plain = ask(sqlite_town, "quality")
    told = ask(sqlite_town, "quality", poststratify="confidence")
    assert told["estimate"] == plain["estimate"]
    assert (told["poststratified"]["by"], told["poststratified"]["totals"]) == (None, {})
    assert "the draw is stratified" in told["poststratified"]["reason"]
    nothing = {"by": None, "asked": None, "reason": None, "totals": {}}
    assert plain["poststratified"] == nothing


def test_one_class_meets_nothing_and_says_so(sqlite_town) -> None:
    labelled(sqlite_town, lambda _: {"category": "billing"}, size=30)
    told = ask(sqlite_town, "quality", poststratify="category")["poststratified"]
    assert (told["by"], told["asked"]) == (None, "category")
    assert told["reason"].startswith("fewer than two classes")


def test_a_queue_without_a_draw_meets_nothing_and_says_so(sqlite_town) -> None:
    sqlite_town.queue(tasks=0)
    told = ask(sqlite_town, "quality", poststratify="model")["poststratified"]
    assert (told["by"], told["reason"]) == (None, "nothing was drawn")
