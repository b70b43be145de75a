"""Claiming: in order, never too many, never twice, and nothing is ever stuck."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from labeling import assignment
from labeling.assignment import Nothing
from labeling.errors import InvalidLabel, NotAllowed, NotAssigned
from labeling.queues import change_queue
from storage import Conflict, NotFound, frames
from storage.queries import queues
from storage.tables import assignment as assignment_table
from storage.tables import queue as queue_table
from storage.tables import task


def test_tasks_are_served_in_order(lab):
    lab.queue(3)
    seen = []
    for _ in range(3):
        held = lab.claim_one("ann")
        seen.append(held.external_id)
        lab.submit("ann", held.id)
    assert seen == ["i0", "i1", "i2"]


def test_an_open_lease_is_given_again_and_renewed(lab):
    lab.queue(2)
    first = lab.claim_one("ann")
    lab.wait(600)
    again = lab.claim_one("ann")
    assert again.id == first.id
    assert again.lease_expires_at == first.lease_expires_at + timedelta(seconds=600)


def test_several_at_once_are_different_tasks(lab):
    lab.queue(3)
    held = lab.claim("ann", count=5)
    assert [row.external_id for row in held] == ["i0", "i1", "i2"]


def test_label_studio_795_two_people_never_hold_one_task_at_overlap_1(lab):
    lab.queue(2)
    assert lab.claim_one("ann").task_id != lab.claim_one("ben").task_id


def test_label_studio_6233_at_overlap_2_the_task_stays_for_the_second_person(lab):
    lab.queue(1, overlap=2)
    lab.submit("ann", lab.claim_one("ann").id)
    held = lab.claim_one("ben")
    lab.submit("ben", held.id)
    assert held.external_id == "i0"
    assert lab.claim("cleo").reason == "done"


def test_nobody_labels_a_task_twice(lab):
    lab.queue(1, overlap=2)
    lab.submit("ann", lab.claim_one("ann").id)
    assert lab.claim("ann").reason == "done"


def test_a_skipped_task_goes_to_others_and_never_back(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    with lab.store.write() as session:
        assignment.skip(session, held.id, lab.person("ann"), "not my language", lab.now)
    assert lab.claim("ann").reason == "done"
    assert lab.claim_one("ben").task_id == held.task_id


def test_a_skip_cannot_be_turned_into_a_return(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    with lab.store.write() as session:
        assignment.skip(session, held.id, lab.person("ann"), "not my language", lab.now)
    with pytest.raises(Conflict, match="skipped"), lab.store.write() as session:
        assignment.give_back(session, held.id, lab.person("ann"), lab.now)
    assert lab.claim("ann").reason == "done"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_skip_needs_a_short_reason(lab, reason):
    lab.queue(1)
    held = lab.claim_one("ann")
    with pytest.raises(InvalidLabel, match="reason"), lab.store.write() as session:
        assignment.skip(session, held.id, lab.person("ann"), reason, lab.now)


def test_a_returned_task_is_free_and_reopened_by_the_same_person(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    with lab.store.write() as session:
        assignment.give_back(session, held.id, lab.person("ann"), lab.now)
    again = lab.claim_one("ann")
    assert again.id == held.id
    assert again.state == "leased"


def test_an_expired_lease_frees_its_slot(lab):
    lab.queue(1)
    first = lab.claim_one("ann")
    assert lab.claim("ben").reason == "leased_by_others"
    lab.wait(1801)
    assert lab.claim_one("ben").task_id == first.task_id


def test_a_heartbeat_keeps_the_lease(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    lab.wait(1700)
    with lab.store.write() as session:
        assignment.heartbeat(session, held.id, lab.person("ann"), lab.now)
    lab.wait(1700)
    assert isinstance(lab.claim("ben"), Nothing)


def test_a_heartbeat_after_the_end_says_so(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    lab.wait(1801)
    lab.claim_one("ben")
    with pytest.raises(Conflict, match="expired"), lab.store.write() as session:
        assignment.heartbeat(session, held.id, lab.person("ann"), lab.now)


class TestNothingSaysWhy:
    """label-studio #4190: an empty queue without explanation."""

    def test_nothing_drawn(self, lab):
        lab.queue(0)
        assert lab.claim("ann").reason == "nothing_drawn"

    def test_leased_by_others_with_the_time_to_come_back(self, lab):
        lab.queue(1, lease_seconds=40)
        lab.claim_one("ann")
        lab.wait(15)
        found = lab.claim("ben")
        assert (found.reason, found.retry_after_seconds) == ("leased_by_others", 26)

    def test_done_counts_own_work(self, lab):
        lab.queue(1)
        lab.submit("ann", lab.claim_one("ann").id)
        found = lab.claim("ann")
        assert found.reason == "done"
        assert "labelled 1" in found.message

    def test_paused(self, lab):
        lab.queue(1)
        with lab.store.write() as session:
            change_queue(session, "q", {"paused": True}, lab.now)
        assert lab.claim("ann").reason == "paused"
        with lab.store.write() as session:
            change_queue(session, "q", {"paused": False}, lab.now)
        assert lab.claim_one("ann")


def test_only_invited_people_enter(lab):
    lab.person("ann")
    lab.queue(1, people=("ann",))
    assert lab.claim_one("ann")
    with pytest.raises(NotAllowed, match="ben"):
        lab.claim("ben")


def test_engineers_do_not_label(lab):
    lab.queue(1)
    lab.person("eve", "engineer")
    with pytest.raises(NotAllowed):
        lab.claim("eve")


