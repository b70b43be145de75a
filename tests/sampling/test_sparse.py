"""Which part of the traffic draws hardly look at: told by sizes, not by the labels that came."""

import json

import numpy as np
import pandas as pd
import pytest

from sampling import DrawRecord, Plan, classes, design, draw, knowing, replay, strategy_from

SCORE = {"name": "judge", "fails_at": 1.0, "passes_at": 0.0, "floor": 0.01}


@pytest.fixture
def traffic(candidates):
    """1,000 interactions; of the first 600 a judge is sure that they are fine."""
    return candidates(1000).assign(**{"score:judge": np.repeat([0.0, 1.0], [600, 400])})


def drawn_from(frame, size=50, seed=1, name="score", params=None):
    strategy = strategy_from(name, SCORE if params is None else params)
    return draw(Plan(strategy, size=size, seed=seed), lambda: [frame])


def designed(draws, frame, said, labelled, done=None, added=None):
    rows = said(draws, frame)
    state = labelled(rows, rows["task"] if done is None else done)
    records = [(key, one.record()) for key, one in draws.items()]
    added = added or [records[0][1].eligible, *[0] * (len(records) - 1)]
    return design(records, rows, state, added=added)


def test_what_a_score_hardly_looks_at_is_a_known_part(traffic, said, labelled):
    drawn = drawn_from(traffic)
    found = designed({1: drawn}, traffic, said, labelled)
    assert found.hardly_drawn.share == pytest.approx(0.6)
    light = pd.Series(found.hardly_drawn.tasks)
    assert (light <= 600).all()
    assert len(light) == (drawn.picked["interaction"] <= 600).sum() < 5


def test_five_labels_of_it_are_enough(traffic, said, labelled):
    found = designed({1: drawn_from(traffic, size=390)}, traffic, said, labelled)
    of_it = (found.tasks["task"] <= 600).sum()
    assert of_it >= 5
    assert found.hardly_drawn.share == 0
    assert not len(found.hardly_drawn.tasks)


@pytest.mark.parametrize("name", ["random", "mixture"])
@pytest.mark.parametrize("seed", range(5))
def test_with_half_at_random_nothing_is(traffic, said, labelled, name, seed):
    found = designed({1: drawn_from(traffic, 60, seed, name, {})}, traffic, said, labelled)
    assert found.hardly_drawn.share == 0


def test_a_random_draw_beside_it_makes_up_for_it(traffic, said, labelled):
    draws = {1: drawn_from(traffic), 2: drawn_from(traffic, 30, 2, "random", {})}
    assert designed(draws, traffic, said, labelled).hardly_drawn.share == 0
    first = draws[1].picked["interaction"]
    begun = designed(draws, traffic, said, labelled, done=first)
    assert begun.hardly_drawn.share == pytest.approx(
        0.6
    )  # nothing of the random draw is labelled yet


def test_it_is_told_beside_a_certain_set_too(traffic, said, labelled):
    """The 20 least confident are certain; the score looks at the rest as it does alone."""
    frame = traffic.assign(confidence=np.linspace(1, 0, 1000))
    draws = {
        1: drawn_from(frame, 20, 1, "confidence", {"mode": "lowest"}),
        2: drawn_from(frame, 50, 2),
    }
    rows = said(draws, frame)
    records = [(key, one.record()) for key, one in draws.items()]
    found = design(records, rows, labelled(rows, rows["task"]), added=[20, 980])
    assert found.kind == "census"
    assert found.hardly_drawn.share == pytest.approx(0.6, abs=0.02)
    assert (found.hardly_drawn.tasks <= 600).all()


def test_a_question_that_few_were_asked_has_a_part_of_its_own(traffic, said, labelled):
    found = designed({1: drawn_from(traffic, size=390)}, traffic, said, labelled)
    light = found.tasks.loc[found.tasks["task"] <= 600, "task"]
    answered = found.tasks.loc[~found.tasks["task"].isin(light[4:]), "task"]
    assert found.hardly_drawn.share == 0
    assert found.classes.hardly_drawn(answered).share == pytest.approx(0.6)
    assert set(found.classes.hardly_drawn(answered).tasks) == set(light)


