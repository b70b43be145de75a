"""What helps a person at a task: what changed, questions to the lead, precedents.

Answers are as those of `labeling.desk`: JSON-able, with a `state`; an error changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labeling import assignment as work
from labeling import questions
from labeling.calls import Answer, account_of, guarded, id_of
from labeling.fields import fields_from_json
from labeling.form_changes import form_changes
from storage import NotFound, Session, Store
from storage.queries import questions as stored
from storage.queries import queues
from storage.queries.accounts import Account
from storage.queries.interactions import texts

EXCERPT_CHARS = 200


@dataclass(frozen=True)
class Known:
    """What the page has already, and need not be told again."""

    version: str | None = None
    """Hash of a version under which the person has labelled."""
    precedent: int | None = None
    """The newest precedent that it heard of, per guideline."""


@dataclass(frozen=True)
class Guidance:
    """The labeling page's way to guidance."""

    store: Store
    clock: Callable[[], datetime]

    def news(self, name: str) -> Answer:
        """Answers of the lead that this person has not seen."""
        return guarded(self._news, name)

    def of_task(self, name: str, assignment_id: str, known: Known) -> Answer:
        """What there is for one task: version, change, own questions, precedents, new answers."""
        return guarded(self._of_task, name, assignment_id, known)

    def changes(self, name: str, assignment_id: str) -> Answer:
        """Both versions of the rubric, and what the form asks differently."""
        return guarded(self._changes, name, assignment_id)

    def ask(self, name: str, assignment_id: str, text: str, field: str | None) -> Answer:
        """Ask the lead about a task; the person's questions about it."""
        return guarded(self._ask, name, assignment_id, text, field)

    def seen(self, name: str, answer_ids: Sequence[int]) -> Answer:
        """Write down that answers were shown to the person who had asked."""
        return guarded(self._seen, name, answer_ids)

    def _news(self, name: str) -> Answer:
        with self.store.read() as session:
            account = account_of(session, name)
            return {"state": "guidance", "news": _unseen(session, account)}

    def _of_task(self, name: str, assignment_id: str, known: Known) -> Answer:
        with self.store.read() as session:
            account = account_of(session, name)
            row = work.own(session, id_of(assignment_id), account)
            newest = stored.newest_precedent(session, row.guideline_slug)
            answer: Answer = {
                "state": "guidance",
                "slug": row.guideline_slug,
                "since": queues.guideline_row(session, row.guideline_id).created_at,
                "questions": _own(session, account, row.id),
                "news": _unseen(session, account),
                "newest": newest,
            }
            if known.precedent != newest:
                answer["precedents"] = questions.precedents(session, row.guideline_slug)
            if known.version != row.guideline_hash:
                answer |= _version(session, account, row)
            return answer

    def _changes(self, name: str, assignment_id: str) -> Answer:
        with self.store.read() as session:
            account = account_of(session, name)
            row = work.own(session, id_of(assignment_id), account)
            known = stored.known_version(session, account.id, row.guideline_slug)
            was = _changed_from(session, known, row)
            if was is None:
                raise NotFound("change", row.guideline_slug)
            now = queues.guideline_row(session, row.guideline_id)
            return {
                "state": "changes",
                "was": was.version,
                "now": now.version,
                "rubrics": (was.markdown, now.markdown),
                "form": form_changes(fields_from_json(was.fields), fields_from_json(now.fields)),
            }

    def _ask(self, name: str, assignment_id: str, text: str, field: str | None) -> Answer:
        with self.store.write() as session:
            account = account_of(session, name)
            number = id_of(assignment_id)
            told = {"text": text, "field": field}
            questions.ask(session, number, account, told, self.clock())
            return {"state": "asked", "questions": _own(session, account, number)}

    def _seen(self, name: str, answer_ids: Sequence[int]) -> Answer:
        with self.store.write(durable=False) as session:
            account = account_of(session, name)
            fit = [one for one in answer_ids if 0 < one <= questions.LARGEST_ID]
            stored.see_answers(session, account.id, fit, self.clock())
            return {"state": "guidance", "news": _unseen(session, account)}


def _own(session: Session, account: Account, assignment_id: int) -> list[dict[str, Any]]:
    return questions.own_view(stored.own_questions(session, account.id, assignment_id))


def _unseen(session: Session, account: Account) -> list[dict[str, Any]]:
    """New answers, each with the task that it is about."""
    rows = stored.unseen_answers(session, account.id)
    shown = questions.own_view(rows)
    for told, row in zip(shown, rows, strict=True):
        told["assignment_id"] = str(row.assignment_id)
        told["about"] = _excerpt(texts(session, row.interaction_id))
    return shown


def _excerpt(view: dict[str, Any]) -> str | None:
    """How the last turn of a conversation begins, to know it again by."""
    said = [one.get("content") for one in view.get("messages") or () if isinstance(one, dict)]
    last = next((one for one in reversed(said) if isinstance(one, str) and one.strip()), None)
    if last is None or len(last) <= EXCERPT_CHARS:
        return last
    return last[: EXCERPT_CHARS - 1] + "…"


def _version(session: Session, account: Account, row: Any) -> dict[str, Any]:
    """Whether a person knows the version they are asked by, and which one they knew last."""
    known = stored.known_version(session, account.id, row.guideline_slug)
    was = _changed_from(session, known, row)
    return {
        "first": known is None,
        "known": known is not None and known.id == row.guideline_id,
        "changed": None if was is None else {"was": was.version, "now": row.guideline_version},
    }


def _changed_from(session: Session, known: Any, row: Any) -> Any:
    """The version a person labelled by last, if another is in force and this task asks by it."""
    if known is None or known.id == row.guideline_id:
        return None
    return known if stored.version_in_force(session, row.queue_id) == row.guideline_id else None
