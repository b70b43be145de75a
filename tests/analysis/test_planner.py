"""How many labels: against published tables, against simulation, and out of range."""

from math import nan

import numpy as np
import pytest

from analysis import (
    judge_worth,
    labels_for_change,
    labels_for_shift,
    labels_for_width,
    pairs_for_change,
)


def test_a_change_is_seen_as_often_as_planned() -> None:
    n = int(np.ceil(labels_for_change(0.2, 0.3)))
    rng = np.random.default_rng(1)
    a, b = rng.binomial(n, 0.2, 20_000) / n, rng.binomial(n, 0.3, 20_000) / n
    pooled = (a + b) / 2
    z = (b - a) / np.sqrt(2 * pooled * (1 - pooled) / n)
    assert (np.abs(z) > 1.96).mean() == pytest.approx(0.8, abs=0.02)


def test_pairs_see_a_change_as_often_as_planned() -> None:
    n = int(np.ceil(pairs_for_change(0.08, 0.2)))
    rng = np.random.default_rng(2)
    up, down, _ = rng.multinomial(n, [0.14, 0.06, 0.8], 20_000).T
    z = (up - down) / np.sqrt(up + down)
    assert (np.abs(z) > 1.96).mean() == pytest.approx(0.8, abs=0.02)
    assert 2 * n < 1.1 * labels_for_change(0.7, 0.78)  # and two independent samples take two


def test_a_shift_of_half_a_deviation() -> None:
    # Cohen (1988), table 2.4.1: 64 per sample with t; the normal approximation gives 62.8
    assert labels_for_shift(0.5, 1.0) == pytest.approx(62.79, abs=0.01)
    assert labels_for_shift(-1.0, 2.0) == labels_for_shift(0.5, 1.0)


def test_an_interval_of_that_many_labels_has_the_width() -> None:
    n = labels_for_width(0.04, 0.3)
    assert 1.96 * (0.3 * 0.7 / n) ** 0.5 == pytest.approx(0.04, abs=1e-5)
    assert labels_for_width(0.2, sd=0.0) == 0
    few = labels_for_width(0.05, 0.5, population=1000)
    assert few == pytest.approx(384.146 / (1 + 383.146 / 1000), abs=0.01)


def test_labels_that_are_worth_more_are_fewer() -> None:
    assert labels_for_change(0.2, 0.3, worth=2) == labels_for_change(0.2, 0.3) / 2
    assert labels_for_width(0.1, 0.5, worth=0.5) == pytest.approx(2 * labels_for_width(0.1, 0.5))
    assert labels_for_shift(0.5, 1.0, worth=2) == labels_for_shift(0.5, 1.0) / 2
    assert judge_worth(0.0) == 1
    assert judge_worth(0.6, 0.5) < judge_worth(0.6)
    assert np.isnan(judge_worth(nan))


@pytest.mark.parametrize(
    "call",
    [
        lambda: labels_for_change(0.2, 0.2),
        lambda: labels_for_change(-0.1, 0.2),
        lambda: labels_for_change(0.1, 0.2, power=1.0),
        lambda: labels_for_change(0.1, 0.2, worth=0),
        lambda: labels_for_width(0, 0.2),
        lambda: labels_for_width(0.1),
        lambda: labels_for_width(0.1, 0.5, sd=1),
        lambda: labels_for_width(0.1, sd=-1),
        lambda: labels_for_shift(0, 1),
        lambda: pairs_for_change(0.2, 0.1),
        lambda: judge_worth(1.5),
    ],
)
def test_what_cannot_be_is_refused(call) -> None:
    with pytest.raises(ValueError, match=r"must|give|there is|out of range"):
        call()
