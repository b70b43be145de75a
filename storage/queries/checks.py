"""The rules of checks, and the texts that are checked once more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Text, func, insert, select, type_coerce

from storage.engine import AnyRow, Session
from storage.queries.pool import Pool, conditions
from storage.tables import check_rules, content, interaction


def rules_in_force(session: Session) -> dict[str, str]:
    """The TOML of the newest rules by source; empty for those of every other source."""
    newest = select(func.max(check_rules.c.id)).group_by(check_rules.c.source)
    rows = session.execute(select(check_rules).where(check_rules.c.id.in_(newest)))
    return {row.source: row.toml for row in rows}


def add_rules(
    session: Session, source: str, toml: str, now: datetime, by: int | None = None
) -> None:
    """Put rules into force for a source, or with an empty name for those without their own."""
    values = {"source": source, "toml": toml, "created_at": now, "created_by": by}
    session.execute(insert(check_rules).values(**values))


def texts_after(session: Session, pool: Pool, last: int, count: int) -> Sequence[AnyRow]:
    """Interactions of a pool beyond an id, with messages and responses as JSON text.

    Rows have id, source, external_id, flags, messages and responses, in the order of arrival.
    """
    return session.execute(
        select(
            interaction.c.id,
            interaction.c.source,
            interaction.c.external_id,
            interaction.c.flags,
            type_coerce(content.c.messages, Text).label("messages"),
            type_coerce(content.c.responses, Text).label("responses"),
        )
        .join_from(interaction, content)
        .where(*conditions(pool), interaction.c.id > last)
        .order_by(interaction.c.id)
        .limit(count)
    ).all()
