"""Who may come in, with what, and what they did."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import counted, json, metadata, moment, one_of, ref

ROLES = ("annotator", "lead", "engineer", "admin")


class Account(SQLModel, table=True):
    """A person or machine with a role."""

    __table_args__ = (one_of("role", ROLES),)

    id: int = counted()
    name: str = Field(unique=True)
    role: str
    password_hash: str | None
    """Argon2; null for an account that cannot log in."""
    created_at: datetime = moment()
    disabled_at: datetime | None = moment(null=True)


class Token(SQLModel, table=True):
    """A bearer token; only its SHA-256 is kept."""

    id: int = counted()
    account_id: int = ref("account.id")
    hash: str = Field(unique=True)
    created_at: datetime = moment()
    revoked_at: datetime | None = moment(null=True)


class LoginSession(SQLModel, table=True):
    """A browser that has logged in; only the SHA-256 of its cookie is kept."""

    __tablename__ = "login_session"

    hash: str = Field(primary_key=True)
    account_id: int = ref("account.id")
    created_at: datetime = moment()
    expires_at: datetime = moment(index=True)


class Audit(SQLModel, table=True):
    """Who did what; append-only."""

    __table_args__ = (Index("ix_audit_action_subject_at", "action", "subject", "at"),)

    id: int = counted()
    at: datetime = moment()
    account_id: int | None = ref("account.id", null=True)
    action: str
    subject: str
    detail: dict[str, Any] | None = json(null=True)


class Lease(SQLModel, table=True):
    """Who may do what only one process may do, such as keeping the schedules."""

    name: str = Field(primary_key=True)
    holder: str
    expires_at: datetime = moment()


# The same tables for statements: `select(task.c.id)`.
account = metadata.tables["account"]
token = metadata.tables["token"]
login_session = metadata.tables["login_session"]
audit = metadata.tables["audit"]
lease = metadata.tables["lease"]
