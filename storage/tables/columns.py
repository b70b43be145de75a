"""What columns are made of: keys, references, times and JSON that both databases keep alike."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, MetaData, Text
from sqlmodel import Field, SQLModel

from storage.types import Json, UtcTime, new_id

metadata: MetaData = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def one_of(column: str, allowed: tuple[str, ...]) -> CheckConstraint:
    """A column that holds one of a few words."""
    listed = ", ".join(f"'{value}'" for value in allowed)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite's rowid is its INTEGER


def counted() -> Any:
    """A 64-bit primary key that counts up."""
    return Field(default=None, sa_column=Column(ID, primary_key=True, autoincrement=True))


def opaque() -> Any:
    """A random 63-bit primary key."""
    column = Column(ID, primary_key=True, autoincrement=False, default=new_id)
    return Field(default_factory=new_id, sa_column=column)


def big(*, null: bool = False) -> Any:
    """A 64-bit number."""
    return Field(sa_type=BigInteger, nullable=null)


def ref(target: str, *, null: bool = False, index: bool = True) -> Any:
    """A number that points elsewhere."""
    return Field(sa_type=BigInteger, foreign_key=target, nullable=null, index=index)


def part(target: str, *, index: bool = False) -> Any:
    """A part of a primary key that points elsewhere."""
    column = Column(ID, ForeignKey(target), primary_key=True, autoincrement=False, index=index)
    return Field(sa_column=column)


def moment(*, null: bool = False, index: bool = False) -> Any:
    """A time in UTC."""
    return Field(sa_type=UtcTime, nullable=null, index=index)


def json(*, null: bool = False) -> Any:
    """JSON, kept as text."""
    return Field(sa_type=Json, nullable=null)


def long_text(*, null: bool = False) -> Any:
    """Text of any length."""
    return Field(sa_type=Text, nullable=null)
