"""How many people see a task: a fixed number, and further ones while it stays unsure.

At a submit the answers so far are weighed by what is known of the people who gave them; that was
learnt before, by `learn`, which looks at the whole queue from time to time. Labels beyond the
planned ones have the role extra: agreement never reads them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis import Beliefs
from labeling.care import OPEN, standing
from labeling.consensus import settling
from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Choice, Field, Rating
from labeling.forms import form
from labeling.outcomes import ADJUDICATED
from labeling.settle import comparable
from storage import Session, Store
from storage.queries import overlap as stored
from storage.queries.queues import QueueRow, queue_named, queue_rows
from storage.queries.verdicts import lock_task, verdicts_of_task

MAX_OVERLAP = 50
FEWEST, RANDOM_SHARE = 2, 0.05
"""The planned labels that agreement needs, and on what share of the tasks at least."""
EVERY_LABELS, EVERY_SHARE = 50, 0.02
"""New labels after which to learn again: so many, or this share of all if that is more."""
BATCH = 200
WEIGHABLE = (Rating, Choice, Boolean)
EXAMPLE = 'such as {"posterior": 0.95, "at_most": 5}, or null'


@dataclass(frozen=True)
class OverlapRule:
    """When to ask one more person about a task."""

    posterior: float
    """While the likeliest answer is less likely than this..."""
    at_most: int
    """...and the task has fewer labels than this."""
    field: str | None = None
    """The question that is weighed; None: the first rating, choice or boolean of the form."""

    @classmethod
    def read(cls, asked: Any) -> "OverlapRule | None":
        """From JSON; InvalidLabel names what cannot be."""
        if asked is None:
            return None
        if not isinstance(asked, Mapping) or not {"posterior", "at_most"} <= set(asked):
            raise InvalidLabel("overlap_until", "wants posterior and at_most", EXAMPLE)
        strange = sorted(set(asked) - {"posterior", "at_most", "field"})
        if strange:
            raise InvalidLabel("overlap_until", f"{strange[0]!r} is no part of it", EXAMPLE)
        posterior, at_most = asked["posterior"], asked["at_most"]
        if not _is_number(posterior) or not 0.5 <= posterior < 1:
            message = f"posterior {posterior!r:.40} is out of range"
            raise InvalidLabel("overlap_until", message, "from 0.5 to below 1")
        if not _is_number(at_most) or at_most != int(at_most) or not 1 < at_most <= MAX_OVERLAP:
            message = f"at_most {at_most!r:.40} is out of range"
            raise InvalidLabel("overlap_until", message, f"from 2 to {MAX_OVERLAP}")
        return cls(float(posterior), int(at_most), asked.get("field"))

    def check(self, overlap: int, rate: float, fields: Sequence[Field]) -> None:
        """Raise InvalidLabel unless a queue with these rules and questions can have it."""
        if overlap < FEWEST or rate < RANDOM_SHARE:
            message = "agreement would have no tasks to read: it leaves out the labels added later"
            hint = f"overlap of {FEWEST} or more on at least {100 * RANDOM_SHARE:g} % of the tasks"
            raise InvalidLabel("overlap_until", message, hint)
        if self.at_most <= overlap:
            message = f"at_most {self.at_most} adds nothing to an overlap of {overlap}"
            raise InvalidLabel("overlap_until", message, "a larger number")
        if self.weighed(fields) is None:
            named = ", ".join(one.name for one in fields if isinstance(one, WEIGHABLE))
            message = f"{self.field or 'no question of this form'} cannot be weighed"
            raise InvalidLabel("overlap_until", message, f"possible fields: {named or 'none'}")

    def weighed(self, fields: Sequence[Field]) -> Field | None:
        """The question of a form that is weighed, if it has it."""
        fitting = [one for one in fields if isinstance(one, WEIGHABLE)]
        return next((one for one in fitting if self.field in (None, one.name)), None)

    def to_json(self) -> dict[str, Any]:
        """As it is sent and kept."""
        told = {"posterior": self.posterior, "at_most": self.at_most}
        return told if self.field is None else told | {"field": self.field}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def ask_further(
    session: Session,
    queue_id: int,
    task_id: int,
    rule: Mapping[str, Any],
    fields: Sequence[Field],
) -> bool:
    """Let a task want one label more if all it wanted leave it unsure; whether it does now.

    Not while somebody holds it, nor when nobody is left who could give one, nor where a person has
    settled it.
    """
    wanted = OverlapRule.read(rule)
    field = None if wanted is None else wanted.weighed(fields)
    if wanted is None or field is None:
        return False
    lock_task(session, task_id)  # two last labels at once take turns, so that one sees both
    labels = stored.labels_if_full(session, task_id)
    if labels is None or labels >= wanted.at_most or _is_decided(session, task_id, field):
        return False
    beliefs = beliefs_of(session, queue_id, field)
    said = _said(session, task_id, field, fields)
    if beliefs.posterior(said).max() >= wanted.posterior:
        return False
    if not _somebody_left(session, queue_id, task_id):
        return False
    stored.one_label_more(session, task_id)
    return True


def _is_decided(session: Session, task_id: int, field: Field) -> bool:
    """Whether a person has settled the question on this task."""
    told = [one for one in verdicts_of_task(session, task_id) if one.field == field.name]
    return bool(told) and told[-1].value is not None and told[-1].origin == ADJUDICATED


def _somebody_left(session: Session, queue_id: int, task_id: int) -> bool:
    """Whether somebody who may label has not had a task; who has yet to qualify may not."""
    [queue] = [row for row in queue_rows(session) if row.id == queue_id]
    left = stored.people_left(session, queue_id, task_id)
    return any(standing(session, queue, one).state == OPEN for one in left)


def _said(
    session: Session, task_id: int, field: Field, fields: Sequence[Field]
) -> list[tuple[str, Any]]:
    """Who answered the question how, in versions that asked the same."""
    return [
        (row.name, row.values[field.name])
        for row in stored.votes_of_task(session, task_id)
        if row.values.get(field.name) is not None
        and field.name in comparable(fields, form(session, row.guideline_id))
    ]


def beliefs_of(session: Session, queue_id: int, field: Field) -> Beliefs:
    """What is known of the people of a queue; before anything is, all are taken to be alike."""
    kept = stored.fit_of(session, queue_id)
    if kept is not None and kept.field == field.name:
        known = Beliefs.from_json(kept.model)
        if list(known.categories) == list(field.categories):
            return known
    return Beliefs.first(field.categories)


def learn(store: Store, queue_name: str, clock: Callable[[], datetime]) -> dict[str, Any] | None:
    """Learn anew what people are like if there are enough new labels, and look at all tasks again.

    Returns labels, annotators and how many tasks want one more; None when there was nothing to do.
    """
    with store.snapshot() as session:
        queue = queue_named(session, queue_name)
        rule, fields = OverlapRule.read(queue.overlap_until), form(session, queue.guideline_id)
        field = None if rule is None else rule.weighed(fields)
        labels = stored.count_labels(session, queue.id)
        if rule is None or field is None or not _is_due(session, queue, field, labels):
            return None
        part = settling(session, queue_name, field=field.name).parts[0]
    found = part.found
    knows = found is not None and found.method != "majority"
    model = Beliefs.of(found) if found is not None and knows else Beliefs.first(field.categories)
    kept = {"field": field.name, "model": model.to_json(), "labels": labels}
    with store.write() as session:
        stored.keep_fit(session, queue.id, kept, clock())
    grown = _look_again(store, queue, rule, fields)
    return {
        "queue": queue_name, "labels": labels, "annotators": len(model.confusion), "grown": grown
    }  # fmt: skip


def _is_due(session: Session, queue: QueueRow, field: Field, labels: int) -> bool:
    kept = stored.fit_of(session, queue.id)
    if kept is None or kept.field != field.name:
        return labels > 0
    return bool(labels - kept.labels >= max(EVERY_LABELS, EVERY_SHARE * kept.labels))


def _look_again(store: Store, queue: QueueRow, rule: OverlapRule, fields: Sequence[Field]) -> int:
    """Ask further about tasks that are complete and now look unsure."""
    with store.read() as session:
        tasks = stored.full_tasks(session, queue.id, rule.at_most)
    grown = 0
    for start in range(0, len(tasks), BATCH):
        with store.write() as session:
            grown += sum(
                ask_further(session, queue.id, task, rule.to_json(), fields)
                for task in tasks[start : start + BATCH]
            )
    return grown
