"""gold.jsonl: read with named faults, kept once, and when an answer is as agreed."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from labeling.errors import GuidelineError
from labeling.fields import fields_from_toml
from labeling.gold import in_words, is_right, judged
from labeling.guideline import load_guideline, load_guidelines, shipped_folder
from labeling.queues import QueueSpec, create_queue, sync_guidelines
from server.demo import example_rows
from storage import Store
from storage.tables import gold, interaction

FORM = """
version = "1"
title = "Toy"
[[fields]]
name = "quality"
kind = "rating"
label = "How good?"
words = ["Awful", "Poor", "Fair", "Good", "Best"]
failure_below = 3
required = true
[[fields]]
name = "issues"
kind = "tags"
label = "What is wrong?"
options = [{value = "a", label = "A"}, {value = "b", label = "B"}, {value = "c", label = "C"}]
[[fields]]
name = "plain"
kind = "rating"
label = "On a scale without a line"
[[fields]]
name = "sort"
kind = "choice"
label = "Which?"
options = [{value = "x", label = "X"}, {value = "y", label = "Y"}]
[[fields]]
name = "truth"
kind = "boolean"
label = "True?"
[[fields]]
name = "notes"
kind = "text"
label = "Notes"
"""
FIELDS = fields_from_toml(FORM)
LINE = {"id": "1", "query": "Q?", "response": "A.", "expected": {"quality": 4}, "why": "So."}


def folder(tmp_path: Path, *lines: object) -> Path:
    made = tmp_path / "toy"
    made.mkdir(exist_ok=True)
    (made / "guideline.md").write_text("# Toy")
    (made / "fields.toml").write_text(FORM)
    texts = [one if isinstance(one, str) else json.dumps(one) for one in lines]
    (made / "gold.jsonl").write_text("\n".join(texts))
    return made


def test_the_hash_of_a_guideline_does_not_know_its_gold(tmp_path):
    without = load_guideline(folder(tmp_path))
    with_gold = load_guideline(folder(tmp_path, LINE, "", {**LINE, "id": "2", "use": "gold"}))
    assert [one.use for one in with_gold.gold] == ["both", "gold"]
    assert without.gold == ()
    assert without.hash == with_gold.hash


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("{", None, "one JSON object"),
        ("[1]", None, "not an object"),
        ({**LINE, "id": None}, "id", "missing"),
        ({**LINE, "query": None}, "messages", ""),
        ({**LINE, "response": ""}, "response", "something to judge"),
        ({**LINE, "source": "bot"}, "source", "leave it out"),
        ({**LINE, "expected": {}}, "expected", "missing"),
        ({**LINE, "expected": {"quality": 9}}, "expected.quality", "from 1 to 5"),
        ({**LINE, "expected": {"mood": 1}}, "expected.mood", "no such field"),
        ({**LINE, "expected": {"notes": "n"}}, "expected", "nothing to judge by"),
        ({**LINE, "why": ""}, "why", "a sentence"),
        ({**LINE, "why": None}, "why", "missing"),
        ({**LINE, "use": "test"}, "use", "one of"),
        (LINE, "id", "on line 1 already"),
    ],
)
def test_a_fault_names_file_line_key_and_fix(tmp_path, line, key, words):
    with pytest.raises(GuidelineError) as raised:
        load_guideline(folder(tmp_path, LINE, line))
    error = raised.value
    assert error.file.endswith("gold.jsonl")
    assert error.line == 2
    assert error.hint
    assert words in str(error)
    if key != "messages":
        assert error.key == key


@pytest.mark.parametrize(
    ("agreed", "said", "right"),
    [
        ({"quality": 4}, {"quality": 5}, True),
        ({"quality": 4}, {"quality": 3}, True),
        ({"quality": 5}, {"quality": 3}, False),  # two points off
        ({"quality": 3}, {"quality": 2}, False),  # the other side of the line
        ({"quality": 2}, {"quality": 1}, True),
        ({"quality": 2}, {"quality": 3}, False),
        ({"quality": 4}, {}, False),
        ({"plain": 4}, {"plain": 4}, True),
        ({"plain": 4}, {"plain": 5}, False),  # no line: exactly
        ({"issues": []}, {}, True),
        ({"issues": []}, {"issues": ["a"]}, False),
        ({"issues": ["a"]}, {"issues": []}, False),
        ({"issues": ["a"]}, {"issues": ["a", "b"]}, True),  # 1 of 2 shared
        ({"issues": ["a"]}, {"issues": ["a", "b", "c"]}, False),  # 1 of 3
        ({"issues": ["a", "b"]}, {"issues": ["b", "c"]}, False),  # 1 of 3
        ({"sort": "x"}, {"sort": "x"}, True),
        ({"sort": "x"}, {"sort": "y"}, False),
        ({"truth": False}, {"truth": False}, True),
        ({"truth": False}, {}, False),
        ({"quality": 4, "notes": "anything"}, {"quality": 4, "notes": "else"}, True),
        ({"quality": 4, "issues": ["a"]}, {"quality": 4}, False),
        ({"quality": 4}, None, False),
    ],
)
def test_an_answer_is_right_when_every_judged_field_is(agreed, said, right):
    assert is_right(FIELDS, agreed, said) is right
    assert set(judged(FIELDS, agreed, said)) == set(agreed) - {"notes"}


def test_values_in_words():
    by_name = {one.name: one for one in FIELDS}
    assert in_words(by_name["quality"], 2) == "2 Poor"
    assert in_words(by_name["plain"], 2) == "2"
    assert in_words(by_name["issues"], ["c", "a"]) == "C, A"
    assert in_words(by_name["issues"], None) == "none"
    assert in_words(by_name["sort"], "y") == "Y"
    assert in_words(by_name["sort"], None) == "not answered"
    assert in_words(by_name["truth"], False) == "No"
    assert in_words(by_name["notes"], "so") == "so"


def rows(store: Store) -> dict[str, tuple]:
    with store.read() as session:
        found = session.execute(
            select(interaction.c.source, interaction.c.external_id, gold)
            .join_from(gold, interaction)
            .order_by(gold.c.id)
        ).all()
    return {row.external_id.partition("@")[0] + f"/{row.id}": row for row in found}


def test_agreed_answers_are_kept_once_and_what_changes_is_another(store, lab, tmp_path):
    first = load_guideline(folder(tmp_path, LINE, {**LINE, "id": "2"}))
    with store.write() as session:
        create_queue(session, QueueSpec("q", "toy"), first, None, lab.now)
    with store.write() as session:
        sync_guidelines(session, {"toy": first}, lab.now)
    assert [row.source for row in rows(store).values()] == ["guideline:toy"] * 2
    changed = load_guideline(
        folder(tmp_path, {**LINE, "expected": {"quality": 2}}, {**LINE, "id": "2", "why": "Now."})
    )
    with store.write() as session:
        sync_guidelines(session, {"toy": changed}, lab.now)
    one, two, three = rows(store).values()
    assert (one.expected, one.retired_at) == ({"quality": 4}, lab.now)
    assert (two.why, two.retired_at) == ("Now.", None)
    assert (three.expected, three.retired_at) == ({"quality": 2}, None)
    with store.write() as session:
        sync_guidelines(session, {"toy": first}, lab.now)
    assert [row.retired_at is None for row in rows(store).values()] == [True, True, False]


def test_a_store_without_a_queue_holds_no_gold(store, lab):
    with store.write() as session:
        sync_guidelines(session, load_guidelines(shipped_folder()), lab.now)
    assert rows(store) == {}


def test_the_shipped_gold_is_enough_varied_and_not_the_demo():
    one = load_guidelines(shipped_folder())["response-quality"]
    assert len(one.gold) >= 12
    assert {gold.expected["quality"] for gold in one.gold} == {1, 2, 3, 4, 5}
    tags = {tag for gold in one.gold for tag in gold.expected.get("issues", [])}
    assert tags == {option.value for field in one.fields[1:2] for option in field.options}
    assert all(40 < len(gold.why) < 400 for gold in one.gold)
    texts = {str(row["response"]) for _, row in example_rows("interactions.jsonl")}
    assert not texts & {str(gold.row["response"]) for gold in one.gold}
