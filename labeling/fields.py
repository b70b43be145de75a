"""A form: its fields, read from `fields.toml` or JSON, and the values that it takes.

A field is written in `fields.toml`, kept as JSON with every key filled in, and drawn by the
labeling page from that JSON alone.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from labeling.errors import GuidelineError, InvalidLabel
from labeling.keys import assign_keys
from labeling.kinds import (
    KINDS,
    Answer,
    Boolean,
    Choice,
    Field,
    Option,
    Rating,
    Scale,
    Tags,
    Text,
    is_storable,
)
from labeling.table import Source, Table

__all__ = [
    "KINDS",
    "NOT_BUILT_YET",
    "Answer",
    "Boolean",
    "Choice",
    "Field",
    "Option",
    "Rating",
    "Scale",
    "Tags",
    "Text",
    "clean_values",
    "fields_from_json",
    "fields_from_toml",
    "is_storable",
    "parse_toml",
    "read_fields",
    "to_json",
]

NOT_BUILT_YET = ("spans", "turns", "pairwise", "ranking")


def fields_from_toml(text: str, file: str | None = None) -> tuple[Field, ...]:
    """The fields of a `fields.toml`; GuidelineError names file, line, key and fix."""
    return read_fields(parse_toml(text, file))


def parse_toml(text: str, file: str | None = None) -> Table:
    """The outermost table of a TOML text."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise GuidelineError(file, line, None, str(error), "see toml.io for the syntax") from error
    return Table(Source(file, text), (), raw)


def fields_from_json(fields: str | Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """The fields as `to_json` wrote them, as a JSON text or decoded."""
    decoded = msgspec.json.decode(fields) if isinstance(fields, str) else list(fields)
    return read_fields(Table(Source(), (), {"fields": decoded}))


def read_fields(document: Table) -> tuple[Field, ...]:
    """The fields of a form, each control with its key."""
    tables = document.tables("fields", fewest=1, most=50)
    fields = [_field(table) for table in tables]
    names = [one.name for one in fields]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise tables[place].wrong("name", f"{name!r} is there already", "another name")
    controls = [(place, control) for place, one in enumerate(fields) for control in one.controls()]

    def problem(index: int, message: str, hint: str) -> GuidelineError:
        return tables[controls[index][0]].wrong("key", message, hint)

    keys = assign_keys([control for _, control in controls], problem)
    found: list[list[str | None]] = [[] for _ in fields]
    for (place, _), key in zip(controls, keys, strict=True):
        found[place].append(key)
    return tuple(one.with_keys(own) for one, own in zip(fields, found, strict=True))


def to_json(fields: Sequence[Field]) -> list[dict[str, Any]]:
    """All there is to know of a form, keys included: for the store and for the browser."""
    return [one.to_json() for one in fields]


def clean_values(fields: Sequence[Field], values: Mapping[str, object]) -> dict[str, Any]:
    """The given values, checked, in the order of the form; null and blank text are not given.

    Raises
    ------
    InvalidLabel
        For an unknown field, a value of the wrong shape, or a required field without a value.
    """
    names = [one.name for one in fields]
    for name in values:
        if name not in names:
            raise InvalidLabel(str(name), "no such field", "fields: " + ", ".join(names))
    cleaned: dict[str, Any] = {}
    for one in fields:
        value = values.get(one.name)
        if value is not None and not (isinstance(value, str) and not value.strip()):
            cleaned[one.name] = one.validate(value)
        if one.required and cleaned.get(one.name) in (None, []):
            raise InvalidLabel(one.name, "an answer is needed", "answer it, or skip the task")
    return cleaned


def _field(table: Table) -> Field:
    kind = table.text("kind")
    if kind in NOT_BUILT_YET:
        raise table.wrong("kind", f"{kind!r} is not built yet", "one of: " + ", ".join(KINDS))
    if kind not in KINDS:
        raise table.wrong("kind", f"no kind {kind!r}", "one of: " + ", ".join(KINDS))
    field = KINDS[kind].read(table)
    table.finish()
    return field
