"""A lead looks at a section of a queue: what was asked, and what is shown."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from labeling import reports, sections
from labeling.attributes import ATTRIBUTES, TEXTS
from labeling.fields import Choice, Field, Spans, Tags
from labeling.sections import Made
from labeling.submit import form
from server.pages.markup import Markup
from server.pages.told import Told
from storage import Session
from storage.queries import queues


class Shown(NamedTuple):
    """A section, and the conversation that goes into it."""

    body: Markup
    task: dict[str, Any] | None = None
    rubric: list[Any] | None = None
    """The guideline as a tree, where the section has room for it."""


class Visit(NamedTuple):
    """A lead opens a section of a queue."""

    session: Session
    queue: Mapping[str, Any]
    """As `queue_info` gives it."""
    asked: Told
    now: datetime
    made: list[Made]
    """What took long to make, to be kept once the section is shown."""

    def reused(
        self, section: str, make: Callable[[], dict[str, Any]], *, scored: bool = False
    ) -> dict[str, Any]:
        """What a section is made of, as it was kept where nothing has changed since."""
        asked = {**self.asked.values, "section": [section]}
        body, made = sections.reused(self.session, self.name, asked, make, scored=scored)
        self.made.extend([made] if made is not None else [])
        return body

    @property
    def name(self) -> str:
        """The name of the queue."""
        return str(self.queue["name"])

    @property
    def row(self) -> queues.QueueRow:
        """The queue as it is stored."""
        return queues.queue_named(self.session, self.name)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The form in force."""
        return form(self.session, self.row.guideline_id)


def pattern_in(visit: Visit) -> dict[str, str]:
    """The pattern of tasks that the address of the page names; empty: none."""
    names = (*ATTRIBUTES, TEXTS)
    return {name: value for name in names if (value := visit.asked.text(f"where.{name}"))}


def questions_of(
    fields: Sequence[Field], kinds: tuple[type, ...] = reports.ESTIMATED
) -> dict[str, str]:
    """The questions that reports can be made of, in words."""
    return {one.name: one.label for one in fields if isinstance(one, kinds)}


def fields_of(fields: Sequence[Field]) -> dict[str, str]:
    """Every field of the form in words."""
    return {one.name: one.label for one in fields}


def words_of(fields: Sequence[Field]) -> dict[str, str]:
    """Tags and options by value, in words."""
    listed = [one for one in fields if isinstance(one, Tags | Choice | Spans)]
    return {option.value: option.label for one in listed for option in one.options}


def labels_in(report: Mapping[str, Any]) -> int:
    """How many labels a queue has, imported ones included."""
    return sum(one["labels"] + one["imported"] for one in report["by_annotator"])
