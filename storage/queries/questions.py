"""Questions to the lead, answers, precedents; and which version of a guideline somebody knows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)

from storage.engine import AnyRow, Session
from storage.tables import (
    account,
    answer,
    assignment,
    guideline,
    interaction,
    label,
    precedent,
    question,
    queue,
    task,
)

PRECEDENTS_AT_MOST = 500
_asker, _answerer = account.alias("asker"), account.alias("answerer")


def _is_newest(of: Table) -> ColumnElement[bool]:
    newer = of.alias(f"newer_{of.name}")
    return ~exists().where(
        newer.c.question_id == of.c.question_id, newer.c.revision > of.c.revision
    )


_TOLD: Select[Any] = (
    select(
        question,
        answer.c.id.label("answer_id"),
        answer.c.text.label("answer"),
        answer.c.created_at.label("answered_at"),
        answer.c.seen_at,
        _asker.c.name.label("asked_by"),
        _answerer.c.name.label("answered_by"),
        queue.c.name.label("queue_name"),
        guideline.c.slug.label("guideline_slug"),
        task.c.id.label("task_id"),
        task.c.interaction_id,
        interaction.c.source,
        interaction.c.external_id,
        precedent.c.question.label("precedent_question"),
        precedent.c.answer.label("precedent_answer"),
    )
    .join_from(question, _asker, question.c.account_id == _asker.c.id)
    .join(queue, question.c.queue_id == queue.c.id)
    .join(guideline, question.c.guideline_id == guideline.c.id)
    .join(assignment, question.c.assignment_id == assignment.c.id)
    .join(task, assignment.c.task_id == task.c.id)
    .join(interaction, task.c.interaction_id == interaction.c.id)
    .outerjoin(answer, and_(answer.c.question_id == question.c.id, _is_newest(answer)))
    .outerjoin(_answerer, answer.c.account_id == _answerer.c.id)
    .outerjoin(precedent, and_(precedent.c.question_id == question.c.id, _is_newest(precedent)))
)
_PRECEDENTS = (
    select(
        precedent.c.id,
        precedent.c.question_id,
        question.c.field,
        precedent.c.question,
        precedent.c.answer,
        precedent.c.created_at,
    )
    .join_from(precedent, question, precedent.c.question_id == question.c.id)
    .join(guideline, question.c.guideline_id == guideline.c.id)
    .where(guideline.c.slug == bindparam("of_slug"))
)
_MINE = _TOLD.where(question.c.account_id == bindparam("of_account"))
_OF_ASSIGNMENT = _MINE.where(question.c.assignment_id == bindparam("of_assignment"))
_UNSEEN = _MINE.where(answer.c.id.is_not(None), answer.c.seen_at.is_(None))


def add_question(session: Session, values: Mapping[str, Any]) -> int:
    """Append a question; its id."""
    return int(
        session.execute(insert(question).values(**values).returning(question.c.id)).scalar_one()
    )


def same_question(session: Session, assignment_id: int, field: str | None, text: str) -> int | None:
    """The question that was asked in the same words about the same thing before."""
    found = select(question.c.id).where(
        question.c.assignment_id == assignment_id,
        question.c.field.is_not_distinct_from(field),
        question.c.text == text,
    )
    return session.scalar(found)


def question_row(session: Session, question_id: int) -> AnyRow | None:
    """One question with its newest answer and precedent, who asked, and what it is about."""
    return session.execute(_TOLD.where(question.c.id == question_id)).one_or_none()


def lock_question(session: Session, question_id: int) -> AnyRow | None:
    """The bare question, for whoever answers it next; others wait."""
    return session.execute(
        select(question).where(question.c.id == question_id).with_for_update()
    ).one_or_none()


def questions_of_queue(session: Session, queue_id: int) -> Sequence[AnyRow]:
    """Every question of a queue, the first one first."""
    return session.execute(
        _TOLD.where(question.c.queue_id == queue_id).order_by(question.c.id)
    ).all()


def open_questions(session: Session, queue_id: int) -> int:
    """How many questions of a queue have no answer."""
    counted = select(func.count()).where(
        question.c.queue_id == queue_id,
        ~exists().where(answer.c.question_id == question.c.id),
    )
    return session.scalar(counted) or 0


def own_questions(session: Session, account_id: int, assignment_id: int) -> Sequence[AnyRow]:
    """What a person asked about an assignment of theirs, the first one first."""
    told = {"of_account": account_id, "of_assignment": assignment_id}
    return session.execute(_OF_ASSIGNMENT.order_by(question.c.id), told).all()


def unseen_answers(session: Session, account_id: int) -> Sequence[AnyRow]:
    """A person's questions whose newest answer they have not been shown."""
    return session.execute(_UNSEEN.order_by(question.c.id), {"of_account": account_id}).all()


def see_answers(
    session: Session, account_id: int, answer_ids: Sequence[int], now: datetime
) -> None:
    """Write down that a person was shown these answers, as far as they had asked."""
    own = select(question.c.id).where(question.c.account_id == account_id)
    session.execute(
        update(answer)
        .where(
            answer.c.id.in_(answer_ids), answer.c.question_id.in_(own), answer.c.seen_at.is_(None)
        )
        .values(seen_at=now)
    )


def add_revision(session: Session, kind: str, question_id: int, values: Mapping[str, Any]) -> int:
    """Append the next revision of the `answer` to a question or of its `precedent`; its number."""
    into = {"answer": answer, "precedent": precedent}[kind]
    last = select(func.max(into.c.revision)).where(into.c.question_id == question_id)
    revision = (session.scalar(last) or 0) + 1
    session.execute(insert(into).values(question_id=question_id, revision=revision, **values))
    return revision


def precedents(session: Session, slug: str) -> Sequence[AnyRow]:
    """The precedents of a guideline that stand, the newest first."""
    standing = _PRECEDENTS.where(precedent.c.answer.is_not(None), _is_newest(precedent))
    newest_first = standing.order_by(precedent.c.id.desc()).limit(PRECEDENTS_AT_MOST)
    return session.execute(newest_first, {"of_slug": slug}).all()


def newest_precedent(session: Session, slug: str) -> int:
    """A number that grows with every precedent of a guideline that is kept or withdrawn."""
    newest = _PRECEDENTS.with_only_columns(func.max(precedent.c.id))
    return session.scalar(newest, {"of_slug": slug}) or 0


def known_version(session: Session, account_id: int, slug: str) -> AnyRow | None:
    """The version of a guideline under which a person labelled last, imported labels left out."""
    return session.execute(
        select(guideline)
        .join_from(label, assignment, label.c.assignment_id == assignment.c.id)
        .join(guideline, label.c.guideline_id == guideline.c.id)
        .where(
            label.c.account_id == account_id,
            guideline.c.slug == slug,
            assignment.c.role != "import",
        )
        .order_by(label.c.id.desc())
        .limit(1)
    ).one_or_none()


def version_in_force(session: Session, queue_id: int) -> int:
    """The id of the version that a queue asks by now."""
    in_force = select(queue.c.guideline_id).where(queue.c.id == queue_id)
    return int(session.execute(in_force).scalar_one())
