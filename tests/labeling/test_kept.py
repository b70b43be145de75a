"""Overviews are made by and by and kept; an old one can be read again as it was."""

from datetime import timedelta

import pytest

from labeling import kept, patterns
from labeling.queues import change_queue
from storage import NotFound
from storage.queries import accounts, queues, reports
from tests import factories
from tests.labeling.conftest import Lab


def label_one(lab: Lab, name: str = "ann", quality: int = 4) -> None:
    lab.submit(name, lab.claim_one(name).id, quality)


def make(lab: Lab) -> list[str]:
    return kept.make_due(lab.store, lambda: lab.now)


def latest(lab: Lab) -> dict:
    with lab.store.read() as session:
        return kept.latest(session, "q", lab.now)


def mark(lab: Lab) -> str:
    with lab.store.read() as session:
        return reports.mark(session, queues.queue_named(session, "q").id)


def test_one_is_made_when_something_changed_and_not_again_before(lab: Lab) -> None:
    lab.queue(5)
    assert make(lab) == [], "nothing is labelled"
    label_one(lab)
    assert make(lab) == ["q"]
    assert make(lab) == []
    label_one(lab)
    lab.wait(1)
    assert make(lab) == [], "it was made a second ago"
    lab.wait(3600)
    assert make(lab) == ["q"]


def test_every_change_that_is_told_is_noticed(lab: Lab) -> None:
    lab.queue(5)
    seen = [mark(lab)]
    held = lab.claim_one("ann")
    seen.append(mark(lab))
    lab.submit("ann", held.id, 2)
    seen.append(mark(lab))
    lab.submit("ann", held.id, 4, revises=1)
    seen.append(mark(lab))
    with lab.store.write() as session:
        change_queue(session, "q", {"paused": True}, lab.now)
    seen.append(mark(lab))
    with lab.store.write() as session:
        factories.account(session, "lee", role="lead")
        lee = accounts.account_named(session, "lee")
        wanted = patterns.Noted(patterns.Pattern(tags=("unsafe", "refusal")), {})
        number = patterns.note_pattern(session, "q", wanted, lee, lab.now)
    seen.append(mark(lab))
    for change in ({"text": "another prompt"}, {"done": True}, {"done": False, "text": "none"}):
        with lab.store.write() as session:
            patterns.change_note(session, number, lee, change, lab.now)
        seen.append(mark(lab))
    assert len(set(seen)) == len(seen)
    assert mark(lab) == seen[-1]


def test_one_of_an_older_shape_is_made_anew(lab: Lab, monkeypatch) -> None:
    lab.queue(5)
    label_one(lab)
    kept.make(lab.store, "q", lambda: lab.now)
    with lab.store.read() as session:
        (one,) = kept.kept(session, "q")
    monkeypatch.setattr(kept, "SHAPE", kept.SHAPE + 1)
    assert make(lab) == ["q"]
    with lab.store.read() as session, pytest.raises(NotFound):
        kept.at(session, "q", one["report_id"])


def test_the_first_of_a_large_queue_is_not_waited_for(lab: Lab, monkeypatch) -> None:
    lab.queue(5)
    label_one(lab)
    monkeypatch.setattr(kept, "SMALL", 0)
    assert latest(lab) is None
    kept.make(lab.store, "q", lambda: lab.now)
    assert latest(lab)["newer"] is False


def test_a_small_queue_is_told_as_it_is_and_a_large_one_as_it_was(lab: Lab, monkeypatch) -> None:
    lab.queue(5)
    label_one(lab)
    kept.make(lab.store, "q", lambda: lab.now)
    made = lab.now
    lab.wait(60)
    label_one(lab)
    now = latest(lab)
    assert (now["progress"]["labels_done"], now["newer"], now["as_of"]) == (2, False, lab.now)
    monkeypatch.setattr(kept, "SMALL", 1)
    old = latest(lab)
    assert (old["progress"]["labels_done"], old["newer"], old["as_of"]) == (1, True, made)
    kept.make(lab.store, "q", lambda: lab.now)
    assert latest(lab)["newer"] is False


def test_the_last_of_every_day_is_kept_and_can_be_read_again(lab: Lab) -> None:
    lab.queue(5)
    for hours in (0, 1, 24):
        lab.now += timedelta(hours=hours)
        label_one(lab)
        kept.make(lab.store, "q", lambda: lab.now)
    with lab.store.read() as session:
        found = kept.kept(session, "q")
        first, second = (kept.at(session, "q", one["report_id"]) for one in reversed(found))
        with pytest.raises(NotFound):
            kept.at(session, "q", 999)
    assert [one["progress"]["labels_done"] for one in (first, second)] == [2, 3]
    assert found[0]["made_at"] == second["as_of"] == lab.now
