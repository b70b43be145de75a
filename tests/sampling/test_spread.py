import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling import DrawRecord, Plan, draw, strategy_from
from sampling.draw import sketch_for
from sampling.sketch import Tally
from sampling.spread import counted, middle, octaves, steps

SCORE = {"name": "judge", "fails_at": 1.0, "passes_at": 5.0, "floor": 0.05}


def plan(size=20, name="score", params=None, seed=3):
    return Plan(strategy_from(name, SCORE if params is None else params), size=size, seed=seed)


def chunks_of(frame, size):
    return lambda: [frame.iloc[start : start + size] for start in range(0, len(frame), size)]


def test_weights_are_counted_in_eight_classes_an_octave():
    weight = np.array([1.0, 1.05, 1.2, 2.0, 0.5, 0.5])
    group = np.array([0, 0, 0, 0, 0, 1])
    assert counted(weight, group, 2) == [Counter({0: 2, 1: 1, 8: 1, -8: 1}), Counter({-8: 1})]
    assert counted(np.empty(0), np.empty(0, dtype=np.int64), 2) == [Counter(), Counter()]


@given(st.floats(1e-12, 1e12))
def test_the_middle_of_its_class_is_near_a_weight(weight):
    assert middle(steps(np.array([weight])))[0] == pytest.approx(weight, rel=1 / 16)


@pytest.mark.parametrize(
    ("chance", "octave"), [(0.3, -2), (0.6, -1), (1.0, -1), (7.0, -1), (0.2, -3), (0.01, -7)]
)
def test_an_octave_of_chance_holds_all_between_a_power_of_two_and_the_next(chance, octave):
    assert octaves(steps(np.array([chance * 40.0])), 40.0).tolist() == [octave]


def test_without_a_threshold_all_were_taken():
    assert octaves(np.array([-30, 5]), 0.0).tolist() == [-1, -1]


def test_a_draw_counts_what_it_could_have_drawn(candidates):
    frame = candidates(500)
    drawn = draw(plan(), lambda: [frame])
    weight = strategy_from("score", SCORE).weights(frame)
    assert dict(drawn.strata[0].spread) == counted(weight, np.zeros(500, dtype=np.int64), 1)[0]
    assert sum(count for _, count in drawn.strata[0].spread) == drawn.eligible


@pytest.mark.parametrize("size", [1, 7, 499])
def test_chunks_and_merging_change_nothing(size, candidates):
    frame = candidates(500)
    whole = draw(plan(), lambda: [frame]).strata
    assert draw(plan(), chunks_of(frame, size)).strata == whole
    parts = [sketch_for(plan(), Tally(plan().strategy)) for _ in range(2)]
    parts[0].update(frame.iloc[:200])
    parts[1].update(frame.iloc[200:])
    parts[0].merge(parts[1])
    assert parts[0].spread("all") == whole[0].spread


def test_each_stratum_has_its_own(candidates):
    frame = candidates(300)
    drawn = draw(plan(60, "stratified", {}), lambda: [frame])
    sizes = {one.stratum: sum(count for _, count in one.spread) for one in drawn.strata}
    assert sizes == {one.stratum: one.population for one in drawn.strata}


def test_it_is_stored_and_an_older_record_without_it_is_read(candidates):
    record = draw(plan(), lambda: [candidates(200)]).record()
    stored = json.loads(json.dumps(record.to_json()))
    assert DrawRecord.from_json(stored) == record
    for stratum in stored["strata"]:
        del stratum["spread"]
    assert DrawRecord.from_json(stored).strata[0].spread == ()
