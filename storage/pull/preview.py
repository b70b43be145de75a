"""What a pull would bring, for a look before anything is stored."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storage.errors import BadRow
from storage.interactions import parse_interaction
from storage.pull.page import Page

SHOWN = 3
_CHARS = 200


@dataclass
class Preview:
    """Counts of the first pages, and the first interactions on them."""

    new: int = 0
    known: int = 0
    feedback: int = 0
    scores: int = 0
    more: bool = False
    """Whether there are further pages."""
    rejected: list[dict[str, Any]] = field(default_factory=list)
    first: list[dict[str, Any]] = field(default_factory=list)

    def add(self, page: Page, known: Callable[[Collection[str]], set[str]], now: datetime) -> None:
        """Count one page in."""
        good = []
        for index, row in page.brought.interactions:
            try:
                if isinstance(row, BadRow):
                    raise row
                good.append(parse_interaction(row, now=now))
            except BadRow as error:
                self.rejected.append({"index": index, "error": error.to_json()})
        here = known([one.external_id for one in good])
        self.known += len(here)
        self.new += len(good) - len(here)
        for one in good[: SHOWN - len(self.first)]:
            self.first.append(
                {
                    "id": one.external_id,
                    "created_at": one.created_at,
                    "model": one.model,
                    "messages": one.messages[:_CHARS],
                    "responses": one.responses[:_CHARS],
                }
            )
        self.feedback += len(page.brought.feedback)
        self.scores += len(page.brought.scores)
        self.more = self.more or page.following is not None

    def to_json(self) -> dict[str, Any]:
        """The counts and the first interactions."""
        return {
            "new": self.new,
            "known": self.known,
            "feedback": self.feedback,
            "scores": self.scores,
            "more": self.more,
            "rejected": self.rejected,
            "first": self.first,
        }
