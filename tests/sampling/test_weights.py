"""The weights of design.md 3, worked by hand, and the reasons people read."""

import numpy as np
import pandas as pd
import pytest

from sampling import strategy_from

NAN = float("nan")


def weights(name, params, **columns):
    return strategy_from(name, params).weights(pd.DataFrame(columns)).tolist()


def reasons(name, params, **columns):
    return strategy_from(name, params).reasons(pd.DataFrame(columns))


def test_random_weighs_everybody_the_same():
    assert weights("random", {}, interaction=[1, 2, 3]) == [1, 1, 1]
    assert reasons("random", {}, interaction=[1]) == ["taken at random"]


def test_confidence_weighs_doubt():
    # 1 - .9 + .05, 1 - 0 + .05, missing 1 + .05
    found = weights("confidence", {}, confidence=[0.9, 0.0, NAN])
    assert found == pytest.approx([0.15, 1.05, 1.05])


def test_confidence_gamma_sharpens():
    found = weights("confidence", {"gamma": 2, "floor": 0}, confidence=[0.9, 0.5, 1.0])
    assert found == pytest.approx([0.01, 0.25, 0])


def test_confidence_missing_counts_whatever_gamma_is():
    for gamma in (0, 1, 3):
        params = {"gamma": gamma, "missing": 0.3, "floor": 0.1}
        assert weights("confidence", params, confidence=[NAN]) == pytest.approx([0.4])


def test_confidence_outside_its_range_never_gets_a_negative_weight():
    assert weights("confidence", {"floor": 0}, confidence=[1.5, -1.0]) == [0, 1]


def test_confidence_tells_its_value():
    assert reasons("confidence", {}, confidence=[0.314, NAN]) == [
        "confidence 0.31",
        "no confidence given",
    ]


def test_missing_values_may_be_none():
    assert weights("confidence", {}, confidence=pd.Series([None, 0.5], dtype=object)) == (
        pytest.approx([1.05, 0.55])
    )


def test_feedback_weighs_complaints():
    found = weights("feedback_weighted", {}, feedback=[0.0, 1.0, NAN])
    assert found == pytest.approx([1.05, 0.05, 0.55])
    assert reasons("feedback_weighted", {}, feedback=[0.25, NAN]) == [
        "feedback 0.25",
        "no feedback given",
    ]


def test_score_rises_from_passing_to_failing():
    scale = {"name": "judge", "fails_at": 1, "passes_at": 5}
    # four points from passing to failing: 2 is three quarters of the way
    found = weights("score", scale, **{"score:judge": [1.0, 2.0, 5.0, 9.0, 0.0, NAN]})
    assert found == pytest.approx([1, 0.75, 0, 0, 1, 1])
    upward = {"name": "risk", "fails_at": 1, "passes_at": 0, "floor": 0.1, "missing": 0.2}
    found = weights("score", upward, **{"score:risk": [0.0, 0.5, NAN]})
    assert found == pytest.approx([0.1, 0.6, 0.3])
    assert reasons("score", scale, **{"score:judge": [2.5, NAN]}) == [
        "score judge 2.50",
        "no score judge",
    ]


FLAGGED = {"flagged": [True, False, False, False, False], "chars": [50, 3, 50, 999, 50]}
FLAGGED["score:judge"] = [5.0, 5.0, 1.0, 5.0, NAN]
TESTS = {"judge_below": 2, "min_chars": 10, "max_chars": 500}


def test_flags_short_long_and_badly_judged_all_count_as_flagged():
    assert weights("error_triggered", TESTS, **FLAGGED) == [1, 1, 1, 1, 0]
    assert weights("error_triggered", TESTS | {"floor_size": 1}, **FLAGGED) == [1] * 5
    assert weights("error_triggered", TESTS | {"mode": "capped"}, **FLAGGED) == [1, 1, 1, 1, 0.05]
    assert weights("error_triggered", {}, **FLAGGED) == [1, 0, 0, 0, 0]
    assert reasons("error_triggered", TESTS, **FLAGGED) == [
        "flagged",
        "shorter than 10",
        "judge below 2",
        "longer than 500",
        "random floor",
    ]


