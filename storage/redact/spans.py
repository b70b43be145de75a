"""What a recogniser is, and what it finds."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

KINDS = ("email", "phone", "card", "iban", "ip", "national_id", "secret")
"""What is recognised without an extra; where two overlap, `finder.FIRST` says which one counts."""
NAMED_KINDS = ("name", "address", "other_id")
"""What only the extra `presidio` recognises; the first two with a language model."""


class Span(NamedTuple):
    """A passage of a text that is to go, end exclusive."""

    start: int
    end: int
    kind: str
    value: str
    """The same for every spelling of the same thing: what its placeholder is computed from."""


class Recogniser(Protocol):
    """Finds one family of things in a text; pure, and linear in the length of any text."""

    def find(self, text: str) -> Iterable[Span]:
        """Every passage, in any order; they may overlap those of others."""
        ...
