"""What settling a disagreement is worth: how far one verdict moves what is reported."""

import pandas as pd
import pytest

from labeling.fields import Field, fields_from_toml
from labeling.worth import apart, worth

FORM = """
[[fields]]
name = "quality"
kind = "rating"
label = "Quality"
min = 1
max = 5
failure_below = 3
[[fields]]
name = "issues"
kind = "tags"
label = "Issues"
options = [{value = "wrong"}, {value = "rude"}, {value = "short"}]
[[fields]]
name = "sure"
kind = "choice"
label = "Sure?"
options = [{value = "low"}, {value = "medium"}, {value = "high"}]
[[fields]]
name = "safe"
kind = "boolean"
label = "Safe?"
[[fields]]
name = "where"
kind = "spans"
label = "Where?"
options = [{value = "wrong"}, {value = "rude"}]
"""
FIELDS: dict[str, Field] = {one.name: one for one in fields_from_toml(FORM)}


def told(name: str, said: dict[int, list]) -> dict[int, tuple[float, float]]:
    """Spread and reach by task."""
    rows = [(task, label) for task, labels in said.items() for label in labels]
    frame = pd.DataFrame(rows, columns=["task", "label"])
    frame["label"] = frame["label"].astype(object)
    found = apart(frame, FIELDS[name])
    return {
        task: (row["spread"], pytest.approx(row["reach"]))
        for task, row in found.to_dict("index").items()
    }


def test_a_rating_reaches_as_far_as_its_ends_or_all_the_way_where_a_failure_hangs_on_it() -> None:
    found = told("quality", {1: [4, 4], 2: [4, 5], 3: [2, 3], 4: [3, 3, 5]})
    # The mean of 3, 3, 5 is 3.67; a verdict of 5 moves it by 1.33 of 4 points.
    assert found == {2: (1, 0.125), 3: (1, 1.0), 4: (2, 4 / 12)}


def test_tags_reach_as_far_as_the_one_people_are_least_at_one_about() -> None:
    said = {1: [["wrong"], ["wrong"]], 2: [["wrong"], []], 3: [["rude"], [], ["short"], []]}
    assert told("issues", said) == {2: (1, 0.5), 3: (2, 0.75)}


def test_choices_reach_as_far_as_the_rarest() -> None:
    assert told("sure", {1: ["low", "low"], 2: ["low", "low", "high"]}) == {2: (1, 2 / 3)}
    assert told("safe", {1: [True, False], 2: [True, True]}) == {1: (1, 0.5)}


def test_worth_is_the_shift_of_the_estimate_and_ranks_by_it() -> None:
    reach = pd.Series({1: 0.5, 2: 0.5, 3: 1.0, 4: 0.25})
    pi = {1: 0.5, 2: 0.1, 3: 1.0, 9: 0.1}
    found = worth(reach, pi, [1, 2, 3, 4, 9])
    # Weights 2, 10, 1, none, 10: together 23.
    assert list(found.index) == [2, 3, 1, 4]
    assert found["worth"].tolist() == pytest.approx([5 / 23, 1 / 23, 1 / 23, 0])


def test_without_a_sample_the_farthest_apart_come_first() -> None:
    found = worth(pd.Series({5: 0.5, 2: 1.0, 1: 0.5}), {}, [1, 2, 5])
    assert list(found.index) == [2, 1, 5]
    assert found["worth"].tolist() == [0, 0, 0]


def test_nobody_differs() -> None:
    assert told("quality", {1: [4, 4], 2: [1]}) == {}
    assert told("issues", {1: [[], []]}) == {}


def passage(start: int, end: int, tag: str = "wrong") -> dict:
    return {"in": "response", "start": start, "end": end, "tag": tag}


def test_passages_are_apart_by_the_characters_they_do_not_share() -> None:
    found = told(
        "where",
        {
            1: [[passage(0, 10)], [passage(0, 9)]],  # where one ends is a matter of taste
            2: [[passage(0, 10)], [passage(5, 10)]],
            3: [[passage(0, 10)], [passage(0, 10, "rude")], []],
            4: [[], []],
        },
    )
    assert found == {2: (1, 0.5), 3: (3, 1.0)}
