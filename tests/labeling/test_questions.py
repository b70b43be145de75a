"""Questions from within a task, answers and precedents, as the page asks, on both databases."""

import json
from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import func, select

from labeling import questions
from labeling.desk import Desk
from labeling.errors import InvalidLabel
from labeling.guidance import EXCERPT_CHARS, Guidance, Known
from labeling.questions import Wording
from labeling.queues import sync_guidelines
from storage import NotFound
from storage.queries import accounts
from storage.tables import answer, precedent, question

HOSTILE = "<script>x</script> ${y} {{z}} \u202e\u2066 🏴\U000e0067 'q' \"d\" __proto__"


@pytest.fixture
def guidance(lab):
    for name in ("ann", "bob"):
        lab.person(name)
    lab.person("lea", "lead")
    return Guidance(lab.store, lambda: lab.now)


def held(lab, name="ann", queue="q"):
    return str(lab.claim_one(name, queue).id)


def count(lab, table):
    with lab.store.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def asked(lab, guidance, text="Why?", field=None, name="ann"):
    """An assignment, and the question about it."""
    number = held(lab, name)
    told = guidance.ask(name, number, text, field)
    assert told["state"] == "asked", told
    return number, told["questions"][-1]["question_id"]


def answered(lab, number, text="Because.", kept=None):
    with lab.store.write() as session:
        return questions.answer(session, number, lab.people["lea"], text, lab.now, kept)


def refused(answer):
    assert answer["state"] == "error", answer
    return answer["error"]["code"], answer["error"].get("field")


def test_a_question_and_its_answer_stay_with_the_task(lab, guidance):
    lab.queue(2)
    number, question_id = asked(lab, guidance, "Is 3 right?", "quality")
    (mine,) = guidance.of_task("ann", number, Known())["questions"]
    assert (mine["text"], mine["field"], mine["answer"]) == ("Is 3 right?", "quality", None)
    lab.submit("ann", int(number))
    lab.wait(60)
    answered(lab, question_id, "Yes.")
    (mine,) = guidance.of_task("ann", number, Known())["questions"]
    assert (mine["answer"], mine["answered_at"]) == ("Yes.", lab.now)
    answered(lab, question_id, "No, look again.")
    (mine,) = guidance.of_task("ann", number, Known())["questions"]
    assert mine["answer"] == "No, look again."
    assert count(lab, answer) == 2
    assert "lea" not in json.dumps(msgspec.to_builtins(guidance.news("ann")))


def test_the_same_question_twice_is_one(lab, guidance):
    lab.queue(1)
    number, _ = asked(lab, guidance)
    again = guidance.ask("ann", number, " Why?\r\n", None)
    assert len(again["questions"]) == 1
    assert len(guidance.ask("ann", number, "Why?", "notes")["questions"]) == 2


def test_nobody_asks_about_anothers_task_or_sees_anothers_question(lab, guidance):
    lab.queue(2, overlap=2)
    number, question_id = asked(lab, guidance)
    for who in ("bob", "lea"):
        assert refused(guidance.ask(who, number, "Me too?", None)) == ("not_assigned", None)
        assert refused(guidance.of_task(who, number, Known())) == ("not_assigned", None)
        assert refused(guidance.changes(who, number)) == ("not_assigned", None)
    for forged in ("0", "-1", "x", "", "9" * 19, str(2**63), "１"):
        assert refused(guidance.ask("ann", forged, "?", None)) == ("not_assigned", None)
    theirs = held(lab, "bob")
    answered(lab, question_id)
    told = guidance.of_task("bob", theirs, Known())
    assert (told["questions"], told["news"]) == ([], [])
    assert refused(guidance.news("nobody")) == ("not_allowed", None)
    assert count(lab, question) == 1


@pytest.mark.parametrize("text", ["", " \n\t", "\x00", "x" * 2_001, "half \ud83d"])
def test_a_text_that_cannot_be_changes_nothing(lab, guidance, text):
    lab.queue(1)
    number = held(lab)
    assert refused(guidance.ask("ann", number, text, None)) == ("invalid", "text")
    assert refused(guidance.ask("ann", number, "?", "mood")) == ("invalid", "field")
    assert refused(guidance.ask("ann", number, "?", "\ud83d")) == ("invalid", "field")
    assert count(lab, question) == 0


