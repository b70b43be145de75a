from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling import Plan, Sketch, Tally, draw, finished, sketch_for, strategy_from, uniform
from sampling.base import Strategy


def frame_of(keys, **columns):
    return pd.DataFrame(
        {"interaction": np.arange(len(keys)) + 100, "sample_key": keys, **columns}
    ).astype({"sample_key": "int64"})


def drawn_from(frame, name="random", params=None, **asked):
    return draw(Plan(strategy_from(name, params or {}), **asked), lambda: [frame])


def test_worked_by_hand():
    frame = frame_of([0, 1, 2, 3], confidence=[0.95, 0.45, 0.0, 0.95])
    # u of keys 0..3 with seed 0, weights .1, .6, 1.05, .1
    number = uniform([0, 1, 2, 3], 0)
    priority = np.array([0.1, 0.6, 1.05, 0.1]) / number
    order = np.argsort(-priority)
    drawn = drawn_from(frame, "confidence", size=2, seed=0)
    assert drawn.picked["interaction"].tolist() == (order[:2] + 100).tolist()
    assert drawn.picked["priority"].tolist() == pytest.approx(priority[order[:2]])
    (only,) = drawn.strata
    assert only.tau_in == pytest.approx(priority[order[2]])
    assert only.tau_out == pytest.approx(priority[order[1]])
    assert (only.population, only.size, only.certain) == (4, 2, False)
    expected = np.minimum(1, np.array([0.1, 0.6, 1.05, 0.1])[order[:2]] / only.tau_in)
    assert drawn.picked["pi"].tolist() == pytest.approx(expected)
    assert drawn.random_share == pytest.approx(0.05 * 4 / 1.85, abs=1e-6)


def test_candidates_without_weight_never_come_in():
    frame = frame_of(range(10), **{"score:judge": [0.0] * 4 + [1.0] * 6})
    params = {"name": "judge", "fails_at": 1, "passes_at": 0}
    drawn = drawn_from(frame, "score", params, size=8)
    assert (drawn.population, drawn.eligible) == (10, 6)
    assert sorted(drawn.picked["interaction"]) == list(range(104, 110))
    assert (drawn.picked["pi"] == 1).all()
    assert drawn.warnings == ("4 of 10 have no weight and cannot come in",)


@pytest.mark.parametrize("size", [10, 11, 10**30])
def test_a_size_of_all_and_more_takes_all(size, candidates):
    drawn = drawn_from(candidates(10), "confidence", size=size)
    assert len(drawn.picked) == 10
    assert (drawn.picked["pi"] == 1).all()
    assert drawn.strata[0].tau_in is drawn.strata[0].tau_out is None
    assert drawn.expected_half_width["value"] == 0


@pytest.mark.parametrize(
    ("rate", "count", "expected"), [(0.05, 200, 10), (0.07, 100, 7), (0.051, 200, 11), (1, 9, 9)]
)
def test_a_rate_is_rounded_up_but_not_for_noise(rate, count, expected, candidates):
    assert len(drawn_from(candidates(count), rate=rate).picked) == expected


def test_a_rate_is_of_the_eligible():
    frame = frame_of(range(100), **{"score:judge": [0.0] * 60 + [1.0] * 40})
    params = {"name": "judge", "fails_at": 1, "passes_at": 0}
    drawn = drawn_from(frame, "score", params, rate=0.5)
    fixed = drawn_from(frame, "score", params, size=20)
    assert len(drawn.picked) == 20
    pd.testing.assert_frame_equal(drawn.picked, fixed.picked)
    assert drawn.record() == fixed.record()


def test_lowest_takes_the_lowest_in_order_with_ties_by_chance():
    frame = frame_of(range(8), confidence=[0.9, 0.5, 0.1, 0.5, 0.5, 0.2, 0.5, np.nan])
    drawn = drawn_from(frame, "confidence", {"mode": "lowest"}, size=4)
    first = drawn.picked["interaction"].tolist()
    assert first[:3] == [107, 102, 105]
    assert first[3] in (101, 103, 104, 106)
    others = {
        drawn_from(frame, "confidence", {"mode": "lowest"}, size=4, seed=seed)
        .picked["interaction"]
        .iloc[3]
        for seed in range(30)
    }
    assert others == {101, 103, 104, 106}
    assert (drawn.certain, drawn.eligible, drawn.population) == (4, 4, 8)
    assert drawn.expected_half_width["value"] is None
    assert drawn.warnings == (
        "no estimate of the whole: only lowest could be drawn (4 of 8): the rest had no chance",
    )


