import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis import q_value
from analysis.discovery import fisher_greater

counts = st.integers(0, 60)


@given(counts, counts, counts, counts)
def test_fisher_agrees_with_scipy(hits, misses, other_hits, other_misses) -> None:
    found = fisher_greater(hits, hits + misses, other_hits, other_hits + other_misses)
    table = [[hits, misses], [other_hits, other_misses]]
    expected = stats.fisher_exact(table, alternative="greater").pvalue
    assert found == pytest.approx(expected, rel=1e-7)


@given(st.lists(st.floats(0, 1), max_size=30))
def test_q_values_agree_with_scipy(p_values) -> None:
    expected = stats.false_discovery_control(p_values) if p_values else []
    assert q_value(p_values).tolist() == pytest.approx(list(expected))


@pytest.mark.parametrize("hits", [900, 1000, 1015, 1200, 5000])
def test_fisher_of_large_tables_agrees_with_scipy(hits) -> None:
    expected = stats.hypergeom.sf(hits - 1, 100_000, 10_000, 10_000)
    assert fisher_greater(hits, 10_000, 10_000 - hits, 90_000) == pytest.approx(expected, rel=1e-6)


def test_finds_that_are_left_out_raise_the_q_values_of_the_others() -> None:
    p = [0.001, 0.002, 0.03, 0.5]
    stays = [np.inf, np.inf, np.inf, np.inf]
    assert q_value(p, stays).tolist() == q_value(p).tolist()
    # the second goes when the first is found: one find of four tests at 0.002, two at 0.03
    left = q_value(p, [np.inf, 0.002, np.inf, np.inf])
    assert left.tolist() == pytest.approx([0.004, 0.008, 0.06, 2 / 3])
