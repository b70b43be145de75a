"""The failures section of a queue in which a rule on texts was noted."""

from datetime import timedelta

import pytest

from labeling import sections
from labeling.failing import failing_tasks
from labeling.patterns import Noted, Pattern, note_pattern, pattern_figures
from labeling.queues import queue_info
from labeling.texts import Wanted, keep_rule, read_texts
from server.pages.findings import failed
from server.pages.told import Told
from server.pages.visits import Visit
from storage import Store
from storage.ingest import ingest_scores
from storage.queries import accounts
from tests import factories
from tests.labeling.test_failures import NOW, built

LATER = NOW + timedelta(days=1)


def test_what_a_rule_finds_later_is_in_the_figures(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sections, "SLOW", 0.0)
    built(sqlite_store, size=100)
    with sqlite_store.write() as session:
        rule = keep_rule(session, Wanted(("parcel",)), None, LATER)
        factories.account(session, "lee", role="lead")
        who = accounts.account_named(session, "lee")
        assert who is not None
    read_texts(sqlite_store, lambda: LATER, seconds=60)
    with sqlite_store.write() as session:
        noted = Pattern({"texts": rule})
        figures = pattern_figures(session, "support", noted, LATER)
        note_pattern(session, "support", Noted(noted, figures), who, LATER)

    def tasks() -> tuple[int, bool]:
        with sqlite_store.snapshot() as session:
            visit = Visit(session, queue_info(session, "support"), Told(), LATER, [])
            failed(visit)
            found = failing_tasks(session, "support", LATER, {"texts": rule})["labelled"]
        for one in visit.made:
            sections.keep(sqlite_store, one, LATER)
        return found, bool(visit.made)

    before, made = tasks()
    assert made
    assert tasks() == (before, False)
    rows = [
        {"source": "shop", "interaction_id": f"req-{number}", "name": f"texts:{rule}",
         "kind": "check", "value": 0.0, "version": "another"}
        for number in range(200)
    ]  # fmt: skip
    ingest_scores(sqlite_store, enumerate(rows), clock=lambda: LATER)
    after, made = tasks()
    assert after > before
    assert made
