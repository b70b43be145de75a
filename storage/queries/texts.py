"""Rules on texts: what they are, which texts are still to be read, what was found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from storage.engine import AnyRow, Session
from storage.exports.texts import query_of, response_of
from storage.interactions import GUIDELINE_SOURCE
from storage.tables import content, interaction, score, task, text_rule

SCORE = "texts:"
HOLDS, HOLDS_BELOW = 0.0, 0.5
"""What holds the words does not pass the check: 0, where 1 would be passing."""


def score_of(name: str) -> str:
    """The name of the score that says whether a rule holds."""
    return SCORE + name


def add_rule(session: Session, values: Mapping[str, Any]) -> None:
    """Append a rule."""
    session.execute(insert(text_rule).values(**values))


def change_rule(session: Session, name: str, values: Mapping[str, Any]) -> None:
    """Change how far a rule was looked for, or end it."""
    session.execute(update(text_rule).where(text_rule.c.name == name).values(**values))


def rule_named(session: Session, name: str) -> AnyRow | None:
    """One rule."""
    return session.execute(select(text_rule).where(text_rule.c.name == name)).one_or_none()


def rule_rows(session: Session) -> Sequence[AnyRow]:
    """All rules, the newest first, with how many interactions hold (`found`)."""
    held = (
        select(func.count(score.c.interaction_id.distinct()))
        .where(score.c.name == SCORE + text_rule.c.name, score.c.kind == "check")
        .scalar_subquery()
    )
    listed = select(text_rule, held.label("found")).order_by(text_rule.c.id.desc())
    return session.execute(listed).all()


def live_rules(session: Session) -> Sequence[AnyRow]:
    """The rules that are looked for in new traffic, without how many interactions hold."""
    live = select(text_rule).where(text_rule.c.ended_at.is_(None))
    return session.execute(live.order_by(text_rule.c.id.desc())).all()


def unread(session: Session, after: int) -> int:
    """How many interactions there are after one, about."""
    newest = session.scalar(select(func.max(interaction.c.id))) or 0
    return max(int(newest) - after, 0)


def texts_after(
    session: Session, after: int, moment: datetime, limit: int
) -> list[tuple[int, str, str, str]]:
    """Interactions in the order of arrival: id, source, external id, question and response."""
    columns = (interaction.c.id, interaction.c.source, interaction.c.external_id,
               content.c.messages, content.c.responses)  # fmt: skip
    rows: Any = session.execute(
        select(*columns)
        .join_from(interaction, content)
        .where(interaction.c.id > after, interaction.c.received_at <= moment)
        .order_by(interaction.c.id)
        .limit(limit)
    )
    return [
        (key, source, name, "\n".join(filter(None, (query_of(asked), response_of(said)))))
        for key, source, name, asked, said in rows
    ]


def is_ours(source: str) -> bool:
    """Whether an interaction belongs to a guideline and is no traffic."""
    return source.startswith(GUIDELINE_SOURCE)


def rules_holding(session: Session, queue_id: int) -> dict[int, list[str]]:
    """By task of a queue, the names of the rules that hold, of tasks with any."""
    found: dict[int, list[str]] = {}
    for name in session.scalars(select(text_rule.c.name).order_by(text_rule.c.name)):
        held = (
            select(task.c.id)
            .join_from(task, score, score.c.interaction_id == task.c.interaction_id)
            .where(task.c.queue_id == queue_id, score.c.name == score_of(name))
            .where(score.c.kind == "check", score.c.value < HOLDS_BELOW)
            .distinct()
        )
        for one in session.scalars(held):
            found.setdefault(one, []).append(name)
    return found
