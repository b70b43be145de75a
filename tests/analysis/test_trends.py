import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from analysis import Support, Survey, change_points, releases


def series(rates, n: int, rng: np.random.Generator, pi=0.2) -> pd.DataFrame:
    """So many tasks at each rate, one after the other, a few per day."""
    y = np.concatenate([rng.random(n) < rate for rate in rates]).astype(float)
    return pd.DataFrame({"y": y, "pi": pi, "day": np.arange(len(y)) // 4})


SURVEY = Survey(5000, random_share=1.0)


def test_a_change_is_found_where_it_happened() -> None:
    frame = series([0.1, 0.4], 200, np.random.default_rng(1))
    (found,) = change_points(frame, [], SURVEY, at="day")
    assert abs(found.since - 50) <= 5
    assert found.until == found.since - 1
    assert found.q_value <= 0.01
    gap = found.difference
    assert gap.value == pytest.approx(found.after.value - found.before.value)
    assert gap.low > 0.1
    assert "chosen where both sides differ most" in gap.method


def test_the_segment_that_changed_is_named() -> None:
    rng = np.random.default_rng(2)
    frame = series([0.15] * 2, 600, rng).assign(model=rng.choice(list("abc"), 1200))
    worse = (frame["model"] == "b") & (frame["day"] >= 150)
    frame.loc[worse, "y"] = (rng.random(int(worse.sum())) < 0.5).astype(float)
    found = change_points(frame, ["model"], SURVEY, at="day")
    assert found[0].where in ({"model": "b"}, {})
    told = {str(one.where): one.q_value for one in found}
    assert len(told) == 4
    assert told["{'model': 'b'}"] <= 0.01
    assert min(told["{'model': 'a'}"], told["{'model': 'c'}"]) > 0.05


@pytest.mark.parametrize("weights", ["even", "targeted", "the draw changed midway"])
def test_without_a_change_one_is_hardly_ever_told(weights) -> None:
    rng, found = np.random.default_rng(3), 0
    for _ in range(150):
        frame = series([0.2], 160, rng)
        if weights == "targeted":
            frame["pi"] = np.where((frame["y"] == 1) & (rng.random(160) < 0.5), 0.8, 0.2)
        if weights == "the draw changed midway":
            frame["pi"] = np.where(frame["day"] < 20, 0.1, 0.6)
        (one,) = change_points(frame, [], SURVEY, at="day")
        found += one.p_value <= 0.05
    assert found <= 150 * 0.05 + 3 * (150 * 0.05 * 0.95) ** 0.5


def test_a_long_series_is_shuffled_in_stretches_and_still_dated_to_the_task() -> None:
    rng = np.random.default_rng(4)
    frame = series([0.1, 0.2], 3000, rng)
    (found,) = change_points(frame, [], Survey(30_000, random_share=1.0), at="day")
    assert found.q_value == 0.001
    assert abs(found.since - 750) <= 60


def test_the_order_of_rows_does_not_matter_and_the_seed_decides() -> None:
    frame = series([0.1, 0.2], 100, np.random.default_rng(5)).assign(day=range(200))
    told = change_points(frame, [], SURVEY, at="day")
    shuffled = frame.sample(frac=1, random_state=1)
    assert change_points(shuffled, [], SURVEY, at="day") == told


def test_thin_series_and_single_moments_are_not_tested() -> None:
    rng = np.random.default_rng(6)
    assert change_points(series([0.5], 19, rng), [], SURVEY, at="day") == []
    assert change_points(series([0.5], 60, rng).assign(day=1), [], SURVEY, at="day") == []
    assert change_points(series([0.0], 60, rng), [], SURVEY, at="day") == []


def test_releases_are_compared_with_the_one_before() -> None:
    rng = np.random.default_rng(7)
    frame = series([0.1, 0.1, 0.45], 100, rng, pi=1.0)
    frame["variant"] = ["A"] * 100 + ["B"] * 100 + ["C"] * 100
    frame.loc[frame.index[:3], "variant"] = None
    one, other = releases(frame, "variant", Survey(300), at="day")
    assert [(one.until, one.since), (other.until, other.since)] == [("A", "B"), ("B", "C")]
    assert one.q_value > 0.05 > other.q_value
    b, c = frame["y"][100:200].sum(), frame["y"][200:].sum()
    expected = confint_proportions_2indep(c, 100, b, 100, compare="diff", method="newcomb")
    assert (other.difference.low, other.difference.high) == pytest.approx(expected)


def test_refusals_hold_for_changes() -> None:
    frame = series([0.1, 0.4], 100, np.random.default_rng(8))
    frame["variant"] = ["A"] * 100 + ["B"] * 100
    ordered = Survey(5000, refusal="the order was changed")
    for found in (change_points(frame, [], ordered, at="day"),
                  releases(frame, "variant", ordered, at="day")):  # fmt: skip
        told = found[0].to_json()
        assert told["q_value"] is None
        assert told["difference"]["reason"] == "the order was changed"
    refused = Survey(5000, refusal="the lowest only", refuse_estimate=True)
    assert change_points(frame, [], refused, at="day") == []
    assert releases(frame, "variant", refused, at="day") == []


def test_support_is_needed_on_both_sides() -> None:
    frame = series([0.5], 40, np.random.default_rng(9)).assign(variant=["A"] * 35 + ["B"] * 5)
    assert releases(frame, "variant", SURVEY, at="day") == []
    assert len(releases(frame, "variant", SURVEY, at="day", support=Support(5, 1))) == 1


def test_a_missing_column_is_named() -> None:
    frame = series([0.5], 40, np.random.default_rng(9))
    with pytest.raises(ValueError, match=r"lacks columns \['week'\]"):
        change_points(frame, [], SURVEY, at="week")
