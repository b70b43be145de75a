import json
from math import inf, nan

import pytest

from analysis import Figure


def test_a_full_figure_has_value_interval_n_and_method() -> None:
    figure = Figure(0.71, 0.63, 0.78, 120, "Wilson")
    assert figure.to_json() == {"value": 0.71, "ci": [0.63, 0.78], "n": 120, "method": "Wilson"}


def test_an_undefined_figure_is_null_with_its_reason() -> None:
    figure = Figure.undefined("one category only", n=3)
    expected = {"value": None, "ci": None, "n": 3, "reason": "one category only"}
    assert figure.to_json() == expected
    assert not figure.defined


def test_a_refused_interval_leaves_the_value() -> None:
    figure = Figure.without_interval(3.5, 12, "weighted mean", "order changed")
    assert figure.to_json() == {
        "value": 3.5,
        "ci": None,
        "n": 12,
        "method": "weighted mean",
        "reason": "order changed",
    }


@pytest.mark.parametrize(
    "numbers", [(nan, 0.1, 0.2), (0.1, nan, 0.2), (0.1, 0.0, nan), (inf, 0.0, 1.0), (0.1, 0.0, inf)]
)
def test_a_gap_without_a_reason_is_refused(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Figure(*numbers, 5, "some method")


def test_json_of_a_figure_holds_plain_numbers_only() -> None:
    figures = [Figure(0, 0, 1, 2, "m"), Figure.undefined("none"), Figure(inf, nan, nan, 1, "", "r")]
    assert "NaN" not in json.dumps([figure.to_json() for figure in figures], allow_nan=False)
