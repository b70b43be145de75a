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
    Condition,
    Field,
    Option,
    Pairwise,
    Ranking,
    Rating,
    Scale,
    Spans,
    Subject,
    Tags,
    Text,
    Turns,
    is_storable,
    shown_order,
)
from labeling.table import Source, Table

__all__ = [
    "KINDS",
    "Answer",
    "Boolean",
    "Choice",
    "Condition",
    "Field",
    "Option",
    "Pairwise",
    "Ranking",
    "Rating",
    "Scale",
    "Spans",
    "Subject",
    "Tags",
    "Text",
    "Turns",
    "asked_of",
    "clean_values",
    "fields_from_json",
    "fields_from_toml",
    "is_storable",
    "needs_subject",
    "parse_toml",
    "read_fields",
    "refer_to",
    "shown_order",
    "to_json",
]


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
    for place, (one, table) in enumerate(zip(fields, tables, strict=True)):
        for when in ("required_when", "asked_when"):
            _check_condition(getattr(one, when), fields[:place], table, when)
    controls = [(place, control) for place, one in enumerate(fields) for control in one.controls()]

    def problem(index: int, message: str, hint: str) -> GuidelineError:
        place = controls[index][0]
        before = sum(other < place for other, _ in controls)
        return tables[place].wrong_key(index - before, message, hint)

    keys = assign_keys([control for _, control in controls], problem)
    found: list[list[str | None]] = [[] for _ in fields]
    for (place, _), key in zip(controls, keys, strict=True):
        found[place].append(key)
    return tuple(one.with_keys(own) for one, own in zip(fields, found, strict=True))


def to_json(fields: Sequence[Field]) -> list[dict[str, Any]]:
    """All there is to know of a form, keys included: for the store and for the browser."""
    return [one.to_json() for one in fields]


def clean_values(
    fields: Sequence[Field], values: Mapping[str, object], subject: Subject | None = None
) -> dict[str, Any]:
    """The given values, checked, in the order of the form; null and blank text are not given.

    Values that point into the interaction are checked against the subject, if there is one.

    Raises
    ------
    InvalidLabel
        For an unknown field, a value of the wrong shape, one that points at what is not there, an
        answer to what is not asked, or a required field without a value.
    """
    names = [one.name for one in fields]
    for name in values:
        if name not in names:
            raise InvalidLabel(str(name), "no such field", "fields: " + ", ".join(names))
    cleaned: dict[str, Any] = {}
    for one in fields:
        value = values.get(one.name)
        if value is not None and not (isinstance(value, str) and not value.strip()):
            if not one.is_asked(cleaned):
                message = f"is asked only when {one.asked_when}"
                raise InvalidLabel(one.name, message, "leave it out")
            cleaned[one.name] = one.validate(value)
        needed = one.is_needed(cleaned)
        if needed and not one.is_complete(cleaned.get(one.name), subject):
            raise InvalidLabel(one.name, "an answer is needed", "answer it, or skip the task")
    if subject is not None:
        refer_to(fields, cleaned, subject)
    return cleaned


def asked_of(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to what is asked beside them; a draft may hold others."""
    kept = dict(values)
    for one in fields:
        if one.name in kept and not one.is_asked(kept):
            del kept[one.name]
    return kept


def needs_subject(fields: Sequence[Field]) -> bool:
    """Whether answers point into the interaction."""
    return any(one.refers for one in fields)


def refer_to(fields: Sequence[Field], values: Mapping[str, Any], subject: Subject) -> None:
    """Refuse clean values that point at what is not there."""
    for one in fields:
        if one.name in values:
            one.check(values[one.name], subject)


def _check_condition(
    condition: Condition | None, above: Sequence[Field], table: Table, key: str
) -> None:
    """Refuse a condition that could never be looked up, or never hold."""
    if condition is None:
        return
    field = next((one for one in above if one.name == condition.field), None)
    if field is None:
        hint = "a field further up: " + (", ".join(one.name for one in above) or "there is none")
        raise table.wrong(key, f"no field {condition.field!r} above this one", hint)
    fitting = _TESTS.get(field.kind, ())
    if condition.test not in fitting:
        hint = f"for {field.kind}: {', '.join(fitting) or 'none'}"
        raise table.wrong(key, f"{condition.test!r} cannot be said of {field.name}", hint)
    wanted = condition.value
    if not any(one == wanted and type(one) is type(wanted) for one in field.categories):
        hint = "one of: " + ", ".join(str(one) for one in field.categories)
        raise table.wrong(key, f"{wanted!r} is no answer to {field.name}", hint)


_TESTS: Mapping[str, Sequence[str]] = {
    "rating": ("at_most", "at_least", "is"),
    "choice": ("is",),
    "boolean": ("is",),
    "tags": ("has",),
}


def _field(table: Table) -> Field:
    kind = table.text("kind")
    if kind not in KINDS:
        raise table.wrong("kind", f"no kind {kind!r}", "one of: " + ", ".join(KINDS))
    field = KINDS[kind].read(table)
    table.finish()
    return field
