"""What the labels and verdicts of a queue say of each task."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from labeling.outcomes import Evidence, evidence, outcomes
from storage import Store
from storage.queries import queues
from tests import factories as make
from tests.labeling.test_consensus import Crowd


@pytest.fixture
def crowd(store: Store) -> Crowd:
    return Crowd(store, ["ada", "ben", "cyn"])


def settled(crowd: Crowd, task: int, value: Any, field: str = "quality", revision: int = 1) -> None:
    with crowd.store.write() as session:
        make.verdict(
            session, task, field, value, [], revision=revision, account_id=crowd.people["ada"]
        )


def read(crowd: Crowd) -> Evidence:
    with crowd.store.snapshot() as session:
        return evidence(session, queues.queue_named(session, "q"), make.NOON)


def told(crowd: Crowd, field: str = "quality", **asked: Any) -> pd.DataFrame:
    found = read(crowd)
    (one,) = (one for one in found.forms.fields if one.name == field)
    return outcomes(found, one, **asked).set_index("task")


def test_a_verdict_has_no_noise_but_what_people_differed_by_is_kept(crowd: Crowd) -> None:
    apart, alike, alone = (
        crowd.task(said) for said in ({"ada": 4, "ben": 2}, {"ada": 4, "ben": 4}, {"ada": 3})
    )
    settled(crowd, apart, 5)
    found = told(crowd)
    assert found.loc[apart].to_dict() == {"y": 5, "labels": 2, "within": 2, "averaged": np.inf}
    assert found.loc[alike].to_dict() == {"y": 4, "labels": 2, "within": 0, "averaged": 2}
    assert found.loc[alone, ["y", "labels", "averaged"]].tolist() == [3, 1, 1]
    assert np.isnan(found.loc[alone, "within"])


def test_a_verdict_stands_where_no_label_is_left(crowd: Crowd) -> None:
    withdrawn = crowd.task({"ada": None, "ben": {"issues": []}})
    check = crowd.task({"ada": 4}, purpose="gold", role="gold")
    unfit = crowd.task({})
    for task, value in ((withdrawn, 2), (check, 1), (unfit, 99)):
        settled(crowd, task, value)
    settled(crowd, withdrawn, ["incomplete"], "issues")
    found = told(crowd)
    assert found.index.tolist() == [withdrawn]
    assert found.loc[withdrawn, ["y", "labels", "averaged"]].tolist() == [2, 1, np.inf]
    assert np.isnan(found.loc[withdrawn, "within"])
    assert told(crowd, "issues", of="incomplete")["y"].tolist() == [1]
    settled(crowd, withdrawn, None, revision=2)
    assert told(crowd).empty


def test_a_rating_tells_how_far_people_differ_on_failing(store: Store) -> None:
    with store.write() as session:
        form = make.guideline(session, [{**make.FIELDS[0], "failure_below": 3}])
    crowd = Crowd(store, ["ada", "ben", "cyn"], form)
    apart, alike, alone = (
        crowd.task(said) for said in ({"ada": 4, "ben": 2}, {"ada": 5, "ben": 3}, {"ada": 1})
    )
    settled(crowd, apart, 5)
    found = told(crowd)["failing"]
    assert found[[apart, alike]].tolist() == [0.5, 0]
    assert np.isnan(found[alone])
