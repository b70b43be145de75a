"""What stands for a task when people agree, nearly agree, and do not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import InvalidLabel
from labeling.expected import Expected
from labeling.fields import Field, fields_from_toml
from labeling.settle import (
    Ruling,
    Settled,
    Vote,
    certainty,
    comparable,
    mean_rating,
    settled,
)

FORM = """
[[fields]]
name = "quality"
kind = "rating"
label = "Quality"
min = 1
max = 5
[[fields]]
name = "issues"
kind = "tags"
label = "Issues"
options = [{value = "wrong"}, {value = "rude"}, {value = "short"}]
[[fields]]
name = "confidence"
kind = "choice"
label = "Sure?"
options = [{value = "low"}, {value = "medium"}, {value = "high"}]
[[fields]]
name = "needs_context"
kind = "boolean"
label = "Context?"
[[fields]]
name = "expected_answer"
kind = "answer"
label = "Better"
"""
FIELDS = {field.name: field for field in fields_from_toml(FORM)}
DAY = datetime(2026, 11, 1, tzinfo=UTC)


def votes(*values: Any, sure: tuple[float, ...] = ()) -> list[Vote]:
    """Labels 1, 2, 3... given one minute after the other."""
    trust = sure or (0.0,) * len(values)
    return [
        Vote(number, value, certain, DAY + timedelta(minutes=number))
        for number, (value, certain) in enumerate(zip(values, trust, strict=True), 1)
    ]


def field(name: str) -> Field:
    return FIELDS[name]


def test_no_label_settles_nothing() -> None:
    assert settled(field("quality"), []) == Settled(None, None, (), ())


@pytest.mark.parametrize(
    ("given_values", "value", "origin", "ids"),
    [
        ((4,), 4, "single", (1,)),
        ((4, 4), 4, "unanimous", (1, 2)),
        ((4, 2, 4), 4, "majority", (1, 3)),
        ((1, 5, 5), 5, "majority", (2, 3)),
        ((3, 4), 3, "median", (1, 2)),  # two apart by one step: the stricter of them
        ((2, 3, 4), 3, "median", (1, 2, 3)),
        ((1, 2, 3, 3), 2, "median", (1, 2, 3, 4)),
        ((2, 4), None, None, ()),
        ((1, 3, 5), None, None, ()),
        ((3, 4, 5, 5), 4, "median", (1, 2, 3, 4)),
        ((2, 2, 5, 5), None, None, ()),
    ],
)
def test_ratings(
    given_values: tuple[int, ...], value: int | None, origin: str | None, ids: tuple[int, ...]
) -> None:
    found = settled(field("quality"), votes(*given_values))
    assert (found.value, found.origin, found.label_ids) == (value, origin, ids)
    assert found.open == (("quality",) if value is None else ())


def test_a_mean_stands_beside_an_open_rating() -> None:
    assert mean_rating(votes(2, 5, 4)) == pytest.approx(11 / 3)
    assert mean_rating([]) is None


@pytest.mark.parametrize("name", ["confidence", "needs_context"])
def test_a_choice_and_a_boolean_are_open_without_a_majority(name: str) -> None:
    one, other = ("low", "high") if name == "confidence" else (True, False)
    assert settled(field(name), votes(one, other)) == Settled(open=(name,))
    assert settled(field(name), votes(one, other, other)).value == other
    assert settled(field(name), votes(one, other, other)).label_ids == (2, 3)


def test_more_than_half_must_have_given_a_tag() -> None:
    found = settled(field("issues"), votes(["wrong", "rude"], ["wrong"], ["wrong", "short"]))
    assert found == Settled(["wrong"], "majority", (1, 2, 3), ())


def test_a_tag_that_exactly_half_gave_is_open() -> None:
    found = settled(field("issues"), votes(["wrong", "rude"], ["wrong"]))
    assert found == Settled(["wrong"], "majority", (1, 2), ("issues:rude",))


def test_nobody_giving_a_tag_is_an_answer() -> None:
    assert settled(field("issues"), votes([], [])) == Settled([], "unanimous", (1, 2), ())
    assert settled(field("issues"), votes([])).origin == "single"


def test_different_texts_are_settled_by_who_was_most_sure_then_by_the_latest() -> None:
    texts = ("old", "sure", "new")
    assert settled(field("expected_answer"), votes(*texts, sure=(0, 1, 0.5))).value == "sure"
    latest = settled(field("expected_answer"), votes(*texts))
    assert latest == Settled("new", "most_sure", (3,), ())
    assert settled(field("expected_answer"), votes("a", "b", "a")).origin == "majority"


def test_a_verdict_stands_over_unanimous_labels() -> None:
    found = settled(field("quality"), votes(4, 4), Ruling(1, "adjudicated", [1, 2]))
    assert found == Settled(1, "adjudicated", (1, 2), ())


def test_how_sure_a_label_is_said_to_be() -> None:
    sure = certainty(tuple(FIELDS.values()))
    assert [sure({"confidence": one}) for one in ("low", "medium", "high")] == [0.0, 0.5, 1.0]
    assert sure({}) is None
    assert certainty((field("quality"),))({"confidence": "high"}) is None


def test_labels_made_under_another_scale_do_not_vote() -> None:
    narrow = tuple(fields_from_toml(FORM.replace("max = 5", "max = 3")))
    same = comparable(tuple(FIELDS.values()), narrow)
    assert "quality" not in same
    assert {"issues", "confidence", "needs_context", "expected_answer"} <= same


@given(st.lists(st.integers(1, 5), min_size=1, max_size=7), st.randoms())
def test_the_order_of_labels_does_not_matter(values: list[int], random: Any) -> None:
    cast = votes(*values)
    shuffled = list(cast)
    random.shuffle(shuffled)
    one, other = settled(field("quality"), cast), settled(field("quality"), shuffled)
    assert (one.value, one.origin, one.open) == (other.value, other.origin, other.open)
    assert set(one.label_ids) == set(other.label_ids)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=9))
def test_a_settled_rating_was_given_by_somebody(values: list[int]) -> None:
    found = settled(field("quality"), votes(*values))
    assert found.value in {*values, None}
    assert (found.value is None) == bool(found.open)


ALL = tuple(FIELDS.values())


@pytest.mark.parametrize(
    ("rule", "values", "told"),
    [
        ("corrected", {"expected_answer": "better", "quality": 5}, ("better", "corrected")),
        ("corrected", {"quality": 5}, (None, None)),
        ("response-if-quality>=4", {"quality": 4}, ("said", "response")),
        ("response-if-quality>=4", {"quality": 3}, (None, None)),
        ("response-if-quality>=4", {"quality": None}, (None, None)),
        (
            "response-if-quality>=4",
            {"quality": 5, "expected_answer": "better"},
            ("better", "corrected"),
        ),
        ("none", {"quality": 5, "expected_answer": "better"}, (None, None)),
    ],
)
def test_where_an_expected_answer_comes_from(
    rule: str, values: dict[str, Any], told: tuple[str | None, str | None]
) -> None:
    assert Expected.parse(rule, ALL).of(values, "said") == told


def test_a_blank_response_is_never_an_expected_answer() -> None:
    rule = Expected.parse("response-if-quality>=1", ALL)
    assert rule.of({"quality": 5}, "  \n") == (None, None)
    assert rule.of({"quality": 5}, None) == (None, None)


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ("best", "corrected, 'response-if"),
        ("response-if-tone>=3", "ratings: quality"),
        ("response-if-quality>=6", "1 to 5"),
        ("response-if-issues>=1", "ratings: quality"),
    ],
)
def test_an_impossible_rule_names_what_is_possible(rule: str, hint: str) -> None:
    with pytest.raises(InvalidLabel) as caught:
        Expected.parse(rule, ALL)
    assert caught.value.field == "expected"
    assert hint in str(caught.value.hint)


# --- what points into the task ---

POINTING = """
[[fields]]
name = "each"
kind = "turns"
label = "Each turn"
[[fields]]
name = "claims"
kind = "spans"
label = "Claims"
options = [{value = "wrong"}]
[[fields]]
name = "better"
kind = "pairwise"
label = "Better"
[[fields]]
name = "order"
kind = "ranking"
label = "Order"
"""
POINTS = {field.name: field for field in fields_from_toml(POINTING)}


def test_every_turn_is_settled_by_itself():
    said = votes({"1": 5, "3": 1}, {"1": 5, "3": 5}, {"1": 4})
    one = settled(POINTS["each"], said)
    assert (one.value, one.open) == ({"1": 5}, ("each:3",))
    assert one.origin == "majority"
    assert settled(POINTS["each"], votes({"1": 2}, {"1": 3})).value == {"1": 2}
    assert settled(POINTS["each"], votes({"1": 2}, {"1": 3})).origin == "median"
    assert settled(POINTS["each"], votes({"1": 1}, {"1": 5})).value is None


def test_spans_and_rankings_stand_when_most_gave_the_same():
    here = [{"in": "response", "start": 0, "end": 3, "tag": "wrong"}]
    assert settled(POINTS["claims"], votes(here, here, [])).value == here
    assert settled(POINTS["claims"], votes(here, [])).open == ("claims",)
    ranks = [["a"], ["b", "c"]]
    assert settled(POINTS["order"], votes(ranks, ranks, [["b"], ["a"], ["c"]])).value == ranks
    assert settled(POINTS["better"], votes("a", "tie")).open == ("better",)


def test_a_question_that_is_asked_at_another_time_is_another_question():
    always = fields_from_toml(FORM)
    low = 'label = "Better"\nasked_when = { field = "quality", at_most = 2 }'
    sometimes = fields_from_toml(FORM.replace('label = "Better"', low))
    assert "expected_answer" not in comparable(sometimes, always)
    assert "quality" in comparable(sometimes, always)
