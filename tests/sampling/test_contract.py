"""What every strategy keeps, whoever writes the next one."""

import json
from contextlib import suppress
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pandas as pd
import pytest

from sampling import STRATEGIES, DrawRecord, Plan, draw, replay, strategy_from
from sampling.base import needed_columns

EXAMPLES = [
    ("random", {}),
    ("confidence", {}),
    ("confidence", {"gamma": 2, "floor": 0, "missing": 0.2}),
    ("confidence", {"mode": "lowest"}),
    ("error_triggered", {"floor_size": 30}),
    ("error_triggered", {}),
    ("error_triggered", {"floor_size": 5, "judge_below": 2, "min_chars": 10, "max_chars": 300}),
    ("error_triggered", {"mode": "capped", "floor": 0.1}),
    ("score", {"name": "judge", "fails_at": 1, "passes_at": 5}),
    ("stratified", {}),
    ("stratified", {"by": "variant", "allocation": "proportional", "minimum": 3}),
    ("stratified", {"allocation": "neyman", "sd": {"billing": 0.5, "returns": 0.1}}),
    ("feedback_weighted", {}),
    ("mixture", {}),
    (
        "mixture",
        {
            "parts": [
                {"strategy": "random", "share": 0.3},
                {"strategy": "score", "share": 0.5, "params": {"name": "judge"}},
                {"strategy": "error_triggered", "share": 0.2, "params": {"mode": "capped"}},
            ]
        },
    ),
]
every = pytest.mark.parametrize(("name", "params"), EXAMPLES)


def plan(name, params, size=40, seed=3):
    strategy = strategy_from(name, params)
    return Plan(strategy, size=size if strategy.is_sized else None, seed=seed)


def test_every_strategy_has_an_example():
    assert {name for name, _ in EXAMPLES} == set(STRATEGIES)
    assert list(STRATEGIES) == sorted(STRATEGIES)
    assert {name: kind.kind for name, kind in STRATEGIES.items()} == {n: n for n in STRATEGIES}


@every
def test_parameters_go_through_json_and_back(name, params):
    strategy = strategy_from(name, params)
    told = json.loads(json.dumps(strategy.params()))
    assert strategy_from(name, told) == strategy
    assert set(told) == {one.name for one in fields(strategy) if one.init}
    assert hash(strategy) == hash(strategy_from(name, told))


@every
def test_parameters_are_read_from_text(name, params):
    shallow = {key: str(value) for key, value in params.items() if isinstance(value, int | float)}
    assert strategy_from(name, params | shallow) == strategy_from(name, params)


@every
def test_parameters_cannot_be_changed(name, params):
    strategy = strategy_from(name, params)
    for one in fields(strategy):
        with pytest.raises(FrozenInstanceError):
            setattr(strategy, one.name, None)


@every
def test_weights_are_at_least_the_least_and_never_missing(name, params, candidates):
    frame = candidates(500)
    strategy = draw(plan(name, params), lambda: [frame]).strategy
    weight = strategy.weights(frame)
    assert weight.shape == (500,)
    assert np.isfinite(weight).all()
    if name != "error_triggered" or params.get("mode") == "capped":
        assert weight.min() >= strategy.least * (1 - 1e-12)


@every
def test_it_reads_only_the_columns_it_names(name, params, candidates):
    frame = candidates(300)
    narrow = frame[needed_columns(strategy_from(name, params))]
    wide, slim = (draw(plan(name, params), lambda f=f: [f]) for f in (frame, narrow))
    pd.testing.assert_frame_equal(wide.picked, slim.picked)


@every
def test_a_missing_column_is_named(name, params, candidates):
    needed = needed_columns(strategy_from(name, params))
    for column in needed:
        frame = candidates(5).drop(columns=column)
        with pytest.raises(ValueError, match=f"lacks columns \\['{column}'\\]; it has"):
            draw(plan(name, params), lambda frame=frame: [frame])