def test_certain_has_two_strata_and_capped_one():
    frame = pd.DataFrame(FLAGGED)
    codes, names = strategy_from("error_triggered", TESTS).strata(frame)
    assert [names[code] for code in codes] == ["flagged"] * 4 + ["rest"]
    codes, names = strategy_from("error_triggered", {"mode": "capped"}).strata(frame)
    assert [names[code] for code in codes] == ["all"] * 5


def mixture(*parts):
    names = ("strategy", "share", "params")
    listed = [dict(zip(names, part, strict=False)) for part in parts]
    return strategy_from("mixture", {"parts": listed})


def test_a_mixture_adds_shares_of_the_whole_weight():
    frame = pd.DataFrame({"confidence": [1.0, 0.5, 0.0, 0.5]})
    # random: 4 in all; (1 - c)^2: 0, .25, 1, .25, in all 1.5
    default = strategy_from("mixture")
    totals = {name: part.sum() for name, part in default.components(frame).items()}
    assert totals == {"random": 4, "confidence": 1.5}
    found = default.settled(totals).weights(frame)
    expected = [0.5 / 4 + 0.5 * c / 1.5 for c in (0, 0.25, 1, 0.25)]
    assert found.tolist() == pytest.approx(expected)
    assert found.sum() == pytest.approx(1)
    assert default.settled(totals).least == pytest.approx(0.5 / 4)


def test_a_part_in_which_nobody_has_weight_gives_its_share_to_random():
    frame = pd.DataFrame({"confidence": [1.0, 1.0]})
    blend = mixture(("confidence", 0.6, {"floor": 0}), ("feedback_weighted", 0.4))
    blend = blend.settled({"random": 2.0, "confidence": 0.0, "feedback_weighted": 1.1})
    frame["feedback"] = [0.0, NAN]
    assert blend.shares() == pytest.approx({"feedback_weighted": 0.4, "random": 0.6})
    expected = [0.6 / 2 + 0.4 * w / 1.1 for w in (1.05, 0.55)]
    assert blend.weights(frame).tolist() == pytest.approx(expected)
    assert blend.notes(5, {}) == ["nothing has weight for confidence: its share goes to random"]


def test_a_mixture_may_use_a_strategy_twice():
    blend = mixture(
        ("random", 0.4),
        ("score", 0.3, {"name": "a"}),
        ("score", 0.3, {"name": "b", "fails_at": 1, "passes_at": 0}),
    )
    frame = pd.DataFrame({"score:a": [0.0, 1.0], "score:b": [0.0, 1.0]})
    assert blend.scores == {"a", "b"}
    assert set(blend.components(frame)) == {"random", "score", "score 2"}
    blend = blend.settled({"random": 2.0, "score": 1.0, "score 2": 1.0})
    assert blend.weights(frame).tolist() == pytest.approx([0.5, 0.5])
    assert blend.reasons(frame) == ["score a 0.00", "score b 1.00"]


def test_a_mixture_names_the_part_that_brought_it():
    blend = strategy_from("mixture").settled({"random": 10.0, "confidence": 1.0})
    frame = pd.DataFrame({"confidence": [0.95, 0.1]})
    # random .05 for both; confidence .00125 and .405
    assert blend.reasons(frame) == ["taken at random", "confidence 0.10"]


def test_a_mixture_with_little_random_says_so():
    parts = [("random", 0.1), ("confidence", 0.9)]
    notes = mixture(*parts).settled({"random": 9.0, "confidence": 4.0}).notes(5, {})
    assert notes == [
        "only 10% at random: estimates of rare failures get unreliable; at least 20% is better"
    ]


def test_a_mixture_weighs_only_once_it_knows_the_totals():
    with pytest.raises(ValueError, match=r"only after settled\(totals\)"):
        strategy_from("mixture").weights(pd.DataFrame({"confidence": [0.5]}))
    with pytest.raises(ValueError, match=r"totals lack \['confidence'\]; they have \['random'\]"):
        strategy_from("mixture").settled({"random": 1.0})


def sizes(size, counts, **params):
    return strategy_from("stratified", params).sizes(size, counts)


