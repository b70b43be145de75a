import re
from typing import Any

from server.pages.charts import MATRIX_PEOPLE, Bar, Scale, chart, matrix, reach, whisker


def fig(value: float | None, low: float = 0.0, high: float = 1.0, n: int = 9) -> dict[str, Any]:
    if value is None:
        return {"value": None, "ci": None, "n": n, "reason": "one category only"}
    return {"value": value, "ci": [low, high], "n": n, "method": "m"}


def pair(a: str, b: str, figure: dict[str, Any]) -> dict[str, Any]:
    return {"a": a, "b": b, "n": figure["n"], "cohen_kappa": figure}


def test_a_dot_stands_at_its_value_and_the_whisker_spans_the_interval() -> None:
    drawn = whisker(fig(3.0, 2.0, 4.0), Scale(1, 5))
    assert "left:50.00%" in drawn
    assert "left:25.00%;right:calc(100% - 75.00%)" in drawn
    assert 'aria-hidden="true"' in drawn


def test_what_lies_beyond_the_axis_stops_at_its_end() -> None:
    assert "left:100.00%" in whisker(fig(7.0, 6.0, 9.0), Scale(1, 5))


def test_an_undefined_figure_draws_no_dot() -> None:
    assert "ld-dot" not in whisker(fig(None), Scale(0, 1))
    assert "one category only" in chart("Issues", [Bar("tone", fig(None))], Scale(0, 1))


def test_a_chart_repeats_every_number_as_text() -> None:
    made = chart("Issues", [Bar("<b>tone</b>", fig(0.12, 0.05, 0.2), "4 tasks")], Scale(0, 0.2))
    assert "&lt;b&gt;tone&lt;/b&gt;" in made
    assert "12.0 %" in made
    assert "5.0 to 20.0 %" in made
    assert "n 9" in made


def test_an_axis_ends_at_a_round_number_that_holds_every_interval() -> None:
    assert reach([fig(0.02, 0.0, 0.03)]) == Scale(0, 0.1)
    assert reach([fig(0.1, 0.05, 0.19), fig(None)]) == Scale(0, 0.2)
    assert reach([fig(0.7, 0.5, 0.91)]) == Scale(0, 1.0)


def test_the_matrix_shows_each_pair_once_with_interval_and_n() -> None:
    pairs = [
        pair("ann", "ben", fig(0.8, 0.6, 0.9, 30)),
        pair("ben", "<i>cy</i>", fig(-0.2, -0.4, 0.1, 12)),
    ]
    made = matrix("Kappa", pairs, "cohen_kappa", "kappa")
    assert made.count("0.60 to 0.90; n 30") == 1
    assert "--shade:0.80" in made
    assert 'class="ld-cell ld-below"' in made
    assert "no shared task" in made
    assert "<i>" not in made
    assert len(re.findall(r'scope="row"', made)) == 2


def test_an_undefined_pair_is_a_dash_with_the_reason() -> None:
    made = matrix("Kappa", [pair("ann", "ben", fig(None, n=3))], "cohen_kappa", "kappa")
    assert "<b>–</b>" in made
    assert "one category only; n 3" in made


def test_a_large_matrix_keeps_those_who_share_most_and_says_so() -> None:
    people = [f"p{number:02}" for number in range(MATRIX_PEOPLE + 5)]
    pairs = [
        pair(one, other, fig(0.5, n=100 - place))
        for place, one in enumerate(people)
        for other in people[place + 1 :]
    ]
    made = matrix("Kappa", pairs, "cohen_kappa", "kappa")
    assert len(re.findall(r'scope="row"', made)) == MATRIX_PEOPLE - 1
    assert "5 more by REST" in made
