"""What the page asks about guidance: changed guidelines, questions to the lead, precedents."""

from typing import Any

from labeling.changes import rubric_changes
from labeling.guidance import Guidance, Known
from labeling.ui import presenters
from labeling.ui.annotate import About, Asked, Call

SEEN_AT_ONCE = 100


class OfTask(About, frozen=True, kw_only=True):
    """A task, and what the page knows already."""

    version: str | None = None
    precedent: int | None = None


class Question(About, frozen=True, kw_only=True):
    """What somebody wants to know of the lead."""

    text: str
    field: str | None = None


class Seen(Asked, frozen=True, kw_only=True):
    """Answers that were shown."""

    answers: list[int]


def guidance_calls(guidance: Guidance) -> list[Call]:
    """Everything about guidance that the page asks."""
    return [
        Call("news", Asked, lambda who, _told: guidance.news(who)),
        Call("guidance", OfTask, lambda who, told: _of_task(guidance, who, told)),
        Call("changes", About, lambda who, told: _changes(guidance, who, told)),
        Call(
            "ask",
            Question,
            lambda who, told: guidance.ask(who, told.assignment, told.text, told.field),
        ),
        Call("seen", Seen, lambda who, told: guidance.seen(who, told.answers[:SEEN_AT_ONCE])),
    ]


def _of_task(guidance: Guidance, who: str, told: OfTask) -> dict[str, Any]:
    return guidance.of_task(who, told.assignment, Known(told.version, told.precedent))


def _changes(guidance: Guidance, who: str, told: About) -> dict[str, Any]:
    """The rubrics as the blocks that differ."""
    answer = guidance.changes(who, told.assignment)
    if answer["state"] == "error":
        return answer
    was, now = answer.pop("rubrics")
    return answer | {"rubric": rubric_changes(presenters.rubric(was), presenters.rubric(now))}
