"""Patterns that were noted: the figures of then, and those of the traffic since."""

from datetime import timedelta
from typing import Any

import pytest

from labeling import patterns
from labeling.errors import InvalidLabel
from labeling.patterns import Noted, Pattern
from storage import NotFound, Store
from storage.queries.accounts import account_named
from tests import factories
from tests.labeling.test_failures import NOW, built

WORSE = factories.NOON + timedelta(days=49)
"""From here on everything fails more often."""


def note(store: Store, pattern: Pattern, at: Any = NOW, text: str = "") -> int:
    with store.write() as session:
        figures = patterns.pattern_figures(session, "support", pattern, at)
        who = account_named(session, "ada")
        assert who is not None
        noted = Noted(pattern, figures, text)
        return patterns.note_pattern(session, "support", noted, who, at)


def listed(store: Store, at: Any = NOW) -> list[dict[str, Any]]:
    with store.snapshot() as session:
        return patterns.noted_patterns(session, "support", at)


def test_a_noted_pattern_tells_then_and_since(store: Store) -> None:
    built(store, size=400)
    number = note(store, Pattern({"category": "delivery"}), WORSE, "ask the carrier")
    note(store, Pattern(tags=("hallucination", "incomplete")), WORSE)
    both, slice_ = listed(store)
    assert (slice_["pattern_id"], slice_["text"], slice_["done"]) == (
        number, "ask the carrier", False,
    )  # fmt: skip
    assert slice_["draw"]["where"] == {"category": ["delivery"]}
    then, since = slice_["then"], slice_["since"]
    assert 0 < since["tasks"] < then["tasks"]
    assert since["rate"]["ci"][0] > then["rate"]["value"], "fails more since"
    assert slice_["today"]["rate"]["value"] == pytest.approx(then["rate"]["value"])
    assert both["since"]["rate"]["value"] > both["then"]["rate"]["value"]
    assert both["since"]["failures"] <= both["since"]["tasks"]


def test_too_little_traffic_since_is_no_figure(sqlite_store: Store) -> None:
    built(sqlite_store, size=100)
    note(sqlite_store, Pattern({"category": "refunds"}))
    note(sqlite_store, Pattern({"category": "refunds"}), factories.NOON + timedelta(days=60))
    few, none = listed(sqlite_store)
    for one, said in ((few, "fewer than 20"), (none, "took place since")):
        assert one["since"]["rate"]["value"] is None
        assert said in one["since"]["rate"]["reason"]


def test_a_decision_is_written_down_done_and_taken_up_again(sqlite_store: Store) -> None:
    built(sqlite_store, size=60)
    number = note(sqlite_store, Pattern({"category": "refunds"}))
    with sqlite_store.write() as session:
        who = account_named(session, "ada")
        assert who is not None

        def change(**changes: Any) -> dict[str, Any]:
            return patterns.change_note(session, number, who, changes, NOW)

        told = change(text=" new prompt ", done=True)
        assert (told["text"], told["done"], told["done_by"]) == ("new prompt", True, "ada")
        assert change(done=False)["done_at"] is None
        with pytest.raises(InvalidLabel, match="empty"):
            change(text="  ")
        with pytest.raises(NotFound):
            patterns.change_note(session, number + 1, who, {}, NOW)


def test_what_is_no_pattern_is_refused(sqlite_store: Store) -> None:
    built(sqlite_store, size=60)
    for wrong in ({}, {"where": {"colour": "red"}}, {"tags": ("late", "late")}):
        with pytest.raises(InvalidLabel):
            Pattern(**wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidLabel, match="no labelled task"):
        note(sqlite_store, Pattern({"category": "nothing like it"}))
