"""Conversations in all their spellings."""

import pytest

from storage import BadRow
from storage.messages import MAX_MESSAGES, conversation_of

USER = {"role": "user", "content": "Why?"}
ANSWER = [{"id": "1", "text": "Because."}]


@pytest.mark.parametrize("name", ["query", "input", "prompt", "question"])
def test_one_question_is_one_user_message(name):
    assert conversation_of({name: "Why?"}).messages == [USER]


@pytest.mark.parametrize("name", ["messages", "input"])
def test_messages_come_under_several_names(name):
    system = {"role": "system", "content": "Be brief."}
    assert conversation_of({name: [system, USER]}).messages == [system, USER]


@pytest.mark.parametrize("name", ["response", "output", "completion", "answer"])
@pytest.mark.parametrize(
    "value",
    [
        "Because.",
        {"text": "Because."},
        {"role": "assistant", "content": "Because."},
        ["Because."],
        [{"content": [{"type": "text", "text": "Because."}]}],
    ],
)
def test_one_answer_in_many_forms(name, value):
    found = conversation_of({"query": "Why?", name: value})
    assert [(one["id"], one["text"]) for one in found.responses] == [("1", "Because.")]
    assert found.used == ("query", name)


def test_several_responses_keep_ids_models_and_variants():
    row = {"query": "Why?", "responses": [{"id": "a", "text": "A", "model": "m"}, {"text": "B"}]}
    assert conversation_of(row).responses == [
        {"id": "a", "text": "A", "model": "m"},
        {"id": "2", "text": "B"},
    ]


def test_the_first_spelling_that_says_something_counts():
    found = conversation_of({"messages": None, "query": "Why?", "responses": None, "answer": "Yes"})
    assert found.used == ("query", "answer")


@pytest.mark.parametrize("more", [{}, {"response": None}])
def test_a_chat_that_ends_with_the_assistant_brings_its_response(more):
    chat = [USER, {"role": "assistant", "content": "Because."}]
    found = conversation_of({"messages": chat, **more})
    assert (found.messages, found.responses) == ([USER], ANSWER)
    assert len(chat) == 2


def test_a_history_stays_whole_when_the_response_comes_apart():
    chat = [USER, {"role": "assistant", "content": "Because."}]
    assert conversation_of({"messages": chat, "response": "No."}).messages == chat


def test_a_failed_call_is_an_interaction_without_response():
    assert conversation_of({"input": "", "output": None}).responses == []
    assert conversation_of({"input": "Hi", "output": ""}).responses == [{"id": "1", "text": ""}]


def test_a_chat_completion_brings_its_choices():
    choice = {"index": 0, "finish_reason": "stop"}
    message = {"role": "assistant", "content": "Because."}
    completion = {"id": "chatcmpl-1", "model": "m", "choices": [{**choice, "message": message}]}
    found = conversation_of({"messages": [USER], "response": completion})
    assert found.responses == ANSWER
    assert found.details == {
        "response": {"id": "chatcmpl-1", "model": "m"},
        "response_details": {"1": choice},
    }
    assert conversation_of({"messages": [USER], "response": {}}).responses == []


def test_tool_calls_and_parts_are_kept():
    calls = [{"id": "c1", "function": {"name": "look_up", "arguments": "{}"}}]
    chat = [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url"}]},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c1", "name": "look_up", "content": "found"},
    ]
    assert conversation_of({"messages": chat, "response": "Done."}).messages == chat


def test_a_message_without_content_has_null():
    assert conversation_of({"messages": [{"role": "user"}]}).messages == [
        {"role": "user", "content": None}
    ]


def test_the_order_of_keys_does_not_matter():
    one = conversation_of({"messages": [{"content": "Why?", "role": "user"}]})
    assert list(one.messages[0]) == ["role", "content"]


def test_what_does_not_belong_to_a_conversation_goes_aside():
    row = {
        "messages": [{**USER, "sentiment": 0.1}],
        "responses": [{"id": "a", "text": "A", "judge_score": 1}],
    }
    found = conversation_of(row)
    assert found.messages == [USER]
    assert found.responses == [{"id": "a", "text": "A"}]
    assert found.details == {
        "message_details": {"0": {"sentiment": 0.1}},
        "response_details": {"a": {"judge_score": 1}},
    }


def test_parts_of_a_response_that_are_no_text_go_aside():
    parts = [{"type": "text", "text": "See"}, {"type": "image", "url": "x"}, "there"]
    found = conversation_of({"query": "?", "response": {"content": parts}})
    assert found.responses[0]["text"] == "See\nthere"
    assert found.details["response_details"]["1"]["content"] == parts


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({}, "messages"),
        ({"messages": None, "output": None}, "messages"),
        ({"messages": 7}, "messages"),
        ({"messages": {"role": "user", "content": "x"}}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [USER, {"content": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": "", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "a\x00", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [3]}]}, "messages[0].content"),
        ({"messages": [{**USER, "tool_calls": "x"}]}, "messages[0].tool_calls"),
        ({"messages": [USER] * (MAX_MESSAGES + 1)}, "messages"),
        ({"query": "x", "response": 3}, "response"),
        ({"query": "x", "response": True}, "response"),
        ({"query": "x", "responses": [None]}, "responses[0]"),
        ({"query": "x", "responses": [{"text": 3}]}, "responses[0].text"),
        ({"query": "x", "responses": [{"id": "a\x00", "text": "x"}]}, "responses[0].id"),
        ({"query": "x", "responses": [{"id": "a"}]}, "responses[0].text"),
        ({"query": "x", "response": {"choices": [3]}}, "response[0]"),
        ({"query": "x", "responses": [{"id": "a", "text": ""}] * 2}, "responses"),
        ({"query": "x", "responses": ["x"] * 101}, "responses"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_place(row, field):
    with pytest.raises(BadRow) as refused:
        conversation_of(row)
    assert refused.value.field == field
    assert refused.value.hint
