"""The lead's section of questions, asked as the page asks."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from labeling import questions
from labeling.assignment import claim
from server import auth
from server.pages.calls import handler
from server.pages.lead import Office
from server.pages.markup import typed
from storage.queries import accounts

Ask = Callable[..., dict[str, Any]]
HOSTILE = "<img src=x onerror=1> ${1} {{2}} \"'> \u202e end"


@pytest.fixture
def ask(sqlite_town: Any) -> Ask:
    """Calls an act of the page as the lead, with the values of a form."""
    acts = Office(sqlite_town.house).acts()

    def call(act: str, who: str = "lee", **values: str) -> dict[str, Any]:
        told = {key.replace("__", "."): [value] for key, value in values.items()}
        handle = handler(sqlite_town.house, auth.may_lead, acts[act])
        request: Any = SimpleNamespace(username=who)
        answer: dict[str, Any] = json.loads(handle(json.dumps({"values": told}), request))
        return answer

    return call


def asked(town: Any, text: str = "Why?", field: str | None = "issues", queue: str = "q") -> str:
    """A question of ann about her task; its number as the page sends it."""
    ann, now = town.accounts["ann"], town.clock.now
    with town.house.store.write() as session:
        held: Any = claim(session, queue, ann, now=now)
        told = {"text": text, "field": field}
        return str(questions.ask(session, held[0].id, ann, told, now).question_id)


def page(ask: Ask, **where: str) -> str:
    answer = ask("show", queue="q", section="questions", **where)
    assert "error" not in answer, answer["error"]
    return str(answer["parts"]["ld-page"])


def test_a_queue_without_questions_says_where_they_come_from(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue()
    shown = page(ask)
    assert "Nobody has asked anything yet." in shown
    assert "Questions (" not in shown


def test_open_questions_are_counted_and_one_shows_its_conversation(
    ask: Ask, sqlite_town: Any
) -> None:
    sqlite_town.queue()
    number = asked(sqlite_town)
    shown = page(ask)
    assert "Questions (1)" in shown
    assert "Why?" in shown
    one = ask("show", queue="q", section="questions", question=number)
    assert one["task"]["turns"][0]["blocks"][0]["text"].startswith("Question ")
    assert "ld-task" in one["parts"]["ld-page"]
    for forged in ("0", "99", "9" * 19):
        error = ask("show", queue="q", section="questions", question=forged)["error"]
        assert error["code"] == "not_found"


def test_an_answer_is_kept_in_its_own_words_or_in_others(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue()
    number = asked(sqlite_town)
    told = {"queue": "q", "question": number}
    assert ask("answer", **told)["error"]["field"] == "answer"
    assert ask("answer", **told, answer="So.", keep="yes")["error"]["field"] == (
        "precedent.question"
    )
    done = ask("answer", **told, answer="So.", keep="yes", precedent__question="When?")
    assert done["said"] == "Answered, and kept as a precedent."
    shown = page(ask)
    assert "Every question has its answer." in shown
    assert "Withdraw" in shown
    with sqlite_town.house.store.read() as session:
        (kept,) = questions.queue_precedents(session, "q", sqlite_town.accounts["ben"])
    assert (kept["question"], kept["answer"]) == ("When?", "So.")
    words = {"precedent__question": "When?", "precedent__answer": "Mostly so."}
    ask("answer", **told, answer="So it is.", keep="yes", **words)
    assert "Mostly so." in page(ask)
    assert "So it is." in page(ask, question=number)
    assert ask("withdraw", queue="q", question=number)["said"].startswith("Withdrawn.")
    assert "Withdraw" not in page(ask)
    assert ask("withdraw", queue="q", question=number)["error"]["code"] == "not_found"
    with sqlite_town.house.store.read() as session:
        actions = [row.action for row in accounts.audit_rows(session, 5)]
    assert actions == [
        "precedent_withdrawn", "precedent_kept", "question_answered", "precedent_kept",
        "question_answered",
    ]  # fmt: skip


def test_an_answer_without_a_precedent_is_for_the_asker_alone(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue()
    number = asked(sqlite_town)
    ask("answer", queue="q", question=number, answer="So.", keep="no",
        precedent__question="When?")  # fmt: skip
    with sqlite_town.house.store.read() as session:
        assert questions.queue_precedents(session, "q", sqlite_town.accounts["ben"]) == []


def test_a_question_of_another_queue_is_not_answered_here(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue()
    sqlite_town.queue("empty", tasks=0)
    number = asked(sqlite_town)
    error = ask("answer", queue="empty", question=number, answer="So.")["error"]
    assert error["code"] == "not_found"
    for missing in ({"question": ""}, {"question": "x"}):
        assert "error" in ask("answer", queue="q", answer="So.", **missing)
    with sqlite_town.house.store.read() as session:
        assert questions.queue_questions(session, "q")[0]["answer"] is None


@pytest.mark.parametrize("who", ["ann", "eng", "nobody"])
def test_only_leads_answer_and_withdraw(ask: Ask, sqlite_town: Any, who: str) -> None:
    sqlite_town.queue()
    number = asked(sqlite_town)
    for act in ("answer", "withdraw"):
        error = ask(act, who, queue="q", question=number, answer="So.")["error"]
        assert error["code"] == "not_allowed"


def test_hostile_words_are_escaped_and_typed_back_as_they_are(ask: Ask, sqlite_town: Any) -> None:
    sqlite_town.queue()
    number = asked(sqlite_town, HOSTILE)
    words = {"precedent__question": HOSTILE, "precedent__answer": HOSTILE}
    ask("answer", queue="q", question=number, answer=HOSTILE, keep="yes", **words)
    for shown in (page(ask), page(ask, question=number)):
        assert "<img" not in shown
        assert "\u202e" not in shown.replace(typed(HOSTILE), "")
    assert f">{typed(HOSTILE)}</textarea>" in page(ask, question=number)
