"""A judge against people: weighted to the population, and whether its values hold."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from analysis import Survey, agreement_shift, calibration, cohen_kappa, judge_agreement

SIZE = 5000
EVEN = Survey(SIZE, random_share=1.0)


def judged(n: int, seed: int = 1, skew: float = 0.0) -> pd.DataFrame:
    """Labels that pass as often as the judge says, or `skew` less."""
    rng = np.random.default_rng(seed)
    said = rng.random(n)
    y = (rng.random(n) < said - skew).astype(float)
    return pd.DataFrame({"y": y, "pi": 1e-6, "judge": said, "at": np.arange(n)})


def test_even_tasks_give_the_kappa_and_error_everybody_knows() -> None:
    frame = judged(300)
    verdict = (frame["judge"] >= 0.5).astype(float)
    told = judge_agreement(frame, EVEN, passes=0.5)
    assert told["accuracy"].value == pytest.approx((frame["y"] == verdict).mean())
    assert told["cohen_kappa"].value == pytest.approx(cohen_kappa_score(frame["y"], verdict))
    table = pd.crosstab(frame["y"], verdict).to_numpy()
    se = float(cohen_kappa(table).se)
    half = (told["cohen_kappa"].high - told["cohen_kappa"].low) / 2
    assert half == pytest.approx(1.96 * se, rel=0.02)
    failed = frame["y"] == 0
    assert told["sensitivity"].value == pytest.approx((verdict[failed] == 0).mean())
    assert told["specificity"].value == pytest.approx((verdict[~failed] == 1).mean())
    assert told["sensitivity"].n == failed.sum()


def test_targeted_tasks_are_weighted_back() -> None:
    people = judged(SIZE, seed=2)
    truth = judge_agreement(people.assign(pi=1.0), EVEN, passes=0.5)
    pi = np.where(people["judge"] < 0.5, 0.2, 0.05)
    rng = np.random.default_rng(4)
    found, covered = [], 0
    for _ in range(200):
        taken = rng.random(SIZE) < pi
        told = judge_agreement(people.assign(pi=pi)[taken], Survey(SIZE, random_share=0.3),
                               passes=0.5)["cohen_kappa"]  # fmt: skip
        found.append(told.value)
        covered += told.low <= truth["cohen_kappa"].value <= told.high
    assert np.mean(found) == pytest.approx(truth["cohen_kappa"].value, abs=0.01)
    assert 0.91 <= covered / 200 <= 0.99


def test_a_judge_of_failure_is_read_the_other_way() -> None:
    frame = judged(300)
    one = judge_agreement(frame, EVEN, passes=0.5)
    turned = frame.assign(judge=1 - frame["judge"])
    other = judge_agreement(turned, EVEN, passes=0.5, turned=True)
    assert {name: fig.value for name, fig in one.items()} == pytest.approx(
        {name: fig.value for name, fig in other.items()}
    )


def test_one_outcome_only_has_no_kappa() -> None:
    told = judge_agreement(judged(100).assign(y=1.0), EVEN, passes=0.5)
    assert told["cohen_kappa"].reason == "one category only"
    assert told["sensitivity"].reason == "no failure was labelled"


def test_a_calibrated_judge_has_no_error_beyond_chance() -> None:
    lows = [calibration(judged(300, seed), EVEN).error.low for seed in range(60)]
    assert np.mean(np.array(lows) == 0) >= 0.88


def test_a_judge_that_promises_too_much_is_found_out() -> None:
    found = calibration(judged(800, skew=0.2), EVEN)
    # values under 0.2 pass never, the others 0.2 less often: 0.18 over all
    assert found.error.low < 0.18 < found.error.high
    assert found.error.low > 0.1
    last = found.bins[-1]
    assert (last.low, last.high) == pytest.approx((0.9, 1.0))
    assert last.passed.high < last.score
    assert sum(one.n for one in found.bins) == 800
    assert sum(one.share for one in found.bins) == pytest.approx(1)


def test_the_error_covers_the_truth() -> None:
    covered = 0
    for seed in range(100):
        error = calibration(judged(400, seed, skew=0.2), EVEN).error
        covered += error.low <= 0.18 <= error.high
    assert covered >= 90


def test_few_values_are_bins_of_their_own_and_other_scales_have_no_error() -> None:
    frame = judged(200).assign(judge=np.tile([1.0, 2.0, 3.0, 4.0], 50))
    found = calibration(frame, EVEN)
    assert [one.score for one in found.bins] == [1, 2, 3, 4]
    assert "no probabilities" in str(found.error.reason)
    assert "100 labels" in str(calibration(judged(40), EVEN).error.reason)


def test_a_bin_of_few_labels_has_no_interval() -> None:
    frame = judged(120).assign(judge=[0.1] * 3 + [0.9] * 117)
    few, many = calibration(frame, EVEN).bins
    assert few.passed.to_json()["ci"] is None
    assert many.passed.to_json()["ci"] is not None


def test_drift_has_to_be_large_and_clear() -> None:
    steady, drifts = agreement_shift(judged(400), EVEN, passes=0.5)
    assert steady.low < 0 < steady.high
    assert not drifts
    frame = judged(400)
    frame.loc[200:, "judge"] = frame.loc[200:, "judge"].sample(frac=1, random_state=1).to_numpy()
    change, drifts = agreement_shift(frame.sample(frac=1, random_state=2), EVEN, passes=0.5)
    assert change.high < 0
    assert drifts
    assert agreement_shift(judged(60), EVEN, passes=0.5)[0].reason
    at_once, drifts = agreement_shift(frame.assign(at=1), EVEN, passes=0.5)
    assert not drifts
    assert "same time" in str(at_once.reason), "which half is which would be up to the order"


def test_a_steady_judge_is_hardly_ever_said_to_drift() -> None:
    alarms = [agreement_shift(judged(200, seed), EVEN, passes=0.5)[1] for seed in range(200)]
    assert sum(alarms) <= 8
