from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from analysis import (
    cohen_kappa,
    cohen_kappa_linear,
    cohen_kappa_quadratic,
    percent_agreement,
    weighted_kappa,
)

WEIGHTED = {None: cohen_kappa, "linear": cohen_kappa_linear, "quadratic": cohen_kappa_quadratic}
STATSMODELS = {None: None, "linear": "linear", "quadratic": "fc"}
tables = arrays(np.int64, st.integers(2, 5).map(lambda k: (k, k)), elements=st.integers(0, 30))


def as_labels(table: np.ndarray) -> tuple[list[int], list[int]]:
    cells = [(i, j) for (i, j), count in np.ndenumerate(table) for _ in range(count)]
    return [i for i, _ in cells], [j for _, j in cells]


def test_kappa_by_hand() -> None:
    # observed 45/60; margins 30/30 and 25/35: chance 1/2 * 25/60 + 1/2 * 35/60 = 1/2
    found = cohen_kappa([[20, 10], [5, 25]])
    assert found.observed == pytest.approx(0.75)
    assert found.chance == pytest.approx(0.5)
    assert found.value == pytest.approx(0.5)


def test_weighted_kappa_by_hand() -> None:
    # Three steps, all marginals 1/3: chance disagreement is the mean distance.
    table = [[1, 1, 0], [0, 1, 1], [1, 0, 1]]
    # linear: observed (1 + 1 + 2) / 6 / 2 = 1/3, chance (4 * 1 + 2 * 2) / 9 / 2 = 4/9
    assert cohen_kappa_linear(table).value == pytest.approx(1 - (1 / 3) / (4 / 9))
    # quadratic: observed (1 + 1 + 4) / 6 / 4 = 1/4, chance (4 * 1 + 2 * 4) / 9 / 4 = 1/3
    assert cohen_kappa_quadratic(table).value == pytest.approx(1 - (1 / 4) / (1 / 3))


@pytest.mark.parametrize("weights", WEIGHTED)
@given(table=tables)
def test_kappa_agrees_with_scikit_learn_on_the_full_scale(weights, table) -> None:
    one, two = as_labels(table)
    found = float(WEIGHTED[weights](table).value)
    if isnan(found):
        assert not len(one) or len({*one, *two}) == 1
        return
    expected = cohen_kappa_score(one, two, labels=list(range(len(table))), weights=weights)
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.filterwarnings("ignore::RuntimeWarning:statsmodels")
@pytest.mark.parametrize("weights", WEIGHTED)
@given(table=tables)
def test_standard_error_agrees_with_statsmodels(weights, table) -> None:
    found = WEIGHTED[weights](table)
    if isnan(found.value):
        return
    expected = cohens_kappa(table, wt=STATSMODELS[weights])
    assert found.value == pytest.approx(expected.kappa, abs=1e-9)
    # statsmodels may take the root of a rounding error below 0
    assert found.se**2 == pytest.approx(expected.var_kappa, abs=1e-9)


@given(tables, st.floats(0.1, 100), st.floats(-50, 50))
def test_weighted_kappas_ignore_shift_and_stretch_of_values(table, stretch, shift) -> None:
    values = np.cumsum(np.arange(1, len(table) + 1))
    for kappa in (cohen_kappa_linear, cohen_kappa_quadratic):
        plain, moved = kappa(table, values), kappa(table, stretch * values + shift)
        assert moved.value == pytest.approx(float(plain.value), abs=1e-7, nan_ok=True)


def test_values_change_what_a_step_costs() -> None:
    table = [[10, 6, 0], [6, 10, 0], [0, 1, 10]]
    # 1, 2, 10: confusing the first two is nearly nothing
    uneven = cohen_kappa_linear(table, [1, 2, 10])
    costs = np.abs(np.subtract.outer([1, 2, 10], [1, 2, 10]))
    assert uneven.value == pytest.approx(float(weighted_kappa(table, costs).value))
    assert uneven.value != pytest.approx(float(cohen_kappa_linear(table).value), abs=0.01)


def test_two_categories_leave_no_room_for_weights() -> None:
    table = [[40, 9], [6, 45]]
    values = {float(kappa(table).value) for kappa in WEIGHTED.values()}
    assert max(values) - min(values) < 1e-12


def test_agreement_of_a_constant_annotator_is_no_better_than_chance() -> None:
    found = cohen_kappa([[7, 3], [0, 0]])
    assert found.value == pytest.approx(0)
    assert found.se == pytest.approx(0)
    assert percent_agreement([[7, 3], [0, 0]]).value == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cohen_kappa([1, 2, 3]), "shape"),
        (lambda: cohen_kappa(3), "shape"),
        (lambda: percent_agreement([[1, 2, 3], [4, 5, 6]]), "shape"),
        (lambda: cohen_kappa([[1, -1], [0, 1]]), "negative"),
        (lambda: cohen_kappa_linear([[1, 0], [0, 1]], [1, 2, 3]), "2 finite numbers"),
        (lambda: cohen_kappa_linear([[1, 0], [0, 1]], [1, float("nan")]), "finite"),
        (lambda: cohen_kappa_quadratic([[1, 0], [0, 1]], [3, 3]), "differ"),
        (lambda: weighted_kappa([[1, 0], [0, 1]], [[0, 1]]), "costs"),
        (lambda: weighted_kappa([[1, 0], [0, 1]], [[1, 1], [1, 0]]), "0 on the diagonal"),
        (lambda: weighted_kappa([[1, 0], [0, 1]], [[0, -1], [1, 0]]), "at least 0"),
    ],
)
def test_bad_tables_and_values_are_named(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()
