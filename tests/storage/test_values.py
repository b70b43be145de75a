"""Single values: what is taken, what is refused, and what the refusal says."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import BadRow
from storage.values import MAX_DEPTH, json_of, mended, moment_of, name_of, number_of, shown

MARCH = datetime(2026, 3, 1, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        1772359260,
        1772359260.0,
        "1772359260",
        1772359260_000,
        1772359260_000_000,
        1772359260_000_000_000,
        "2026-03-01T10:01:00Z",
        "2026-03-01T11:01:00+01:00",
        "2026-03-01 10:01",
        "20260301T100100Z",
        datetime(2026, 3, 1, 10, 1),  # noqa: DTZ001 - what Parquet gives
    ],
)
def test_one_moment_in_many_spellings(value):
    assert moment_of("created_at", value) == MARCH
    assert moment_of("created_at", value).tzinfo is UTC


def test_a_date_without_dashes_is_a_date_and_no_count_of_seconds():
    assert moment_of("created_at", "20260301") == datetime(2026, 3, 1, tzinfo=UTC)


def test_microseconds_survive():
    assert moment_of("t", 1772359260.000123).microsecond == 123
    assert moment_of("t", 1772359260_000_123).microsecond == 123
    assert moment_of("t", "2026-03-01T10:01:00.000123456Z").microsecond == 123


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "2026-13-01",
        True,
        [],
        {},
        10**400,
        1e300,
        float("nan"),
        "0001-01-01T00:00+14:00",
    ],
)
def test_what_is_no_time_is_refused_with_an_example(value):
    with pytest.raises(BadRow) as refused:
        moment_of("created_at", value)
    assert refused.value.field == "created_at"
    assert "2026-11-01T10:00:00Z" in refused.value.hint


@pytest.mark.parametrize("value", ["a\x00b", "a\nb", "\x7f", "\x85", "\ud800"])
def test_names_hold_no_control_characters(value):
    with pytest.raises(BadRow, match="control character U\\+"):
        name_of("id", value, 200)


def test_names_keep_what_people_write():
    for value in ("Zürich", "דוגמה", "a\u200db", "\u202eevil", "  padded  ", "=1+1", "🙂"):
        assert name_of("id", value, 200) == value
    assert name_of("id", 17, 200) == "17"
    assert name_of("id", "", 200) is None


@pytest.mark.parametrize("value", [True, 1.5, [], {}, 10**60])
def test_names_are_texts_or_whole_numbers(value):
    with pytest.raises(BadRow, match="no text"):
        name_of("id", value, 200)


def test_names_end_somewhere():
    assert name_of("category", "x" * 200, 200) == "x" * 200
    with pytest.raises(BadRow, match="201 characters") as refused:
        name_of("category", "x" * 201, 200)
    assert refused.value.hint == "at most 200"


def test_numbers_also_as_text():
    assert number_of("confidence", "0.25", 0, 1) == 0.25
    assert number_of("confidence", None, 0, 1) is None
    assert number_of("confidence", "", 0, 1) is None


@pytest.mark.parametrize(
    "value", [True, "high", "1_0", "nan", "inf", -0.1, 1.01, 42, float("nan"), 10**400, [1]]
)
def test_numbers_out_of_range_are_refused_with_the_range(value):
    with pytest.raises(BadRow, match="from 0 to 1"):
        number_of("confidence", value, 0.0, 1.0)


@pytest.mark.parametrize("value", [float("-inf"), float("inf"), -(10**400)])
def test_unbounded_numbers_are_still_finite(value):
    with pytest.raises(BadRow, match="a finite number"):
        number_of("value", value, float("-inf"))


def nested(depth: int) -> list:
    value: list = ["leaf"]
    for _ in range(depth - 1):
        value = [value]
    return value


def test_nesting_ends_somewhere():
    assert json.loads(json_of("metadata", nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 500, 100_000):
        with pytest.raises(BadRow, match="nested deeper than 64"):
            json_of("metadata", nested(depth))


def test_brackets_in_texts_are_no_nesting():
    code = "if (a[0]) { b[1] = {} }" * 100
    assert json.loads(json_of("messages", [{"content": code}])) == [{"content": code}]


def test_half_characters_become_replacement_characters():
    assert json.loads(json_of("x", {"a\ud800": ["\udc00b", "ok"]})) == {"a�": ["�b", "ok"]}


def test_json_that_json_cannot_hold_is_refused():
    with pytest.raises(BadRow, match="JSON cannot hold it"):
        json_of("metadata", {"a": object()})


@given(st.text())
def test_mended_text_has_the_same_length_and_can_be_stored(text):
    assert len(mended(text)) == len(text)
    mended(text).encode()


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_what_is_shown_of_a_value_is_short(value):
    assert len(shown(value)) < 400
    assert len(shown(10**9999)) < 60
