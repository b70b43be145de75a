from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis import clopper_pearson, t_interval, wilson
from analysis.intervals import t_quantile

rates = st.floats(0, 1)
sizes = st.floats(0.5, 1e6)


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (1, 10), (5, 50), (50, 50), (290, 1319)])
def test_rates_agree_with_statsmodels(hits: int, n: int) -> None:
    assert wilson(hits / n, n) == pytest.approx(proportion_confint(hits, n, method="wilson"))
    exact = proportion_confint(hits, n, method="beta")
    assert clopper_pearson(hits / n, n) == pytest.approx(exact, abs=1e-12)


def test_wilson_by_hand() -> None:
    # p = 1/2, n = 4, z^2 = 3.8415: centre 1/2, half = sqrt(z^2/16 + z^4/64) / (1 + z^2/4)
    half = (3.8415 / 16 + 3.8415**2 / 64) ** 0.5 / (1 + 3.8415 / 4)
    assert wilson(0.5, 4) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-5)


def test_degrees_of_freedom_widen() -> None:
    assert t_quantile(9) == pytest.approx(stats.t.ppf(0.975, 9))
    assert t_quantile(9, 0.9) == pytest.approx(stats.t.ppf(0.95, 9))
    narrow, wide = wilson(0.2, 30), wilson(0.2, 30, df=5)
    assert wide.low < narrow.low < 0.2 < narrow.high < wide.high


def test_an_infinite_size_leaves_nothing_to_chance() -> None:
    assert wilson(0.3, inf, df=4) == (0.3, 0.3)
    assert clopper_pearson(0.3, inf) == (0.3, 0.3)


@pytest.mark.parametrize(
    "interval", [wilson(0.3, 0), wilson(0.3, 5, df=0), clopper_pearson(0.3, 0)]
)
def test_nothing_seen_is_undefined(interval: tuple[float, float]) -> None:
    assert all(isnan(end) for end in interval)


def test_t_interval_is_mean_plus_quantile_times_error() -> None:
    low, high = t_interval(3.5, 0.04, df=24)
    assert (low, high) == pytest.approx(stats.t.interval(0.95, 24, 3.5, 0.2))
    assert t_interval(3.5, 0.0) == (3.5, 3.5)
    assert isnan(t_interval(3.5, nan).low)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wilson(1.2, 5), "p must be a rate"),
        (lambda: clopper_pearson(-0.1, 5), "p must be a rate"),
        (lambda: wilson(nan, 5), "p must be a rate"),
        (lambda: t_interval(1.0, -0.1), "variance must be at least 0"),
        (lambda: t_quantile(5, confidence=95), "confidence must lie between 0 and 1"),
    ],
)
def test_bad_arguments_are_named(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@given(rates, sizes)
def test_rate_intervals_hold_the_rate_and_stay_in_range(p: float, n: float) -> None:
    for low, high in (wilson(p, n), clopper_pearson(p, n)):
        assert 0 <= low <= p + 1e-9
        assert p - 1e-9 <= high <= 1


@given(rates, sizes)
def test_failures_and_passes_mirror_each_other(p: float, n: float) -> None:
    low, high = wilson(p, n)
    assert wilson(1 - p, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(rates, st.floats(2, 1e5))
def test_more_labels_narrow_the_interval(p: float, n: float) -> None:
    few, many = wilson(p, n), wilson(p, 2 * n)
    assert np.subtract(*many[::-1]) < np.subtract(*few[::-1])
