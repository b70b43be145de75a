"""Laws every coefficient of AGREEMENT obeys; a new one is held to them by being listed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis import AGREEMENT, Coefficient

every_coefficient = pytest.mark.parametrize("name", sorted(AGREEMENT))
tables = arrays(np.int64, st.integers(2, 5).map(lambda k: (k, k)), elements=st.integers(0, 20))


def at(found: Coefficient, index: int) -> tuple[float, ...]:
    return (found.value[index], found.observed[index], found.chance[index], found.se[index])


def mixed(size: int = 3) -> np.ndarray:
    return np.arange(1, size**2 + 1).reshape(size, size) + 10 * np.eye(size, dtype=int)


@every_coefficient
def test_perfect_agreement_is_one_and_certain(name: str) -> None:
    found = AGREEMENT[name](np.diag([3, 4, 5]))
    assert found.value == pytest.approx(1)
    assert found.se == pytest.approx(0)


@every_coefficient
@given(table=tables)
def test_values_lie_in_their_range(name: str, table: np.ndarray) -> None:
    found = AGREEMENT[name](table)
    if not table.sum():
        assert np.isnan(found.value)
    elif np.isfinite(found.value):
        assert -1 - 1e-9 <= found.value <= 1 + 1e-9
        assert 0 <= found.se < 3


@every_coefficient
@given(table=tables)
def test_swapping_the_annotators_changes_nothing(name: str, table: np.ndarray) -> None:
    one, two = AGREEMENT[name](table), AGREEMENT[name](table.T)
    assert one.value == pytest.approx(float(two.value), nan_ok=True)
    assert one.se == pytest.approx(float(two.se), abs=1e-7, nan_ok=True)
    assert one.influence == pytest.approx(np.swapaxes(two.influence, -1, -2), nan_ok=True)


@every_coefficient
def test_a_stack_of_tables_is_each_table_by_itself(name: str) -> None:
    stack = np.stack([mixed(), np.diag([1, 2, 3]), np.zeros((3, 3), int), mixed().T])
    together = AGREEMENT[name](stack)
    assert together.influence.shape == (4, 3, 3)
    for index, table in enumerate(stack):
        alone = AGREEMENT[name](table[None])
        assert at(together, index) == pytest.approx(at(alone, 0), nan_ok=True)


@every_coefficient
def test_influence_is_the_slope_of_the_value(name: str) -> None:
    table, step = mixed(4).astype(float), 1e-4
    found = AGREEMENT[name](table)
    for cell in np.ndindex(4, 4):
        moved = table.copy()
        moved[cell] += step
        slope = (AGREEMENT[name](moved).value - found.value) / step * table.sum()
        assert slope == pytest.approx(found.influence[cell], rel=1e-3, abs=1e-4)


@every_coefficient
def test_twice_the_tasks_is_half_the_variance(name: str) -> None:
    once, twice = AGREEMENT[name](mixed()), AGREEMENT[name](2 * mixed())
    assert twice.value == pytest.approx(float(once.value))
    assert twice.se == pytest.approx(float(once.se) / 2**0.5)


@every_coefficient
def test_standard_error_is_the_spread_over_samples(name: str) -> None:
    shares = mixed() / mixed().sum()
    samples = np.random.default_rng(5).multinomial(400, shares.ravel(), 4000).reshape(-1, 3, 3)
    found = AGREEMENT[name](samples)
    assert found.value.std() == pytest.approx(found.se.mean(), rel=0.05)


@every_coefficient
@pytest.mark.parametrize("table", [[[1, 2]], [[1, -2], [0, 1]]])
def test_what_is_no_table_is_refused(name: str, table: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="tables"):
        AGREEMENT[name](table)


@every_coefficient
def test_documentation_tells_shape_range_and_gives_an_example(name: str) -> None:
    text = AGREEMENT[name].__doc__ or ""
    assert all(part in text for part in ("array (..., K, K)", "NaN", "Raises", ">>>"))