def test_all_flagged_and_a_random_floor_are_interleaved(candidates):
    frame = candidates(1000)
    flagged = set(frame.loc[frame["flagged"], "interaction"])
    drawn = drawn_from(frame, "error_triggered", {"floor_size": 50})
    picked = drawn.picked
    assert set(picked.loc[picked["certain"], "interaction"]) == flagged
    assert (~picked["certain"]).sum() == 50
    assert picked.loc[~picked["certain"], "pi"].lt(0.1).all()
    half = picked.head(len(picked) // 2)
    assert (~half["certain"]).sum() == 25
    assert [one.stratum for one in drawn.strata] == ["flagged", "rest"]
    assert drawn.warnings == ()


def test_flagged_alone_leave_the_rest_out(candidates):
    drawn = drawn_from(candidates(1000), "error_triggered")
    assert drawn.eligible == drawn.certain == len(drawn.picked) < 300
    assert "only flagged could be drawn" in drawn.warnings[0]


def test_strata_are_served_interleaved_and_none_is_forgotten(candidates):
    drawn = drawn_from(candidates(2000), "stratified", {"allocation": "proportional"}, size=100)
    counts = drawn.picked["stratum"].value_counts()
    for count in (20, 50, 80):
        share = drawn.picked.head(count)["stratum"].value_counts() / counts
        assert share.between(count / 100 - 0.06, count / 100 + 0.06).all()


def test_strata_without_a_place_are_not_eligible():
    frame = frame_of(range(60), category=["a"] * 30 + ["b"] * 20 + ["c"] * 10)
    drawn = drawn_from(frame, "stratified", size=2)
    assert [one.stratum for one in drawn.strata] == ["a", "b"]
    assert (drawn.population, drawn.eligible) == (60, 50)
    assert drawn.warnings == ("2 places for 3 strata: 1 cannot come in (c)",)


def test_a_mixture_is_one_draw_of_exact_size(candidates):
    frame = candidates(3000)
    drawn = drawn_from(frame, "mixture", size=200, seed=11)
    assert len(drawn.picked) == 200
    assert drawn.totals["random"] == 3000
    expected = np.where(frame["confidence"].isna(), 1.0, (1 - frame["confidence"]) ** 2).sum()
    assert drawn.totals["confidence"] == pytest.approx(expected, rel=1e-12)
    assert drawn.random_share == pytest.approx(0.5, abs=1e-6)
    targeted = drawn.picked["reason"].str.startswith(("confidence", "no confidence"))
    assert 0.3 < targeted.mean() < 0.9


def test_one_seed_one_draw_and_other_seeds_others(candidates):
    frame = candidates(2000)
    one, again, other = (drawn_from(frame, size=100, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.picked, again.picked)
    assert len(set(one.picked["interaction"]) & set(other.picked["interaction"])) < 25


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("random", {}, "random needs a size or a rate"),
        ("random", {"size": 5, "rate": 0.1}, "takes a size or a rate, not both"),
        ("random", {"size": 0}, "size must be a whole number from 1, got 0"),
        ("random", {"size": 1.5}, "size must be a whole number"),
        ("random", {"rate": 0.0}, "rate must be above 0 and at most 1"),
        ("random", {"rate": float("nan")}, "rate must be above 0 and at most 1"),
        ("random", {"size": 5, "seed": -1}, "seed must be from 0"),
        ("random", {"size": 5, "assumed_rate": 0}, "assumed_rate must be between 0 and 1"),
        ("error_triggered", {"size": 5}, "neither size nor rate, but floor_size"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(name, asked, words):
    with pytest.raises(ValueError, match=words):
        Plan(strategy_from(name), **asked)


def test_candidates_that_change_between_the_passes_are_noticed(candidates):
    counts = iter([10, 12])
    with pytest.raises(ValueError, match="changed: 10 in the first pass, 12 in the second"):
        draw(Plan(strategy_from("mixture"), size=5), lambda: [candidates(next(counts))])


def test_a_draw_by_size_goes_through_the_candidates_once(candidates):
    calls = []

    def chunks():
        calls.append(1)
        return [candidates(50)]

    draw(Plan(strategy_from("confidence"), size=5), chunks)
    assert len(calls) == 1
    draw(Plan(strategy_from("confidence"), rate=0.1), chunks)
    assert len(calls) == 3


def sketched(plan, tally, frames):
    sketch = sketch_for(plan, tally)
    for frame in frames:
        sketch.update(frame)
    return sketch


@pytest.mark.parametrize(
    ("name", "params", "asked"),
    [
        ("random", {}, {"size": 50}),
        ("mixture", {}, {"size": 50}),
        ("mixture", {}, {"rate": 0.05}),
        ("stratified", {}, {"size": 50}),
        ("error_triggered", {"floor_size": 20}, {}),
        ("confidence", {"mode": "lowest"}, {"size": 50}),
    ],
)
def test_shards_drawn_apart_and_merged_are_one_draw(name, params, asked, candidates):
    frame = candidates(1500)
    plan = Plan(strategy_from(name, params), seed=8, **asked)
    shards = [frame.iloc[:100], frame.iloc[100:1100], frame.iloc[1100:]]
    tally = Tally(plan.strategy)
    for shard in shards:
        one = Tally(plan.strategy)
        one.update(shard)
        tally.merge(one)
    sketch = sketch_for(plan, tally)
    for shard in shards:
        sketch.merge(sketched(plan, tally, [shard]))
    whole, merged = draw(plan, lambda: [frame]), finished(plan, tally, sketch)
    pd.testing.assert_frame_equal(whole.picked, merged.picked)
    assert whole.strata == merged.strata
    assert whole.random_share == merged.random_share


def test_only_what_belongs_together_is_merged():
    random, other = strategy_from("random"), strategy_from("confidence")
    with pytest.raises(ValueError, match="cannot merge tallies"):
        Tally(random).merge(Tally(other))
    with pytest.raises(ValueError, match="cannot merge sketches"):
        Sketch(random, {"all": 5}, 1).merge(Sketch(random, {"all": 5}, 2))


def test_memory_follows_the_size_of_the_draw(candidates):
    sketch = Sketch(strategy_from("confidence"), {"all": 100}, 1)
    frame = candidates(10_000)
    for number in range(40):
        ids = frame["interaction"] + number * 10_000
        sketch.update(frame.assign(interaction=ids, sample_key=ids * 7919))
        assert sum(len(rows) for rows in sketch._kept) <= 8_192 + 101
    assert sketch.population == 400_000
    assert len(sketch.ranked()) == 101


def test_a_chunk_of_which_nothing_can_be_drawn_is_only_counted(candidates):
    sketch = Sketch(strategy_from("feedback_weighted"), {"all": 5}, 1)
    sketch.update(candidates(9000).assign(feedback=0.0))
    before = sketch.ranked()
    low = pd.DataFrame({"interaction": [9001], "sample_key": [1], "feedback": [1.0]})
    sketch.update(low)
    pd.testing.assert_frame_equal(sketch.ranked(), before)
    assert (sketch.population, sketch.eligible) == (9001, 9001)


def test_ties_are_broken_by_key():
    class Fixed(Strategy):
        kind = "fixed"
        least = 1.0

        def weights(self, candidates):
            return uniform(candidates["sample_key"].to_numpy(), 3)

    keys = [50, 10, 40, 20, 30]
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0]):
        frame = frame_of(keys).iloc[order]
        drawn = draw(Plan(Fixed(), size=2, seed=3), lambda frame=frame: [frame])
        assert drawn.picked["sample_key"].tolist() == [10, 20]


keys = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=60, unique=True)


