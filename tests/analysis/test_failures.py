import numpy as np
import pandas as pd

from analysis import Survey, estimate, failing, failure_rate


def tasks(y, pi=1.0, **columns) -> pd.DataFrame:
    return pd.DataFrame({"y": np.asarray(y, dtype=float), "pi": pi, **columns})


def test_failing_turns_outcomes_into_failures_and_leaves_the_frame_alone() -> None:
    frame = tasks([1, 2.5, 3, 5], within=[0.5, 0.5, 0, 0])
    turned = failing(frame, 3)
    assert turned["y"].tolist() == [1, 1, 0, 0]
    assert turned["within"].isna().all()
    assert frame["y"].tolist() == [1, 2.5, 3, 5]


def test_failure_rate_is_the_estimate_of_failing() -> None:
    frame = tasks([1, 2, 3, 4, 5] * 10, np.linspace(0.1, 0.9, 50))
    survey = Survey(200, random_share=0.5)
    assert failure_rate(frame, survey, failure_below=3) == estimate(failing(frame, 3), survey)
