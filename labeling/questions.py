"""Questions from within a task, a lead's answers, and the precedents that are kept of them.

Nothing is overwritten: an answer, a precedent, its withdrawal are revisions, the newest counts.
A question is its asker's and the leads'; a precedent has no names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from labeling.assignment import may_enter
from labeling.errors import InvalidLabel, NotAllowed, NotAssigned
from labeling.fields import is_storable
from labeling.submit import form
from storage import NotFound, Session
from storage.queries import assignments, queues
from storage.queries import questions as stored
from storage.queries.accounts import Account

QUESTION_CHARS = 2_000
ANSWER_CHARS = 4_000
LARGEST_ID = 2**63 - 1
State = Literal["open", "answered"]


@dataclass(frozen=True)
class Asked:
    """A question is stored."""

    question_id: int
    repeated: bool = False
    """The same had been asked about the same assignment before."""


@dataclass(frozen=True)
class Wording:
    """A precedent in the words that everybody sees."""

    question: str
    answer: str


def ask(
    session: Session,
    assignment_id: int,
    account: Account,
    said: Mapping[str, Any],
    now: datetime,
) -> Asked:
    """Store a question, `{"text", "field"}`, about an assignment of this person, in any state.

    Raises
    ------
    NotAssigned
        If the assignment is not this person's.
    InvalidLabel
        If the text is empty, too long or broken, or the form has no such field.
    """
    row = assignments.lock_assignment(session, assignment_id, account.id)
    if row is None:
        raise NotAssigned(assignment_id)
    text = _clean("text", said["text"], QUESTION_CHARS)
    field = said.get("field") or None
    names = [one.name for one in form(session, row.guideline_id)]
    if field is not None and field not in names:
        raise InvalidLabel("field", f"no field {field!r:.80}", "fields: " + ", ".join(names))
    known = stored.same_question(session, row.id, field, text)
    if known is not None:
        return Asked(known, repeated=True)
    values = {
        "assignment_id": row.id,
        "account_id": account.id,
        "queue_id": row.queue_id,
        "guideline_id": row.guideline_id,
        "field": field,
        "text": text,
        "created_at": now,
    }
    return Asked(stored.add_question(session, values))


def answer(
    session: Session,
    question_id: int,
    lead: Account,
    text: str,
    now: datetime,
    precedent: Wording | None = None,
) -> Any:
    """Answer a question, anew if it has an answer; the question as it stands then.

    With a precedent its wording is kept for everybody of the guideline, in place of an earlier one.

    Raises
    ------
    NotFound
        If there is no such question.
    InvalidLabel
        If a text is empty, too long or broken; names it.
    """
    _locked(session, question_id)
    by = {"account_id": lead.id, "created_at": now}
    said = {"text": _clean("answer", text, ANSWER_CHARS), **by}
    stored.add_revision(session, "answer", question_id, said)
    if precedent is not None:
        kept = {
            "question": _clean("precedent.question", precedent.question, QUESTION_CHARS),
            "answer": _clean("precedent.answer", precedent.answer, ANSWER_CHARS),
            **by,
        }
        stored.add_revision(session, "precedent", question_id, kept)
    return stored.question_row(session, question_id)


def withdraw(session: Session, question_id: int, lead: Account, now: datetime) -> Any:
    """Show a precedent to nobody from now on; the question as it stands then.

    Raises
    ------
    NotFound
        If there is no such question, or no precedent of it stands.
    """
    _locked(session, question_id)
    row = stored.question_row(session, question_id)
    if row is None or row.precedent_answer is None:
        raise NotFound("precedent", question_id)
    gone = {"account_id": lead.id, "question": None, "answer": None, "created_at": now}
    stored.add_revision(session, "precedent", question_id, gone)
    return row


def queue_questions(
    session: Session, queue_name: str, state: State | None = None
) -> list[dict[str, Any]]:
    """The questions of a queue for its leads: open ones first, the longest waiting at the top."""
    rows = stored.questions_of_queue(session, queues.queue_named(session, queue_name).id)
    waiting = [row for row in rows if row.answer is None]
    answered = [row for row in rows if row.answer is not None]
    answered.sort(key=lambda row: row.answered_at, reverse=True)
    chosen = {"open": waiting, "answered": answered, None: [*waiting, *answered]}[state]
    return [_told(row) for row in chosen]


def queue_question(session: Session, queue_name: str, question_id: int) -> dict[str, Any]:
    """One question of a queue, with the `interaction` that it is about; or NotFound."""
    fits = 0 < question_id <= LARGEST_ID
    row = stored.question_row(session, question_id) if fits else None
    if row is None or row.queue_name != queue_name:
        raise NotFound("question", question_id)
    return {**_told(row), "interaction": row.interaction_id}


def _told(row: Any) -> dict[str, Any]:
    precedent = {"question": row.precedent_question, "answer": row.precedent_answer}
    return {
        "question_id": row.id,
        "task_id": str(row.task_id),
        "source": row.source,
        "interaction_id": row.external_id,
        "asked_by": row.asked_by,
        "asked_at": row.created_at,
        "field": row.field,
        "text": row.text,
        "answer": row.answer,
        "answered_by": row.answered_by,
        "answered_at": row.answered_at,
        "precedent": precedent if row.precedent_answer is not None else None,
    }


def queue_precedents(session: Session, queue_name: str, account: Account) -> list[dict[str, Any]]:
    """The precedents of a queue's guideline, newest first, for whoever may enter the queue.

    Raises
    ------
    NotAllowed
        If the person was not invited to it.
    """
    queue = queues.queue_named(session, queue_name)
    if not may_enter(session, queue, account):
        raise NotAllowed(queue_name, account.name)
    return precedents(session, queue.guideline_slug)


def precedents(session: Session, slug: str) -> list[dict[str, Any]]:
    """The precedents of a guideline that stand, newest first: no names, no labels."""
    return [
        {
            "question_id": row.question_id,
            "field": row.field,
            "question": row.question,
            "answer": row.answer,
            "kept_at": row.created_at,
        }
        for row in stored.precedents(session, slug)
    ]


def own_view(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """A person's own questions as they are shown to them; who answered is "the lead"."""
    return [
        {
            "question_id": row.id,
            "field": row.field,
            "text": row.text,
            "asked_at": row.created_at,
            "answer_id": row.answer_id,
            "answer": row.answer,
            "answered_at": row.answered_at,
            "seen": row.seen_at is not None,
        }
        for row in rows
    ]


def _locked(session: Session, question_id: int) -> None:
    """Let answers to one question take turns, so that each is a revision of its own."""
    if not 0 < question_id <= LARGEST_ID or stored.lock_question(session, question_id) is None:
        raise NotFound("question", question_id)


def _clean(field: str, text: str, longest: int) -> str:
    """A text as it is kept, or InvalidLabel."""
    if not is_storable(text):
        raise InvalidLabel(field, "holds half a character", "type that place again")
    cleaned = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not 0 < len(cleaned) <= longest:
        message = f"want 1 to {longest:,} characters, got {len(cleaned):,}"
        raise InvalidLabel(field, message, "say it in a few words")
    return cleaned
