"""What a lead reads of each annotator: in words, escaped, and nothing where there is nothing."""

import re
from typing import Any

import pytest

from server.pages.markup import Markup
from server.pages.sections import people
from server.pages.sections.annotators import (
    Words,
    beside_the_others,
    on_demand,
    points,
    remark,
)
from server.pages.sections.person import person
from tests.server.pages.test_sections import EVIL, WORK, fig, queue

WORDS = Words({"quality": EVIL}, {EVIL: EVIL, "tone": "Wrong tone"})
NONE = fig(None, 0, "none so far")


def noted(measure: str, value: float, others: float, option: Any = None) -> dict[str, Any]:
    gap = fig(value - others, 60)
    return {
        "measure": measure, "option": option, "value": value, "others": others,
        "difference": gap, "q_value": 0.001, "left_aside": [],
    }  # fmt: skip


def told(who: str, **changed: Any) -> dict[str, Any]:
    return {
        "annotator": who, "labels": 70, "gold": fig(None, 7, "too few: 7 of 10"), "verdicts": NONE,
        "repeats": NONE, "quick": NONE, "agreement": fig(0.6, 60), "agreement_expected": 0.7,
        "kappa": fig(0.3), "repeats_kappa": NONE, "confusion": [[10.5, 2], [0, 47.5]],
        "leniency": fig(-0.8, 60), "leniency_alone": fig(-0.9, 60), "median_seconds": fig(31.0, 70),
        "order": {"seconds": fig(-0.1, 70), "agreement": NONE, "leniency": NONE},
        "stands_out": [], "differs_most": [],
    } | changed  # fmt: skip


def report(*people: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "queue": EVIL, "field": "quality", "scale": "ordinal", "categories": [1, 2],
        "looked_at": 24, "min_seconds": 5.0, "annotators": list(people),
        "team": {"gold": fig(), "verdicts": NONE, "repeats": NONE, "quick": NONE,
                 "median_seconds": fig(30.0), "order": {}},
    } | changed  # fmt: skip


HOSTILE = told(
    EVIL,
    stands_out=[noted("leniency", 2.7, 3.6), noted("option", 0.5, 0.1, EVIL)],
    options=[noted("option", 0.5, 0.1, EVIL)],
    differs_most=[
        {"task_id": "7", "interaction_id": EVIL, "source": EVIL, "apart": 2.5, "label": [EVIL],
         "others": {EVIL: EVIL}}
    ],
)  # fmt: skip


@pytest.mark.parametrize("part", ["overview", "person", "people"])
def test_hostile_names_and_answers_stay_text(part: str) -> None:
    found = report(HOSTILE, told("ben"))
    overview = beside_the_others(found, WORDS)
    assert overview is not None
    made = {
        "overview": overview,
        "person": person(HOSTILE, found, WORDS),
        "people": people.people(queue(), WORK, [EVIL], None, overview),
    }[part]
    assert isinstance(made, Markup)
    assert "<img" not in made
    assert "\u202e" not in re.sub(r"<[^>]*>", "", made)
    assert "&lt;img" in made


def test_who_stands_out_is_told_in_words_on_top_and_others_are_not() -> None:
    strict = told("dora", stands_out=[noted("leniency", 2.71, 3.64)])
    made = beside_the_others(report(told("ann"), strict), WORDS)
    assert made is not None
    assert "1 person stands out, of 2:" in made
    assert "rates 0.93 points lower than the others on the same tasks (2.71 beside 3.64)" in made
    assert made.count("Stands out") == 1
    assert made.index("ann</bdi>") < made.rindex("dora</bdi>")  # by name


@pytest.mark.parametrize(
    ("looked_at", "words"),
    [(24, "Nobody stands out: 24 comparisons of 1 person"), (0, "Too little to compare")],
)
def test_nobody_stands_out_or_there_is_too_little(looked_at: int, words: str) -> None:
    made = beside_the_others(report(told("ann"), looked_at=looked_at), WORDS)
    assert made is not None
    assert words in made


def test_nothing_is_shown_before_anybody_has_labelled() -> None:
    assert beside_the_others(report(), WORDS) is None


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (noted("agreement", 0.24, 0.31), "says the same as the others in 24.0 %"),
        (noted("gold", 0.6, 0.9), "answers 60.0 % of the checks as agreed, the others 90.0 %"),
        (noted("verdicts", 0.3, 0.6), "said what was decided in 30.0 %"),
        (noted("repeats", 0.5, 0.9), "answers 50.0 % of the repeats as before"),
        (noted("quick", 0.4, 0.0), "takes less than 5 s for 40.0 % of the labels"),
        (noted("option", 0.4, 0.1, "tone"), "says Wrong tone on 40.0 % of the shared tasks"),
        (noted("option", 0.4, 0.1, True), "says yes on 40.0 %"),
        (noted("leniency", 4.0, 3.5), "rates 0.50 points higher"),
    ],
)
def test_every_remark_has_its_size_and_something_to_do(one: dict[str, Any], words: str) -> None:
    found = report()
    assert words in remark(one, found, WORDS)
    assert "What to do" in person(told("ann", stands_out=[one]), found, WORDS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": -0.12, "ci": [-0.2, -0.05], "n": 400}, "time a label changes by"),
        ({"value": -0.02, "ci": [-0.1, 0.05], "n": 400}, "No sign of tiring"),
        (NONE, ""),
    ],
)
def test_tiring_is_told_where_it_can_be_seen(change: dict[str, Any], words: str) -> None:
    found = report(told("ann"))
    found["team"]["order"] = {"seconds": change, "agreement": NONE}
    made = beside_the_others(found, WORDS)
    assert made is not None
    if words:
        assert words in made
    else:
        assert "tiring" not in made
        assert "sitting, on average" not in made


def test_a_remark_says_who_was_left_aside() -> None:
    one = {**noted("leniency", 3.45, 3.87), "left_aside": ["dora"]}
    assert "(3.45 beside 3.87, dora left aside)" in remark(one, report(), WORDS)


def test_where_there_is_much_to_read_each_question_is_a_way() -> None:
    made = on_demand("q", Words({"quality": "Quality", "issues": EVIL}, {}))
    assert "section=people&amp;field=issues" in made
    assert "<img" not in made


def test_a_person_of_whom_little_is_known_is_said_to_be_early() -> None:
    early = told("ann", agreement=fig(None, 7, "too few: 7 of 20"), confusion=None)
    made = person(early, report(early), WORDS)
    assert "Too early to say anything: too few: 7 of 20." in made
    assert "Where they differ" not in made
    assert "What to do" not in made


def test_tags_are_told_option_by_option_and_have_no_leniency() -> None:
    one = told("ann", options=[noted("option", 0.5, 0.125, "tone")])
    for key in ("leniency", "leniency_alone", "kappa", "confusion"):
        del one[key]
    found = report(one, scale="per_tag", categories=["tone"])
    made = person(one, found, WORDS)
    assert "Wrong tone" in made
    assert "12.5 %" in made
    assert "Points above the others" not in made
    overview = beside_the_others(found, WORDS)
    assert overview is not None
    assert "Points above the others</th>" not in overview


def test_the_axis_of_leniency_has_nothing_in_its_middle() -> None:
    wide = points(report(told("ann", leniency=fig(-1.7, 60))))
    assert (wide.low, wide.high) == (-3, 3)
    assert wide.place(0) == "50.00%"
