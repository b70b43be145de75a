"""Defects found in other labeling tools; each name says what went wrong there."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from analysis import agreement

SCALE = [1, 2, 3, 4, 5]
KAPPAS = ("cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic")


def frame(rows) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["task", "annotator", "label"])


def disjoint_couples() -> pd.DataFrame:
    """A and B label tasks 0 to 29, C and D tasks 30 to 59; each couple agrees on every task."""
    rng = np.random.default_rng(4)
    return frame(
        (task, who, int(label))
        for task, label in enumerate(rng.integers(1, 6, 60))
        for who in ("AB" if task < 30 else "CD")
    )


def test_potato_aligns_weighted_kappa_by_position_not_by_task() -> None:
    found = agreement(disjoint_couples(), SCALE)
    for name in KAPPAS:
        assert found.coefficients[name].value == pytest.approx(1)


def test_potato_pairs_only_tasks_rated_by_all_annotators() -> None:
    found = agreement(disjoint_couples(), SCALE)
    assert [(pair.a, pair.b, pair.n) for pair in found.pairs] == [("A", "B", 30), ("C", "D", 30)]
    assert found.tasks == 60
    assert all(figure.defined for figure in found.coefficients.values())


def test_potato_drops_unused_scale_points_from_weighted_kappa() -> None:
    first, second = [1, 2, 5, 5, 2, 1, 5, 2], [1, 2, 5, 2, 2, 1, 5, 5]
    rows = [(t, "a", v) for t, v in enumerate(first)] + [(t, "b", v) for t, v in enumerate(second)]
    found = agreement(frame(rows), SCALE).coefficients["cohen_kappa_linear"].value
    full = cohen_kappa_score(first, second, labels=SCALE, weights="linear")
    assert found == pytest.approx(full)
    assert found != pytest.approx(cohen_kappa_score(first, second, weights="linear"), abs=0.02)


def test_future_agi_kappa_depends_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(8)
    rows = [
        (task, who, int(rng.integers(1, 4)) if who == "lenient" else int(rng.integers(2, 6)))
        for task in range(200)
        for who in ("strict", "lenient")
    ]
    found = [
        agreement(frame(rows).sample(frac=1, random_state=seed), SCALE).coefficients
        for seed in range(3)
    ]
    for name in KAPPAS:
        values = [coefficients[name].value for coefficients in found]
        assert values == pytest.approx([values[0]] * 3, abs=1e-12)


def test_future_agi_reports_one_when_everybody_used_one_category() -> None:
    found = agreement(frame((task, who, 4) for task in range(50) for who in "abc"), SCALE)
    for name in KAPPAS:
        assert found.coefficients[name].to_json() == {
            "value": None,
            "ci": None,
            "n": 50,
            "reason": "one category only",
        }
    assert found.coefficients["percent_agreement"].value == 1


def test_future_agi_treats_star_ratings_as_names() -> None:
    near = frame((t, who, v) for t in range(20) for who, v in (("a", 1 + t % 4), ("b", 2 + t % 4)))
    far = frame((t, who, v) for t in range(20) for who, v in (("a", 1 + t % 4), ("b", 5 - t % 4)))
    close, apart = (agreement(labels, SCALE).coefficients for labels in (near, far))
    # never the same star, but always the next one: nominal kappa sees no merit in that
    assert close["cohen_kappa"].value < 0 < 0.4 < close["cohen_kappa_quadratic"].value
    assert apart["cohen_kappa_quadratic"].value < -0.3


def test_text_labels_sorted_by_alphabet_lose_their_order() -> None:
    scale = ["low", "mid", "high"]
    said = ["low", "mid", "mid", "high", "high", "high", "low", "low"]
    rows = zip("aabbccdd", "xyxyxyxy", said, strict=True)
    found = agreement(frame(rows), scale).coefficients["cohen_kappa_linear"].value
    codes = [[0, 1, 2, 0], [1, 2, 2, 0]]
    assert found == pytest.approx(cohen_kappa_score(*codes, labels=[0, 1, 2], weights="linear"))


def test_scikit_learn_drops_labels_outside_the_list_in_silence() -> None:
    assert cohen_kappa_score([1, 2, 3, 3], [1, 2, 3, 1], labels=[1, 2]) == 1
    rows = [(t, "a", v) for t, v in enumerate([1, 2, 3, 3])]
    with pytest.raises(ValueError, match=r"labels \[3\] are not among the categories"):
        agreement(frame(rows), [1, 2])


def test_krippendorff_swallows_the_text_nan() -> None:
    rows = [(t, who, "nan" if t % 3 else "yes") for t in range(9) for who in "ab"]
    assert agreement(frame(rows), ["yes", "nan"]).tasks == 9


def test_the_same_person_twice_on_a_task_is_refused_not_averaged() -> None:
    with pytest.raises(ValueError, match="has two labels on task 7"):
        agreement(frame([(7, "w1", 1), (7, "w2", 1), (7, "w1", 2)]), SCALE)
