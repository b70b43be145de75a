"""Labels: written once, never changed; a correction is a further revision."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from storage.engine import AnyRow, Session
from storage.tables import label

_BY_KEY = select(label.c.id, label.c.revision, label.c.body_hash, label.c.assignment_id).where(
    label.c.account_id == bindparam("account_id"),
    label.c.idempotency_key == bindparam("idempotency_key"),
)
_ADD = insert(label).returning(label.c.id)
_LATEST = select(func.max(label.c.revision)).where(
    label.c.assignment_id == bindparam("assignment_id")
)


def label_by_key(session: Session, account_id: int, key: str) -> AnyRow | None:
    """The label that a person's idempotency key stands for."""
    wanted = {"account_id": account_id, "idempotency_key": key}
    return session.execute(_BY_KEY, wanted).one_or_none()


def latest_revision(session: Session, assignment_id: int) -> int:
    """The newest revision of an assignment's label; 0 when there is none."""
    return session.scalar(_LATEST, {"assignment_id": assignment_id}) or 0


def add_label(session: Session, values: Mapping[str, Any]) -> int:
    """Append a label; its id."""
    return int(session.execute(_ADD, values).scalar_one())


def current_label(session: Session, assignment_id: int) -> AnyRow | None:
    """The newest revision of an assignment's label."""
    return session.execute(
        select(label)
        .where(label.c.assignment_id == assignment_id)
        .order_by(label.c.revision.desc())
        .limit(1)
    ).one_or_none()
