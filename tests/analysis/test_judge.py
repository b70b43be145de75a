"""The estimate with a judge: right on average, honest in its interval, no worse without."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import (
    Judged,
    JudgeEstimate,
    Survey,
    estimate,
    estimate_with_judge,
    hajek_mean,
    ppi_mean,
    stratified_ppi_mean,
)

SIZE = 4000


def people(sharp: float, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes of a population of which a fifth fails, and what a judge says of them."""
    rng = np.random.default_rng(seed)
    y = (rng.random(SIZE) < 0.8).astype(float)
    return y, np.clip(0.5 + sharp * (y - 0.5) + rng.normal(0, 0.25, SIZE), 0, 1)


def sample(y: np.ndarray, judge: np.ndarray, pi: np.ndarray | float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    taken = rng.random(SIZE) < pi
    chances = np.broadcast_to(pi, SIZE)[taken]
    half = rng.integers(0, 2, taken.sum())
    return pd.DataFrame({"y": y[taken], "pi": chances, "judge": judge[taken], "half": half})


def judged(judge: np.ndarray) -> Judged:
    return Judged(float(judge.mean()), float(judge.min()), float(judge.max()), len(judge))


def told(frame: pd.DataFrame, judge: np.ndarray, **more: Any) -> JudgeEstimate:
    return estimate_with_judge(frame, Survey(SIZE, random_share=1.0), judged(judge), **more)


def test_a_good_judge_narrows_the_interval_and_is_told_in_labels() -> None:
    y, judge = people(0.6)
    found = told(sample(y, judge, 0.05, 1), judge)
    assert found.used
    width = [figure.high - figure.low for figure in (found.figure, found.without)]
    assert width[0] < 0.8 * width[1]
    # the saving is the same ratio of variances: that of the widths squared, nearly
    assert found.saves.value == pytest.approx(
        found.figure.n * ((width[1] / width[0]) ** 2 - 1), rel=0.15
    )
    assert found.saves.low < found.saves.value < found.saves.high
    assert found.correlation.low < np.corrcoef(y, judge)[0, 1] < found.correlation.high


def test_a_judge_that_scores_failure_helps_as_much() -> None:
    y, judge = people(0.6)
    frame = sample(y, judge, 0.05, 1)
    one, other = told(frame, judge), told(frame.assign(judge=1 - frame["judge"]), 1 - judge)
    assert other.figure.value == pytest.approx(one.figure.value)
    assert other.saves.value == pytest.approx(one.saves.value)


def test_the_unit_of_the_judge_does_not_matter() -> None:
    y, judge = people(0.6)
    frame = sample(y, judge, 0.05, 1)
    one = told(frame, judge)
    other = told(frame.assign(judge=100 * frame["judge"] - 7), 100 * judge - 7)
    assert other.figure.value == pytest.approx(one.figure.value)
    assert other.figure.low == pytest.approx(one.figure.low)


def test_ratings_are_helped_on_their_own_scale() -> None:
    y, judge = people(0.6)
    frame = sample(1 + 4 * y, judge, 0.05, 1)
    found = told(frame, judge, scale=(1.0, 5.0))
    plain = told(sample(y, judge, 0.05, 1), judge)
    assert found.used
    assert found.figure.value == pytest.approx(1 + 4 * plain.figure.value)
    assert found.saves.value == pytest.approx(plain.saves.value)


def test_tasks_without_a_value_count_as_average() -> None:
    y, judge = people(0.6)
    frame = sample(y, judge, 0.05, 1)
    some = frame.assign(judge=frame["judge"].where(np.arange(len(frame)) % 3 > 0))
    found, full = told(some, judge), told(frame, judge)
    assert found.used
    assert 0 < found.saves.value < full.saves.value


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (lambda y, judge: sample(y, judge, 0.015, 1), "it takes 100 labels, there are"),
        (lambda y, judge: sample(1 - 0 * y, judge, 0.05, 1), "it takes 10 of either outcome"),
        (lambda y, judge: sample(y, np.roll(judge, 7), 0.05, 1), "too little"),
        (lambda y, judge: sample(y, judge * np.nan, 0.05, 1), "scored 0 of the labelled"),
    ],
)
def test_a_judge_that_cannot_help_is_left_out_and_the_reason_told(frame: Any, why: str) -> None:
    y, judge = people(0.6)
    seen = frame(y, judge)
    found = told(seen, judge)
    assert not found.used
    assert why in str(found.reason)
    assert found.figure == estimate(seen, Survey(SIZE, random_share=1.0))
    assert not found.saves.defined


