"""Rules on what texts hold, looked for in all traffic."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.tables.columns import big, counted, json, metadata, moment, ref


class TextRule(SQLModel, table=True):
    """Words that a text holds or does not; what holds them has a score of kind check."""

    __tablename__ = "text_rule"

    id: int = counted()
    name: str = Field(unique=True)
    words: list[str] = json()
    at_least: int
    """So many of the words have to be there."""
    read_to: int = big()
    """The newest interaction that was looked at."""
    created_at: datetime = moment()
    ended_at: datetime | None = moment(null=True)
    """Since when new traffic is no longer looked at."""
    account_id: int | None = ref("account.id", null=True, index=False)


# The same table for statements: `select(text_rule.c.id)`.
text_rule = metadata.tables["text_rule"]
