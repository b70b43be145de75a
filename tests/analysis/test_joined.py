"""A part of the population that was hardly drawn is estimated apart, and joined by its size."""

from math import hypot

import numpy as np
import pandas as pd
import pytest

from analysis import (
    Judged,
    Support,
    Survey,
    calibration,
    clopper_pearson,
    estimate,
    estimate_by,
    estimate_with_judge,
    failure_slices,
    judge_agreement,
    label_worth,
    poststratified,
    releases,
    unmet,
)
from sampling import Plan, design, draw, strategy_from

STARS = (1.0, 5.0)
SHARES = (0.0, 1.0)
SCORE = {"name": "judge", "fails_at": 1.0, "passes_at": 0.0}


def labelled(few, *, rest=40, hits=10):
    """`few` outcomes of the part hardly drawn beside 40 others of which 10 fail."""
    y = [1.0] * hits + [0.0] * (rest - hits) + list(few)
    pi = [0.1] * rest + [0.005] * len(few)
    return pd.DataFrame({"y": y, "pi": pi, "sparse": [False] * rest + [True] * len(few)})


def test_without_a_label_of_it_the_interval_reaches_as_far_as_it_could_move_the_mean():
    alone = estimate(labelled([]), Survey(400, random_share=0.1))
    whole = estimate(labelled([]), Survey(1000, random_share=0.1, sparse=0.6))
    assert whole.value == alone.value == 0.25
    assert whole.low == pytest.approx(0.4 * alone.low)
    assert whole.high == pytest.approx(0.4 * alone.high + 0.6)
    assert whole.n == 40
    assert whole.method.endswith("widened: 60% of the population was hardly drawn (0 labels)")


def test_with_a_few_both_parts_are_joined_by_size():
    rest = estimate(labelled([]), Survey(400, random_share=0.1))
    whole = estimate(labelled([0, 0, 1]), Survey(1000, random_share=0.1, sparse=0.6))
    few = clopper_pearson(1 / 3, 3)
    assert whole.value == pytest.approx(0.4 * 0.25 + 0.6 / 3)
    assert whole.value - whole.low == pytest.approx(
        hypot(0.4 * (0.25 - rest.low), 0.6 * (1 / 3 - few.low))
    )
    assert whole.high - whole.value == pytest.approx(
        hypot(0.4 * (rest.high - 0.25), 0.6 * (few.high - 1 / 3))
    )
    assert whole.n == 43


def test_labels_that_speak_of_a_small_piece_of_the_part_bound_nothing():
    """Most of the part has no label: those of the rest of it may lie as far off as none at all."""
    rest = estimate(labelled([]), Survey(400, random_share=0.1))
    whole = estimate(
        labelled([0] * 4), Survey(1000, random_share=0.1, sparse=0.6, sparse_worth=0.7)
    )
    assert whole.low == pytest.approx(0.4 * rest.low)
    assert whole.high == pytest.approx(0.4 * rest.high + 0.6)
    known = estimate(labelled([0] * 4), Survey(1000, random_share=0.1, sparse=0.6))
    some = estimate(labelled([0] * 4), Survey(1000, random_share=0.1, sparse=0.6, sparse_worth=2.0))
    assert known.high < some.high < whole.high


def test_a_rating_too_and_never_beyond_its_scale():
    frame = labelled([5.0, 5.0]).assign(y=lambda one: 1 + 4 * (one["y"] > 0))
    whole = estimate(frame, Survey(1000, sparse=0.6), scale=STARS)
    few = clopper_pearson(1.0, 2)
    assert whole.value == pytest.approx(0.4 * 2.0 + 0.6 * 5.0)
    assert whole.high <= 5.0
    assert 1.0 <= whole.low < whole.value - 0.6 * 4 * (1 - few.low) + 0.01


