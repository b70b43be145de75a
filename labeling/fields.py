"""The fields of a form: what each kind asks, which values it takes, on which scale it is read.

A field is written in `fields.toml`, kept as JSON with every key filled in, and drawn by the
labeling page from that JSON alone.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import msgspec

from labeling.errors import GuidelineError, InvalidLabel
from labeling.keys import AUTO, Control, assign_keys
from labeling.table import Source, Table

Scale = Literal["nominal", "ordinal", "per_tag", "none"]
NAME = r"[a-z][a-z0-9_]{0,63}"
NOT_BUILT_YET = ("spans", "turns", "pairwise", "ranking")


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What every kind has."""

    name: str
    label: str
    help: str | None = None
    required: bool = False

    kind: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """All there is to know of the field, for the store and for the browser."""
        told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return {"kind": self.kind, **told}

    def invalid(self, value: object, hint: str) -> InvalidLabel:
        """The error for a value this field does not take."""
        shown = repr(value)
        return InvalidLabel(self.name, f"{shown[:80]} is not possible here", hint)


@dataclass(frozen=True, kw_only=True)
class Option:
    """One thing to choose."""

    value: str
    label: str
    key: str | None
    help: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rating(_Asked):
    """A point on a scale of whole numbers."""

    kind: ClassVar = "rating"
    scale: ClassVar[Scale] = "ordinal"
    min: int
    max: int
    words: tuple[str, ...] | None = None
    failure_below: int | None = None
    keys: tuple[str | None, ...]

    @property
    def categories(self) -> tuple[int, ...]:
        """Every point of the scale, used or not."""
        return tuple(range(self.min, self.max + 1))

    def validate(self, value: object) -> int:
        """The point."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.invalid(value, f"a whole number from {self.min} to {self.max}")
        if not self.min <= value <= self.max:
            raise self.invalid(value, f"a whole number from {self.min} to {self.max}")
        return value

    @classmethod
    def read(cls, table: Table) -> "Rating":
        """From its table."""
        low = table.number("min", 1, -100, 100)
        high = table.number("max", 5, low + 1, low + 10)
        count = high - low + 1
        words = table.texts("words", count)
        failure = table.get("failure_below")
        if failure is not None:
            failure = table.number("failure_below", None, low + 1, high)
        return cls(
            **_asked(table), min=low, max=high, words=words, failure_below=failure,
            keys=_keys(table, count),
        )  # fmt: skip

    def controls(self) -> list[Control]:
        """One per point: its own digit where it has one, else its place; ten is 0."""
        own = self.min >= 0 and self.max <= 10
        words = self.words or ("",) * len(self.keys)
        return [
            Control(
                name=f"{self.name}.{value}",
                key=key,
                digit=str(value if own else place + 1)[-1 if self.min > 0 else 0 :],
                words=word,
            )
            for place, (value, key, word) in enumerate(
                zip(self.categories, self.keys, words, strict=True)
            )
        ]

    def with_keys(self, keys: Sequence[str | None]) -> "Rating":
        """The same with these keys."""
        return replace(self, keys=tuple(keys))


@dataclass(frozen=True, kw_only=True)
class _Options(_Asked):
    """What tags and choice share."""

    options: tuple[Option, ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """Every value on offer."""
        return tuple(option.value for option in self.options)

    @classmethod
    def read(cls, table: Table) -> Self:
        """From its table."""
        fewest = 2 if cls is Choice else 1
        options = tuple(_option(one) for one in table.tables("options", fewest, 100))
        values = [option.value for option in options]
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice is not None:
            raise table.wrong("options", f"{twice!r} stands there twice", "keep one of them")
        return cls(**_asked(table), options=options)

    def controls(self) -> list[Control]:
        """One per option."""
        return [
            Control(f"{self.name}.{one.value}", one.key, words=one.label) for one in self.options
        ]

    def with_keys(self, keys: Sequence[str | None]) -> Self:
        """The same with these keys."""
        pairs = zip(self.options, keys, strict=True)
        return replace(self, options=tuple(replace(one, key=key) for one, key in pairs))


@dataclass(frozen=True, kw_only=True)
class Tags(_Options):
    """Any number of options; an empty list says that none applies."""

    kind: ClassVar = "tags"
    scale: ClassVar[Scale] = "per_tag"

    def validate(self, value: object) -> list[str]:
        """The tags in the order of the form."""
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.invalid(value, "a list of tags")
        unknown = next((one for one in value if one not in self.categories), None)
        if unknown is not None or len(set(value)) != len(value):
            raise self.invalid(
                value if unknown is None else unknown,
                "each at most once, out of: " + ", ".join(self.categories),
            )
        return [one for one in self.categories if one in value]


@dataclass(frozen=True, kw_only=True)
class Choice(_Options):
    """Exactly one option."""

    kind: ClassVar = "choice"
    scale: ClassVar[Scale] = "nominal"

    def validate(self, value: object) -> str:
        """The chosen value."""
        if not isinstance(value, str) or value not in self.categories:
            raise self.invalid(value, "one of: " + ", ".join(self.categories))
        return value


@dataclass(frozen=True, kw_only=True)
class Boolean(_Asked):
    """Yes or no."""

    kind: ClassVar = "boolean"
    scale: ClassVar[Scale] = "nominal"
    categories: ClassVar = (False, True)
    yes: str = "Yes"
    no: str = "No"
    keys: tuple[str | None, ...]
    """Of yes, then of no."""

    def validate(self, value: object) -> bool:
        """True for yes."""
        if not isinstance(value, bool):
            raise self.invalid(value, "true or false")
        return value

    @classmethod
    def read(cls, table: Table) -> "Boolean":
        """From its table."""
        yes, no = table.text("yes", "Yes", 80), table.text("no", "No", 80)
        return cls(**_asked(table), yes=yes, no=no, keys=_keys(table, 2))

    def controls(self) -> list[Control]:
        """Yes and no."""
        return [
            Control(f"{self.name}.{word}", key, words=word)
            for word, key in zip((self.yes, self.no), self.keys, strict=True)
        ]

    def with_keys(self, keys: Sequence[str | None]) -> "Boolean":
        """The same with these keys."""
        return replace(self, keys=tuple(keys))


@dataclass(frozen=True, kw_only=True)
class Text(_Asked):
    """Free text."""

    kind: ClassVar = "text"
    scale: ClassVar[Scale] = "none"
    categories: ClassVar[tuple[str, ...]] = ()
    max_chars: int
    placeholder: str | None = None
    key: str | None
    """Takes the writer into the text."""

    def validate(self, value: object) -> str:
        """The text as written."""
        if not isinstance(value, str):
            raise self.invalid(value, "a text")
        if len(value) > self.max_chars:
            raise InvalidLabel(
                self.name,
                f"{len(value)} characters are too many",
                f"at most {self.max_chars} characters",
            )
        if not is_storable(value):
            raise InvalidLabel(
                self.name, "holds half a character (a lone surrogate)", "type that place again"
            )
        return value

    @classmethod
    def read(cls, table: Table) -> Self:
        """From its table."""
        most = table.number("max_chars", 10_000, 1, 100_000)
        hint = table.optional_text("placeholder")
        return cls(**_asked(table), max_chars=most, placeholder=hint, key=_key(table))

    def controls(self) -> list[Control]:
        """The text itself."""
        return [Control(self.name, self.key, words=self.label, is_answer=self.kind == "answer")]

    def with_keys(self, keys: Sequence[str | None]) -> Self:
        """The same with this key."""
        return replace(self, key=keys[0])


@dataclass(frozen=True, kw_only=True)
class Answer(Text):
    """The response as it should have been."""

    kind: ClassVar = "answer"


Field = Rating | Tags | Choice | Boolean | Text | Answer
KINDS: dict[str, type[Field]] = {
    one.kind: one for one in (Rating, Tags, Choice, Boolean, Text, Answer)
}


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


def is_storable(text: str) -> bool:
    """Whether a text can be written as UTF-8: browsers can send half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _field(table: Table) -> Field:
    kind = table.text("kind")
    if kind in NOT_BUILT_YET:
        raise table.wrong("kind", f"{kind!r} is not built yet", "one of: " + ", ".join(KINDS))
    if kind not in KINDS:
        raise table.wrong("kind", f"no kind {kind!r}", "one of: " + ", ".join(KINDS))
    field = KINDS[kind].read(table)
    table.finish()
    return field


