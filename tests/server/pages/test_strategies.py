from dataclasses import fields

import pytest

from labeling.errors import InvalidLabel
from sampling import STRATEGIES as BUILT
from sampling import strategy_from
from server.pages.strategies import STRATEGIES, in_words, parameters, strategy_controls
from server.pages.told import Told


def defaults(strategy: str) -> Told:
    """The form of a strategy as it stands when it is opened, as far as it is shown."""
    values = {}
    for one in STRATEGIES[strategy].parameters:
        hidden = one.only is not None and not one.only.endswith(f"={mode(strategy)}")
        if one.default is not None and not hidden:
            values[f"{strategy}.{one.name}"] = [one.default]
    return Told(values | {"mixture.random": ["50"], "mixture.target": ["confidence"]})


def mode(strategy: str) -> str | None:
    found = [one.default for one in STRATEGIES[strategy].parameters if one.name == "mode"]
    return found[0] if found else None


def test_every_strategy_can_be_chosen_with_every_parameter() -> None:
    assert set(STRATEGIES) == set(BUILT)
    for name, described in STRATEGIES.items():
        if name == "mixture":
            continue
        known = {field.name for field in fields(BUILT[name]) if field.init}
        assert {one.name for one in described.parameters} == known


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "score"])
def test_the_form_as_it_opens_can_be_drawn_with(strategy: str) -> None:
    built = strategy_from(strategy, parameters(defaults(strategy), strategy))
    assert isinstance(built, BUILT[strategy])


def test_a_mixture_looks_for_a_judge() -> None:
    told = Told(
        {"mixture.random": ["30"], "mixture.target": ["score"], "mixture.name": ["judge"],
         "mixture.fails_at": ["1"], "mixture.passes_at": ["5"]}
    )  # fmt: skip
    made = parameters(told, "mixture")
    assert [part["share"] for part in made["parts"]] == [0.3, 0.7]
    assert made["parts"][1]["params"] == {
        "floor": 0, "name": "judge", "fails_at": 1.0, "passes_at": 5.0
    }  # fmt: skip
    strategy_from("mixture", made)
    assert in_words("mixture", made) == "30 % random + 70 % score"


def test_a_mixture_of_random_alone_has_one_part() -> None:
    assert parameters(Told({"mixture.random": ["100"]}), "mixture") == {
        "parts": [{"strategy": "random", "share": 1.0}]
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "mixture.random"),
        ({"mixture.random": ["50"], "mixture.target": ["score"]}, "mixture.name"),
        ({"mixture.random": ["50"], "mixture.target": ["lottery"]}, "mixture.target"),
        ({"mixture.random": ["150"]}, "mixture.random"),
    ],
)
def test_an_impossible_mixture_names_its_field(values: dict[str, list[str]], field: str) -> None:
    with pytest.raises(InvalidLabel) as found:
        parameters(Told(values), "mixture")
    assert found.value.field == field


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(InvalidLabel) as found:
        parameters(Told(), "<b>mine</b>")
    assert found.value.field == "strategy"


def test_the_controls_hold_every_knob() -> None:
    made = strategy_controls()
    for name, described in STRATEGIES.items():
        assert f'value="{name}"' in made
        assert all(f'name="{name}.{one.name}"' in made for one in described.parameters)


def test_a_strategy_in_words() -> None:
    assert in_words("random", {}) == "random"
    assert in_words("confidence", {"gamma": 2.0, "floor": None}) == "confidence (gamma 2.0)"
