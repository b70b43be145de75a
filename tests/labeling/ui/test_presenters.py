"""What the page is sent: blocks of text, cut where they are long, and never markup."""

import json
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.ui.presenters import (
    BEGINNING_CHARS,
    PART_CHARS,
    VIEW_CHARS,
    page,
    read_more,
    rubric,
    view,
)

HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} {{x}} \u202e\x00"


def task(messages=(), responses=(), context=(), **more):
    interaction = {"messages": list(messages), "responses": list(responses), **more}
    if context:
        interaction["context"] = list(context)
    return {"interaction": interaction}


def texts(node):
    """Every block of a view, in the order of their parts."""
    found = []

    def walk(one):
        if isinstance(one, dict) and "part" in one:
            found.append(one)
        elif isinstance(one, dict):
            for value in one.values():
                walk(value)
        elif isinstance(one, list):
            for value in one:
                walk(value)

    walk(node)
    return sorted(found, key=lambda one: one["part"])


def test_a_conversation_is_told_apart():
    shown = view(
        task(
            [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Weather?"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"id": "c1", "function": {"name": "look", "arguments": '{"in":"Oslo"}'}}
                    ],
                },
                {"role": "tool", "tool_call_id": "c1", "content": "4 °C"},
                {"role": "reviewer", "name": "Kim", "content": "ok"},
            ],
            [{"id": "r", "text": "Cold."}],
            ["A passage.", {"title": "FAQ", "text": "Another."}, {"odd": [1]}],
        )
    )
    assert [one["text"] for one in shown["system"]] == ["Be brief."]
    assert [(one["role"], one["name"]) for one in shown["turns"]] == [
        ("user", None),
        ("assistant", None),
        ("tool", "look"),
        ("reviewer", "Kim"),
    ]
    (call,) = shown["turns"][1]["calls"]
    assert call["name"] == "look"
    assert (call["arguments"]["kind"], call["arguments"]["text"]) == (
        "code",
        '{\n  "in": "Oslo"\n}',
    )
    assert [(one["title"], one["block"]["text"]) for one in shown["context"]] == [
        (None, "A passage."),
        ("FAQ", "Another."),
        (None, '{\n  "odd": [\n    1\n  ]\n}'),
    ]
    assert shown["responses"][0]["id"] == "r"
    assert shown["facts"] == []


def test_a_system_prompt_in_the_middle_stays_where_it_was_said():
    roles = ["system", "user", "system"]
    shown = view(task([{"role": role, "content": role} for role in roles]))
    assert [one["role"] for one in shown["turns"]] == ["user", "system"]


def test_a_turn_says_which_message_it_is():
    messages = [{"role": "system"}, "odd", {"role": "user"}, None, {"role": "assistant"}]
    assert [one["index"] for one in view(task(messages))["turns"]] == [2, 4]


def test_facts_are_not_read_as_markdown():
    ((_, block),) = view(task(flags=["# one"]))["facts"]
    assert (block["kind"], block["text"]) == ("plain", "# one")


def test_parts_that_are_no_text_are_shown_as_data():
    picture = {"type": "image_url", "image_url": {"url": "http://elsewhere.test/p.png"}}
    content = [{"type": "text", "text": "See:"}, picture, "plain", {"type": "x", "text": "y"}]
    (turn,) = view(task([{"role": "user", "content": content}]))["turns"]
    assert [one["kind"] for one in turn["blocks"]] == ["text", "code", "text", "code"]
    assert json.loads(turn["blocks"][1]["text"]) == picture


@pytest.mark.parametrize("arguments", ["{not json", {"already": "data"}, None, 7, HOSTILE], ids=str)
def test_arguments_of_any_shape_are_text(arguments):
    message = {"role": "assistant", "tool_calls": [{"name": "f", "arguments": arguments}, "odd"]}
    (turn,) = view(task([message]))["turns"]
    assert all(isinstance(one["arguments"]["text"], str) for one in turn["calls"])


def test_what_the_queue_shows_becomes_facts():
    shown = task(
        flags=["short", "slow"],
        scores=[{"name": "judge", "value": 2.5, "version": None}, {"name": "check", "value": 0}],
        feedback=[
            {"value": 0.0, "raw": {"thumb": "down"}, "comment": "Wrong date."},
            {"value": None, "raw": {}, "comment": "So slow"},
        ],
        metadata={"deep": {"er": [1]}},
        confidence=0.25,
        source="bot",
        created_at=datetime(2026, 11, 1, 12, tzinfo=UTC),
    )
    shown |= {"source": "bot", "reason": "random"}
    assert [(name, block["text"]) for name, block in view(shown)["facts"]] == [
        ("Flags", "short; slow"),
        ("Scores", "judge 2.5; check 0"),
        ("Feedback", "thumb down: “Wrong date.”; “So slow”"),
        ("Metadata", '{\n  "deep": {\n    "er": [\n      1\n    ]\n  }\n}'),
        ("Confidence", "0.25"),
        ("Source", "bot"),
        ("Created at", "2026-11-01 12:00 UTC"),
        ("Reason", "random"),
    ]


