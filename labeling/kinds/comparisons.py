"""Which of several responses is better."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from labeling.errors import InvalidLabel
from labeling.keys import Control
from labeling.kinds.asked import Asked, Scale, read_asked
from labeling.kinds.subject import Subject
from labeling.table import Table

TIE = "tie"
MOST_RANKED = 6
LETTERS = "ABCDEF"


@dataclass(frozen=True, kw_only=True)
class Comparison(Asked):
    """What pairwise and ranking share; the order on the page is drawn for every assignment."""

    tie: bool = True
    """Whether responses may be called equal."""
    tie_label: str = "Equally good"
    keys: tuple[str | None, ...]
    """One per response in the order shown, then that of the tie."""

    categories: ClassVar[tuple[str, ...]] = ()
    compared: ClassVar[int]
    refers: ClassVar[bool] = True

    @classmethod
    def read(cls, table: Table) -> Self:
        """From its table."""
        asked = read_asked(table)
        tie = True if table.get("tie") is None else table.flag("tie")
        label = table.text("tie_label", cls.tie_label, 80)
        return cls(**asked, tie=tie, tie_label=label, keys=table.keys(cls.compared + tie))

    def controls(self) -> list[Control]:
        """One per response, and the tie."""
        named = [
            Control(f"{self.name}.{letter}", key, digit=str(place + 1), words=letter)
            for place, (letter, key) in enumerate(
                zip(LETTERS, self.keys[: self.compared], strict=False)
            )
        ]
        if self.tie:
            named.append(Control(f"{self.name}.{TIE}", self.keys[-1], digit="0", words=TIE))
        return named

    def with_keys(self, keys: Sequence[str | None]) -> Self:
        """The same with these keys."""
        return replace(self, keys=tuple(keys))


@dataclass(frozen=True, kw_only=True)
class Pairwise(Comparison):
    """The better of two responses, by its id, or a tie."""

    kind: ClassVar = "pairwise"
    scale: ClassVar[Scale] = "nominal"
    compared: ClassVar[int] = 2

    def validate(self, value: object) -> str:
        """The id, or tie."""
        if not isinstance(value, str) or (value == TIE and not self.tie):
            raise self.invalid(value, "the id of a response" + (' or "tie"' if self.tie else ""))
        return value

    def in_words(self, value: str, order: Sequence[str] = ()) -> str:
        """By the letter that was shown."""
        return self.tie_label if value == TIE else f"{letter_of(value, order)} is better"

    def check(self, value: str, subject: Subject) -> None:
        """Refuse the id of no response, and a task that does not have two."""
        _count(self, subject, range(2, 3))
        if value != TIE and value not in subject.responses:
            raise self.invalid(value, "one of: " + ", ".join(subject.responses))


@dataclass(frozen=True, kw_only=True)
class Ranking(Comparison):
    """All responses from best to worst: a list of ranks, each a list of the ids that share it."""

    kind: ClassVar = "ranking"
    scale: ClassVar[Scale] = "ordinal"
    compared: ClassVar[int] = MOST_RANKED

    def validate(self, value: Any) -> list[list[str]]:
        """The ranks, ids of one rank in alphabetical order."""
        hint = 'ranks from best to worst, such as [["a"], ["b", "c"]]'
        if not _is_list(value) or not value:
            raise self.invalid(value, hint)
        for rank in value:
            if not _is_list(rank) or not rank or not all(isinstance(one, str) for one in rank):
                raise self.invalid(rank, hint)
            if len(rank) > 1 and not self.tie:
                raise self.invalid(rank, "one response per rank: no ties here")
        ids = [one for rank in value for one in rank]
        if len(set(ids)) != len(ids) or len(ids) > MOST_RANKED:
            raise self.invalid(value, f"each response once, at most {MOST_RANKED}")
        return [sorted(rank) for rank in value]

    def in_words(self, value: Sequence[Sequence[str]], order: Sequence[str] = ()) -> str:
        """The letters that were shown, best first."""
        ranks = (" and ".join(letter_of(one, order) for one in rank) for rank in value)
        return ", then ".join(ranks)

    def check(self, value: Sequence[Sequence[str]], subject: Subject) -> None:
        """Refuse a ranking that leaves a response out or names another."""
        _count(self, subject, range(2, MOST_RANKED + 1))
        if {one for rank in value for one in rank} != set(subject.responses):
            hint = "each of these once: " + ", ".join(subject.responses)
            raise self.invalid([list(rank) for rank in value], hint)


def letter_of(response: str, order: Sequence[str]) -> str:
    """The letter that a response went by; its id where the order is not known."""
    shown = dict(zip(order, LETTERS, strict=False))
    return shown.get(response, response)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _count(field: Comparison, subject: Subject, possible: range) -> None:
    there = len(subject.responses)
    if there not in possible:
        wanted = "two" if len(possible) == 1 else f"2 to {possible[-1]}"
        raise InvalidLabel(
            field.name, f"needs {wanted} responses, this task has {there}", "skip the task"
        )
