"""What a queue asks of care: its settings, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labeling.assignment import SHOWABLE
from labeling.errors import InvalidLabel
from storage import Session
from storage.queries import care
from storage.queries.queues import QueueRow
from storage.types import new_id

TASKS = (1, 50)
GOLD_RATE, REPEAT_RATE = 0.3, 0.1
MIN_SECONDS = 600.0
CARE = ("qualification", "gold_rate", "repeat_rate", "min_seconds")


@dataclass(frozen=True)
class CareRules:
    """How a queue looks after the quality of its labels; by default it does not."""

    qualification: Mapping[str, Any] | None = None
    """`{"tasks": n, "pass": share}`: annotators first label n tasks with an agreed answer."""
    gold_rate: float = 0.0
    """The share of what an annotator is served that has an agreed answer, unseen."""
    repeat_rate: float = 0.0
    """The share that they have labelled before, at least 20 own labels ago."""
    min_seconds: float | None = None
    """An answer that took less is remarked upon, kindly."""
    show: tuple[str, ...] = field(default=(), repr=False)
    """What annotators see beyond the conversation."""

    def check(self) -> None:
        """Raise InvalidLabel on the first setting that cannot be."""
        check_qualification(self.qualification)
        _within("gold_rate", self.gold_rate, GOLD_RATE)
        _within("repeat_rate", self.repeat_rate, REPEAT_RATE)
        if self.min_seconds is not None and not 0 < self.min_seconds <= MIN_SECONDS:
            hint = f"above 0, at most {MIN_SECONDS:g}; null: no remark"
            raise InvalidLabel("min_seconds", f"{self.min_seconds} is out of range", hint)
        shown = [name for name in SHOWABLE if name in self.show]
        if self.gold_rate and shown:
            message = f"hidden checks have no {shown[0]} of their own, so people would know them"
            raise InvalidLabel("gold_rate", message, "show nothing more, or leave gold_rate at 0")

    def columns(self, seed: int | None = None) -> dict[str, Any]:
        """The same as columns of a queue whose check seed was this."""
        asked = self.qualification
        if seed is None and (self.gold_rate or self.repeat_rate):
            seed = new_id()
        return {
            "qualification": None if asked is None else dict(asked),
            "gold_rate": float(self.gold_rate),
            "repeat_rate": float(self.repeat_rate),
            "min_seconds": self.min_seconds,
            "check_seed": seed,
        }


def _within(name: str, rate: float, highest: float) -> None:
    if not 0 <= rate <= highest:
        raise InvalidLabel(name, f"{rate} is out of range", f"from 0 to {highest}")


def check_qualification(asked: Mapping[str, Any] | None) -> None:
    """Raise InvalidLabel unless this is null or says how many tasks, and what share to pass."""
    if asked is None:
        return
    example = 'such as {"tasks": 5, "pass": 0.8}, or null'
    if not isinstance(asked, Mapping) or set(asked) != {"tasks", "pass"}:
        raise InvalidLabel("qualification", "wants tasks and pass, and nothing else", example)
    tasks, share = asked["tasks"], asked["pass"]
    if isinstance(tasks, bool) or not isinstance(tasks, int) or not TASKS[0] <= tasks <= TASKS[1]:
        hint = f"a whole number from {TASKS[0]} to {TASKS[1]}"
        raise InvalidLabel("qualification.tasks", f"{tasks!r:.40} is not possible", hint)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        hint = "a share above 0, at most 1"
        raise InvalidLabel("qualification.pass", f"{share!r:.40} is not possible", hint)


def check_gold(session: Session, queue: QueueRow) -> None:
    """Raise InvalidLabel when the guideline of a queue has too few agreed answers for its rules."""
    slug = queue.guideline_slug
    hint = f"add lines to gold.jsonl in the folder of {slug}, and start Goldloop again"
    if queue.qualification is not None:
        there, asked = len(care.gold_ids(session, slug, "qualification")), queue.qualification
        if there < asked["tasks"]:
            message = f"{slug} has {there} tasks to qualify with, {asked['tasks']} are asked for"
            raise InvalidLabel("qualification", message, hint)
    if queue.gold_rate and not care.gold_ids(session, slug, "gold"):
        raise InvalidLabel("gold_rate", f"{slug} has no task with an agreed answer", hint)


def care_of(queue: QueueRow) -> dict[str, Any]:
    """The settings of a queue as the public contract gives them."""
    return {name: getattr(queue, name) for name in CARE}


def care_in_words(queue: Mapping[str, Any]) -> str:
    """The settings of a queue in a line for leads."""
    asked, least = queue["qualification"], queue["min_seconds"]
    told = [
        f"{asked['tasks']} tasks to qualify, {100 * asked['pass']:g} % right" if asked else None,
        f"{100 * queue['gold_rate']:g} % hidden checks" if queue["gold_rate"] else None,
        f"{100 * queue['repeat_rate']:g} % repeats" if queue["repeat_rate"] else None,
        f"a word below {least:g} s" if least else None,
    ]
    return ", ".join(one for one in told if one) or "no qualification, no checks"
