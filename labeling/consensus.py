"""What the labels of each task say together, field by field: what is settled, ties or is open.

The methods are those of `analysis`; here labels are chosen, named and sorted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import Consensus
from analysis.consensus import METHODS
from analysis.consensus_found import ENOUGH
from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Choice, Field, Pairwise, Rating, Tags
from labeling.forms import Forms, forms_of
from labeling.kinds.comparisons import TIE
from labeling.outcomes import of_field, voting
from labeling.reports import chosen_field
from storage import Session, frames
from storage.queries import queues
from storage.queries.queues import QueueRow

SETTLABLE = (Rating, Tags, Choice, Boolean, Pairwise)
AT_LEAST = 0.95
"""Posterior from which on a model settles a task."""
FEWEST_PEOPLE = 3
PAIR = 2
STATES = ("settled", "open", "tied")
"""From best to worst; a field of tags is in the worst state of its tags."""
TWO_PEOPLE = (
    "fewer than three people have labelled: a model cannot tell which of two is right, so the "
    "majority is taken"
)
NOBODY_KNOWN = (
    f"nobody has given {ENOUGH} labels yet, so a model knows nothing of people and the majority "
    "is taken"
)
MANY_IDS = (
    "the responses have other ids in every task, so a model has nothing to learn about people: "
    "the majority is taken"
)


@dataclass(frozen=True)
class Part:
    """One thing that is settled: a field, or one tag of it."""

    field: Field
    tag: str | None
    labels: pd.DataFrame
    """Columns task, annotator, label."""
    found: Consensus | None
    """None without labels."""
    at_least: float
    ids: Mapping[int, Sequence[str]] | None = None
    """Of a pairwise field whose responses are called otherwise in every task: their ids."""

    @property
    def states(self) -> list[str]:
        """single, or one of STATES, of every task of `found`."""
        if self.found is None:
            return []
        votes, tied = self.found.votes.sum(axis=1), self.found.tied
        if self.found.method == "majority":
            sure = 2 * self.found.votes.max(axis=1) > votes
        else:
            sure = self.found.certainty >= self.at_least
        names = np.where(tied, "tied", np.where(sure, "settled", "open"))
        return [str(one) for one in np.where(votes < 2, "single", names)]

    def value(self, place: int) -> Any:
        """The likeliest answer to the task at a place as a label has it; None for a tie."""
        if self.found is None:
            return None
        category = self.found.answers()[place]
        return self.label_of(self.found.tasks[place], category)

    def label_of(self, task: int, category: Any) -> Any:
        """A category as a label of that task has it."""
        if self.ids is None or category in (None, TIE):
            return category
        known = self.ids[task]
        return known[category] if category < len(known) else None


@dataclass(frozen=True)
class Settling:
    """A field with all its parts, and how they were settled."""

    queue: QueueRow
    forms: Forms
    field: Field
    method: str
    why: str | None
    """Why it is not the method that was asked for."""
    parts: tuple[Part, ...]
    voting: pd.DataFrame
    everything: pd.DataFrame
    """Every label of the queue, checks included."""


def settling(
    session: Session,
    queue_name: str,
    *,
    field: str | None = None,
    method: str | None = None,
    at_least: float = AT_LEAST,
) -> Settling:
    """Settle a field of a queue by a method; InvalidLabel names what cannot be."""
    if method is not None and method not in METHODS:
        raise InvalidLabel("method", f"{method!r} is no method", "one of: " + ", ".join(METHODS))
    if not 0.5 <= at_least < 1:
        raise InvalidLabel("at_least", f"{at_least} is out of range", "from 0.5 to below 1")
    queue = queues.queue_named(session, queue_name)
    forms = forms_of(session, queue)
    asked = chosen_field(forms.fields, field, SETTLABLE)
    everything = frames.labels(session, queue.id)
    labels = voting(everything)
    answers = of_field(labels, asked, forms)
    wanted, why = method or "dawid_skene", None
    ids = _own_ids(asked, answers)
    if wanted != "majority":
        why = MANY_IDS if ids is not None else _too_little(answers)
        wanted = "majority" if why else wanted
    parts = tuple(_part(asked, tag, answers, wanted, at_least, ids) for tag in _tags(asked))
    return Settling(queue, forms, asked, wanted, why, parts, labels, everything)


def _too_little(answers: pd.DataFrame) -> str | None:
    """Why a model has too little to learn about people, if so."""
    by_person = answers["annotator"].value_counts()
    if len(by_person) < FEWEST_PEOPLE:
        return TWO_PEOPLE
    return NOBODY_KNOWN if by_person.iloc[0] < ENOUGH else None


def _tags(field: Field) -> Sequence[str | None]:
    return field.categories if isinstance(field, Tags) else (None,)


def _own_ids(field: Field, answers: pd.DataFrame) -> dict[int, list[str]] | None:
    """The ids preferred in each task, where a pairwise field has more than two over all tasks."""
    if not isinstance(field, Pairwise):
        return None
    named = answers[answers["label"] != TIE]
    if named["label"].nunique() <= 2:
        return None
    return {int(str(task)): sorted(set(one)) for task, one in named.groupby("task")["label"]}


def _part(
    field: Field,
    tag: str | None,
    answers: pd.DataFrame,
    method: str,
    at_least: float,
    ids: dict[int, list[str]] | None,
) -> Part:
    labels = recoded(tag, answers, ids)
    found = METHODS[method](labels, categories_of(field, answers)) if len(labels) else None
    return Part(field, tag, labels, found, at_least, ids)


def recoded(
    tag: str | None,
    answers: pd.DataFrame,
    ids: Mapping[int, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Answers to a field as one category each: of tags whether this one is among them."""
    said: Sequence[Any] = answers["label"].tolist()
    if tag is not None:
        said = [tag in one for one in said]
    elif ids is not None:
        pairs = zip(answers["task"], said, strict=True)
        said = [one if one == TIE else ids[task].index(one) for task, one in pairs]
    return answers[["task", "annotator"]].assign(label=pd.Series(said, dtype=object))


