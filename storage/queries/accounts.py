"""Accounts, what they prove themselves with, and the audit of who did what.

Tokens and log-in sessions are known here by their SHA-256 alone.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from storage.engine import AnyRow, Session
from storage.errors import Conflict
from storage.tables import account, audit, login_session, token


class Account(NamedTuple):
    """A person or machine with a role."""

    id: int
    name: str
    role: str
    disabled: bool = False
    can_log_in: bool = False
    """Whether a password was set."""


_ACCOUNT = (
    account.c.id,
    account.c.name,
    account.c.role,
    account.c.disabled_at.is_not(None).label("disabled"),
    account.c.password_hash.is_not(None).label("can_log_in"),
)
_LIVE_TOKEN = and_(token.c.revoked_at.is_(None), account.c.disabled_at.is_(None))
_OF_TOKEN = (
    select(*_ACCOUNT)
    .join_from(token, account, token.c.account_id == account.c.id)
    .where(token.c.hash == bindparam("hash"), _LIVE_TOKEN)
)
_OF_LOGIN = (
    select(*_ACCOUNT)
    .join_from(login_session, account, login_session.c.account_id == account.c.id)
    .where(
        login_session.c.hash == bindparam("hash"),
        login_session.c.expires_at > bindparam("now"),
        account.c.disabled_at.is_(None),
    )
)
_NAMED = select(*_ACCOUNT).where(account.c.name == bindparam("name"))


def _account(row: Any) -> Account | None:
    return None if row is None else Account(row[0], row[1], row[2], bool(row[3]), bool(row[4]))


def add_account(
    session: Session, name: str, role: str, now: datetime, password_hash: str | None = None
) -> Account:
    """Create an account.

    Raises
    ------
    Conflict
        `exists` when the name is taken.
    """
    values = {"name": name, "role": role, "password_hash": password_hash, "created_at": now}
    try:
        with session.begin_nested():
            added = session.execute(insert(account).values(**values).returning(account.c.id))
            number = int(added.scalar_one())
    except IntegrityError as error:
        if account_named(session, name) is None:
            raise
        message = f"an account named {name!r} exists"
        raise Conflict("exists", message, "choose another name") from error
    return Account(number, name, role, False, password_hash is not None)


def ensure_annotators(session: Session, names: Collection[str], now: datetime) -> dict[str, int]:
    """Account by name; who is not there yet becomes an annotator who cannot log in.

    In one order everywhere, so that two that do it at once wait for each other and no longer.
    """
    add = postgresql.insert if session.dialect.name == "postgresql" else sqlite.insert
    wanted = sorted(set(names))
    if wanted:
        rows = [{"name": name, "role": "annotator", "created_at": now} for name in wanted]
        session.execute(add(account).on_conflict_do_nothing(), rows)
    found = select(account.c.name, account.c.id).where(account.c.name.in_(wanted))
    return {row.name: row.id for row in session.execute(found)}


def account_named(session: Session, name: str) -> Account | None:
    """The account of that name, disabled or not."""
    if "\x00" in name:  # PostgreSQL refuses even to look for it
        return None
    return _account(session.execute(_NAMED, {"name": name}).one_or_none())


def list_accounts(session: Session) -> list[Account]:
    """Every account, by name."""
    rows = session.execute(select(*_ACCOUNT).order_by(account.c.name))
    return [Account(row[0], row[1], row[2], bool(row[3]), bool(row[4])) for row in rows]


def password_hash(session: Session, account_id: int) -> str | None:
    """The hash that a password is checked against; None for an account that cannot log in."""
    return session.scalar(select(account.c.password_hash).where(account.c.id == account_id))


def set_password(session: Session, account_id: int, hash: str | None) -> None:
    """Replace the password hash; None takes the log-in away."""
    session.execute(update(account).where(account.c.id == account_id).values(password_hash=hash))


def disable(session: Session, account_id: int, now: datetime) -> None:
    """Shut an account out at once; what it did stays."""
    session.execute(
        update(account)
        .where(account.c.id == account_id, account.c.disabled_at.is_(None))
        .values(disabled_at=now)
    )
    close_logins(session, account_id)


def enable(session: Session, account_id: int) -> None:
    """Let a disabled account in again, with the tokens it had."""
    session.execute(update(account).where(account.c.id == account_id).values(disabled_at=None))


def add_token(session: Session, account_id: int, hash: str, now: datetime) -> None:
    """Keep the hash of a new bearer token."""
    session.execute(insert(token).values(account_id=account_id, hash=hash, created_at=now))


def revoke_tokens(session: Session, account_id: int, now: datetime) -> int:
    """Make every token of an account invalid; how many."""
    revoked = session.execute(
        update(token)
        .where(token.c.account_id == account_id, token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return revoked.rowcount


def token_counts(session: Session) -> dict[int, int]:
    """How many valid tokens there are, by account id."""
    counted = select(token.c.account_id, func.count()).where(token.c.revoked_at.is_(None))
    return {row[0]: row[1] for row in session.execute(counted.group_by(token.c.account_id))}


def account_of_token(session: Session, hash: str) -> Account | None:
    """The account that a valid bearer token stands for."""
    return _account(session.execute(_OF_TOKEN, {"hash": hash}).one_or_none())


def open_login(
    session: Session, account_id: int, hash: str, now: datetime, expires_at: datetime
) -> None:
    """Keep the hash of a browser's cookie."""
    session.execute(
        insert(login_session).values(
            hash=hash, account_id=account_id, created_at=now, expires_at=expires_at
        )
    )


def account_of_login(session: Session, hash: str, now: datetime) -> Account | None:
    """The account that a browser's cookie stands for, while it lasts."""
    return _account(session.execute(_OF_LOGIN, {"hash": hash, "now": now}).one_or_none())


def close_login(session: Session, hash: str) -> None:
    """Log one browser out."""
    session.execute(delete(login_session).where(login_session.c.hash == hash))


def close_logins(session: Session, account_id: int) -> int:
    """Log an account out of every browser; how many."""
    closed = session.execute(delete(login_session).where(login_session.c.account_id == account_id))
    return closed.rowcount


def drop_expired_logins(session: Session, now: datetime) -> int:
    """Forget browsers whose time has run out; how many."""
    dropped = session.execute(delete(login_session).where(login_session.c.expires_at <= now))
    return dropped.rowcount


def record_audit(
    session: Session,
    account_id: int | None,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Write down who did what; there is no way to take it back."""
    session.execute(
        insert(audit).values(
            at=now,
            account_id=account_id,
            action=action,
            subject=subject,
            detail=None if detail is None else dict(detail),
        )
    )


def count_audit(session: Session, action: str, subject: str, since: datetime) -> int:
    """How often something was done to a subject lately."""
    counted = select(func.count()).where(
        audit.c.action == action, audit.c.subject == subject, audit.c.at >= since
    )
    return session.scalar(counted) or 0


def audit_rows(session: Session, limit: int = 100) -> Sequence[AnyRow]:
    """The latest audit rows with the name of who did it."""
    latest: Select[Any] = (
        select(
            audit.c.at, account.c.name.label("by"), audit.c.action, audit.c.subject, audit.c.detail
        )
        .join_from(audit, account, audit.c.account_id == account.c.id, isouter=True)
        .order_by(audit.c.id.desc())
        .limit(limit)
    )
    return session.execute(latest).all()