def test_an_answer_that_cannot_be_changes_nothing(lab, guidance):
    lab.queue(1)
    _, question_id = asked(lab, guidance)
    for text, kept, field in (
        ("", None, "answer"),
        ("x" * 4_001, None, "answer"),
        ("half \ud83d", None, "answer"),
        ("Fine.", Wording("", "Fine."), "precedent.question"),
        ("Fine.", Wording("Well?", "x" * 4_001), "precedent.answer"),
    ):
        with pytest.raises(InvalidLabel) as caught:
            answered(lab, question_id, text, kept)
        assert caught.value.field == field
    for forged in (0, -1, question_id + 1, 2**63):
        with pytest.raises(NotFound):
            answered(lab, forged)
    assert (count(lab, answer), count(lab, precedent)) == (0, 0)


def test_hostile_words_come_back_as_they_were(lab, guidance):
    lab.queue(1)
    number, question_id = asked(lab, guidance, HOSTILE)
    answered(lab, question_id, HOSTILE, Wording(HOSTILE, HOSTILE))
    told = guidance.of_task("ann", number, Known())
    assert (told["questions"][0]["text"], told["questions"][0]["answer"]) == (HOSTILE, HOSTILE)
    assert told["precedents"][0]["question"] == told["precedents"][0]["answer"] == HOSTILE


def test_an_answer_is_news_until_it_was_shown(lab, guidance):
    lab.queue(3)
    number, question_id = asked(lab, guidance)
    assert guidance.news("ann")["news"] == []
    answered(lab, question_id)
    (news,) = guidance.news("ann")["news"]
    assert (news["assignment_id"], news["about"]) == (number, "Question 0?")
    guidance.seen("bob", [news["answer_id"]])
    guidance.seen("ann", [0, -1, 2**63, news["answer_id"] + 1])
    assert len(guidance.news("ann")["news"]) == 1
    assert guidance.seen("ann", [news["answer_id"]])["news"] == []
    (mine,) = guidance.of_task("ann", number, Known())["questions"]
    assert (mine["answer"], mine["seen"]) == ("Because.", True)
    answered(lab, question_id, "On second thoughts: no.")
    assert guidance.news("ann")["news"][0]["answer"] == "On second thoughts: no."
    guidance.seen("ann", [news["answer_id"]])
    assert len(guidance.news("ann")["news"]) == 1, "another answer than the one that was shown"
    assert len(news["about"]) < EXCERPT_CHARS


def test_precedents_are_for_every_queue_of_the_guideline_and_nameless(lab, guidance):
    lab.queue(2)
    lab.queue(1, name="second")
    _, question_id = asked(lab, guidance, "ann asks", "issues")
    answered(lab, question_id, "lea says", Wording("Refusals?", "Not wrong."))
    there = held(lab, "bob", "second")
    told = guidance.of_task("bob", there, Known())
    (kept,) = told["precedents"]
    assert (kept["field"], kept["question"], kept["answer"]) == (
        "issues",
        "Refusals?",
        "Not wrong.",
    )
    shown = json.dumps(msgspec.to_builtins(told))
    assert not any(name in shown for name in ("ann", "lea", "says"))
    assert "precedents" not in guidance.of_task("bob", there, Known(precedent=told["newest"]))
    with lab.store.write() as session:
        questions.withdraw(session, question_id, lab.people["lea"], lab.now)
        with pytest.raises(NotFound):
            questions.withdraw(session, question_id, lab.people["lea"], lab.now)
    assert guidance.of_task("bob", there, Known(precedent=told["newest"]))["precedents"] == []
    answered(lab, question_id, "Once more.", Wording("Refusals?", "It depends."))
    assert guidance.of_task("bob", there, Known())["precedents"][0]["answer"] == "It depends."
    assert count(lab, precedent) == 3


def test_another_guideline_has_precedents_of_its_own(lab, guidance):
    lab.queue(1)
    _, question_id = asked(lab, guidance)
    answered(lab, question_id, kept=Wording("Here?", "Here."))
    lab.guideline = replace(lab.guideline, slug="other", hash="other")
    lab.queue(1, name="elsewhere")
    told = guidance.of_task("bob", held(lab, "bob", "elsewhere"), Known())
    assert (told["slug"], told["precedents"], told["newest"]) == ("other", [], 0)


