"""Kinds that point into the task, and fields that are asked or needed only beside other answers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import GuidelineError, InvalidLabel
from labeling.fields import (
    Condition,
    Subject,
    asked_of,
    clean_values,
    fields_from_json,
    fields_from_toml,
    needs_subject,
    to_json,
)

TAGS = [{"value": "wrong", "key": "w"}, {"value": "rude"}]
SPANS = {"name": "claims", "kind": "spans", "label": "Claims", "options": TAGS}
TURNS = {"name": "each", "kind": "turns", "label": "Each turn", "min": 1, "max": 3}
PAIR = {"name": "better", "kind": "pairwise", "label": "Which?"}
ORDER = {"name": "order", "kind": "ranking", "label": "In order"}
QUALITY = {"name": "quality", "kind": "rating", "label": "Quality", "required": True}

ONE = Subject.of(
    {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello?"},
            {"role": "assistant", "content": "Hello."},
            {"role": "assistant", "content": None, "tool_calls": [{}]},
            {"role": "assistant", "content": [{"type": "text", "text": "And?"}]},
            {"role": "user", "content": "A kettle"},
        ],
        "responses": [{"id": "r", "text": "A 👩‍👩‍👧 kettle"}],
    }
)
TWO = Subject.of({"messages": [], "responses": [{"id": "x", "text": "One"}, {"id": "y"}]})


def span(start, end, tag="wrong", where="response"):
    return {"in": where, "start": start, "end": end, "tag": tag}


def cleaned(field, value, subject=ONE):
    (field,) = fields_from_json([field])
    return clean_values([field], {field.name: value}, subject).get(field.name)


def refusal(field, value, subject=ONE):
    with pytest.raises(InvalidLabel) as caught:
        cleaned(field, value, subject)
    assert caught.value.field == field["name"]
    assert caught.value.hint
    return f"{caught.value.message} ({caught.value.hint})"


TAGGED = {"name": "each", "kind": "turns", "label": "E", "each": "tags", "options": TAGS}


@pytest.mark.parametrize("field", [SPANS, TURNS, TAGGED, PAIR, ORDER])
def test_json_tells_all_and_comes_back_the_same(field):
    fields = fields_from_json([field])
    assert fields_from_json(json.loads(json.dumps(to_json(fields)))) == fields
    assert needs_subject(fields)
    assert all(control.key for control in fields[0].controls())


# --- spans --------------------------------------------------------------------------------------


def test_spans_come_out_in_the_order_of_the_text():
    given = [span(4, 9), span(0, 1), span(0, 1, "rude"), {"start": 2, "end": 3, "tag": "wrong"}]
    assert cleaned(SPANS, given) == [span(0, 1, "rude"), span(0, 1), span(2, 3), span(4, 9)]


def test_offsets_count_code_points():
    assert len("A 👩‍👩‍👧 kettle") == 14
    assert cleaned(SPANS, [span(8, 14)]) == [span(8, 14)]
    assert "14 characters" in refusal(SPANS, [span(8, 15)])


def test_spans_in_several_responses_name_theirs():
    assert cleaned(SPANS, [span(0, 3, where="x")], TWO) == [span(0, 3, where="x")]
    assert "in one of: x, y" in refusal(SPANS, [span(0, 3)], TWO)
    assert "0 characters" in refusal(SPANS, [span(0, 1, where="y")], TWO)


@pytest.mark.parametrize(
    "value",
    [
        "0-3",
        [[0, 3]],
        [{"start": 0, "end": 3}],
        [{**span(0, 3), "text": "x"}],
        [span(3, 3)],
        [span(3, 1)],
        [span(-1, 1)],
        [span(0, True)],
        [span(0.0, 1)],
        [span(0, 1, "nothing")],
        [span(0, 1, None)],
        [span(0, 1, where=1)],
        [span(0, 1), span(0, 1)],
        [span(0, 1)] * 1001,
        {"start": 0},
    ],
)
def test_spans_of_another_shape_are_refused(value):
    refusal(SPANS, value)


# --- turns --------------------------------------------------------------------------------------


def test_turns_are_named_by_the_place_of_their_message_and_the_response_comes_last():
    assert ONE.turns_of(("assistant",)) == [2, 4, 6]
    assert ONE.turns_of(("user", "tool")) == [1, 5]
    assert cleaned(TURNS, {"6": 3, "2": 1.0}) == {"2": 1, "6": 3}
    assert cleaned({**TURNS, "roles": ["user"]}, {"5": 2}) == {"5": 2}


@pytest.mark.parametrize("key", ["1", "3", "7", "02", "-2", "two", "2.0", "9" * 30])
def test_turns_that_are_not_there_are_refused(key):
    refusal(TURNS, {"2": 1, key: 2})


@pytest.mark.parametrize("value", [[1, 2], "x", {"2": 4}, {"2": "1"}, {"2": None}])
def test_answers_to_turns_are_checked_like_those_to_the_whole(value):
    refusal(TURNS, value)


def test_all_turns_are_needed_where_turns_are_needed():
    needed = {**TURNS, "required": True}
    assert "an answer is needed" in refusal(needed, {"2": 1, "4": 1})
    assert cleaned(needed, {"2": 1, "4": 1, "6": 2})
    nothing_to_rate = Subject.of({"messages": [{"role": "user", "content": "Hi"}]})
    assert cleaned(needed, None, nothing_to_rate) is None


def test_tags_of_turns():
    assert cleaned(TAGGED, {"4": ["rude", "wrong"], "2": []}) == {"2": [], "4": ["wrong", "rude"]}
    assert "turn 2" in refusal(TAGGED, {"2": ["nothing"]})


# --- pairwise and ranking -----------------------------------------------------------------------


def test_pairwise_takes_an_id_or_a_tie():
    assert cleaned(PAIR, "y", TWO) == "y"
    assert cleaned(PAIR, "tie", TWO) == "tie"
    assert "one of: x, y" in refusal(PAIR, "z", TWO)
    assert "id of a response" in refusal({**PAIR, "tie": False}, "tie", TWO)
    refusal(PAIR, ["x"], TWO)
    assert "needs two responses, this task has 1" in refusal(PAIR, "r", ONE)


def test_a_ranking_names_every_response_once():
    three = Subject({"a": "1", "b": "2", "c": "3"}, {})
    assert cleaned(ORDER, [["c"], ["b", "a"]], three) == [["c"], ["a", "b"]]
    assert "a, b, c" in refusal(ORDER, [["c"], ["a"]], three)
    refusal(ORDER, [["c"], ["a"], ["b"], ["d"]], three)
    assert "no ties" in refusal({**ORDER, "tie": False}, [["c"], ["b", "a"]], three)


@pytest.mark.parametrize(
    "value",
    ["abc", [], ["a"], [[]], [["a"], ["a"]], [[1]], [[["a"]]], [[str(i)] for i in range(7)]],
)
def test_rankings_of_another_shape_are_refused(value):
    refusal(ORDER, value, Subject(dict.fromkeys("ab", "x"), {}))


def test_more_responses_than_can_be_ranked_are_said_so():
    many = Subject({str(i): "x" for i in range(7)}, {})
    assert "2 to 6 responses, this task has 7" in refusal(ORDER, [["0"]], many)


@given(
    st.sampled_from([SPANS, TURNS, PAIR, ORDER]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["in", "start", "end", "tag", "2", "4"]) | st.text(max_size=3),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ),
)
def test_anything_is_either_cleaned_or_refused(field, value):
    try:
        found = cleaned(field, value, TWO)
    except InvalidLabel:
        return
    assert cleaned(field, found, TWO) == found


# --- when a field is asked, and when it is needed -------------------------------------------------

WHEN = [
    QUALITY,
    {
        "name": "issues",
        "kind": "tags",
        "label": "Issues",
        "options": TAGS,
        "required_when": {"field": "quality", "at_most": 2},
    },
    {
        "name": "how",
        "kind": "text",
        "label": "How rude?",
        "asked_when": {"field": "issues", "has": "rude"},
        "required": True,
    },
]


def test_a_field_is_needed_only_when_its_condition_holds():
    fields = fields_from_json(WHEN)
    assert clean_values(fields, {"quality": 3}) == {"quality": 3}
    assert clean_values(fields, {"quality": 3, "issues": ["wrong"]})
    with pytest.raises(InvalidLabel, match="issues: an answer is needed"):
        clean_values(fields, {"quality": 2, "issues": []})


def test_a_field_that_is_not_asked_takes_no_answer_and_needs_none():
    fields = fields_from_json(WHEN)
    assert clean_values(fields, {"quality": 2, "issues": ["wrong"]})
    with pytest.raises(InvalidLabel, match="how: an answer is needed"):
        clean_values(fields, {"quality": 2, "issues": ["rude"]})
    with pytest.raises(InvalidLabel, match="is asked only when issues has rude"):
        clean_values(fields, {"quality": 2, "issues": ["wrong"], "how": "very"})


def test_conditions_are_told_in_words():
    assert str(Condition("quality", "at_most", 1)) == "quality at most 1"
    assert str(Condition("resolved", "is", False)) == "resolved is no"


def test_answers_to_what_is_no_longer_asked_can_be_left_out():
    fields = fields_from_json(WHEN)
    typed = {"quality": 2, "issues": ["wrong"], "how": "very"}
    assert asked_of(fields, typed) == {"quality": 2, "issues": ["wrong"]}
    assert asked_of(fields, {**typed, "issues": ["rude"]}) == {**typed, "issues": ["rude"]}


CONDITIONED = """
[[fields]]
name = "quality"
kind = "rating"
label = "Quality"

