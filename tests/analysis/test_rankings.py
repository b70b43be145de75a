import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from analysis import kendall_tau, ranking_agreement
from analysis.mean_over_tasks import mean_over_tasks

places = st.lists(st.integers(0, 3), min_size=4, max_size=4)


def ranking(place: list[int]) -> list[list[str]]:
    ranks = (
        [thing for thing, at in zip("abcd", place, strict=True) if at == one] for one in range(4)
    )
    return [rank for rank in ranks if rank]


@given(places, places)
def test_tau_is_that_of_scipy(one: list[int], other: list[int]) -> None:
    with np.errstate(invalid="ignore"):
        expected = kendalltau(one, other).statistic
    assert kendall_tau(ranking(one), ranking(other)) == pytest.approx(expected, nan_ok=True)


def frame(rows) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["task", "annotator", "label"])


def test_mean_over_tasks_of_the_mean_over_pairs() -> None:
    forth, back = [["a"], ["b"]], [["b"], ["a"]]
    rows = [(1, "x", forth), (1, "y", forth), (1, "z", back), (2, "x", forth), (2, "y", forth)]
    # task 1: one pair of three agrees, two are reversed; task 2: its only pair agrees
    found = ranking_agreement(frame(rows))
    assert found.value == pytest.approx((-1 / 3 + 1) / 2)
    assert found.reason == "too few tasks (2; an interval needs 5)"


def test_who_ties_everything_says_nothing_of_an_order() -> None:
    rows = [(1, "x", [["a", "b"]]), (1, "y", [["a"], ["b"]])]
    found = ranking_agreement(frame(rows))
    assert (found.defined, found.n) == (False, 0)


def test_the_same_order_always_keeps_an_interval() -> None:
    found = ranking_agreement(frame((t, who, [["a"], ["b"]]) for t in range(20) for who in "xy"))
    assert found.value == found.high == 1
    # 20 of 20: Wilson from 83.9 %, on a scale from -1 to 1
    assert found.low == pytest.approx(2 * 0.8389 - 1, abs=1e-3)


def test_other_ids_are_refused() -> None:
    with pytest.raises(ValueError, match="rankings of"):
        ranking_agreement(frame([(1, "x", [["a"], ["b"]]), (1, "y", [["a"], ["c"]])]))


def test_intervals_cover_the_truth() -> None:
    """Two people put three responses right with some noise; 150 samples of 30 tasks."""
    rng = np.random.default_rng(4)

    def sample(tasks: int) -> pd.DataFrame:
        score = np.array([0.0, 1.0, 2.0]) + rng.normal(0, 1, (tasks, 2, 3))
        return frame(
            (task, "xy"[who], [["abc"[place]] for place in np.argsort(score[task, who])])
            for task in range(tasks)
            for who in range(2)
        )

    truth = ranking_agreement(sample(8_000)).value
    found = [ranking_agreement(sample(30)) for _ in range(150)]
    assert np.mean([figure.low <= truth <= figure.high for figure in found]) > 0.9


def test_what_few_tasks_may_lack_is_allowed_for() -> None:
    """Dice of passages: nearly the same where both found it, nothing in one task of twenty."""
    rng = np.random.default_rng(5)

    def sample(tasks: int) -> dict[int, float]:
        near = np.clip(rng.normal(0.9, 0.05, tasks), 0, 1)
        return dict(enumerate((near * (rng.random(tasks) > 0.05)).tolist()))

    found = [mean_over_tasks(sample(12), "") for _ in range(100)]
    # The bootstrap alone holds the truth 46 times in 100: most samples lack such a task.
    assert np.mean([one.low <= 0.95 * 0.9 <= one.high for one in found]) > 0.93
    upside_down = [mean_over_tasks({task: 1 - y for task, y in sample(12).items()}, "")
                   for _ in range(100)]  # fmt: skip
    assert np.mean([one.low <= 1 - 0.95 * 0.9 <= one.high for one in upside_down]) > 0.93


def test_no_interval_from_fewer_than_ten_clusters() -> None:
    numbers = dict(enumerate(np.linspace(0, 1, 90).tolist()))
    for clusters, reason in ((9, "too few clusters (9; an interval needs 10)"), (10, None)):
        cluster = pd.Series([task % clusters for task in range(90)])
        figure = mean_over_tasks(numbers, "", cluster=cluster)
        assert (figure.value, figure.reason) == (pytest.approx(0.5), reason)
