"""The kinds of field: what each asks, which values it takes, on which scale it is read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import msgspec

from labeling.errors import InvalidLabel
from labeling.keys import Control
from labeling.table import Table

Scale = Literal["nominal", "ordinal", "per_tag", "none"]
NAME = r"[a-z][a-z0-9_]{0,63}"


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
            keys=table.keys(count),
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
        return cls(**_asked(table), yes=yes, no=no, keys=table.keys(2))

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
        return cls(**_asked(table), max_chars=most, placeholder=hint, key=table.key())

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


def is_storable(text: str) -> bool:
    """Whether a text can be written as UTF-8: browsers can send half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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
    option = Option(value=value, label=label, help=table.optional_text("help"), key=table.key())
    table.finish()
    return option