def test_a_certain_set_or_a_refusal_leaves_the_judge_out() -> None:
    y, judge = people(0.6)
    frame = sample(y, judge, 0.05, 1)
    survey = Survey(SIZE, random_share=1.0, refusal="the order was changed")
    found = estimate_with_judge(frame, survey, judged(judge))
    assert (found.used, found.reason) == (False, "the order was changed")
    strata = pd.DataFrame([("c", 40, True)], columns=["stratum", "population", "certain"])
    census = Survey(SIZE, kind="census", strata=strata)
    flagged = frame.assign(certain=np.arange(len(frame)) < 40)
    flagged.loc[flagged["certain"], "pi"] = 1.0
    assert "certain" in str(estimate_with_judge(flagged, census, judged(judge)).reason)


def test_what_most_of_a_draw_was_targeted_for_is_capped() -> None:
    y, judge = people(0.9)
    frame = sample(y, judge, 0.05, 1)
    wide = estimate_with_judge(frame, Survey(SIZE, random_share=0.3), judged(judge)).figure
    narrow = estimate_with_judge(frame, Survey(SIZE, random_share=0.5), judged(judge)).figure
    assert wide.value == narrow.value
    assert wide.high - wide.low > 1.1 * (narrow.high - narrow.low)


@pytest.mark.parametrize("n", [120, 250])
@pytest.mark.parametrize("targeted", [False, True])
def test_intervals_cover_and_the_mean_is_right(n: int, targeted: bool) -> None:
    y, judge = people(0.6)
    weight = 0.5 / SIZE + (0.5 * (1 - judge) / (1 - judge).sum() if targeted else 0.5 / SIZE)
    pi = np.minimum(1, n * weight)
    survey, totals, truth = Survey(SIZE, random_share=0.5), judged(judge), y.mean()
    covered, errors, used, narrower = 0, [], 0, []
    for seed in range(400):
        found = estimate_with_judge(sample(y, judge, pi, seed), survey, totals)
        covered += found.figure.low <= truth <= found.figure.high
        used += found.used
        errors.append(found.figure.value - truth)
        narrower.append(
            (found.figure.high - found.figure.low) / (found.without.high - found.without.low)
        )
    assert used > 390 if n > 200 else used > 200
    assert 0.925 - 0.02 <= covered / 400 <= 0.97 + 0.015
    assert abs(np.mean(errors)) < 3 * np.std(errors) / 20 + 0.002
    assert np.mean(narrower) < 0.95


def test_prediction_powered_means() -> None:
    y, judge = people(0.6)
    labelled = np.arange(SIZE) < 400
    alone = ppi_mean(y[labelled], judge[labelled], judge[~labelled], slope=0)
    helped = ppi_mean(y[labelled], judge[labelled], judge[~labelled])
    assert alone.value == pytest.approx(y[labelled].mean())
    # population variance, so without the n / (n - 1) of the Hajek mean
    assert alone.se == pytest.approx(
        hajek_mean(y[labelled], np.full(400, 1e-9)).se * (399 / 400) ** 0.5, rel=1e-6
    )
    assert helped.se < 0.8 * alone.se
    constant = ppi_mean([1, 0, 1], [2, 2, 2], [2, 2, 2, 2])
    assert constant.value == pytest.approx(2 / 3)


def test_strata_with_slopes_of_their_own_beat_one_slope() -> None:
    rng = np.random.default_rng(5)
    parts, together = [], [[], [], []]
    for level, turn in ((0.2, 1.0), (0.8, -1.0)):
        y = (rng.random(2000) < level).astype(float)
        judge = np.clip(0.5 + turn * 0.4 * (y - 0.5) + rng.normal(0, 0.1, 2000), 0, 1)
        judge = judge if turn > 0 else rng.random(2000)
        part = (y[:150], judge[:150], judge[150:])
        parts.append(part)
        for whole, piece in zip(together, part, strict=True):
            whole.append(piece)
    whole = ppi_mean(*(np.concatenate(piece) for piece in together))
    assert stratified_ppi_mean(parts).se < whole.se


def test_bad_input_names_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="judged has shape"):
        ppi_mean([1, 0], [1], [1])
    with pytest.raises(ValueError, match="finite"):
        ppi_mean([1, float("nan")], [1, 0], [1])
    with pytest.raises(ValueError, match="stratum"):
        stratified_ppi_mean([])
    with pytest.raises(ValueError, match="between low and high"):
        Judged(2.0, 0.0, 1.0, 5)
    with pytest.raises(ValueError, match="half"):
        told(pd.DataFrame({"y": [1.0], "pi": 0.1, "judge": 1.0}), np.array([0.0, 1.0]))
