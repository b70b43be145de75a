"""A point on a scale, and yes or no."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from labeling.keys import Control
from labeling.kinds.asked import Asked, Scale, read_asked
from labeling.table import Table


@dataclass(frozen=True, kw_only=True)
class Rating(Asked):
    """A point on a scale of whole numbers."""

    kind: ClassVar = "rating"
    scale: ClassVar[Scale] = "ordinal"
    min: int
    max: int
    words: tuple[str, ...] | None = None
    meanings: tuple[str, ...] | None = None
    """What each point means, shown on demand."""
    examples: tuple[str, ...] | None = None
    """An example of each point."""
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

    def in_words(self, value: int, order: Sequence[str] = ()) -> str:  # noqa: ARG002
        """The point and its word."""
        return f"{value} {self.words[value - self.min]}" if self.words else str(value)

    @classmethod
    def read(cls, table: Table) -> "Rating":
        """From its table."""
        low = table.number("min", 1, -100, 100)
        high = table.number("max", 5, low + 1, low + 10)
        count = high - low + 1
        failure = table.get("failure_below")
        if failure is not None:
            failure = table.number("failure_below", None, low + 1, high)
        return cls(
            **read_asked(table),
            min=low,
            max=high,
            words=table.texts("words", count),
            meanings=table.texts("meanings", count, 1_000),
            examples=table.texts("examples", count, 1_000),
            failure_below=failure,
            keys=table.keys(count),
        )

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
class Boolean(Asked):
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

    def in_words(self, value: bool, order: Sequence[str] = ()) -> str:  # noqa: ARG002
        """Yes or no, as the form puts it."""
        return self.yes if value else self.no

    @classmethod
    def read(cls, table: Table) -> "Boolean":
        """From its table."""
        yes, no = table.text("yes", "Yes", 80), table.text("no", "No", 80)
        return cls(**read_asked(table), yes=yes, no=no, keys=table.keys(2))

    def controls(self) -> list[Control]:
        """Yes and no."""
        return [
            Control(f"{self.name}.{word}", key, words=word)
            for word, key in zip((self.yes, self.no), self.keys, strict=True)
        ]

    def with_keys(self, keys: Sequence[str | None]) -> "Boolean":
        """The same with these keys."""
        return replace(self, keys=tuple(keys))
