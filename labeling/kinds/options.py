"""One of several options, or any number of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from labeling.keys import Control
from labeling.kinds.asked import Asked, Option, Scale, read_asked, read_options
from labeling.table import Table


@dataclass(frozen=True, kw_only=True)
class Options(Asked):
    """What everything with options shares."""

    options: tuple[Option, ...]

    fewest: ClassVar[int] = 1

    @property
    def categories(self) -> tuple[str, ...]:
        """Every value on offer."""
        return tuple(option.value for option in self.options)

    @classmethod
    def read(cls, table: Table) -> Self:
        """From its table."""
        return cls(**read_asked(table), options=read_options(table, cls.fewest))

    def in_words(self, value: Any, order: Sequence[str] = ()) -> str:  # noqa: ARG002
        """The labels of what was chosen."""
        labels = {one.value: one.label for one in self.options}
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(one, str(one)) for one in chosen) or "none"

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
class Tags(Options):
    """Any number of options; an empty list says that none applies."""

    kind: ClassVar = "tags"
    scale: ClassVar[Scale] = "per_tag"

    def validate(self, value: object) -> list[str]:
        """The tags in the order of the form."""
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.invalid(value, "a list of tags")
        unknown = [one for one in value if one not in self.categories]
        if unknown or len(set(value)) != len(value):
            raise self.invalid(
                unknown[0] if unknown else value,
                "each at most once, out of: " + ", ".join(self.categories),
            )
        return [one for one in self.categories if one in value]


@dataclass(frozen=True, kw_only=True)
class Choice(Options):
    """Exactly one option."""

    kind: ClassVar = "choice"
    scale: ClassVar[Scale] = "nominal"
    fewest: ClassVar[int] = 2

    def validate(self, value: object) -> str:
        """The chosen value."""
        if not isinstance(value, str) or value not in self.categories:
            raise self.invalid(value, "one of: " + ", ".join(self.categories))
        return value
