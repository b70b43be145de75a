"""What is decided about redaction, which key is used, and how much was found."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.engine import Session
from storage.errors import Conflict
from storage.redact.policy import Policy
from storage.tables import (
    account,
    content,
    feedback,
    interaction,
    redaction_count,
    redaction_key,
    redaction_policy,
    task,
)

Count = tuple[str, str, str, str]
"""Source, policy, version, kind; an empty kind counts interactions."""
OTHER_KEY = "bring it back, or go on with another: goldloop redaction key --renew"
_KEY = tuple(redaction_count.primary_key.columns)


def policies(session: Session) -> dict[str, Policy]:
    """The policy in force of every source that has one of its own."""
    last = select(func.max(redaction_policy.c.id)).group_by(redaction_policy.c.source)
    rows = session.execute(select(redaction_policy).where(redaction_policy.c.id.in_(last)))
    return {
        row.source: Policy(row.policy, tuple(row.kinds), tuple(row.regions), row.patterns)
        for row in rows
    }


def policy_history(session: Session) -> list[dict[str, Any]]:
    """What was decided for every source, by source and time."""
    rows = session.execute(
        select(redaction_policy, account.c.name)
        .join_from(redaction_policy, account, isouter=True)
        .order_by(redaction_policy.c.source, redaction_policy.c.id)
    )
    return [
        {
            "source": row.source,
            "policy": row.policy,
            "kinds": row.kinds,
            "regions": row.regions,
            "patterns": row.patterns,
            "since": row.set_at,
            "by": row.name,
        }
        for row in rows
    ]


def add_policy(
    session: Session, source: str, policy: Policy, by: int | None, now: datetime
) -> None:
    """Decide for a source; what was decided before stays as history."""
    values = policy.to_json() | {"source": source, "set_by": by, "set_at": now}
    session.execute(insert(redaction_policy).values(values))


def key_in_force(session: Session) -> str | None:
    """The fingerprint of the key that placeholders are computed with; None before the first."""
    last = select(redaction_key.c.fingerprint).order_by(redaction_key.c.id.desc()).limit(1)
    return session.scalar(last)


def check_key(session: Session, fingerprint: str, now: datetime) -> None:
    """Note the first key; refuse any other.

    Raises
    ------
    Conflict
        `other_key` when placeholders here were computed with another key.
    """
    if key_in_force(session) is None:
        first = {"id": 1, "fingerprint": fingerprint, "since": now}
        kind = postgresql if session.dialect.name == "postgresql" else sqlite
        session.execute(kind.insert(redaction_key).values(first).on_conflict_do_nothing())
    if key_in_force(session) != fingerprint:
        message = "the redaction key is not the one that earlier placeholders were computed with"
        raise Conflict("other_key", message, OTHER_KEY)


def renew_key(session: Session, fingerprint: str, now: datetime) -> bool:
    """Go on with another key; whether it is another."""
    if key_in_force(session) == fingerprint:
        return False
    number = (session.scalar(select(func.max(redaction_key.c.id))) or 0) + 1
    row = {"id": number, "fingerprint": fingerprint, "since": now}
    session.execute(insert(redaction_key).values(row))
    return True


def add_counts(session: Session, counts: Mapping[Count, int], day: str) -> None:
    """Add to what was found on a day."""
    rows = [
        dict(zip((one.name for one in _KEY), (source, day, *rest), strict=True)) | {"found": found}
        for (source, *rest), found in sorted(counts.items())  # one order: no deadlock
        if found
    ]
    if not rows:
        return
    kind: Any = postgresql if session.dialect.name == "postgresql" else sqlite
    statement = kind.insert(redaction_count)
    total = redaction_count.c.found + statement.excluded.found
    session.execute(
        statement.on_conflict_do_update(index_elements=_KEY, set_={"found": total}), rows
    )


def found_by_source(session: Session) -> dict[str, dict[str, dict[str, int]]]:
    """Of every source: `stored` interactions by policy and version, `found` by kind."""
    rows = session.execute(
        select(redaction_count, func.sum(redaction_count.c.found).label("total"))
        .group_by(*_KEY)
        .order_by(*_KEY)
    )
    told: dict[str, dict[str, dict[str, int]]] = {}
    for row in rows:
        one = told.setdefault(row.source, {"stored": {}, "found": {}})
        part = one["found"] if row.kind else one["stored"]
        name = row.kind or (row.policy if row.policy == "off" else f"{row.policy}/{row.version}")
        part[name] = part.get(name, 0) + row.total
    return told


def stored_by_source(session: Session, queue_id: int | None = None) -> Counter[str]:
    """How many interactions every source has, or those that a queue has tasks of."""
    statement = select(interaction.c.source, func.count()).group_by(interaction.c.source)
    if queue_id is not None:
        asked = select(task.c.interaction_id).where(task.c.queue_id == queue_id)
        used = select(interaction.c.source).where(interaction.c.id.in_(asked)).distinct()
        statement = statement.where(interaction.c.source.in_(used))
    return Counter({row[0]: row[1] for row in session.execute(statement)})


def stored_texts(session: Session) -> Iterable[tuple[str, Any]]:
    """Every source with each of its texts, for a look at what is still in them."""
    of_content = select(interaction.c.source, content).join_from(content, interaction)
    for row in session.execute(of_content, execution_options={"yield_per": 500}):
        yield row.source, [row.messages, row.responses, row.context, row.extra]
    of_feedback = select(
        interaction.c.source, feedback.c.comment, feedback.c.raw, feedback.c.actor
    ).join_from(feedback, interaction)
    for row in session.execute(of_feedback, execution_options={"yield_per": 500}):
        yield row.source, [row.comment, row.raw, row.actor]