def test_text_goes_as_it_came():
    shown = view(
        task([{"role": HOSTILE, "content": HOSTILE}], [{"id": 1, "text": HOSTILE}], [HOSTILE])
    )
    assert {one["text"] for one in texts(shown)} == {HOSTILE}
    assert shown["turns"][0]["role"] == HOSTILE


def test_a_long_text_is_cut_and_read_on_piece_by_piece():
    long = "".join(chr(0x1F600 + i % 64) for i in range(PART_CHARS * 2 + 7))
    shown = task([{"role": "user", "content": "short"}], [{"id": "r", "text": long}])
    block = view(shown)["responses"][0]["block"]
    read = block["text"]
    assert (len(read), block["left"]) == (PART_CHARS, PART_CHARS + 7)
    while block["left"]:
        block = read_more(shown, block["part"], len(read))
        read += block["text"]
    assert read == long
    assert read_more(shown, 1, len(long))["text"] == ""
    assert read_more(shown, 99, 0) == {"text": "", "part": 99, "left": 0}
    assert read_more(shown, 1, -5)["text"] == long[:PART_CHARS]


def test_a_view_has_an_end_even_when_the_conversation_has_none():
    messages = [{"role": "user", "content": "x" * PART_CHARS} for _ in range(50)]
    blocks = texts(view(task(messages)))
    assert sum(len(one["text"]) for one in blocks) <= VIEW_CHARS + 50 * BEGINNING_CHARS
    assert [len(one["text"]) + one["left"] for one in blocks] == [PART_CHARS] * 50


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "text", "type", "tool_calls", "function", "id", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(anything, max_size=4), st.lists(anything, max_size=3))
def test_any_shape_is_drawable(messages, context):
    shown = task(messages, [{"id": "r", "text": "t"}], context)
    blocks = texts(view(shown))
    assert [one["part"] for one in blocks] == list(range(len(blocks)))
    assert all(isinstance(one["text"], str) for one in blocks)
    for one in blocks:
        assert read_more(shown, one["part"], 0)["text"] == one["text"]


def test_what_is_nested_too_deeply_does_not_stop_the_page():
    deep: list = []
    for _ in range(sys.getrecursionlimit() * 2):
        deep = [deep]
    shown = view(task([{"role": "user", "content": deep}], metadata=deep, context=[{"a": deep}]))
    assert all("nested too deeply" in one["text"] for one in texts(shown))


def test_a_known_guideline_is_not_sent_again():
    answer = {
        "state": "task",
        "assignment_id": "1",
        "task": task([{"role": "user", "content": "?"}]),
        "guideline": {"hash": "h", "title": "T", "markdown": "# T\n", "fields": [{"name": "q"}]},
    }
    first = page(answer)
    assert first["guideline"]["rubric"] == [["h1", ["T"]]]
    assert first["guideline"]["fields"] == [{"name": "q"}]
    assert "task" not in first
    assert page(answer, knows="h")["guideline"] == {"hash": "h", "title": "T"}
    assert page(answer, knows="other")["guideline"] == first["guideline"]
    assert page({"state": "error", "error": {}}) == {"state": "error", "error": {}}


def test_a_rubric_is_a_tree_of_plain_tags():
    tree = rubric(
        "# A\n\n1. *b* `c`\n   - d\n\n> e\n\n| f | g |\n|---|---|\n| h | i |\n\n```js\nj\n```\n"
    )
    assert tree[0] == ["h1", ["A"]]
    assert tree[1] == [
        "ol",
        [["li", [["em", ["b"]], " ", ["code", ["c"]], ["ul", [["li", ["d"]]]]]]],
    ]
    assert tree[2] == ["blockquote", [["p", ["e"]]]]
    assert tree[3][0] == "table"
    assert tree[4] == ["pre", ["j\n"]]


def test_a_rubric_cannot_load_link_or_run():
    hostile = (
        "<script>x</script> ![p](http://e.test/p.png) [l](javascript:x) <http://e.test>\n\n"
        "<div onclick=x>\n\n[r]\n\n[r]: http://e.test\n"
    )
    tree = rubric(hostile)
    assert {node[0] for node in tree} == {"p"}
    assert all(isinstance(child, str) for node in tree for child in node[1])
    said = "".join(child for node in tree for child in node[1])
    assert "<script>x</script> ![p](http://e.test/p.png) [l](javascript:x)" in said


def test_a_response_that_calls_a_tool_shows_the_call():
    calls = [{"id": "c", "function": {"name": "look", "arguments": '{"in":"Oslo"}'}}]
    (response,) = view(task(responses=[{"id": "r", "text": "", "tool_calls": calls}]))["responses"]
    assert response["calls"][0]["name"] == "look"
    assert response["calls"][0]["arguments"]["text"] == '{\n  "in": "Oslo"\n}'