COUNTS = {"a": 700, "b": 200, "c": 95, "d": 5}


def test_equal_allocation_gives_the_same_and_spreads_what_small_strata_lack():
    # 100 / 4 = 25 each, d has 5, the other 95 go to a, b, c: 32, 32, 31 (first by name)
    assert sizes(100, COUNTS) == {"a": 32, "b": 32, "c": 31, "d": 5}


def test_proportional_allocation_keeps_the_minimum():
    # d fixed at 2, the other 98 spread over 995: 68.9, 19.7, 9.4
    found = sizes(100, COUNTS, allocation="proportional", minimum=2)
    assert found == {"a": 69, "b": 20, "c": 9, "d": 2}


def test_neyman_follows_members_times_spread():
    counts = {"a": 500, "b": 500}
    found = sizes(100, counts, allocation="neyman", sd={"a": 0.4, "b": 0.1})
    assert found == {"a": 80, "b": 20}


def test_neyman_never_trusts_a_pilot_that_saw_no_spread():
    counts = {"a": 500, "b": 500}
    found = sizes(90, counts, allocation="neyman", sd={"a": 0.4, "b": 0})
    # mean spread .2, floor .05: 8 to 1
    assert found == {"a": 80, "b": 10}


def test_neyman_takes_the_mean_for_strata_it_knows_nothing_of():
    counts = {"a": 300, "b": 300, "c": 300}
    found = sizes(90, counts, allocation="neyman", sd={"a": 0.4, "b": 0.2})
    assert found == {"a": 40, "b": 20, "c": 30}


@pytest.mark.parametrize("sd", [None, {}, {"a": 0, "b": 0}])
def test_neyman_without_spread_is_proportional(sd):
    found = sizes(10, {"a": 90, "b": 10}, allocation="neyman", sd=sd)
    assert found == {"a": 9, "b": 1}


def test_neyman_without_sd_says_so():
    notes = strategy_from("stratified", {"allocation": "neyman"}).notes(10, COUNTS)
    assert notes == ["neyman without sd: strata are drawn in proportion to their members"]


def test_fewer_places_than_strata_go_to_the_largest():
    assert sizes(2, COUNTS) == {"a": 1, "b": 1}
    assert strategy_from("stratified").notes(2, COUNTS) == [
        "2 places for 4 strata: 2 cannot come in (c, d)"
    ]


def test_a_minimum_that_does_not_fit_is_lowered_and_told():
    assert sizes(10, COUNTS, minimum=5) == {"a": 3, "b": 3, "c": 2, "d": 2}
    assert strategy_from("stratified", {"minimum": 5}).notes(10, COUNTS) == [
        "10 places are too few for 5 from each of 4 strata"
    ]


def test_more_places_than_members_take_all():
    assert sizes(10_000, COUNTS) == COUNTS
    assert strategy_from("stratified", {"minimum": 5}).notes(10_000, COUNTS) == []
    assert sizes(10, {}) == {}


def test_strata_without_a_value_share_one():
    frame = pd.DataFrame({"category": pd.Series(["x", None, "y", NAN, "x"], dtype=object)})
    codes, names = strategy_from("stratified").strata(frame)
    assert [names[code] for code in codes] == ["x", "(none)", "y", "(none)", "x"]
    assert strategy_from("stratified").reasons(frame.assign(stratum="x"))[0] == "stratum x"


def test_allocation_is_exact_and_within_bounds_for_many_shapes():
    rng = np.random.default_rng(5)
    for _ in range(300):
        members = rng.integers(1, rng.choice([4, 50, 5000]), rng.integers(1, 30))
        counts = {f"s{index:02}": int(one) for index, one in enumerate(members)}
        size = int(rng.integers(1, members.sum() + 10))
        kind = rng.choice(["equal", "proportional", "neyman"])
        sd = {name: float(rng.random()) for name in counts}
        found = sizes(size, counts, allocation=kind, minimum=int(rng.integers(1, 6)), sd=sd)
        assert sum(found.values()) == min(size, members.sum())
        assert all(1 <= taken <= counts[name] for name, taken in found.items())