def test_days_add_up(candidates, said, labelled):
    """Each of ten days gives a class too few labels; together they give enough."""
    frame = candidates(1000).assign(**{"score:judge": np.tile([0.0, 0.0, 1.0], 334)[:1000]})
    params = {**SCORE, "floor": 0.3}
    days = [frame.iloc[start : start + 100] for start in range(0, 1000, 100)]
    draws = {key: drawn_from(day, 9, key, params=params) for key, day in enumerate(days)}
    alone = designed({0: draws[0]}, days[0], said, labelled)
    assert alone.hardly_drawn.share == pytest.approx(0.67)
    rows = pd.concat([said({key: one}, days[key]) for key, one in draws.items()])
    records = [(key, one.record()) for key, one in draws.items()]
    found = design(records, rows, labelled(rows, rows["task"]), added=[100] * 10)
    assert found.population == 1000
    assert (
        found.hardly_drawn.share < 0.1
    )  # days on which the chance was a little over another octave


@pytest.mark.parametrize("knows", [True, False])
def test_what_is_new_in_a_longer_window_is_counted_by_its_own_weights(
    traffic, said, labelled, knows
):
    """On the first day a judge fails everything, on the second it is sure that all is fine."""
    days = {1: traffic.iloc[600:], 2: traffic}
    draws = {key: drawn_from(day, 60, key) for key, day in days.items()}
    tasks = set().union(*(one.picked["interaction"] for one in draws.values()))
    parts = []
    for key, one in draws.items():
        parts.append(said({key: one}, days[key]))
        missing = days[key][days[key]["interaction"].isin(tasks - set(parts[-1]["task"]))]
        told = replay(one.record(), missing)
        parts.append(told.assign(draw=key, task=told["interaction"], picked=False, position=np.nan))
    rows = pd.concat([one[parts[0].columns] for one in parts if len(one)], ignore_index=True)
    record = draws[2].record()
    if knows:
        record = knowing(record, classes(replay(record, traffic.iloc[:600])))
        assert DrawRecord.from_json(json.loads(json.dumps(record.to_json()))) == record
    records = [(1, draws[1].record()), (2, record)]
    found = design(records, rows, labelled(rows, rows["task"]), added=[400, 600])
    assert found.hardly_drawn.share == pytest.approx(0.6 if knows else 0.36)


@pytest.mark.parametrize("seed", range(10))
def test_few_labels_of_few_members_are_not_few(candidates, said, labelled, seed):
    """Of 30 interactions 24 are drawn: a class of nine with four labels is known well enough."""
    frame = candidates(30).assign(confidence=np.linspace(0, 1, 30))
    drawn = drawn_from(frame, 24, seed, "mixture", {})
    assert not [one for one in drawn.warnings if "small weights" in one]
    assert drawn.expected_half_width["value"] > 0
    assert designed({1: drawn}, frame, said, labelled).hardly_drawn.share == 0


def test_only_labels_inside_the_prefix_count(traffic, said, labelled):
    drawn = drawn_from(traffic, size=390)
    first = drawn.picked["interaction"].head(60)
    found = designed({1: drawn}, traffic, said, labelled, done=first)
    assert found.hardly_drawn.share == pytest.approx(0.6)


@pytest.mark.parametrize("size", [999, 1000, 2000])
def test_a_prefix_is_a_draw_of_its_own_also_where_all_were_taken(traffic, size, said, labelled):
    drawn = drawn_from(traffic, size=size)
    first = drawn.picked["interaction"].head(60)
    found = designed({1: drawn}, traffic, said, labelled, done=first)
    assert found.hardly_drawn.share == pytest.approx(0.6)


def test_tasks_of_a_draw_that_did_not_count_its_weights_are_of_no_part(traffic, said, labelled):
    """Its members are not known, so its labels must not be put beside those of another's part."""
    days = {1: traffic.iloc[::2], 2: traffic.iloc[1::2]}
    light = 0
    for seed in range(10):
        draws = {key: drawn_from(day, 40, 2 * seed + key) for key, day in days.items()}
        rows = pd.concat([said({key: one}, days[key]) for key, one in draws.items()])
        stored = draws[2].record().to_json()
        for stratum in stored["strata"]:
            del stratum["spread"]
        records = [(1, draws[1].record()), (2, DrawRecord.from_json(stored))]
        found = design(records, rows, labelled(rows, rows["task"]), added=[500, 500])
        assert found.hardly_drawn.share == pytest.approx(0.3)
        sparse = pd.Series(found.hardly_drawn.tasks)
        assert (sparse % 2 == 1).all()
        light += (draws[2].picked["interaction"] <= 600).sum()
    assert light


