"""Rules on texts: looked for in all traffic, drawn by, taken away by."""

from datetime import timedelta
from typing import Any

import pytest

from labeling import texts
from labeling.draws import DrawRequest, draw_into
from labeling.errors import InvalidLabel
from labeling.exports import ExportOptions, stream_export
from labeling.failing import failing_tasks
from labeling.patterns import Pattern, pattern_figures
from labeling.texts import Wanted, keep_rule, read_texts
from storage import Conflict, Store
from storage.ingest import ingest_rows
from tests.labeling.test_failures import NOW, built

LATER = NOW + timedelta(days=1)
WORDS = ("parcel", "returned", "money parcel")


def clock() -> Any:
    return LATER


def kept(store: Store, *words: str, at_least: int = 1, name: str | None = None) -> dict[str, Any]:
    with store.write() as session:
        made = keep_rule(session, Wanted(words, at_least, name), None, LATER)
    assert read_texts(store, clock, seconds=60) == 0
    with store.read() as session:
        return texts.told(session, made)


def test_a_group_of_texts_is_drawn_by_its_words_and_taken_as_a_dataset(store: Store) -> None:
    built(store, size=100)
    rule = kept(store, *WORDS, at_least=2)
    with store.snapshot() as session:
        found = failing_tasks(session, "support", LATER, {"texts": rule["name"]})
        figures = pattern_figures(session, "support", Pattern({"texts": rule["name"]}), LATER)
        refunds = failing_tasks(session, "support", LATER, {"category": "refunds"})
    assert found["labelled"] == refunds["labelled"] == figures["tasks"] > 0
    where = found["draw"]["where"]
    assert where == {"score": {"name": f"texts:{rule['name']}", "below": 0.5}}
    drawn = draw_into(store, "support", DrawRequest("random", size=5, where=where), clock=clock)
    assert drawn["eligible"] == rule["found"]
    assert 0.2 < rule["found"] / 200 < 0.5
    options = ExportOptions(where={"texts": rule["name"]})
    taken = b"".join(stream_export(store, "support", "jsonl", options, LATER)).decode()
    assert taken.count("parcel") >= len(taken.splitlines()) == found["labelled"]


def test_reading_goes_on_where_it_was_and_counts_nothing_twice(sqlite_store: Store) -> None:
    built(sqlite_store, size=30)
    first = kept(sqlite_store, "parcel")
    with sqlite_store.write() as session:  # as if it had been killed before it noted how far it was
        texts.texts.change_rule(session, "parcel", {"read_to": 0})
    row = {
        "id": "new",
        "query": "where is my PARCEL?",
        "response": "=HYPERLINK(1)",
        "source": "shop",
    }
    ingest_rows(sqlite_store, enumerate([row, {"id": "x", "query": "hm"}]), clock=clock)
    again = kept(sqlite_store, "parcel")
    assert again["found"] == first["found"] + 1
    assert again["unread"] == 0
    with sqlite_store.write() as session:
        texts.end_rule(session, "parcel", LATER)
    ingest_rows(sqlite_store, enumerate([row | {"id": "newer"}]), clock=clock)
    read_texts(sqlite_store, clock, seconds=60)
    with sqlite_store.read() as session:
        assert texts.told(session, "parcel")["found"] == again["found"]


@pytest.mark.parametrize(
    "wrong",
    [((), 1), (("the",), 1), (("parcel",), 2), (("a" * 61,), 1), (("<b>",), 1), (("x\x00y",), 1)],
)
def test_what_is_no_rule_is_refused(sqlite_store: Store, wrong: Any) -> None:
    words, least = wrong
    with sqlite_store.write() as session, pytest.raises(InvalidLabel):
        keep_rule(session, Wanted(words, least), None, NOW)


def test_a_name_means_one_rule(sqlite_store: Store) -> None:
    with sqlite_store.write() as session:
        assert keep_rule(session, Wanted(("Money",), name=" my  rule "), None, NOW) == "my rule"
        assert keep_rule(session, Wanted(("money",), name="my rule"), None, NOW) == "my rule"
        with pytest.raises(Conflict, match="another rule"):
            keep_rule(session, Wanted(("late",), name="my rule"), None, NOW)
