"""Free text, and the response as it should have been."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from labeling.errors import InvalidLabel
from labeling.keys import Control
from labeling.kinds.asked import Asked, Scale, read_asked
from labeling.table import Table


@dataclass(frozen=True, kw_only=True)
class Text(Asked):
    """Free text."""

    kind: ClassVar = "text"
    scale: ClassVar[Scale] = "none"
    categories: ClassVar[tuple[str, ...]] = ()
    max_chars: int
    short: bool = False
    """One line."""
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
        if self.short and ("\n" in value or "\r" in value):
            raise InvalidLabel(self.name, "holds a line break", "write it on one line")
        return value

    @classmethod
    def read(cls, table: Table) -> Self:
        """From its table."""
        short = table.flag("short") if cls is Text else False
        return cls(
            **read_asked(table),
            max_chars=table.number("max_chars", 200 if short else 10_000, 1, 100_000),
            placeholder=table.optional_text("placeholder"),
            short=short,
            key=table.key(),
        )

    def to_json(self) -> dict[str, object]:
        """All there is to know; an answer is never short."""
        told = super().to_json()
        if self.kind != "text":
            del told["short"]
        return told

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


def is_storable(text: str) -> bool:
    """Whether a text can be written as UTF-8: browsers can send half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