def _asked(table: Table) -> dict[str, Any]:
    return {
        "name": table.name("name", NAME, "small letters, digits and _, a letter first"),
        "label": table.text("label"),
        "help": table.optional_text("help"),
        "required": table.flag("required"),
    }


def _option(table: Table) -> Option:
    value = table.text("value", longest=200)
    label = table.text("label", value, 200)
    option = Option(value=value, label=label, help=table.optional_text("help"), key=_key(table))
    table.finish()
    return option


def _key(table: Table) -> str | None:
    """The key as written, None for "" (no key), AUTO when nothing is written."""
    value = table.get("key")
    if "key" not in table.raw:
        return AUTO
    if value is not None and not isinstance(value, str):
        raise table.wrong("key", f"{value!r} is not a text", 'one character, or "" for none')
    return value or None


def _keys(table: Table, count: int) -> tuple[str | None, ...]:
    """Written keys, one per control, or AUTO for all."""
    value = table.get("keys")
    if value is None:
        return (AUTO,) * count
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != count:
        raise table.wrong("keys", f"{value!r} does not fit", f"a list of {count} keys")
    if not all(one is None or isinstance(one, str) for one in value):
        raise table.wrong("keys", f"{value!r} holds more than texts", 'one character, or ""')
    return tuple(one or None for one in value)