def test_what_the_rest_cannot_carry_the_whole_cannot():
    small = estimate(labelled([1.0], rest=15), Survey(1000, sparse=0.6))
    assert not small.defined
    assert "fewer than 20 labels drawn by chance (15)" in small.reason
    assert "hardly drawn (1 label)" in small.reason
    assert small.n == 16
    rated = estimate(labelled([1.0], rest=15), Survey(1000, sparse=0.6), scale=SHARES)
    assert rated.defined
    assert np.isnan(rated.low)
    assert not estimate(labelled([1.0, 0.0], rest=0, hits=0), Survey(1000, sparse=0.6)).defined


def test_beside_a_certain_set_the_rest_is_joined_alike():
    rest = labelled([0, 1]).assign(certain=False)
    flagged = pd.DataFrame({"y": [1.0] * 50, "pi": 1.0, "sparse": False, "certain": True})
    strata = pd.DataFrame([("certain", 50, True)], columns=["stratum", "population", "certain"])
    survey = Survey(1050, "census", strata, sparse=600 / 1050)
    figure = estimate(pd.concat([rest, flagged], ignore_index=True), survey)
    alone = estimate(rest.drop(columns="certain"), Survey(1000, sparse=0.6))
    share = 1000 / 1050
    assert figure.value == pytest.approx(share * alone.value + 1 - share)
    assert figure.low == pytest.approx(share * alone.low + 1 - share, abs=0.005)
    assert figure.high == pytest.approx(share * alone.high + 1 - share, abs=0.005)
    assert "widened: 60% of the population was hardly drawn (2 labels)" in figure.method
    assert figure.n == 92


def test_less_than_a_hundredth_is_left_alone():
    plain = estimate(labelled([0.0]), Survey(1000))
    assert estimate(labelled([0.0]), Survey(1000, sparse=0.009)) == plain


def in_segments(few):
    """Half of 40 labels of the rest in either segment, and those of the part in the ones named."""
    return labelled([1.0] * len(few)).assign(model=["a", "b"] * 20 + list(few))


def test_a_segment_is_joined_by_what_may_be_of_it():
    found = estimate_by(in_segments("ab"), "model", Survey(1000, random_share=0.1, sparse=0.6))
    alone = estimate(in_segments("")[::2], Survey(200, random_share=0.1))
    one = clopper_pearson(0.5, 2)
    least, most = (600 * of / (600 * of + 200) for of in one)
    assert found["a"].value == pytest.approx(0.4 * alone.value + 0.6 * 1.0)
    assert found["a"].n == 21
    part = clopper_pearson(1.0, 1)
    mean = (1 - most) * alone.value + most
    assert found["a"].high == pytest.approx(
        mean + hypot((1 - most) * (alone.high - alone.value), most * (part.high - 1.0))
    )
    assert found["a"].low <= (1 - least) * alone.low + least * part.low
    assert found["a"].method.endswith(
        f"hardly drawn (1 label), of this segment {least:.0%} to {most:.0%}"
    )


def test_all_of_the_part_or_nothing_may_be_of_a_segment_without_a_label_of_it():
    survey = Survey(1000, random_share=0.1, sparse=0.6)
    alone = estimate(in_segments("")[::2], Survey(200, random_share=0.1))
    unseen = estimate_by(in_segments(""), "model", survey)["a"]
    assert unseen.value == pytest.approx(alone.value)
    assert unseen.low == pytest.approx(0.25 * alone.low)
    assert unseen.high == pytest.approx(0.25 * alone.high + 0.75)
    other = estimate_by(in_segments("bbbb"), "model", survey)["a"]
    assert other.value == pytest.approx(alone.value)  # nothing of it was seen there
    assert alone.high < other.high < unseen.high
    assert not estimate_by(in_segments("c"), "model", survey)["c"].defined


