import numpy as np
import pandas as pd
import pytest

from analysis import masi_distance, set_agreement


def frame(rows) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["task", "annotator", "label"])


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [
        ("", "", 0),
        ("ab", "ab", 0),
        ("", "a", 1),
        ("a", "b", 1),
        ("a", "ab", 1 - 1 / 2 * 2 / 3),
        ("ab", "bc", 1 - 1 / 3 * 1 / 3),
        ("abc", "ab", 1 - 2 / 3 * 2 / 3),
    ],
)
def test_distance_of_passonneau(one: str, other: str, far: float) -> None:
    assert masi_distance(set(one), set(other)) == pytest.approx(far)
    assert masi_distance(set(other), set(one)) == pytest.approx(far)


def test_alpha_over_sets_by_an_independent_loop() -> None:
    rng = np.random.default_rng(5)
    rows = [
        (task, who, [tag for tag in "xyz" if rng.random() < (0.7 if task % 2 else 0.2)])
        for task in range(60)
        for who in "abc"[: 2 + task % 2]
    ]
    groups = [list(group) for _, group in frame(rows).groupby("task")["label"]]
    every = [set(label) for group in groups for label in group]
    seen = sum(
        masi_distance(set(a), set(b)) / (len(group) - 1)
        for group in groups
        for i, a in enumerate(group)
        for j, b in enumerate(group)
        if i != j
    )
    chance = sum(
        masi_distance(a, b) for i, a in enumerate(every) for j, b in enumerate(every) if i != j
    )
    found = set_agreement(frame(rows))
    assert found.value == pytest.approx(1 - (len(every) - 1) * seen / chance)
    assert found.low < found.value < found.high


def test_half_the_tags_right_is_worth_more_than_none() -> None:
    def alpha(second: list[str]) -> float:
        rows = [(t, "a", ["x", "y"] if t % 2 else []) for t in range(40)]
        rows += [(t, "b", second if t % 2 else []) for t in range(40)]
        return set_agreement(frame(rows)).value

    assert alpha(["z"]) < alpha(["x"]) < alpha(["x", "y"]) == 1


def test_the_same_set_always_is_undefined() -> None:
    found = set_agreement(frame((t, who, ["x"]) for t in range(9) for who in "ab"))
    assert (found.defined, found.reason, found.n) == (False, "one category only", 9)
