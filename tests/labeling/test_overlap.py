"""Further labels while a task is unsure: asked at the submit, kept apart, never too many."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text, update

from labeling import care
from labeling.adjudication import Ruling, settle
from labeling.errors import InvalidLabel
from labeling.guideline import load_guidelines
from labeling.outcomes import compared
from labeling.overlap import OverlapRule, learn
from labeling.queues import change_queue, queue_info
from labeling.rules import CareRules
from storage import Store, frames
from storage.queries import assignments, queues
from storage.queries import overlap as stored
from storage.tables import account, draft, task
from tests.labeling.conftest import ROOT, Lab

UNTIL = {"posterior": 0.9, "at_most": 4}
PEOPLE = ("ada", "ben", "cyn", "dan", "eve")


@pytest.fixture
def adaptive(lab: Lab) -> Lab:
    """Five people who can log in, one task wanting two labels and more while unsure."""
    return opened(lab)


def opened(lab: Lab, **spec: Any) -> Lab:
    """That in a laboratory of one's own."""
    lab.queue(1, overlap=2, overlap_until=UNTIL, **spec)
    for name in PEOPLE:
        lab.person(name)
    with lab.store.write() as session:
        session.execute(update(account).values(password_hash="kept"))
    return lab


def say(lab: Lab, name: str, quality: int) -> None:
    lab.submit(name, lab.claim_one(name).id, quality)


def state(lab: Lab) -> tuple[int, int, int]:
    with lab.store.read() as session:
        columns = (task.c.planned_labels, task.c.labels_wanted, task.c.free_slots)
        return tuple(session.execute(select(*columns)).one())


def test_two_who_agree_are_enough(adaptive: Lab) -> None:
    say(adaptive, "ada", 4)
    say(adaptive, "ben", 4)
    assert state(adaptive) == (2, 2, 0)
    assert adaptive.claim("cyn").reason == "done"


def test_two_who_differ_get_a_third_whose_label_agreement_does_not_read(adaptive: Lab) -> None:
    say(adaptive, "ada", 4)
    assert state(adaptive) == (2, 2, 1)
    say(adaptive, "ben", 2)
    assert state(adaptive) == (2, 3, 1)
    say(adaptive, "cyn", 2)
    with adaptive.store.read() as session:
        queue = queues.queue_named(session, "q")
        labels = frames.labels(session, queue.id)
    assert labels["role"].tolist() == ["planned", "planned", "extra"]
    assert compared(labels)["annotator"].tolist() == ["ada", "ben"]


def test_it_ends_at_the_most_labels_however_unsure(adaptive: Lab) -> None:
    for name, quality in zip(PEOPLE, (1, 2, 3, 4), strict=False):
        say(adaptive, name, quality)
    assert state(adaptive) == (2, 4, 0)


def test_nobody_left_means_no_slot_that_stays_empty_for_ever(adaptive: Lab) -> None:
    with adaptive.store.write() as session:
        session.execute(update(account).where(account.c.name.in_(PEOPLE[2:])).values(
            disabled_at=adaptive.now))  # fmt: skip
    say(adaptive, "ada", 4)
    say(adaptive, "ben", 2)
    assert state(adaptive) == (2, 2, 0)


@pytest.mark.parametrize(
    ("admitted", "expected"), [(PEOPLE[:2], (2, 2, 0)), (PEOPLE[:3], (2, 3, 1))]
)
def test_who_has_yet_to_qualify_is_not_waited_for(
    lab: Lab, admitted: tuple[str, ...], expected: tuple[int, int, int]
) -> None:
    opened(lab, care=CareRules(qualification={"tasks": 5, "pass": 0.8}))
    lead = lab.person("lea", "lead")
    with lab.store.write() as session:
        queue = queues.queue_named(session, "q")
        for name in admitted:
            care.decide(session, queue, lab.people[name], "admit", lead, lab.now)
    say(lab, "ada", 4)
    say(lab, "ben", 2)
    assert state(lab) == expected


def test_nobody_is_asked_about_what_a_person_has_settled(adaptive: Lab) -> None:
    adaptive.person("lea", "lead")
    say(adaptive, "ada", 4)
    with adaptive.store.write() as session:
        found = session.scalar(select(task.c.id))
        ruling = Ruling({"quality": 4})
        settle(session, "q", found, adaptive.person("lea"), ruling, adaptive.now)
    say(adaptive, "ben", 2)
    assert state(adaptive) == (2, 2, 0)


def test_nothing_is_asked_while_somebody_holds_the_task(adaptive: Lab) -> None:
    held = [adaptive.claim_one(name).id for name in ("ada", "ben")]
    adaptive.submit("ada", held[0], 4)
    assert state(adaptive) == (2, 2, 0)
    adaptive.submit("ben", held[1], 1)
    assert state(adaptive) == (2, 3, 1)


