"""What a lead does with questions: answer them, keep precedents, withdraw them."""

from urllib.parse import urlencode

from labeling import questions
from labeling.questions import Wording
from server.api.deps import House
from server.pages.calls import Answer
from server.pages.sections.questions import KEEP
from server.pages.told import Told
from storage import NotFound
from storage.queries.accounts import Account


def answer(house: House, who: Account, asked: Told) -> Answer:
    """Answer a question of a queue, and keep it as a precedent if that is wanted."""
    queue, number = asked.needed("queue"), _number(asked)
    said, kept = asked.needed("answer"), _wording(asked)
    with house.store.write() as session:
        questions.queue_question(session, queue, number)  # no other queue's
        questions.answer(session, number, who, said, house.clock(), kept)
        house.note(session, who, "question_answered", queue, question=number)
        if kept is not None:
            house.note(session, who, "precedent_kept", queue, question=number)
    told = "Answered, and kept as a precedent." if kept else "Answered."
    return {"go": "?" + urlencode({"queue": queue, "section": "questions"}), "said": told}


def withdraw(house: House, who: Account, asked: Told) -> Answer:
    """Withdraw a precedent, whichever queue of the guideline its question came from."""
    number = _number(asked)
    with house.store.write() as session:
        row = questions.withdraw(session, number, who, house.clock())
        house.note(session, who, "precedent_withdrawn", row.queue_name, question=number)
    return {"go": "", "said": "Withdrawn. Whoever had asked keeps their answer."}


def _number(asked: Told) -> int:
    number = asked.whole("question")
    if number is None:
        raise NotFound("question", number)
    return number


def _wording(asked: Told) -> Wording | None:
    """The precedent to be kept; its answer is that to the question unless it has its own words."""
    if asked.text(KEEP) != "yes":
        return None
    said = asked.text("precedent.answer") or asked.needed("answer")
    return Wording(asked.needed("precedent.question"), said)
