"""The same question of every turn of a conversation."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from labeling.errors import InvalidLabel
from labeling.keys import Control
from labeling.kinds.asked import Asked, Scale, read_asked
from labeling.kinds.options import Tags
from labeling.kinds.points import Rating
from labeling.kinds.subject import Subject
from labeling.table import Table

EACH: Mapping[str, type[Rating | Tags]] = {"rating": Rating, "tags": Tags}
ROLES = ("assistant", "user", "tool")


@dataclass(frozen=True, kw_only=True)
class Turns(Asked):
    """A rating or tags for each turn, by the place of its message; the response comes last."""

    kind: ClassVar = "turns"
    scale: ClassVar[Scale] = "per_turn"
    refers: ClassVar[bool] = True
    roles: tuple[str, ...]
    """Whose turns."""
    each: Rating | Tags
    """What is asked of one turn."""

    @property
    def categories(self) -> tuple[Any, ...]:
        """Every value that one turn can get."""
        return (self.each.kind, *self.each.categories)

    def validate(self, value: object) -> dict[str, Any]:
        """The answers by place, in the order of the conversation."""
        if not isinstance(value, Mapping):
            raise self.invalid(value, '{"1": ..., "3": ...} by the place of the message, from 0')
        found: dict[int, Any] = {}
        for key, one in value.items():
            place = str(key)
            if not re.fullmatch(r"0|[1-9][0-9]{0,5}", place):
                raise self.invalid(key, "the place of a message, from 0")
            found[int(place)] = self._one(place, one)
        return {str(place): found[place] for place in sorted(found)}

    def _one(self, place: str, value: object) -> Any:
        try:
            return self.each.validate(value)
        except InvalidLabel as error:
            raise InvalidLabel(self.name, f"turn {place}: {error.message}", error.hint) from error

    def in_words(self, value: Mapping[str, Any], order: Sequence[str] = ()) -> str:
        """What each turn got, one after the other."""
        return "; ".join(self.each.in_words(one, order) for one in value.values())

    def check(self, value: Mapping[str, Any], subject: Subject) -> None:
        """Refuse turns that are not there."""
        there = [str(place) for place in subject.turns_of(self.roles)]
        unknown = next((place for place in value if place not in there), None)
        if unknown is not None:
            hint = f"turns of {' and '.join(self.roles)}: {', '.join(there) or 'none'}"
            raise self.invalid(unknown, hint)

    def is_complete(self, value: object, subject: Subject | None) -> bool:
        """Whether every turn is rated; tags need none. Nothing to rate is complete."""
        given = value if isinstance(value, Mapping) else {}
        if subject is None:
            return bool(given)
        if isinstance(self.each, Tags):
            return bool(given) or not subject.turns_of(self.roles)
        return all(str(place) in given for place in subject.turns_of(self.roles))

    @classmethod
    def read(cls, table: Table) -> "Turns":
        """From its table: what a rating or tags have, and `each`, `roles`."""
        kind = table.text("each", "rating")
        if kind not in EACH:
            raise table.wrong("each", f"no kind {kind!r}", "one of: " + ", ".join(EACH))
        roles = table.choices("roles", ROLES, ("assistant",))
        asked = read_asked(table)
        each = EACH[kind].read(table)
        if isinstance(each, Rating) and each.failure_below is not None:
            hint = "ask for the whole with a rating of its own"
            raise table.wrong("failure_below", "has no meaning for one turn", hint)
        each = replace(each, required_when=None, asked_when=None)
        return cls(**asked, roles=roles, each=each)

    def to_json(self) -> dict[str, Any]:
        """All there is to know: the question of one turn laid flat, as it is written."""
        return self.each.to_json() | {
            **super().to_json(),
            "each": self.each.kind,
            "roles": list(self.roles),
        }

    def controls(self) -> list[Control]:
        """Those of one turn; they act on the turn that is at hand."""
        return self.each.controls()

    def with_keys(self, keys: Sequence[str | None]) -> "Turns":
        """The same with these keys."""
        return replace(self, each=self.each.with_keys(keys))
