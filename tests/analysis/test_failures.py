from math import inf

import numpy as np
import pandas as pd
import pytest

from analysis import Survey, estimate, failing, failure_rate, wilson


def tasks(y, pi=1.0, **columns) -> pd.DataFrame:
    return pd.DataFrame({"y": np.asarray(y, dtype=float), "pi": pi, **columns})


def test_failing_turns_outcomes_into_failures_and_leaves_the_frame_alone() -> None:
    frame = tasks([1, 2.5, 3, 5], within=[0.5, 0.5, 0, 0], averaged=[2, 2, inf, 1])
    turned = failing(frame, 3)
    assert turned["y"].tolist() == [1, 1, 0, 0]
    assert turned["within"].isna().all()
    assert turned["averaged"].tolist() == [1, 1, inf, 1]
    assert frame["y"].tolist() == [1, 2.5, 3, 5]


def test_failure_rate_is_the_estimate_of_failing() -> None:
    frame = tasks([1, 2, 3, 4, 5] * 10, np.linspace(0.1, 0.9, 50))
    survey = Survey(200, random_share=0.5)
    assert failure_rate(frame, survey, failure_below=3) == estimate(failing(frame, 3), survey)


def test_a_census_of_doubled_labels_is_as_noisy_as_whether_labels_fail() -> None:
    y = [1, 1, 2.5, 2.5, 3] + [4] * 25
    frame = tasks(y, labels=2, within=0.3, failing=[0, 0, 0.5, 0.5, 0.5] + [0] * 25)
    figure = failure_rate(frame, Survey(30), failure_below=3)
    # pooled 1.5 / 30; each task as noisy as a single label; 30 second labels
    size = 4 / 30 * 26 / 30 / (0.05 / 30)
    assert (figure.low, figure.high) == pytest.approx(wilson(4 / 30, size, df=30))


def test_no_interval_where_all_pass_although_labels_differ() -> None:
    frame = tasks([3] + [4] * 29, labels=2, failing=[0.5] + [0] * 29)
    figure = failure_rate(frame, Survey(30), failure_below=3)
    assert figure.value == 0
    assert np.isnan(figure.low)
    assert "single labels differ" in (figure.reason or "")


@pytest.mark.parametrize(("n", "doubled"), [(600, 1.0), (400, 1.0), (600, 0.2), (400, 0.2)])
def test_failure_rates_of_doubled_labels_hold_what_they_estimate(n, doubled) -> None:
    rng, size = np.random.default_rng(3), 600
    quality = np.clip(rng.normal(3.9, 0.9, size), 1, 5)
    found = []
    for _ in range(300):
        chosen, twice = quality[rng.permutation(size)[:n]], np.arange(n) < doubled * n
        one, two = (np.clip(np.rint(rng.normal(chosen, 0.7)), 1, 5) for _ in range(2))
        apart = ((one < 3) != (two < 3)) / 2
        frame = tasks(
            np.where(twice, (one + two) / 2, one),
            n / size,
            labels=np.where(twice, 2, 1),
            failing=np.where(twice, apart, np.nan),
        )
        found.append(failure_rate(frame, Survey(size, random_share=1.0), failure_below=3))
    middle = np.mean([one.value for one in found])
    assert np.mean([one.low <= middle <= one.high for one in found]) >= 0.91
