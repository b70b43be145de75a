import pytest

from sampling import strategy_from


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("randm", {}, "strategy must be one of confidence, .*, stratified, got 'randm'"),
        ("random", {"gamma": 1}, "strategy random has no parameter 'gamma'; it has none"),
        ("confidence", {"gama": 1}, "no parameter 'gama'; it has gamma, floor, missing, mode"),
        ("confidence", {"gamma": -1}, "gamma must be a number from 0 to 10, got -1"),
        ("confidence", {"floor": "much"}, "floor must be a number from 0 to 1000, got 'much'"),
        ("confidence", {"missing": None}, "missing must be a number"),
        ("confidence", {"floor": True}, "floor must be a number from 0 to 1000, got True"),
        ("confidence", {"mode": "low"}, "mode must be one of weighted, lowest, got 'low'"),
        ("error_triggered", {"floor_size": 2.5}, "floor_size must be a whole number from 0"),
        ("error_triggered", {"min_chars": "ten"}, "min_chars must be a whole number"),
        ("score", {}, "strategy score needs the parameter name"),
        ("score", {"name": " "}, "name must be a text that is not empty"),
        ("score", {"name": "judge", "fails_at": 1}, "fails_at must be another number than"),
        ("stratified", {"by": "colour"}, "by must be one of category, model, variant, source"),
        ("stratified", {"minimum": 0}, "minimum must be a whole number from 1, got 0"),
        ("stratified", {"sd": [1]}, "sd must be an object of numbers by stratum"),
        ("stratified", {"sd": {"a": "x"}}, "sd of a must be a number"),
        ("mixture", {"totals": {}}, "no parameter 'totals'; it has parts"),
        ("mixture", {"parts": []}, "parts must be a list of {strategy, share, params}"),
        ("mixture", {"parts": "random"}, "parts must be a list"),
        ("mixture", {"parts": ["random"]}, "parts must be an object"),
        ("mixture", {"parts": [{"strategy": "random"}]}, "parts must be a list of {strategy"),
        (
            "mixture",
            {"parts": [{"strategy": "random", "share": 0.9}]},
            r"shares add up to 1, got \[0.9\]",
        ),
        (
            "mixture",
            {"parts": [{"strategy": "random", "share": 1}, {"strategy": "random", "share": 0}]},
            "share must be above 0",
        ),
        (
            "mixture",
            {"parts": [{"strategy": "random", "share": 1, "size": 5}]},
            "parts must be a list of {strategy, share, params}",
        ),
        ("random", ["a"], "params must be an object"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(name, params, words):
    with pytest.raises(ValueError, match=words):
        strategy_from(name, params)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("mixture", {}),
        ("stratified", {}),
        ("error_triggered", {}),
        ("confidence", {"mode": "lowest"}),
    ],
)
def test_a_mixture_takes_only_what_draws_by_weight(name, params):
    parts = [{"strategy": name, "share": 1, "params": params}]
    with pytest.raises(ValueError, match=f"parts must be a strategy that draws .* got '{name}'"):
        strategy_from("mixture", {"parts": parts})


def test_defaults_are_those_of_the_design():
    assert strategy_from("random").params() == {}
    assert strategy_from("confidence").params() == {
        "gamma": 1.0, "floor": 0.05, "missing": 1.0, "mode": "weighted",
    }  # fmt: skip
    assert strategy_from("error_triggered").params() == {
        "mode": "certain", "floor_size": 0, "floor": 0.05, "judge_below": None, "min_chars": None,
        "max_chars": None,
    }  # fmt: skip
    assert strategy_from("score", {"name": "judge"}).params() == {
        "name": "judge", "fails_at": 0.0, "passes_at": 1.0, "missing": 1.0, "floor": 0.0,
    }  # fmt: skip
    assert strategy_from("stratified").params() == {
        "by": "category", "allocation": "equal", "minimum": 1, "sd": None,
    }  # fmt: skip
    assert strategy_from("feedback_weighted").params() == {"floor": 0.05, "missing": 0.5}
    random, targeted = strategy_from("mixture").params()["parts"]
    assert random == {"strategy": "random", "share": 0.5, "params": {}}
    assert targeted == {
        "strategy": "confidence",
        "share": 0.5,
        "params": {"gamma": 2.0, "floor": 0.0, "missing": 1.0, "mode": "weighted"},
    }
