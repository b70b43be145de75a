"""Draws into queues: the right tasks, replayable, never counted twice, honest about chances."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import insert, update

from labeling.draws import DrawRequest, draw_into
from labeling.errors import InvalidLabel
from labeling.outcomes import evidence
from labeling.schedules import ScheduleSpec, draw_due, set_schedule
from sampling import DrawRecord
from storage import Conflict, frames
from storage.queries import draws, queues
from storage.tables import feedback, interaction


@pytest.fixture
def filled(lab):
    """A queue without tasks and 200 interactions with confidence, flags and categories."""
    lab.queue(0)
    ids = lab.interactions(200)
    with lab.store.write() as session:
        for place, one in enumerate(ids):
            session.execute(
                update(interaction)
                .where(interaction.c.id == one)
                .values(
                    confidence=place / 200,
                    flags=["too_short"] if place % 20 == 0 else None,
                    category="ab"[place % 2],
                )
            )
    return lab


def drawn(lab, strategy="random", queue="q", **rest):
    dry_run = rest.pop("dry_run", False)
    request = DrawRequest(strategy, **rest)
    lab.wait(1)
    return draw_into(lab.store, queue, request, clock=lambda: lab.now, dry_run=dry_run)


def said(lab, queue="q"):
    with lab.store.read() as session:
        return draws.draw_task_frame(session, queues.queue_named(session, queue).id)


def found(lab, queue="q"):
    with lab.store.read() as session:
        return evidence(session, queues.queue_named(session, queue), lab.now)


def test_a_draw_makes_its_tasks_in_serving_order(filled):
    made = drawn(filled, size=20)
    assert (made["population"], made["eligible"], made["drawn"], made["new_tasks"]) == (
        200,
        200,
        20,
        20,
    )
    with filled.store.read() as session:
        tasks = frames.tasks(session, queues.queue_named(session, "q").id)
    assert list(tasks["position"]) == list(range(20))
    assert set(tasks["reason"]) == {"taken at random"}


def test_a_dry_run_stores_nothing_and_says_the_same(filled):
    dry = drawn(filled, "mixture", size=20, dry_run=True)
    real = drawn(filled, "mixture", size=20)
    assert dry["draw_id"] is None
    assert {k: v for k, v in dry.items() if k != "draw_id"} == {
        k: v for k, v in real.items() if k != "draw_id"
    }


def test_the_same_seed_draws_the_same_interactions_in_any_queue(filled):
    filled.queue(0, name="other")
    drawn(filled, size=20, seed=5)
    drawn(filled, size=20, seed=5, queue="other")
    with filled.store.read() as session:
        one, other = (
            draws.sample_tasks(session, queues.queue_named(session, name).id)
            for name in ("q", "other")
        )
    assert set(one["interaction"]) == set(other["interaction"])


def test_draws_at_the_same_moment_find_seeds_of_their_own(filled):
    filled.wait(1)
    request = DrawRequest("random", size=10)

    def one(_):
        return draw_into(filled.store, "q", request, clock=lambda: filled.now)["seed"]

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(4)))) == 4


def test_what_draws_at_the_same_moment_share_is_counted_once(filled):
    filled.wait(1)

    def one(seed):
        request = DrawRequest("random", size=10, seed=seed)
        draw_into(filled.store, "q", request, clock=lambda: filled.now)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(6)))
    assert found(filled).design.population == 200


def test_a_seed_is_used_once_in_a_queue(filled):
    drawn(filled, size=5, seed=5)
    with pytest.raises(Conflict) as error:
        drawn(filled, size=5, seed=5)
    assert error.value.code == "seed_reused"


def test_seeds_of_a_queue_differ_by_themselves(filled):
    assert drawn(filled, size=5)["seed"] != drawn(filled, size=5)["seed"]


def test_langfuse_12938_an_interaction_is_one_task_however_often_it_is_drawn(filled):
    first = drawn(filled, size=150)
    second = drawn(filled, size=150)
    tasks = said(filled)["task"].nunique()
    assert first["new_tasks"] + second["new_tasks"] == tasks <= 200
    with filled.store.read() as session:
        rows = draws.sample_tasks(session, queues.queue_named(session, "q").id)
    assert not rows["interaction"].duplicated().any()


def test_every_draw_says_something_of_every_eligible_task(filled):
    drawn(filled, size=30)
    drawn(filled, "confidence", size=30)
    rows = said(filled)
    tasks = rows["task"].nunique()
    assert (rows.groupby("draw").size() == tasks).all()
    assert list(rows.groupby("draw")["picked"].sum()) == [30, 30]


def test_a_task_outside_a_draws_filter_gets_no_row_of_it(filled):
    a = drawn(filled, size=10, where={"category": "a"})
    b = drawn(filled, size=10, where={"category": "b"})
    rows = said(filled)
    assert a["population"] == b["population"] == 100
    assert list(rows.groupby("draw").size()) == [10, 10]
    assert found(filled).design.population == 200


def test_overlapping_populations_are_counted_once(filled):
    drawn(filled, size=10, where={"category": "a"})
    drawn(filled, size=10)
    drawn(filled, "error_triggered", params={"floor_size": 10})
    assert found(filled).design.population == 200


def test_weights_of_what_no_earlier_draw_could_take_are_kept(filled):
    drawn(filled, size=10, where={"category": "a"})
    drawn(filled, "confidence", size=10)
    with filled.store.read() as session:
        row = draws.draw_rows(session, 1)[-1]
    (told,) = row.record["strata"]
    assert 0 < row.added < row.eligible == sum(count for _, count in told["spread"])
    assert sum(count for _, count in told["fresh"]) == row.added
    assert {step for step, _ in told["fresh"]} <= {step for step, _ in told["spread"]}


def test_feedback_that_comes_later_changes_no_earlier_weight(filled):
    drawn(filled, "feedback_weighted", size=30)
    before = said(filled).set_index("task")["weight"]
    with filled.store.write() as session:
        for number, one in enumerate(draws.sample_tasks(session, 1)["interaction"]):
            session.execute(
                insert(feedback).values(
                    interaction_id=int(one),
                    fingerprint=number,
                    value=0.0,
                    raw={},
                    created_at=filled.now,
                    received_at=filled.now + timedelta(seconds=1),
                )
            )
    filled.wait(10)
    drawn(filled, "feedback_weighted", size=30)
    rows = said(filled)
    first = rows[rows["draw"] == rows["draw"].min()].set_index("task")["weight"]
    assert np.allclose(first, 0.55)
    assert (first.loc[before.index] == before).all()
    second = rows[rows["draw"] == rows["draw"].max()].set_index("task")["weight"]
    assert np.allclose(second.loc[before.index], 1.05)


def test_a_stored_draw_can_be_read_back(filled):
    made = drawn(filled, "mixture", size=20)
    with filled.store.read() as session:
        (row,) = draws.draw_rows(session, queues.queue_named(session, "q").id)
    record = DrawRecord.from_json(row.record)
    assert (record.seed, record.strategy.params()) == (made["seed"], made["params"])
    assert row.drawn == 20


def test_who_gets_several_labels_does_not_depend_on_who_was_drawn(lab):
    lab.queue(0, overlap=2, overlap_rate=0.2)
    lab.interactions(2000)
    drawn(lab, size=100, seed=1)
    with lab.store.read() as session:
        planned = frames.tasks(session, queues.queue_named(session, "q").id)["planned_labels"]
    assert 5 <= (planned == 2).sum() <= 40


def test_overlap_on_a_share_of_the_tasks(lab):
    lab.queue(0, overlap=3, overlap_rate=0.25)
    lab.interactions(400)
    drawn(lab, size=400)
    with lab.store.read() as session:
        planned = frames.tasks(session, queues.queue_named(session, "q").id)["planned_labels"]
    counts = planned.value_counts()
    assert set(counts.index) == {1, 3}
    assert 70 <= counts[3] <= 130


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"category": "a"}, 100),
        ({"category": ["a", "b"]}, 200),
        ({"flags": "too_short"}, 10),
        ({"flags": "too"}, 0),
        ({"source": "elsewhere"}, 0),
        ({"has_feedback": True}, 0),
        ({"has_feedback": "false"}, 200),
        ({"since": "2027-01-01"}, 0),
        ({"until": "2027-01-01T00:00:00Z"}, 200),
    ],
)
def test_filters(filled, where, expected):
    assert drawn(filled, size=1, where=where, dry_run=True)["population"] == expected


def test_dedupe_keeps_the_first_of_the_same_input(lab):
    lab.queue(0)
    lab.interactions(10, input_hash=7)
    assert drawn(lab, size=5, where={"dedupe": True}, dry_run=True)["population"] == 1


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"strategy": "wild", "size": 1}, "strategy"),
        ({"strategy": "confidence", "size": 1, "params": {"gama": 1}}, "strategy"),
        ({"strategy": "random"}, "size"),
        ({"strategy": "random", "size": 1, "rate": 0.5}, "size"),
        ({"strategy": "random", "size": 0}, "size"),
        ({"strategy": "random", "rate": 1.5}, "size"),
        ({"strategy": "random", "size": 1, "seed": -1}, "seed"),
        ({"strategy": "random", "size": 1, "where": {"colour": "red"}}, "where.colour"),
        ({"strategy": "random", "size": 1, "where": {"since": "soon"}}, "where.since"),
        ({"strategy": "random", "size": 1, "where": {"category": 3}}, "where.category"),
        ({"strategy": "random", "size": 1, "where": {"dedupe": "perhaps"}}, "where.dedupe"),
        ({"strategy": "random", "size": 1, "where": {"score": {"name": "j"}}}, "where.score"),
    ],
)
def test_what_cannot_be_drawn_is_named(filled, request_, field):
    with pytest.raises(InvalidLabel) as error:
        drawn(filled, **request_)
    assert error.value.field == field


def test_chances_follow_the_labeling(filled):
    drawn(filled, size=40)
    before = found(filled).design
    assert not before.tasks["counted"].any()
    for _ in range(25):
        filled.submit("ann", filled.claim_one("ann").id)
    after = found(filled).design
    assert after.tasks["counted"].sum() == 25
    pi = after.tasks.loc[after.tasks["counted"], "pi"]
    assert np.allclose(pi, pi.iloc[0])
    assert 0.08 < pi.iloc[0] < 0.2


def test_an_open_lease_at_the_front_holds_the_prefix_back(filled):
    drawn(filled, size=40)
    filled.claim_one("slow")
    for _ in range(5):
        filled.submit("ann", filled.claim_one("ann").id)
    assert found(filled).design.tasks["counted"].sum() == 0
    filled.wait(1801)
    filled.submit("ann", filled.claim_one("ann").id)
    assert found(filled).design.tasks["counted"].sum() == 6


class TestSchedules:
    def spec(self, **rest):
        return ScheduleSpec(DrawRequest("random", rate=0.5), every_seconds=3600, **rest)

    def test_windows_follow_each_other_without_gap_or_overlap(self, lab):
        lab.queue(0)
        with lab.store.write() as session:
            set_schedule(session, "q", self.spec(), lab.now)
        start = lab.now
        for hour in range(3):
            lab.now = start + timedelta(hours=hour, minutes=10)
            for row in range(20):
                lab.interactions(1, external_id=f"{hour}-{row}", sample_key=hour * 100 + row + 1)
        lab.now = start + timedelta(hours=3, minutes=1)
        made = draw_due(lab.store, lambda: lab.now)
        assert [one["population"] for one in made] == [20, 20, 20]
        assert draw_due(lab.store, lambda: lab.now) == []
        assert found(lab).design.population == 60

    def test_two_processes_at_once_draw_once(self, lab):
        lab.queue(0)
        lab.interactions(20)
        with lab.store.write() as session:
            set_schedule(session, "q", self.spec(starts_at=lab.now), lab.now)
        lab.wait(3700)
        with ThreadPoolExecutor(2) as pool:
            made = [*pool.map(lambda _: draw_due(lab.store, lambda: lab.now), range(2))]
        assert sum(len(one) for one in made) == 1

    def test_a_paused_queue_does_not_draw(self, lab):
        from labeling.queues import change_queue

        lab.queue(0)
        with lab.store.write() as session:
            set_schedule(session, "q", self.spec(), lab.now)
            change_queue(session, "q", {"paused": True}, lab.now)
        lab.wait(4000)
        assert draw_due(lab.store, lambda: lab.now) == []

    def test_what_cannot_be_drawn_is_refused_when_it_is_set(self, lab):
        lab.queue(0)
        with lab.store.write() as session, pytest.raises(InvalidLabel, match="every_seconds"):
            set_schedule(
                session, "q", ScheduleSpec(DrawRequest("random", size=1), every_seconds=5), lab.now
            )
        with lab.store.write() as session, pytest.raises(InvalidLabel, match="seed"):
            set_schedule(session, "q", ScheduleSpec(DrawRequest("random", size=1, seed=1)), lab.now)
