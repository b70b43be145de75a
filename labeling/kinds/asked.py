"""What every kind of field has: name, label, when it is asked and when it is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import msgspec

from labeling.errors import InvalidLabel
from labeling.kinds.subject import Subject
from labeling.table import Table

Scale = Literal["nominal", "ordinal", "per_tag", "per_turn", "overlap", "none"]
NAME = r"[a-z][a-z0-9_]{0,63}"
TESTS = ("at_most", "at_least", "is", "has")


@dataclass(frozen=True)
class Condition:
    """What another field must have been answered: `{ field = "quality", at_most = 2 }`."""

    field: str
    test: str
    value: Any

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether these answers meet it; never while that field is open."""
        given = values.get(self.field)
        if given is None:
            return False
        if self.test == "has":
            return self.value in given
        if self.test == "is":
            return bool(given == self.value)
        return bool(given <= self.value if self.test == "at_most" else given >= self.value)

    def to_json(self) -> dict[str, Any]:
        """As it is written."""
        return {"field": self.field, self.test: self.value}

    def __str__(self) -> str:
        value = self.value
        if isinstance(value, bool):
            value = "yes" if value else "no"
        return f"{self.field} {self.test.replace('_', ' ')} {value}"

    @classmethod
    def read(cls, table: Table, key: str) -> "Condition | None":
        """The condition under that key, None when there is none."""
        inner = table.table(key)
        if inner is None:
            return None
        name = inner.name("field", NAME, "the name of a field above")
        given = [test for test in TESTS if inner.get(test) is not None]
        if len(given) != 1:
            hint = f"exactly one of {', '.join(TESTS)}"
            raise inner.wrong(given[1] if given else None, "no such condition", hint)
        inner.finish()
        return cls(name, given[0], inner.raw[given[0]])


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What every kind has."""

    name: str
    label: str
    help: str | None = None
    required: bool = False
    required_when: Condition | None = None
    """Needed when this holds, welcome otherwise."""
    asked_when: Condition | None = None
    """Not asked at all unless this holds."""

    kind: ClassVar[str]
    refers: ClassVar[bool] = False
    """Whether values point into the interaction, so that checking one needs its subject."""

    def to_json(self) -> dict[str, Any]:
        """All there is to know of the field, for the store and for the browser."""
        told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        for key in ("required_when", "asked_when"):
            condition = getattr(self, key)
            told[key] = condition and condition.to_json()
        return {"kind": self.kind, **told}

    def is_asked(self, values: Mapping[str, Any]) -> bool:
        """Whether the field is on the form beside these answers."""
        return self.asked_when is None or self.asked_when.holds(values)

    def is_needed(self, values: Mapping[str, Any]) -> bool:
        """Whether the form cannot be sent beside these answers without this one."""
        when = self.required_when
        needed = self.required or (when is not None and when.holds(values))
        return needed and self.is_asked(values)

    def is_complete(self, value: object, subject: Subject | None) -> bool:  # noqa: ARG002
        """Whether a value answers the whole question."""
        return value not in (None, [], {})

    def check(self, value: Any, subject: Subject) -> None:
        """Refuse a value that points at something which is not there; most point at nothing.

        Raises
        ------
        InvalidLabel
            Naming what there is.
        """

    def in_words(self, value: Any, order: Sequence[str] = ()) -> str:  # noqa: ARG002
        """A value as people read it on the form; order: the responses as they were shown."""
        return str(value)

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
    example: str | None = None

    @classmethod
    def read(cls, table: Table) -> "Option":
        """From its table."""
        value = table.text("value", longest=200)
        option = cls(
            value=value,
            label=table.text("label", value, 200),
            help=table.optional_text("help"),
            example=table.optional_text("example"),
            key=table.key(),
        )
        table.finish()
        return option


def read_options(table: Table, fewest: int) -> tuple[Option, ...]:
    """The options of a table, each value once."""
    options = tuple(Option.read(one) for one in table.tables("options", fewest, 100))
    values = [option.value for option in options]
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None:
        raise table.wrong("options", f"{twice!r} stands there twice", "keep one of them")
    return options


def read_asked(table: Table) -> dict[str, Any]:
    """What every kind reads from its table."""
    return {
        "name": table.name("name", NAME, "small letters, digits and _, a letter first"),
        "label": table.text("label"),
        "help": table.optional_text("help"),
        "required": table.flag("required"),
        "required_when": Condition.read(table, "required_when"),
        "asked_when": Condition.read(table, "asked_when"),
    }