def test_open_questions_come_first(lab, guidance):
    lab.queue(3)
    number, first = asked(lab, guidance, "one")
    for text in ("two", "three"):
        guidance.ask("ann", number, text, None)
    answered(lab, first)
    with lab.store.read() as session:
        told = questions.queue_questions(session, "q")
        waiting = questions.queue_questions(session, "q", "open")
        (done,) = questions.queue_questions(session, "q", "answered")
        assert questions.queue_question(session, "q", first)["text"] == "one"
        for name, number in (("none", first), ("q", first + 9), ("q", 2**63)):
            with pytest.raises(NotFound):
                questions.queue_question(session, name, number)
    assert [one["text"] for one in told] == ["two", "three", "one"]
    assert waiting == told[:2]
    assert (done["asked_by"], done["answered_by"]) == ("ann", "lea")


# --- versions ------------------------------------------------------------------------------------


def newer(lab, version="next", **changed):
    """Put every queue on another version of the guideline."""
    lab.guideline = replace(lab.guideline, version=version, hash=f"hash {version}", **changed)
    with lab.store.write() as session:
        sync_guidelines(session, {lab.guideline.slug: lab.guideline}, lab.now)


def test_a_change_is_told_until_somebody_labelled_by_it(lab, guidance):
    lab.queue(4)
    number = held(lab)
    told = guidance.of_task("ann", number, Known())
    assert (told["first"], told["known"], told["changed"]) == (True, False, None)
    assert told["since"] == lab.now
    assert refused(guidance.changes("ann", number))[0] == "not_found"
    lab.submit("ann", int(number))
    again = guidance.of_task("ann", number, Known())
    assert (again["first"], again["known"], again["changed"]) == (False, True, None)
    assert "known" not in guidance.of_task("ann", number, Known(version=lab.guideline.hash))
    was = lab.guideline
    newer(lab, markdown=lab.guideline.markdown + "\nMore.\n", fields=lab.guideline.fields[:-1])
    second = held(lab)
    told = guidance.of_task("ann", second, Known(version=was.hash))
    assert told["changed"] == {"was": was.version, "now": "next"}
    changes = guidance.changes("ann", second)
    assert changes["rubrics"] == (was.markdown, lab.guideline.markdown)
    assert changes["form"] == [{"label": was.fields[-1].label, "said": ["It is no longer asked."]}]
    assert guidance.of_task("ann", number, Known())["changed"] is None, "asked by the old version"
    assert guidance.of_task("bob", held(lab, "bob"), Known())["first"] is True
    lab.submit("ann", int(second))
    third = guidance.of_task("ann", held(lab), Known())
    assert (third["known"], third["changed"]) == (True, None)


def test_a_version_that_was_taken_back_is_a_change_too(lab, guidance):
    lab.queue(3)
    was = lab.guideline
    newer(lab)
    lab.submit("ann", int(held(lab)))
    with lab.store.write() as session:
        sync_guidelines(session, {was.slug: was}, lab.now)
    assert guidance.of_task("ann", held(lab), Known())["changed"] == {
        "was": "next",
        "now": was.version,
    }


def test_a_version_known_from_another_queue_is_known(lab, guidance):
    lab.queue(1)
    lab.queue(1, name="second")
    lab.submit("ann", int(held(lab)))
    told = guidance.of_task("ann", held(lab, "ann", "second"), Known())
    assert (told["first"], told["known"]) == (False, True)


def test_a_disabled_account_is_told_nothing(lab, guidance):
    lab.queue(1)
    number, _ = asked(lab, guidance)
    with lab.store.write() as session:
        accounts.disable(session, lab.people["ann"].id, lab.now)
    for answer_ in (
        guidance.news("ann"),
        guidance.of_task("ann", number, Known()),
        guidance.ask("ann", number, "?", None),
        guidance.seen("ann", [1]),
    ):
        assert refused(answer_)[0] == "not_allowed"
    assert Desk(lab.store, lambda: lab.now).task("ann", number)["state"] == "error"
