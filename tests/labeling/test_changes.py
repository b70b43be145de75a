"""What differs between two versions of a guideline, in the tree that the page draws."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.changes import PAIRS_AT_MOST, WORDS_AT_MOST, rubric_changes
from labeling.fields import KINDS as ALL_KINDS
from labeling.fields import fields_from_toml
from labeling.form_changes import KINDS, form_changes
from labeling.ui.presenters import rubric

FORM = """
[[fields]]
name = "quality"
kind = "rating"
label = "How good?"
help = "Judge the whole."
words = ["Bad", "Poor", "Fair", "Good", "Great"]
[[fields]]
name = "issues"
kind = "tags"
label = "What is wrong?"
options = [{value = "wrong", label = "Wrong", key = "w"}, {value = "rude", label = "Rude"}]
[[fields]]
name = "sure"
kind = "boolean"
label = "Sure?"
[[fields]]
name = "notes"
kind = "text"
label = "Notes"
max_chars = 2000
"""


def changed(was: str, now: str) -> list[dict]:
    return rubric_changes(rubric(was), rubric(now))


def kinds(was: str, now: str) -> list[str]:
    return [one["kind"] for one in changed(was, now)]


def plain(node) -> str:
    return node if isinstance(node, str) else "".join(map(plain, node[1]))


def without(node, mark: str) -> str:
    """The text of a tree without what has a mark."""
    if isinstance(node, str):
        return node
    return "" if node[0] == mark else "".join(without(child, mark) for child in node[1])


def said(was: str, now: str) -> dict[str, list[str]]:
    found = form_changes(fields_from_toml(was), fields_from_toml(now))
    return {one["label"]: one["said"] for one in found}


def test_the_same_has_no_changes():
    text = "# A\n\nOne.\n\n- b\n- c\n"
    assert changed(text, text) == []
    assert changed("", "") == []


def test_paragraphs_that_came_and_went_stand_under_their_heading():
    was = "## One\n\nStays here.\n\n## Two\n\nThis goes away.\n"
    now = "## One\n\nStays here.\n\n## Two\n\n## Three\n\nEntirely other words.\n"
    assert changed(was, now) == [
        {"kind": "same", "blocks": [["h2", ["Two"]]], "hidden": 2},
        {"kind": "removed", "blocks": [["p", ["This goes away."]]], "hidden": 0},
        {
            "kind": "added",
            "blocks": [["h2", ["Three"]], ["p", ["Entirely other words."]]],
            "hidden": 0,
        },
    ]


def test_what_was_reworded_marks_the_words():
    (only,) = changed("Give a **4** when it is fine.", "Give a **5** when it is *all* fine.")
    assert only["kind"] == "changed"
    assert only["blocks"] == [
        [
            "p",
            [
                "Give a ",
                ["del", [["strong", ["4"]]]],
                ["ins", [["strong", ["5"]]]],
                " when it is ",
                ["ins", [["em", ["all"]]]],
                ["ins", [" "]],
                "fine.",
            ],
        ]
    ]


def test_lists_differ_by_item_and_tables_by_row():
    assert changed("1. a first\n2. b second\n", "1. a first\n2. new one\n3. b second\n") == [
        {"kind": "same", "blocks": [], "hidden": 1},
        {"kind": "added", "blocks": [["ul", [["li", ["new one"]]]]], "hidden": 0},
        {"kind": "same", "blocks": [], "hidden": 1},
    ]
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    (_, added) = changed(table, table + "| 3 | 4 |\n| 5 | 6 |\n")
    assert added["kind"] == "added"
    assert plain(added["blocks"][0]) == "3456"
    assert added["blocks"][0][0] == "table"


def test_items_with_lists_inside_are_replaced_whole():
    assert kinds("- a\n  - b\n", "- a\n  - c\n") == ["removed", "added"]


def test_a_text_too_long_to_be_marked_is_replaced():
    long = "word " * (WORDS_AT_MOST + 1)
    assert kinds(long, long + "more") == ["removed", "added"]
    many = PAIRS_AT_MOST
    was = "\n\n".join(f"a {number}" for number in range(many))
    now = "\n\n".join(f"b {number}" for number in range(many))
    assert kinds(was, now) == ["removed", "added"]


words = st.lists(st.sampled_from(["one", "two.", "*three*", "`four`", "five", "\n\n", "- "]))


def is_part(few: str, of: str) -> bool:
    """Whether the letters of a text come in another one, in their order; space does not count."""
    letters = iter("".join(of.split()))
    return all(letter in letters for letter in "".join(few.split()))


@given(words, words)
def test_what_is_shown_of_each_version_stood_in_it_in_that_order(was, now):
    old, new = rubric(" ".join(was)), rubric(" ".join(now))
    found = rubric_changes(old, new)
    had = [one for one in found if one["kind"] in ("removed", "changed")]
    has = [one for one in found if one["kind"] in ("added", "changed")]
    gone = "".join(without(block, "ins") for one in had for block in one["blocks"])
    came = "".join(without(block, "del") for one in has for block in one["blocks"])
    assert is_part(gone, "".join(map(plain, old)))
    assert is_part(came, "".join(map(plain, new)))
    assert (found == []) == (old == new) or not (gone or came)
    json.dumps(found)


# --- the form ------------------------------------------------------------------------------------


def test_the_same_form_has_no_changes():
    assert said(FORM, FORM) == {}


@pytest.mark.parametrize(
    ("old", "new", "label", "sentences"),
    [
        ('label = "How good?"', 'label = "How right?"', "How right?",
         ["It was called “How good?”."]),
        ('help = "Judge the whole."', 'help = "Judge the end."', "How good?",
         ["Its hint is now “Judge the end.”."]),
        ('help = "Judge the whole."', "", "How good?", ["Its hint is gone."]),
        ('"Fair"', '"So so"', "How good?", ["3 is now “So so”; it was “Fair”."]),
        ('words = ["Bad", "Poor", "Fair", "Good", "Great"]', "max = 3", "How good?",
         ["Its scale runs from 1 to 3; it was 1 to 5.", "1 has no name now.",
          "2 has no name now.", "3 has no name now."]),
        ('kind = "boolean"', 'kind = "boolean"\nrequired = true', "Sure?",
         ["An answer is needed now."]),
        ('kind = "boolean"', 'kind = "text"', "Sure?",
         ["It is answered by a text now; it was yes or no."]),
        ("max_chars = 2000", "max_chars = 500", "Notes",
         ["It takes at most 500 characters; it was 2,000."]),
        ('label = "Rude"}', 'label = "Rude"}, {value = "late", label = "Late", help = "Days."}',
         "What is wrong?", ["“Late” can be chosen now: Days."]),
        (', {value = "rude", label = "Rude"}', "", "What is wrong?",
         ["“Rude” can no longer be chosen."]),
        ('label = "Rude"', 'label = "Unkind"', "What is wrong?",
         ["“Unkind” was called “Rude”.", "The key of “Unkind” is U now."]),
        ('key = "w"', 'key = "q"', "What is wrong?", ["The key of “Wrong” is Q now."]),
        ('label = "Sure?"', 'label = "Sure?"\nyes = "Aye"', "Sure?",
         ["It is answered by “Aye” or “No”; it was “Yes” or “No”."]),
    ],
)  # fmt: skip
def test_each_change_is_a_sentence(old, new, label, sentences):
    assert FORM.count(old) == 1
    found = said(FORM, FORM.replace(old, new))
    told = [one for one in found[label] if "key of" not in one or one in sentences]
    assert told == sentences


def test_fields_that_came_went_or_moved():
    without_sure = FORM.replace(
        FORM[FORM.index('[[fields]]\nname = "sure"') : FORM.index('[[fields]]\nname = "notes"')], ""
    )
    assert said(FORM, without_sure)["Sure?"] == ["It is no longer asked."]
    assert said(without_sure, FORM)["Sure?"] == ["It is new, and answered by yes or no."]
    parts = FORM.split("[[fields]]")
    moved = "[[fields]]".join([parts[0], parts[2], parts[1], *parts[3:]])
    assert said(FORM, moved)["All of it"] == ["The questions come in another order."]


NEWER = """
[[fields]]
name = "claims"
kind = "spans"
label = "Claims"
options = [{value = "wrong", label = "Wrong"}]
[[fields]]
name = "each"
kind = "turns"
label = "Each"
[[fields]]
name = "better"
kind = "pairwise"
label = "Better"
[[fields]]
name = "order"
kind = "ranking"
label = "Order"
"""


def test_every_kind_can_come_and_change():
    assert set(KINDS) == set(ALL_KINDS)
    assert said(FORM, FORM + NEWER) == {
        "Claims": ["It is new, and answered by passages of the response."],
        "Each": ["It is new, and answered by an answer for each turn."],
        "Better": ["It is new, and answered by the better of two responses."],
        "Order": ["It is new, and answered by the responses in order."],
    }
    changed_form = (
        NEWER.replace('"Wrong"', '"False"')
        .replace('label = "Each"', 'label = "Each"\nroles = ["user"]\nmax = 3')
        .replace('label = "Better"', 'label = "Better"\ntie = false')
        .replace('label = "Order"', 'label = "Order"\ntie_label = "Same"')
    )
    found = said(NEWER, changed_form)
    assert found["Claims"][0] == "“False” was called “Wrong”."
    assert found["Each"][:2] == [
        "It asks about turns of: user.",
        "Its scale runs from 1 to 3; it was 1 to 5.",
    ]
    assert found["Better"][0] == "One has to be better now."
    assert found["Order"][0] == "“Same” was called “Equally good”."


def test_when_a_question_is_asked_is_told():
    when = 'label = "Notes"\nasked_when = { field = "quality", at_most = 2 }'
    found = said(FORM, FORM.replace('label = "Notes"', when))
    assert found == {"Notes": ["It is asked only when quality at most 2."]}
    assert said(FORM.replace('label = "Notes"', when), FORM) == {"Notes": ["It is always asked."]}
