"""Sections are read again while nothing has changed, by whichever process, and only then."""

from typing import Any

import pytest

from labeling import sections
from storage.ingest import ingest_scores
from tests.labeling.conftest import Lab
from tests.labeling.test_kept import label_one


@pytest.fixture
def opened(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Open a section; whether it had to be made."""
    monkeypatch.setattr(sections, "SLOW", 0.0)
    lab.queue(50)
    label_one(lab)

    def show(scored: bool = False, **asked: str) -> bool:
        made = []

        def make() -> dict[str, Any]:
            made.append(1)
            return {"at": lab.now, "n": len(made)}

        with lab.store.snapshot() as session:
            body, fresh = sections.reused(session, "q", asked, make, scored=scored)
        assert body["at"].startswith("2026-11-01T12"), "times come back as texts, made or kept"
        assert (fresh is not None) == bool(made)
        if fresh is not None:
            sections.keep(lab.store, fresh, lab.now)
        return bool(made)

    return show


def test_one_is_kept_until_something_changes(lab: Lab, opened: Any) -> None:
    assert opened(section="quality")
    assert not opened(section="quality")
    assert opened(section="quality", field="issues"), "another question"
    label_one(lab)
    assert opened(section="quality")
    assert not opened(section="quality")


def test_scores_matter_where_they_are_read(lab: Lab, opened: Any) -> None:
    assert opened(scored=True, section="quality")
    assert opened(section="failures")
    row = {"source": "q", "interaction_id": "i0", "name": "judge", "kind": "judge", "value": 1}
    ingest_scores(lab.store, enumerate([row]), clock=lambda: lab.now)
    assert opened(scored=True, section="quality")
    assert not opened(section="failures")


def test_no_more_than_the_newest_are_kept(lab: Lab, opened: Any) -> None:
    for number in range(45):
        lab.wait(1)
        assert opened(section=str(number))
    assert sum(not opened(section=str(number)) for number in range(45)) <= 40


def test_what_is_quick_is_made_each_time(lab: Lab, opened: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(sections, "SLOW", 60.0)
    with lab.store.snapshot() as session:
        for _ in range(2):
            assert sections.reused(session, "q", {}, lambda: {"n": 1}) == ({"n": 1}, None)