def test_a_judge_is_not_said_to_see_what_it_hid_from_people():
    """Drawn by what the judge fails, all failures seen are ones that it saw."""
    frame = labelled([1.0, 1.0]).assign(judge=[0.0] * 40 + [1.0] * 2)
    told = judge_agreement(frame, Survey(1000, random_share=0.1, sparse=0.6), passes=0.5)
    assert told["sensitivity"].value == 1.0
    assert told["sensitivity"].low < 0.4  # failures that nobody looked for
    assert np.isnan(told["cohen_kappa"].low)
    assert "hardly drawn" in told["cohen_kappa"].reason


def test_what_compares_by_seen_labels_alone_claims_no_precision():
    """A rate that is widened beside a sharp difference of the same rates would contradict it."""
    frame = labelled([0.0, 1.0], rest=200, hits=60)
    frame = frame.assign(model=["a", "b"] * 101, at=range(202), judge=frame["y"] * 0.8 + 0.1)
    survey, whole = (Survey(10_000, random_share=0.1, sparse=share) for share in (0.6, 0.0))
    for one, known in ((survey, False), (whole, True)):
        found = failure_slices(frame, ["model"], one, depth=1).patterns
        assert found
        assert all(np.isfinite(pattern.lift_ends).all() == known for pattern in found)
        releases_of = releases(frame, "model", one, at="at", support=Support(5))
        assert releases_of
        assert all(np.isfinite(change.difference.low) == known for change in releases_of)
        assert np.isfinite(calibration(frame, one).error.low) == known
        assert np.isfinite(label_worth(frame, one)) == known


def test_judge_and_known_totals_step_back():
    frame = pd.concat([labelled([0, 1], rest=140, hits=60)])
    frame = frame.assign(judge=frame["y"], half=np.arange(len(frame)) % 2)
    frame.loc[:9, "judge"] = 0.0
    survey = Survey(10_000, sparse=0.6)
    found = estimate_with_judge(frame, survey, Judged(0.4, 0.0, 1.0, 10_000))
    assert not found.used
    assert found.reason == "60% of the population was hardly drawn (2 labels)"
    assert found.figure == estimate(frame, survey)
    classes = frame.assign(**{"class": np.where(np.arange(len(frame)) % 2, "x", "y")})
    met, same = poststratified(classes, survey, {"x": 5_000, "y": 5_000})
    assert same is survey
    assert estimate(met, same) == found.figure
    assert "hardly drawn" in unmet(same)


def test_it_holds_the_truth_where_a_judge_hides_more_than_half():
    """Drawn by score alone, the part that the judge is sure of gets two labels or none."""
    rng = np.random.default_rng(4)
    sure = np.repeat([True, False], [1200, 800])
    rates = (0.0, 0.3, 1.0)
    y = [(rng.random(2000) < np.where(sure, rate, 0.5)).astype(float) for rate in rates]
    frame = pd.DataFrame(
        {
            "interaction": np.arange(2000),
            "sample_key": rng.integers(0, 2**63 - 1, 2000),
            "score:judge": np.where(sure, 0.0, 1.0),
        }
    )
    strategy = strategy_from("score", {**SCORE, "floor": 0.02})
    held = np.zeros((2, 3))
    for seed in range(200):
        drawn = draw(Plan(strategy, size=60, seed=seed), lambda: [frame])
        rows = drawn.picked.assign(draw=0, task=drawn.picked["interaction"], picked=True)
        state = rows[["task"]].assign(labelled=True, claimed=True, open_lease=False)
        found = design([(0, drawn.record())], rows, state, added=[2000])
        for column, of in enumerate(y):
            tasks = found.tasks.assign(
                y=of[found.tasks["task"]], sparse=found.tasks["task"].isin(found.hardly_drawn.tasks)
            )
            for row, sparse in enumerate((found.hardly_drawn.share, 0.0)):
                told = estimate(tasks, Survey(2000, random_share=0.05, sparse=sparse))
                held[row, column] += bool(told.low <= of.mean() <= told.high)
    assert (held[0] >= 0.92 * 200).all()
    assert (held[1][[0, 2]] < 0.8 * 200).all()  # the labels alone know nothing of it
