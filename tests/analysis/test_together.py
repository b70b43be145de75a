import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import Support, Survey, together


def issues(both: int, first: int, second: int, neither: int) -> pd.DataFrame:
    tags = [["a", "b"]] * both + [["a"]] * first + [["b"]] * second + [[]] * neither
    return pd.DataFrame({"issues": tags, "pi": 1.0})


def test_a_pair_by_hand() -> None:
    (pair,) = together(issues(8, 12, 6, 74), "issues", Survey(100))
    assert (pair.tags, pair.tasks, pair.lift.n) == (("a", "b"), 8, 20)
    assert pair.lift.value == pytest.approx((8 / 20) / (14 / 100))
    expected = stats.fisher_exact([[8, 12], [6, 74]], alternative="greater").pvalue
    assert pair.p_value == pair.q_value == pytest.approx(expected)
    assert pair.lift.low < pair.lift.value < pair.lift.high


@pytest.mark.parametrize("both", [12, 20, 40])
def test_a_pair_that_always_comes_together_lies_inside_its_interval(both: int) -> None:
    """No `b` without an `a`: the lift is as large as it can be, and so is its upper end."""
    (pair,) = together(issues(both, 4, 0, 70), "issues", Survey(2 * both + 100))
    assert pair.lift.value == pytest.approx((both + 74) / (both + 4))
    assert pair.lift.low < pair.lift.value
    assert pair.lift.value == pytest.approx(pair.lift.high)


def test_a_lift_has_no_interval_where_a_part_was_hardly_drawn() -> None:
    frame = issues(8, 12, 6, 74).assign(sparse=False)
    (pair,) = together(frame, "issues", Survey(1000, sparse=0.5))
    assert pair.lift.to_json()["ci"] is None
    assert "hardly drawn" in pair.lift.reason


def test_weights_decide_over_the_lift() -> None:
    frame = issues(8, 12, 6, 74)
    frame["pi"] = [0.8] * 8 + [0.2] * 92
    (pair,) = together(frame, "issues", Survey(470, random_share=0.2))
    weighted = (8 / 0.8) / (8 / 0.8 + 12 / 0.2)
    whole = (8 / 0.8 + 6 / 0.2) / (8 / 0.8 + 92 / 0.2)
    assert pair.lift.value == pytest.approx(weighted / whole)


def test_all_pairs_are_corrected_together_and_thin_ones_not_tested() -> None:
    rng = np.random.default_rng(1)
    tags = [[t for t in "abcd" if rng.random() < 0.3] for _ in range(300)]
    frame = pd.DataFrame({"issues": [*tags, *[["rare", "a"]] * 5], "pi": 1.0})
    found = together(frame, "issues", Survey(305))
    assert len(found) == 6
    assert {"rare"}.isdisjoint(tag for one in found for tag in one.tags)
    assert [one.q_value for one in found] == sorted(one.q_value for one in found)


def test_issues_that_are_independent_are_hardly_ever_told() -> None:
    rng, told = np.random.default_rng(2), 0
    for _ in range(150):
        tags = [[t for t in "abc" if rng.random() < 0.25] for _ in range(120)]
        frame = pd.DataFrame({"issues": tags, "pi": rng.choice([0.2, 0.6], 120)})
        found = together(frame, "issues", Survey(400, random_share=0.4))
        told += any(one.q_value <= 0.05 for one in found)
    assert told <= 150 * 0.05 + 3 * (150 * 0.05 * 0.95) ** 0.5


def test_refusals_hold() -> None:
    frame = issues(8, 12, 6, 74)
    (pair,) = together(frame, "issues", Survey(100, refusal="the order was changed"))
    assert pair.to_json()["q_value"] is None
    assert pair.to_json()["lift"]["reason"] == "the order was changed"
    refused = Survey(100, refusal="the lowest only", refuse_estimate=True)
    assert together(frame, "issues", refused) == []
    assert together(frame.head(0), "issues", Survey(100)) == []
    assert together(frame, "issues", Survey(100), support=Support(failures=9)) == []
