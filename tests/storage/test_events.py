"""Feedback and scores: known scales, unknown scales, repeats."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import BadRow
from storage.events import parse_feedback, parse_score

NOW = datetime(2026, 11, 2, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def feedback(now=NOW, **said):
    return parse_feedback({"source": "bot", "interaction_id": "a", **said}, now=now)


def score(now=NOW, **said):
    row = {"source": "bot", "interaction_id": "a", "name": "judge", "kind": "judge", "value": 2}
    return parse_score({**row, **said}, now=now)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ({"score": 0.25}, 0.25),
        ({"score": "0.25"}, 0.25),
        ({"score": True}, 1.0),
        ({"thumb": "up"}, 1.0),
        ({"thumb": "down"}, 0.0),
        ({"thumb": False}, 0.0),
        ({"rating": 4, "min": 1, "max": 5}, 0.75),
        ({"rating": -1, "min": -1, "max": 1}, 0.0),
        ({"rating": 4}, None),
        ({"rating": 4, "max": 5}, None),
        ({"comment": "hm"}, None),
        ({"label": "wrong"}, None),
    ],
)
def test_the_value_is_known_when_the_scale_is(said, value):
    found = feedback(**said)
    assert found.value == value
    raw = {key: one for key, one in said.items() if key != "comment"}
    assert json.loads(found.raw) == raw


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "score"),
        ({"comment": ""}, "score"),
        ({"score": 4}, "score"),
        ({"score": "good"}, "score"),
        ({"thumb": "sideways"}, "thumb"),
        ({"thumb": 1.0}, "thumb"),
        ({"thumb": []}, "thumb"),
        ({"rating": "five"}, "rating"),
        ({"rating": 6, "min": 1, "max": 5}, "rating"),
        ({"rating": 3, "min": 5, "max": 1}, "min"),
        ({"rating": 0, "min": -1.7e308, "max": 1.7e308}, "min"),
        ({"score": 1, "thumb": "up"}, "score"),
        ({"thumb": "up", "comment": 3}, "comment"),
        ({"comment": "x" * 20_001}, "comment"),
        ({"label": "x" * 20_001}, "score"),
        ({"thumb": "up", "actor": "a\x00"}, "actor"),
        ({"thumb": "up", "created_at": "soon"}, "created_at"),
        ({"thumb": "up", "interaction_id": None}, "interaction_id"),
        ({"thumb": "up", "source": ["x"]}, "source"),
    ],
)
def test_feedback_that_cannot_be_read(said, field):
    with pytest.raises(BadRow) as refused:
        feedback(**said)
    assert refused.value.field == field
    assert refused.value.hint


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"kind": "human"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": ["judge"]}, "kind"),
        ({"value": None}, "value"),
        ({"value": "high"}, "value"),
        ({"value": float("-inf")}, "value"),
        ({"version": "a\x00"}, "version"),
        ({"interaction_id": ""}, "interaction_id"),
    ],
)
def test_scores_that_cannot_be_read(said, field):
    with pytest.raises(BadRow) as refused:
        score(**said)
    assert refused.value.field == field


def test_a_check_may_answer_true_or_false():
    assert score(kind="check", value=True).value == 1.0


def test_comments_can_be_stored_everywhere():
    assert feedback(comment="a\x00b\ud800").comment == "a�b�"


def test_saying_it_again_later_is_recognised():
    assert feedback(now=LATER, thumb="up").fingerprint == feedback(thumb="up").fingerprint
    assert score(now=LATER).fingerprint == score().fingerprint


def test_the_order_of_keys_and_the_zone_of_a_time_do_not_matter():
    one = feedback(rating=4, min=1, max=5, created_at="2026-11-01T10:00:00Z")
    other = feedback(max=5, created_at="2026-11-01T11:00:00+01:00", min=1, rating=4)
    assert one.fingerprint == other.fingerprint


def test_other_words_actors_and_times_are_other_feedback():
    said = [{}, {"comment": "x"}, {"actor": "u1"}, {"created_at": 1772359260}, {"thumb": "down"}]
    found = [feedback(**{"thumb": "up", **one}).fingerprint for one in said]
    assert len(set(found)) == len(found)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["source", "interaction_id", "score", "thumb", "rating", "min", "max", "comment", "actor",
     "created_at", "name", "kind", "value", "version", "x"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, JSON) | JSON)
@pytest.mark.parametrize("parse", [parse_feedback, parse_score])
def test_any_json_gives_an_event_or_a_bad_row(parse, row):
    if isinstance(row, dict):
        row = {"interaction_id": "a", "name": "judge", "kind": "judge", **row}
    try:
        found = parse(row, now=NOW)
    except BadRow as error:
        json.dumps(error.to_json()).encode()
        return
    assert 0 <= found.fingerprint < 2**63
