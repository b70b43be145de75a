from math import isnan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import hajek_mean, ht_mean, stratified_mean

samples = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 1)), min_size=1, max_size=30)


def test_horvitz_thompson_by_hand() -> None:
    # (1 / 0.5 + 1 / 1) / 5 = 0.6; variance 0.5 * (1 / 0.5)^2 / 25 = 0.08
    assert ht_mean([1, 0, 1], [0.5, 0.5, 1.0], 5) == pytest.approx((0.6, sqrt(0.08)))


def test_hajek_by_hand() -> None:
    # weights 2, 2, 1: mean 3/5; residuals .4, -.6, .4; two rows by chance: factor 2
    variance = 2 * (0.5 * (2 * 0.4) ** 2 + 0.5 * (2 * 0.6) ** 2) / 25
    assert hajek_mean([1, 0, 1], [0.5, 0.5, 1.0]) == pytest.approx((0.6, sqrt(variance)))


def test_equal_chances_are_simple_random_sampling() -> None:
    y, population = np.array([1.0, 4, 2, 5, 3, 3, 1]), 28
    found = hajek_mean(y, np.full(7, 7 / population))
    textbook = sqrt((1 - 7 / population) * y.var(ddof=1) / 7)
    assert found == pytest.approx((y.mean(), textbook))


def test_strata_by_hand() -> None:
    # weights 3/4 and 1/4; variances (1 - 3/30) / 3 / 3 and (1 - 2/10) * (1/2) / 2
    variance = (9 / 16) * 0.9 * (1 / 3) / 3 + (1 / 16) * 0.8 * 0.5 / 2
    found = stratified_mean([[1, 1, 0], [0, 1]], [30, 10])
    assert found == pytest.approx((0.75 * 2 / 3 + 0.25 / 2, sqrt(variance)))


def test_a_stratum_labelled_in_full_adds_no_variance() -> None:
    whole, part = stratified_mean([[5], [1, 3]], [1, 9]), stratified_mean([[1, 3]], [9])
    assert whole.se == pytest.approx(0.9 * part.se)


def test_what_cannot_be_known_is_nan() -> None:
    assert all(isnan(number) for number in hajek_mean([], []))
    assert isnan(hajek_mean([1, 0], [0.5, 1]).se)
    assert isnan(ht_mean([], [], 10).se)
    assert all(isnan(number) for number in stratified_mean([[1], []], [5, 5]))
    assert isnan(stratified_mean([[1], [0, 1]], [5, 5]).se)
    assert hajek_mean([1, 0], [1, 1]) == (0.5, 0)


@given(samples)
def test_hajek_stays_within_the_outcomes(rows) -> None:
    y, pi = zip(*rows, strict=True)
    assert min(y) - 1e-9 <= hajek_mean(y, pi).value <= max(y) + 1e-9


@given(samples, st.floats(-3, 3), st.floats(-3, 3))
def test_hajek_moves_with_its_unit(rows, shift, stretch) -> None:
    y, pi = map(np.array, zip(*rows, strict=True))
    one, other = hajek_mean(y, pi), hajek_mean(shift + stretch * y, pi)
    assert other.value == pytest.approx(shift + stretch * one.value, abs=1e-9)
    assert other.se == pytest.approx(abs(stretch) * one.se, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hajek_mean([1, 0], [0.5]), "y has shape"),
        (lambda: hajek_mean([[1, 0]], [[0.5, 1]]), "y has shape"),
        (lambda: hajek_mean([1, float("nan")], [0.5, 0.5]), "missing or infinite"),
        (lambda: hajek_mean([1], [0]), r"pi must lie in \(0, 1\], got 0"),
        (lambda: ht_mean([1], [1.5], 5), r"got 1.5"),
        (lambda: ht_mean([1], [0.5], 0), "population must be above 0"),
        (lambda: stratified_mean([], []), "0 samples"),
        (lambda: stratified_mean([[1]], [5, 5]), "1 samples do not fit 2"),
        (lambda: stratified_mean([[1, 2, 3]], [2]), "stratum of 2 cannot give a sample of 3"),
    ],
)
def test_bad_samples_are_named(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()