@settings(max_examples=60, deadline=None)
@given(keys=keys, data=st.data())
def test_law_the_draw_is_the_k_largest_priorities(keys, data):
    number = len(keys)
    confidence = data.draw(st.lists(st.floats(0, 1), min_size=number, max_size=number))
    size, seed = data.draw(st.integers(1, number + 3)), data.draw(st.integers(0, 2**63 - 1))
    frame = frame_of(keys, confidence=confidence)
    drawn = drawn_from(frame, "confidence", {"floor": 0.01}, size=size, seed=seed)
    weight = 1 - np.array(confidence) + 0.01
    priority = weight / uniform(keys, seed)
    order = np.lexsort((keys, -priority))
    assert drawn.picked["sample_key"].tolist() == [keys[i] for i in order[:size]]
    bar = priority[order[size]] if size < number else 0
    expected = [min(1, weight[i] / bar) if bar else 1 for i in order[:size]]
    assert drawn.picked["pi"].tolist() == pytest.approx(expected)
    assert drawn.picked["pi"].between(0, 1, inclusive="right").all()


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, 200), max_size=6), shuffle=st.integers(0, 2**32 - 1))
@pytest.mark.parametrize("name", ["confidence", "mixture", "stratified"])
def test_law_chunks_and_order_do_not_matter(name, cuts, shuffle, candidates):
    frame = candidates(200)
    mixed = frame.sample(frac=1, random_state=shuffle)
    edges = [0, *sorted(cuts), 200]
    pieces = [mixed.iloc[a:b] for a, b in pairwise(edges)]
    plan = Plan(strategy_from(name), size=30, seed=2)
    whole, cut = draw(plan, lambda: [frame]), draw(plan, lambda: pieces)
    pd.testing.assert_frame_equal(whole.picked, cut.picked)
    assert whole.record() == cut.record()


@settings(max_examples=30, deadline=None)
@given(size=st.integers(2, 120), part=st.integers(1, 119))
def test_law_a_prefix_is_the_smaller_draw(size, part, candidates):
    part = min(part, size - 1)
    frame = candidates(150)
    large = drawn_from(frame, "mixture", size=size, seed=5)
    small = drawn_from(frame, "mixture", size=part, seed=5)
    columns = ["interaction", "weight", "priority", "reason"]
    pd.testing.assert_frame_equal(large.picked[columns].head(part), small.picked[columns])
    assert small.strata[0].tau_in == large.picked["priority"].iloc[part]
    assert small.strata[0].tau_out == large.picked["priority"].iloc[part - 1]


def test_a_draw_that_finds_nothing_to_go_by_says_so(candidates):
    frame = candidates(200).assign(**{"score:judgee": np.nan})
    by_name = {"name": "judgee", "fails_at": 1.0, "passes_at": 0.0}
    plan = Plan(strategy_from("score", by_name), size=30)
    (told,) = draw(plan, lambda: [frame]).warnings
    assert "the same weight" in told
    assert "named right?" in told
    for name in ("random", "confidence", "mixture", "feedback_weighted"):
        warnings = draw(Plan(strategy_from(name, {}), size=30), lambda: [frame]).warnings
        assert not [one for one in warnings if "the same weight" in one]
