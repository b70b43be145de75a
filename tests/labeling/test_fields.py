"""The form: kinds, their values, their keys, and errors that say where and what to do."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import GuidelineError, InvalidLabel
from labeling.fields import (
    clean_values,
    fields_from_json,
    fields_from_toml,
    to_json,
)
from labeling.keys import RESERVED

FORM = """
[[fields]]
name = "quality"
kind = "rating"
label = "How good?"
words = ["Bad", "Poor", "Fair", "Good", "Great"]
failure_below = 3
required = true

[[fields]]
name = "issues"
kind = "tags"
label = "Issues"
options = [
    { value = "hallucination", label = "Hallucination", key = "h" },
    { value = "harm", label = "Harmful" },
    { value = "refusal", label = "Refusal", help = "Declines", key = "" },
]

[[fields]]
name = "expected"
kind = "answer"
label = "Expected"
max_chars = 20

[[fields]]
name = "sure"
kind = "choice"
label = "Sure?"
options = [{ value = "low" }, { value = "high" }]

[[fields]]
name = "context"
kind = "boolean"
label = "Context?"

[[fields]]
name = "notes"
kind = "text"
label = "Notes"
"""
FIELDS = fields_from_toml(FORM)


def keys_of(fields):
    return {control.name: control.key for field in fields for control in field.controls()}


def rating(**more):
    return {"name": "r", "kind": "rating", "label": "R", **more}


def choice(*options, name="c", kind="choice"):
    return {"name": name, "kind": kind, "label": "C", "options": list(options)}


def test_every_control_gets_a_key_of_its_own():
    assert keys_of(FIELDS) == {
        "quality.1": "1",
        "quality.2": "2",
        "quality.3": "3",
        "quality.4": "4",
        "quality.5": "5",
        "issues.hallucination": "h",
        "issues.harm": "a",  # h is written elsewhere
        "issues.refusal": None,  # written as having none
        "expected": "e",  # the page's own key for the answer
        "sure.low": "l",
        "sure.high": "i",
        "context.Yes": "y",
        "context.No": "n",
        "notes": "o",
    }


@pytest.mark.parametrize(
    ("low", "high", "keys"),
    [(1, 10, "1234567890"), (0, 9, "0123456789"), (-1, 1, "123"), (0, 10, "0123456789a")],
)
def test_digits_of_a_scale(low, high, keys):
    (field,) = fields_from_json([rating(min=low, max=high)])
    assert "".join(map(str, field.keys)) == keys


def test_a_second_rating_gets_letters():
    words = ["Never", "Often", "Always"]
    fields = fields_from_json(
        [rating(max=3), {**rating(max=3, words=words), "name": "second"}],
    )
    assert keys_of(fields)["second.1"] == "n"
    assert keys_of(fields)["second.3"] == "a"


def test_an_empty_pool_leaves_options_without_a_key_and_says_so():
    options = [{"value": f"v{i}"} for i in range(40)]
    (field,) = fields_from_json([choice(*options)])
    keys = [one.key for one in field.options]
    given_out = [key for key in keys if key]
    assert len(given_out) == len(set(given_out)) == 26 - len(RESERVED)
    assert not set(given_out) & set(RESERVED)
    assert keys[-1] is None
    assert to_json([field])[0]["options"][-1]["key"] is None


def test_one_key_written_twice_names_both():
    with pytest.raises(GuidelineError) as caught:
        fields_from_toml(
            FORM.replace('{ value = "low" }', '{ value = "low", key = "h" }'), "f.toml"
        )
    assert "issues.hallucination" in caught.value.message
    assert "sure.low" in caught.value.message
    assert (caught.value.file, caught.value.line) == ("f.toml", 30)
    assert caught.value.key == "fields[3].options[0].key"


@pytest.mark.parametrize("key", [*RESERVED, "?", "H", "hh", "ä"])
def test_keys_of_the_page_and_odd_keys_are_refused(key):
    with pytest.raises(GuidelineError) as caught:
        fields_from_json([choice({"value": "a", "key": key}, {"value": "b"})])
    assert caught.value.key is not None
    assert caught.value.hint


@pytest.mark.parametrize(
    ("written", "instead", "line", "key", "says"),
    [
        ('kind = "tags"', 'kind = "tag"', 12, "fields[1].kind", "no kind 'tag'"),
        ("failure_below = 3", "failure_below = 9", 7, "fields[0].failure_below", "9"),
        ("required = true", 'required = "yes"', 8, "fields[0].required", "neither"),
        ("max_chars = 20", "max_char = 20", 24, "fields[2].max_char", "unknown key"),
        ('key = "h"', "key = 7", 15, "fields[1].options[0].key", "7 is not a text"),
        ('help = "Declines"', "help = 3", 17, "fields[1].options[2].help", "3"),
        ('name = "sure"', 'name = "issues"', 27, "fields[3].name", "already"),
        ('name = "notes"', 'name = "My notes"', 38, "fields[5].name", "My notes"),
        ('"Fair", ', "", 6, "fields[0].words", "4 texts"),
        ('label = "Issues"', "", 10, "fields[1].label", "None"),
        ("max_chars = 20", "max_chars = ", 24, None, "Invalid value"),
    ],
)
def test_errors_name_file_line_key_and_fix(written, instead, line, key, says):
    with pytest.raises(GuidelineError) as caught:
        fields_from_toml(FORM.replace(written, instead), "form/fields.toml")
    assert (caught.value.file, caught.value.line, caught.value.key) == (
        "form/fields.toml",
        line,
        key,
    )
    assert says in caught.value.message
    assert caught.value.hint
    assert str(caught.value).startswith(f"form/fields.toml:{line}: ")


def test_json_tells_all_and_comes_back_the_same():
    wire = json.loads(json.dumps(to_json(FIELDS)))
    assert fields_from_json(wire) == FIELDS
    assert wire[0] == {
        "kind": "rating",
        "name": "quality",
        "label": "How good?",
        "help": None,
        "required": True,
        "required_when": None,
        "asked_when": None,
        "min": 1,
        "max": 5,
        "words": ["Bad", "Poor", "Fair", "Good", "Great"],
        "meanings": None,
        "examples": None,
        "failure_below": 3,
        "keys": ["1", "2", "3", "4", "5"],
    }


def test_scales_and_categories():
    assert [field.kind for field in FIELDS] == [
        "rating",
        "tags",
        "answer",
        "choice",
        "boolean",
        "text",
    ]
    assert {field.kind: field.scale for field in FIELDS} == {
        "rating": "ordinal",
        "tags": "per_tag",
        "answer": "none",
        "choice": "nominal",
        "boolean": "nominal",
        "text": "none",
    }
    assert FIELDS[0].categories == (1, 2, 3, 4, 5)
    assert FIELDS[1].categories == ("hallucination", "harm", "refusal")
    assert FIELDS[4].categories == (False, True)


def test_values_come_out_in_the_order_of_the_form():
    values = {
        "notes": " kept as typed ",
        "issues": ["refusal", "hallucination"],
        "context": False,
        "sure": "low",
        "expected": "line\nline\u202e",
        "quality": 4.0,
    }
    assert list(clean_values(FIELDS, values).items()) == [
        ("quality", 4),
        ("issues", ["hallucination", "refusal"]),
        ("expected", "line\nline\u202e"),
        ("sure", "low"),
        ("context", False),
        ("notes", " kept as typed "),
    ]


def test_null_and_blank_are_not_given_but_no_tags_is_an_answer():
    values = {"quality": 1, "issues": [], "sure": None, "notes": " \n", "expected": ""}
    assert clean_values(FIELDS, values) == {"quality": 1, "issues": []}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quality", 6),
        ("quality", 0),
        ("quality", "4"),
        ("quality", True),
        ("quality", 3.5),
        ("quality", float("nan")),
        ("quality", None),
        ("quality", [3]),
        ("issues", "harm"),
        ("issues", ["nothing"]),
        ("issues", ["harm", "harm"]),
        ("issues", [["harm"]]),
        ("issues", [None, []]),
        ("issues", ["harm", None]),
        ("issues", {"harm": 1}),
        ("sure", "medium"),
        ("sure", ["low"]),
        ("context", 1),
        ("context", "yes"),
        ("notes", 7),
        ("notes", "a\ud800b"),
        ("expected", "x" * 21),
        ("colour", "red"),
    ],
)
def test_bad_values_name_their_field_and_the_fix(field, value):
    with pytest.raises(InvalidLabel) as caught:
        clean_values(FIELDS, {"quality": 3, field: value})
    assert caught.value.field == field
    assert caught.value.hint


def test_required_tags_want_one():
    (field,) = fields_from_json([{**choice({"value": "a"}, kind="tags"), "required": True}])
    with pytest.raises(InvalidLabel, match="an answer is needed"):
        clean_values([field], {"c": []})


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in FIELDS]) | st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2)
            ),
            max_leaves=5,
        ),
        max_size=6,
    )
)
def test_anything_is_either_cleaned_or_refused(values):
    try:
        cleaned = clean_values(FIELDS, values)
    except InvalidLabel:
        return
    assert clean_values(FIELDS, cleaned) == cleaned
    assert set(cleaned) <= set(values)
