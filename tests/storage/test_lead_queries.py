"""What the lead's page asks, on both databases."""

from storage import Store
from storage.queries import lead
from storage.tables import draw_task
from tests import factories


def test_whether_anything_was_ingested(store: Store) -> None:
    with store.write() as session:
        assert not lead.any_interactions(session)
        factories.interaction(session)
        assert lead.any_interactions(session)


def test_segments_are_those_of_the_queue_and_short_enough_to_choose(store: Store) -> None:
    with store.write() as session:
        queue, other = factories.queue(session, "a"), factories.queue(session, "b", 1)
        for columns in (
            {"model": "m-2", "category": "billing"},
            {"model": "m-1", "category": "x" * 201},
            {"model": "m-1", "category": None},
        ):
            factories.task(session, queue, factories.interaction(session, **columns))
        factories.task(session, other, factories.interaction(session, model="m-9"))
        found = lead.segment_values(session, queue)
    assert found == {"model": ["m-1", "m-2"], "category": ["billing"]}


def test_the_log_of_draws_is_newest_first_with_who_made_them(store: Store) -> None:
    with store.write() as session:
        queue, lee = factories.queue(session), factories.account(session, "lee", role="lead")
        factories.draw(session, queue, created_by=lee, strategy="random")
        factories.draw(session, queue, strategy="confidence", params={"gamma": 2})
        rows = lead.draw_log(session, queue)
        assert lead.draw_log(session, queue, limit=1) == rows[:1]
    assert [(row.strategy, row.by) for row in rows] == [("confidence", None), ("random", "lee")]
    assert rows[0].params == {"gamma": 2}


def test_one_task_with_the_draws_that_picked_it_and_its_current_labels(store: Store) -> None:
    with store.write() as session:
        queue, ada = factories.queue(session), factories.account(session, "ada")
        ben = factories.account(session, "ben")
        task = factories.task(session, queue, factories.interaction(session, "req:1"))
        told = {"task_id": task, "stratum": "all", "weight": 1.0, "priority": 2.0, "certain": False}
        for picked in (True, False):
            draw = factories.draw(session, queue)
            session.execute(
                draw_task.insert().values(
                    draw_id=draw, picked=picked, position=0 if picked else None,
                    reason="confidence 0.2" if picked else None, **told,
                )
            )  # fmt: skip
        held = factories.assignment(session, task, ada)
        factories.label(session, task, ada, {"quality": 1}, assignment_id=held)
        factories.label(session, task, ada, {"quality": 4}, assignment_id=held, revision=2)
        factories.label(session, task, ben, None)
        row = lead.task_row(session, queue, task)
        draws, labels = lead.draws_of(session, task), lead.labels_of(session, task)
        assert lead.task_row(session, queue + 1, task) is None
    assert row is not None
    assert (row.external_id, row.source) == ("req:1", "bot")
    assert [one.reason for one in draws] == ["confidence 0.2"]
    assert [(one.annotator, one.values, one.revision) for one in labels] == [
        ("ada", {"quality": 4}, 2)
    ]