def categories_of(field: Field, answers: pd.DataFrame) -> list[Any]:
    """Every category that a part of a field can have."""
    if isinstance(field, Tags):
        return [False, True]
    if isinstance(field, Pairwise):
        seen = sorted(set(answers["label"]) - {TIE})
        two = len(seen) <= 2
        return [*((*seen, "other", "another")[:2] if two else (0, 1)), TIE]
    return list(field.categories)


def in_words(category: Any) -> str:
    """A category as the key of an answer."""
    return {True: "yes", False: "no"}[category] if isinstance(category, bool) else str(category)


def states_of(one: Settling) -> dict[int, str]:
    """The state of every task: the worst of its parts."""
    states: dict[int, str] = {}
    for part in one.parts:
        if part.found is None:
            continue
        for task, state in zip(part.found.tasks, part.states, strict=True):
            before = states.get(task, state)
            states[task] = before if state == "single" else max(before, state, key=STATES.index)
    return states


def rows_of(one: Settling, only: Sequence[str] = (*STATES, "single")) -> Iterator[dict[str, Any]]:
    """What stands for every part of every labelled task that is in one of some states."""
    for part in one.parts:
        found = part.found
        if found is None:
            continue
        answers, certainty = found.answers(), found.certainty
        for place, (task, state) in enumerate(zip(found.tasks, part.states, strict=True)):
            if state not in only:
                continue
            votes = zip(found.categories, found.votes[place].tolist(), strict=True)
            yield {
                "task": task,
                "field": part.field.name,
                **({} if part.tag is None else {"tag": part.tag}),
                "value": part.label_of(task, answers[place]),
                "certainty": float(certainty[place]),
                "state": state,
                "votes": {
                    in_words(part.label_of(task, category)): count
                    for category, count in votes
                    if count
                },
            }
