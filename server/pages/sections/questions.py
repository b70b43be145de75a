"""Questions that annotators ask from within a task, answers, and what is kept as precedents."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.questions import ANSWER_CHARS, QUESTION_CHARS
from server.pages.controls import Control, buttons, choices, form, press, submit, when, writing
from server.pages.elements import Column, chip, empty, link, moment, muted, section, table
from server.pages.markup import Child, Markup, h, join, name

LISTED_CHARS = 160
KEEP = "keep"
Words = Mapping[str, str]
"""The fields of the form in words, by name."""


def questions(
    found: Sequence[Mapping[str, Any]],
    precedents: Sequence[Mapping[str, Any]],
    queue: str,
    words: Words,
) -> Markup:
    """Open questions first, then what was answered, then the precedents of the guideline."""
    waiting = [one for one in found if one["answer"] is None]
    answered = [one for one in found if one["answer"] is not None]
    return join(
        section("Open questions", _waiting(waiting, queue, words) if waiting else _none(found)),
        section("Answered", _answered(answered, queue)) if answered else None,
        section(
            "Precedents",
            _precedents(precedents, queue, words) if precedents else _no_precedent(),
            lead="What everybody who labels by this guideline sees, in every queue of it.",
        ),
    )


def _none(found: Sequence[Any]) -> Markup:
    if found:
        return empty("Every question has its answer.")
    return empty(
        "Nobody has asked anything yet. Annotators ask from within a task, and what they ask "
        "comes here with its conversation."
    )


def _no_precedent() -> Markup:
    return muted("None yet. When you answer a question you can keep it as one.")


def _open_link(one: Mapping[str, Any], queue: str) -> Markup:
    number = str(one["question_id"])
    return link(name(one["text"], LISTED_CHARS), queue=queue, section="questions", question=number)


def _about(field: str | None, words: Words) -> Markup:
    return name(words.get(field, field)) if field else muted("the task")


def _waiting(found: Sequence[Mapping[str, Any]], queue: str, words: Words) -> Markup:
    rows = [
        (
            _open_link(one, queue),
            _about(one["field"], words),
            name(one["asked_by"]),
            moment(one["asked_at"]),
        )
        for one in found
    ]
    return table("Open questions", ("Question", "About", "Asked by", "When"), rows)


def _answered(found: Sequence[Mapping[str, Any]], queue: str) -> Markup:
    rows = [
        (
            _open_link(one, queue),
            name(one["answer"], LISTED_CHARS),
            name(one["answered_by"]),
            moment(one["answered_at"]),
            chip("Precedent", "ld-good") if one["precedent"] else "",
        )
        for one in found
    ]
    columns = ("Question", "Answer", "Answered by", "When", Column("Kept", unseen=True))
    return table("Answered questions", columns, rows)


def _precedents(found: Sequence[Mapping[str, Any]], queue: str, words: Words) -> Markup:
    return h("ul", {"class": "ld-precedents"}, [_precedent(one, queue, words) for one in found])


def _precedent(one: Mapping[str, Any], queue: str, words: Words) -> Markup:
    number = str(one["question_id"])
    about = join(_about(one["field"], words), " · ") if one["field"] else None
    return h(
        "li",
        {"class": "ld-card"},
        h("p", {"class": "gl-muted"}, about, moment(one["kept_at"])),
        _said(one["question"], "ld-strong"),
        _said(one["answer"]),
        press("Withdraw", "withdraw", f"Withdraw the precedent: {one['question'][:LISTED_CHARS]}",
              queue=queue, question=number),
    )  # fmt: skip


def one_question(one: Mapping[str, Any], queue: str, words: Words) -> Markup:
    """One question with the conversation that it is about, and room for the answer."""
    return join(
        h("p", None, link("All questions", queue=queue, section="questions")),
        section("Question", _said(one["text"], "ld-strong"), lead=_asked(one, words)),
        _so_far(one),
        section("Answer again" if one["answer"] else "Answer", _form(one, queue)),
        section(
            "Conversation",
            h("div", {"id": "ld-task", "class": "ld-task"}),
            lead=join("Interaction ", name(one["interaction_id"]), " of ", name(one["source"])),
        ),
    )


def _asked(one: Mapping[str, Any], words: Words) -> Markup:
    about = join("; about “", _about(one["field"], words), "”") if one["field"] else None
    return join(name(one["asked_by"]), ", ", moment(one["asked_at"]), about)


def _so_far(one: Mapping[str, Any]) -> Markup | None:
    if one["answer"] is None:
        return None
    by = join(name(one["answered_by"]), ", ", moment(one["answered_at"]))
    return section("Answered", _said(one["answer"]), lead=by)


def _said(words: str, kind: str = "") -> Markup:
    return h("div", {"class": f"ld-words {kind}".strip(), "dir": "auto"}, words)


def _form(one: Mapping[str, Any], queue: str) -> Markup:
    precedent = one["precedent"] or {}
    asker = name(one["asked_by"])
    return form(
        "answer",
        writing(Control("answer", "Your answer", _hint(ANSWER_CHARS)), one["answer"]),
        muted(asker, " sees it at the next task, without your name."),
        choices(
            Control(KEEP, "For whom"),
            "radio",
            [
                ("no", "Only for whoever asked"),
                ("yes", "Keep as precedent, for everybody who labels by this guideline"),
            ],
            ["yes" if precedent else "no"],
        ),
        when(f"{KEEP}=yes", *_wording(one, precedent)),
        buttons(submit("Send the answer", main=True)),
        label="Answer",
        keep=[("queue", queue), ("question", str(one["question_id"]))],
    )


def _wording(one: Mapping[str, Any], precedent: Mapping[str, Any]) -> list[Child]:
    asked = Control(
        "precedent.question",
        "The question, in words for everybody",
        f"Leave out names and what only this task has. {_hint(QUESTION_CHARS)}",
    )
    decided = Control(
        "precedent.answer", "The answer, in words for everybody", "Empty: the words of your answer."
    )
    question = precedent.get("question") or one["text"]
    return [writing(asked, question), writing(decided, precedent.get("answer"))]


def _hint(longest: int) -> str:
    return f"At most {longest:,} characters."