def test_labels_of_one_octave_are_worth_little_beside_a_larger_one_without(
    candidates, said, labelled
):
    """Four labels of a tenth say nothing of the half that has none, though they weigh alike."""
    score = np.repeat([0.0, 0.1, 1.0], [500, 100, 400])
    frame = candidates(1000).assign(**{"score:judge": score})
    params = {**SCORE, "floor": 0.0002}
    drawn = drawn_from(frame, 150, 3, params=params)
    of = np.bincount(np.searchsorted([500, 600], drawn.picked["interaction"]), minlength=3)
    assert (of[0], 2 <= of[1] < 5) == (0, True)
    found = designed({1: drawn}, frame, said, labelled)
    assert found.hardly_drawn.share == pytest.approx(0.6)
    assert found.hardly_drawn.worth == pytest.approx(
        600**2 / (500**2 / 0.5 + 100**2 / (of[1] + 0.5))
    )


def test_nothing_is_told_of_a_draw_that_did_not_count_its_weights(traffic, said, labelled):
    drawn = drawn_from(traffic)
    stored = drawn.record().to_json()
    for stratum in stored["strata"]:
        del stratum["spread"]
    rows = said({1: drawn}, traffic)
    state = labelled(rows, rows["task"])
    found = design([(1, DrawRecord.from_json(stored))], rows, state, added=[1000])
    assert found.hardly_drawn.share == 0


def test_a_dry_run_tells_what_it_will_hardly_look_at(traffic):
    drawn = drawn_from(traffic)
    (told,) = [one for one in drawn.warnings if "small weights" in one]
    assert told.startswith("60% of what can be drawn has such small weights that about 0.8 of")
    assert "draw a part at random" in told
    even = drawn_from(traffic, 50, 1, "mixture", {})
    assert not [one for one in even.warnings if "small weights" in one]
    wide, narrow = (one.expected_half_width["value"] for one in (drawn, even))
    assert wide > 1.5 * narrow


def test_a_dry_run_does_not_ask_for_random_where_half_is(candidates):
    """With a dozen labels every class is thin: that is told by the refusal."""
    frame = candidates(3000).assign(confidence=np.random.default_rng(0).random(3000))
    for size, said_of in ((10, "an estimate needs 20"), (20, None)):
        for seed in range(10):
            drawn = drawn_from(frame, size, seed, "mixture", {})
            told = [one for one in drawn.warnings if "small weights" in one]
            assert not any("at random" in one for one in told)
            assert size >= 20 or not told
            assert said_of is None or said_of in drawn.expected_half_width["reason"]


@pytest.mark.parametrize(("hidden", "floor", "size"), [(0.6, 0.02, 60), (0.2, 0.02, 100)])
def test_the_width_told_is_about_that_of_the_estimate(candidates, hidden, floor, size):
    score = np.repeat([0.0, 1.0], [int(1000 * hidden), 1000 - int(1000 * hidden)])
    frame = candidates(1000).assign(**{"score:judge": score})
    drawn = [drawn_from(frame, size, seed, params={**SCORE, "floor": floor}) for seed in range(5)]
    told = np.mean([one.expected_half_width["value"] for one in drawn])
    heavy = 0.98 / np.sqrt(size) * (1 - hidden)
    assert heavy + 0.3 * hidden < told < heavy + 0.5 * hidden + 0.02


def test_a_dry_run_says_the_same_whatever_the_seed(candidates):
    """About five labels of the part can be expected: some seeds give four of them, some six."""
    frame = candidates(600).assign(**{"score:judge": np.repeat([0.0, 0.5, 1.0], [400, 100, 100])})
    params = {**SCORE, "floor": 0.02}
    told = [
        [one for one in drawn_from(frame, 60, seed, params=params).warnings if "small w" in one]
        for seed in range(12)
    ]
    assert all(one and one[0].startswith("67% of what can be drawn") for one in told)