[[fields]]
name = "why"
kind = "text"
label = "Why?"
asked_when = { field = "quality", at_most = 2 }
"""


@pytest.mark.parametrize(
    ("written", "instead", "key", "says"),
    [
        ('field = "quality"', 'field = "quallity"', "fields[1].asked_when", "no field 'quallity'"),
        ('field = "quality"', 'field = "why"', "fields[1].asked_when", "no field 'why' above"),
        ("at_most = 2", "at_most = 9", "fields[1].asked_when", "9 is no answer"),
        ("at_most = 2", "at_most = true", "fields[1].asked_when", "True is no answer"),
        ("at_most = 2", 'has = "x"', "fields[1].asked_when", "'has' cannot be said of quality"),
        (", at_most = 2", "", "fields[1].asked_when", "no such condition"),
        ("at_most = 2", "at_most = 2, is = 3", "fields[1].asked_when.is", "no such condition"),
        ("at_most = 2", "below = 2", "fields[1].asked_when", "no such condition"),
        ('{ field = "quality", at_most = 2 }', '"quality"', "fields[1].asked_when", "not a table"),
    ],
)
def test_a_wrong_condition_names_file_line_key_and_fix(written, instead, key, says):
    assert fields_from_toml(CONDITIONED)
    with pytest.raises(GuidelineError) as caught:
        fields_from_toml(CONDITIONED.replace(written, instead), "f/fields.toml")
    assert (caught.value.file, caught.value.line, caught.value.key) == ("f/fields.toml", 11, key)
    assert says in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("field", "key", "says"),
    [
        ({**TURNS, "each": "text"}, "each", "no kind 'text'"),
        ({**TURNS, "roles": ["nobody"]}, "roles", "does not fit"),
        ({**TURNS, "roles": []}, "roles", "does not fit"),
        ({**TURNS, "failure_below": 2}, "failure_below", "one turn"),
        ({**SPANS, "options": []}, "options", "0 of them"),
        ({**PAIR, "keys": ["1"]}, "keys", "does not fit"),
        ({**PAIR, "tie": "no"}, "tie", "neither true nor false"),
        ({**QUALITY, "meanings": ["one"]}, "meanings", "1 texts"),
        ({"name": "t", "kind": "text", "label": "T", "short": 1}, "short", "neither"),
    ],
)
def test_wrong_fields_name_their_key(field, key, says):
    with pytest.raises(GuidelineError) as caught:
        fields_from_json([field])
    assert caught.value.key == f"fields[0].{key}"
    assert says in caught.value.message


def test_a_short_text_is_one_line():
    field = {"name": "line", "kind": "text", "label": "L", "short": True}
    assert cleaned(field, "one line") == "one line"
    assert "line break" in refusal(field, "two\nlines")
    assert to_json(fields_from_json([field]))[0]["max_chars"] == 200
