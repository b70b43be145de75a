"""Which automated checks look at what comes in."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from storage.tables.columns import counted, long_text, metadata, moment, ref


class CheckRules(SQLModel, table=True):
    """The checks of one source as they were set; append-only, the newest is in force."""

    __tablename__ = "check_rules"
    __table_args__ = (Index("ix_check_rules_source", "source"),)

    id: int = counted()
    source: str
    """Empty: of every source without rules of its own."""
    toml: str = long_text()
    created_at: datetime = moment()
    created_by: int | None = ref("account.id", null=True, index=False)


# The same table for statements: `select(check_rules.c.id)`.
check_rules = metadata.tables["check_rules"]