def test_an_unknown_queue_is_not_found(lab):
    with pytest.raises(NotFound, match="nowhere"):
        lab.claim("ann", "nowhere")


def test_another_persons_assignment_does_not_exist(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    ben = lab.person("ben")
    with lab.store.write() as session:
        for attempt in (
            lambda: assignment.own(session, held.id, ben),
            lambda: assignment.heartbeat(session, held.id, ben, lab.now),
            lambda: assignment.skip(session, held.id, ben, "x", lab.now),
            lambda: assignment.give_back(session, held.id, ben, lab.now),
            lambda: assignment.read_draft(session, held.id, ben),
            lambda: assignment.save_draft(session, held.id, ben, {}, lab.now),
        ):
            with pytest.raises(NotAssigned):
                attempt()


def test_annotators_see_nothing_that_anchors(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    with lab.store.read() as session:
        seen = assignment.held_view(session, held, lab.person("ann"))
    assert seen["task"]["interaction"]["responses"] == [{"id": "r1", "text": "Answer."}]
    assert "secret-model" not in str(seen)
    assert "source" not in seen["task"]
    assert "reason" not in seen["task"]


def test_what_the_queue_shows_is_seen(lab):
    lab.queue(1, show=("model", "source", "reason"))
    held = lab.claim_one("ann")
    with lab.store.read() as session:
        seen = assignment.held_view(session, held, lab.person("ann"))
    assert seen["task"]["interaction"]["responses"][0]["model"] == "secret-model"
    assert seen["task"]["source"] == "q"
    assert seen["task"]["reason"] == "taken at random"


def test_a_draft_is_kept_as_it_was_typed(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    typed = {"quality": None, "notes": "half a thou\x00ght \u202e"}
    with lab.store.write(durable=False) as session:
        assignment.save_draft(session, held.id, lab.person("ann"), {"quality": 1}, lab.now)
        assert assignment.save_draft(session, held.id, lab.person("ann"), typed, lab.now) == 2
    with lab.store.read() as session:
        found = assignment.read_draft(session, held.id, lab.person("ann"))
    assert found["values"] == typed


def test_own_assignments_by_state(lab):
    lab.queue(2)
    lab.submit("ann", lab.claim_one("ann").id)
    lab.claim_one("ann")
    with lab.store.read() as session:
        mine = assignment.my_assignments(session, lab.person("ann"), state="submitted")
        assert [row["interaction_id"] for row in mine] == ["i0"]
        assert len(assignment.my_assignments(session, lab.person("ann"))) == 2
        with pytest.raises(InvalidLabel, match="state"):
            assignment.my_assignments(session, lab.person("ann"), state="gone")


@pytest.mark.parametrize("overlap", [1, 2, 3])
def test_opik_6792_many_at_once_never_make_one_label_too_many(lab, overlap):
    lab.queue(30, overlap=overlap)
    names = [f"p{number}" for number in range(12)]
    for name in names:
        lab.person(name)

    def work(name: str) -> int:
        done = 0
        while not isinstance(found := lab.claim(name), Nothing) or found.reason != "done":
            if not isinstance(found, Nothing):
                lab.submit(name, found[0].id)
                done += 1
        return done

    with ThreadPoolExecutor(len(names)) as pool:
        total = sum(pool.map(work, names))
    with lab.store.read() as session:
        labels = frames.labels(session, queues.queue_named(session, "q").id)
    assert total == 30 * overlap
    assert (labels.groupby("task").size() == overlap).all()
    assert not labels.duplicated(["task", "annotator"]).any()


def test_two_tabs_of_one_person_get_one_task(lab):
    lab.queue(20)
    lab.person("ann")
    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(lambda _: lab.claim_one("ann").id, range(16)))
    assert len(set(held)) == 1


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "submit", "skip", "give_back", "wait"]),
        st.sampled_from(["ann", "ben", "cleo"]),
    ),
    max_size=40,
)
runs = count()


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=ACTIONS, overlap=st.integers(1, 3))
def test_whatever_people_do_slots_add_up(lab, actions, overlap):
    queue = lab.queue(3, name=f"q{next(runs)}", overlap=overlap)
    open_holds: dict[str, int] = {}
    for action, name in actions:
        act(lab, queue, open_holds, action, name)
        with lab.store.read() as session:
            rows = session.execute(
                select(
                    task.c.labels_wanted,
                    task.c.free_slots,
                    func.count(assignment_table.c.id),
                    func.count(func.distinct(assignment_table.c.slot)),
                )
                .join_from(task, queue_table)
                .outerjoin(
                    assignment_table,
                    (assignment_table.c.task_id == task.c.id)
                    & assignment_table.c.state.in_(("leased", "submitted")),
                )
                .where(queue_table.c.name == queue)
                .group_by(task.c.id)
            ).all()
        for wanted, free, holding, slots in rows:
            assert free == wanted - holding
            assert slots == holding <= wanted


def act(lab, queue, open_holds, action, name):
    """What a person may try at any time, in order or not."""
    if action == "wait":
        lab.wait(1000)
    elif action == "claim":
        found = lab.claim(name, queue)
        if not isinstance(found, Nothing):
            open_holds[name] = found[0].id
    elif name in open_holds:
        with suppress(Conflict):  # only a finished task refuses, see the tests above
            end(lab, action, name, open_holds[name])


def end(lab, action, name, held):
    if action == "submit":
        lab.submit(name, held)
        return
    with lab.store.write() as session:
        if action == "skip":
            assignment.skip(session, held, lab.person(name), "no", lab.now)
        else:
            assignment.give_back(session, held, lab.person(name), lab.now)
