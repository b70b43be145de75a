"""What is told of the quality of all traffic, from draws into a queue to the figure."""

import numpy as np
import pytest

from labeling.draws import DrawRequest, draw_into
from labeling.quality import quality_report
from storage import Store
from storage.frames import tasks as task_frame
from storage.ingest import ingest_scores
from tests import factories

RATING = {
    "kind": "rating", "name": "quality", "label": "Quality", "min": 1, "max": 5, "failure_below": 3,
}  # fmt: skip
SCORE = {"name": "judge", "fails_at": 1.0, "passes_at": 0.0, "floor": 0.01}
SURE = 240
"""Of 400 interactions a judge is sure that so many are fine; all of these fail."""


def labelled_draw(store: Store, strategy: str, params: dict[str, object], size: int) -> list[str]:
    """Draw into the queue, label everything; what the draw warned of."""
    drawn = draw_into(
        store, "support", DrawRequest(strategy, params, size=size),
        clock=lambda: factories.NOON,
    )  # fmt: skip
    with store.write() as session:
        told = task_frame(session, 1)
        person = factories.account(session, f"ada-{strategy}")
        done = {row.task_id for row in session.execute(factories.t.label.select())}
        for task, name in zip(told["task"].tolist(), told["interaction_id"], strict=True):
            if task not in done:
                fails = int(name.removeprefix("req-")) < SURE
                held = factories.assignment(session, task, person, slot=0)
                factories.label(
                    session, task, person, {"quality": 1 if fails else 5}, assignment_id=held
                )
    return list(drawn["warnings"])


@pytest.fixture
def judged(store: Store) -> Store:
    with store.write() as session:
        factories.queue(session, "support", factories.guideline(session, [RATING]))
        for number in range(400):
            factories.interaction(session, f"req-{number}", source="shop")
    rows = [
        {"source": "shop", "interaction_id": f"req-{number}", "kind": "judge", "name": "judge",
         "version": "1", "value": 0.0 if number < SURE else 1.0}
        for number in range(400)
    ]  # fmt: skip
    ingest_scores(store, enumerate(rows), clock=lambda: factories.NOON)
    return store


def told(store: Store) -> dict[str, object]:
    with store.snapshot() as session:
        return quality_report(session, "support", factories.NOON)["estimate"]


def test_a_draw_by_a_judge_alone_says_what_it_hardly_looked_at(judged: Store) -> None:
    warned = labelled_draw(judged, "score", SCORE, 40)
    assert any("60% of what can be drawn has such small weights" in one for one in warned)
    figure = told(judged)
    assert "widened: 60% of the population was hardly drawn" in str(figure["method"])
    low, high = figure["ci"]  # type: ignore[misc]
    assert low <= 1 + 4 * (400 - SURE) / 400 <= high  # the mean of all, though few 1s were seen


def test_a_random_draw_beside_it_mends_it(judged: Store) -> None:
    labelled_draw(judged, "score", SCORE, 40)
    before = told(judged)["ci"]
    labelled_draw(judged, "random", {}, 40)
    after = told(judged)
    assert "hardly drawn" not in str(after["method"])
    assert np.diff(after["ci"])[0] < np.diff(before)[0]  # type: ignore[arg-type]