@every
def test_the_draw_is_well_formed(name, params, candidates):
    drawn = draw(plan(name, params), lambda: [candidates(500)])
    picked = drawn.picked
    assert drawn.population == 500
    assert not picked["interaction"].duplicated().any()
    assert picked["position"].tolist() == list(range(len(picked)))
    assert picked["pi"].between(0, 1, inclusive="right").all()
    assert (picked.loc[picked["certain"], "pi"] == 1).all()
    for column in ("weight", "priority"):
        assert (picked[column].isna() == picked["certain"]).all()
    assert drawn.certain == picked["certain"].sum()
    assert sum(one.size for one in drawn.strata) == len(picked)
    assert picked.groupby("stratum").size().to_dict() == {
        one.stratum: one.size for one in drawn.strata
    }
    assert all(isinstance(reason, str) and reason for reason in picked["reason"])
    assert 0 <= drawn.random_share <= 1
    assert len(picked) == 40 or drawn.certain or name == "error_triggered"


@every
def test_the_result_depends_on_neither_chunks_nor_order(name, params, candidates):
    frame = candidates(500)
    shuffled = frame.sample(frac=1, random_state=4)
    pieces = [shuffled.iloc[:1], shuffled.iloc[1:1], shuffled.iloc[1:260], shuffled.iloc[260:]]
    once = draw(plan(name, params), lambda: [frame])
    again = draw(plan(name, params), lambda: pieces)
    assert once.record() == again.record()
    pd.testing.assert_frame_equal(once.picked, again.picked)
    assert once.expected_half_width == again.expected_half_width
    assert once.warnings == again.warnings


@every
def test_the_record_goes_through_json_and_repeats_the_draw(name, params, candidates):
    frame = candidates(500)
    drawn = draw(plan(name, params), lambda: [frame])
    record = DrawRecord.from_json(json.loads(json.dumps(drawn.record().to_json(), allow_nan=False)))
    assert record == drawn.record()
    said = replay(record, frame).set_index("interaction")
    assert said["eligible"].sum() == drawn.eligible
    mine = said.loc[drawn.picked["interaction"]]
    assert mine["eligible"].all()
    for column in ("stratum", "weight", "priority", "certain"):
        pd.testing.assert_series_equal(
            mine[column].reset_index(drop=True), drawn.picked[column], check_dtype=False
        )


@every
def test_what_was_not_picked_had_a_smaller_priority(name, params, candidates):
    frame = candidates(500)
    drawn = draw(plan(name, params), lambda: [frame])
    said = replay(drawn.record(), frame)
    others = said[said["eligible"] & ~said["interaction"].isin(drawn.picked["interaction"])]
    for one in drawn.strata:
        left = others[others["stratum"] == one.stratum]
        assert len(left) == one.population - one.size
        if len(left):
            assert left["priority"].max() == one.tau_in
            assert one.tau_in < one.tau_out
            assert (left["pi_not_picked"] == np.minimum(1, left["weight"] / one.tau_out)).all()


@every
def test_no_candidates_give_an_empty_draw(name, params):
    drawn = draw(plan(name, params), lambda: [])
    assert (drawn.population, drawn.eligible, len(drawn.picked), drawn.strata) == (0, 0, 0, ())
    assert drawn.warnings == ("no interaction can be drawn: the population is empty",)
    assert drawn.expected_half_width["value"] is None
    assert DrawRecord.from_json(drawn.record().to_json()) == drawn.record()
    assert list(drawn.picked.columns) == [
        "interaction", "sample_key", "stratum", "weight", "priority", "certain", "position", "pi",
        "reason",
    ]  # fmt: skip


HOSTILE = [
    None, "", "x", "nan", "inf", "-1", -1, 1e308, 10**400, float("nan"), float("inf"), True, [], {},
    [1], {"a": 1}, [{}], [{"strategy": []}], [{"strategy": "random", "share": "x"}],
    [{"strategy": {"a": 1}, "share": 1}], [{"strategy": "random", "share": 1, "params": []}],
    "\u0000", "é" * 1000,
]  # fmt: skip


@pytest.mark.parametrize("name", [*STRATEGIES, "", "Random", None, [], 7])
def test_hostile_parameters_are_accepted_or_refused_with_a_value_error(name):
    keys = {one.name for kind in STRATEGIES.values() for one in fields(kind)} | {"no such"}
    for key in keys:
        for value in HOSTILE:
            for params in ({key: value}, {"name": "judge", key: value}):
                strategy = None
                with suppress(ValueError):
                    strategy = strategy_from(name, params)
                if strategy is not None:
                    assert strategy_from(name, strategy.params()) == strategy
