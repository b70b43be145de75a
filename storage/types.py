"""Column types that behave the same on SQLite and PostgreSQL."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, Text, types

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone; times in the store are aware UTC")
    return (moment - EPOCH) // timedelta(microseconds=1)


def new_id() -> int:
    """A random positive 63-bit id: opaque, so that it tells nobody how a task came to be."""
    return secrets.randbits(62) + 1


class UtcTime(types.TypeDecorator[datetime]):
    """An aware UTC time: whole microseconds on SQLite, ``timestamptz`` on PostgreSQL."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        """The column type of the database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(types.DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Into the database."""
        if value is None or dialect.name == "postgresql":
            return value
        return microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Out of the database."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            moment: datetime = value.astimezone(UTC)
            return moment
        return EPOCH + timedelta(microseconds=value)


class Json(types.TypeDecorator[Any]):
    """JSON kept as text: unlike ``jsonb`` it holds every string that may come in, NUL included."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Into the database."""
        if value is None:
            return None
        return encode_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Out of the database."""
        return None if value is None else _decode(value)


def encode_json(value: Any) -> str:
    """The one JSON text of a value (keys keep their order)."""
    return _encode(value).decode()
