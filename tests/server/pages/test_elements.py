from datetime import UTC, datetime
from typing import Any

import pytest

from server.pages import elements

FIG = {"value": 0.2134, "ci": [0.141, 0.312], "n": 1120, "method": "weighted mean; Wilson"}
UNDEFINED = {"value": None, "ci": None, "n": 3, "reason": "one category <only>"}
POINT = {"value": 3.2, "ci": None, "n": 12, "method": "weighted mean", "reason": "12 of 20 labels"}


def test_a_figure_carries_value_interval_and_n() -> None:
    shown = elements.figure(FIG, "share")
    assert "21.3 %" in shown
    assert "14.1 to 31.2 %" in shown
    assert "n 1,120" in shown


def test_an_undefined_figure_is_a_dash_with_its_reason_never_a_number() -> None:
    shown = elements.figure(UNDEFINED, "share")
    assert elements.DASH in shown
    assert "one category &lt;only&gt;" in shown
    assert "n 3" in shown
    assert "0.0" not in shown


def test_a_figure_without_interval_says_why() -> None:
    assert "no interval: 12 of 20 labels" in elements.figure(POINT)


def test_a_negative_number_has_a_real_minus() -> None:
    fig = {"value": -0.25, "ci": [-0.5, 0.01], "n": 9, "method": "x"}
    shown = elements.figure(fig, "kappa")
    assert "−0.25" in shown
    assert "−0.50 to 0.01" in shown


@pytest.mark.parametrize(
    ("fig", "told"),
    [(FIG, "95 % interval. Weighted mean; Wilson."), (POINT, "Weighted mean."), (UNDEFINED, "")],
)
def test_a_card_says_how_its_figure_was_made(fig: dict[str, Any], told: str) -> None:
    card = elements.card("Rate", fig, "share", "Of all traffic.")
    assert told in card
    assert "Of all traffic." in card


def test_a_table_heads_its_columns_and_rows_and_scrolls_in_a_named_box() -> None:
    made = elements.table("Work <1>", ("Who", elements.Column("Labels", True)), [("<i>", 3)])
    assert 'role="region" aria-label="Work &lt;1&gt;" tabindex="0"' in made
    assert '<th scope="row">&lt;i&gt;</th>' in made
    assert '<td class="ld-num">3</td>' in made
    assert '<th scope="col" class="ld-num">Labels</th>' in made


def test_progress_never_overshoots_and_says_when_nothing_is_wanted() -> None:
    assert 'value="5" max="5"' in elements.progress(9, 5, "Labels")
    assert "9 of 5 labels" in elements.progress(9, 5, "Labels")
    assert "<progress" not in elements.progress(0, 0, "Labels")


def test_a_time_can_be_read_by_machine_and_person() -> None:
    shown = elements.moment(datetime(2026, 11, 2, 9, 30, tzinfo=UTC))
    assert shown == '<time datetime="2026-11-02T09:30:00+00:00">2026-11-02 09:30 UTC</time>'
    assert elements.moment(None) == elements.DASH


def test_a_link_keeps_its_parameters_apart() -> None:
    shown = elements.link("x", queue="a&section=rules <b>", section="draw")
    assert 'href="?queue=a%26section%3Drules+%3Cb%3E&amp;section=draw"' in shown


def test_counts_have_their_nouns() -> None:
    assert elements.plural(1, "label") == "1 label"
    assert elements.plural(1200, "person", "people") == "1,200 people"


def test_a_zero_has_no_sign() -> None:
    fig = {"value": 0.2, "ci": [-0.001, 0.4], "n": 9, "method": "x"}
    assert "0.00 to 0.40" in elements.figure(fig, "kappa")
    assert "−" not in elements.figure(fig, "kappa")


def test_a_stacked_table_stays_a_table_and_names_each_cell() -> None:
    columns = ("Who", elements.Column("Labels", True), elements.Column("Said", wide=True), "By")
    made = elements.table("Work", columns, [("amy", 3, "hello", elements.DASH)], stacked=True)
    for role in ("table", "rowgroup", "row", "columnheader", "rowheader", "cell"):
        assert f'role="{role}"' in made
    assert '<td class="ld-num" role="cell" data-label="Labels">3</td>' in made
    assert '<td class="ld-wide" role="cell">hello</td>' in made
    assert "ld-none" in made, "on a telephone a dash says nothing that its absence does not"


def test_a_card_says_why_its_interval_is_wide_and_what_narrows_it() -> None:
    hardly = "weighted mean; widened: 79% of the population was hardly drawn (4 labels)"
    fig = {"value": 0.4, "ci": [0.1, 0.7], "n": 40, "method": hardly}
    made = elements.card("Failure rate", fig, "share")
    assert "95 % interval. Weighted mean.<" in made
    assert "79 % of the population was hardly drawn (4 labels). A random draw beside it" in made
    others = "weighted mean; widened by up to 5 others not drawn; 20% skipped"
    made = elements.card("Failure rate", {**fig, "method": others}, "share")
    assert "The interval is widened by up to 5 others not drawn.<" in made
    assert "Weighted mean; 20% skipped." in made