def test_the_last_two_labels_at_once_are_both_stored_and_ask_once(postgres_store: Store) -> None:
    lab = opened(Lab(postgres_store, load_guidelines(ROOT / "guidelines")["response-quality"]))
    held = {name: lab.claim_one(name).id for name in ("ada", "ben")}
    with lab.store.write() as session:
        for one in held.values():
            assignments.save_draft(session, one, {}, lab.now)
    with ThreadPoolExecutor(2) as pool:
        with lab.store.write() as session:  # whoever submits drops the draft, and waits for it here
            session.execute(select(draft).with_for_update())
            sent = [
                pool.submit(lab.submit, name, held[name], quality)
                for name, quality in (("ada", 1), ("ben", 5))
            ]
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while session.scalar(waiting) < 2 and not any(one.done() for one in sent):
                pass
        assert [one.result(timeout=60).revision for one in sent] == [1, 1]
    assert state(lab) == (2, 3, 1)


def test_a_correction_that_makes_people_differ_asks_too(adaptive: Lab) -> None:
    say(adaptive, "ada", 4)
    held = adaptive.claim_one("ben").id
    adaptive.submit("ben", held, 4)
    adaptive.submit("ben", held, 1, revises=1)
    assert state(adaptive) == (2, 3, 1)


def test_without_the_rule_nothing_grows(adaptive: Lab) -> None:
    with adaptive.store.write() as session:
        change_queue(session, "q", {"overlap_until": None}, adaptive.now)
    say(adaptive, "ada", 4)
    say(adaptive, "ben", 1)
    assert state(adaptive) == (2, 2, 0)


def rated(lab: Lab, tasks: int) -> None:
    """Tasks on which ada and cyn are right and ben says anything."""
    for number in range(tasks):
        truth = 1 + number % 5
        for name, quality in (("ada", truth), ("ben", 1 + number // 5 % 5), ("cyn", truth)):
            say(lab, name, quality)


def test_what_was_learnt_of_people_decides_who_is_believed(lab: Lab) -> None:
    lab.queue(60, overlap=3, overlap_until={"posterior": 0.9, "at_most": 4})
    rated(lab, 60)
    assert learn(lab.store, "q", lambda: lab.now) is not None
    with lab.store.read() as session:
        queue = queues.queue_named(session, "q")
        known = stored.fit_of(session, queue.id)
    assert (known.field, known.labels) == ("quality", 180)
    right = {name: matrix[0][0] for name, matrix in known.model["confusion"].items()}
    assert right["ada"] > 0.9 > 0.6 > right["ben"]
    assert learn(lab.store, "q", lambda: lab.now) is None  # nothing new


def test_learning_looks_at_tasks_that_were_complete_before_the_rule(lab: Lab) -> None:
    lab.queue(4, overlap=2)
    for name, quality in (("ada", 4), ("ben", 4)):
        for _ in range(3):
            say(lab, name, quality)
    say(lab, "ada", 5)
    say(lab, "ben", 1)
    lab.person("cyn")
    with lab.store.write() as session:
        session.execute(update(account).values(password_hash="kept"))
        change_queue(session, "q", {"overlap_until": UNTIL}, lab.now)
    found = learn(lab.store, "q", lambda: lab.now)
    assert found is not None
    assert found["grown"] == 1
    assert lab.claim_one("cyn") is not None


@pytest.mark.parametrize(
    "until",
    [
        {"posterior": 0.9},
        {"posterior": 1.0, "at_most": 4},
        {"posterior": 0.9, "at_most": 2},
        {"posterior": 0.9, "at_most": True},
        {"posterior": "0.9", "at_most": 4},
        {"posterior": 0.9, "at_most": 4, "field": "issues"},
        {"posterior": 0.9, "at_most": 4, "kmax": 1},
        "0.9:4",
    ],
)
def test_a_rule_that_cannot_be_is_refused(adaptive: Lab, until: Any) -> None:
    with adaptive.store.write() as session, pytest.raises(InvalidLabel) as caught:
        change_queue(session, "q", {"overlap_until": until}, adaptive.now)
    assert caught.value.field == "overlap_until"


def test_it_needs_planned_doubles_for_agreement(adaptive: Lab) -> None:
    for change in ({"overlap": 1}, {"overlap_rate": 0.01}):
        with adaptive.store.write() as session, pytest.raises(InvalidLabel, match="agreement"):
            change_queue(session, "q", change, adaptive.now)
    with adaptive.store.read() as session:
        assert queue_info(session, "q")["overlap_until"] == UNTIL
    assert OverlapRule.read(None) is None
