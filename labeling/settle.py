"""The settled answer of a task: what its labels say together, and how far that can be trusted.

Pure. A verdict stands; without one, what all or most say stands; what people are split on stays
open and is named. The rules and their reasons: docs/decisions/0008-settled-answers.md.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from labeling.fields import Boolean, Choice, Field, Rating, Tags, Text, Turns
from storage.types import encode_json

VOTING = ("planned", "extra", "import")
"""Roles whose labels settle a task; repeats measure the person, gold and qualification too."""
CONFIDENCE = "confidence"
"""The field in which a form may ask how sure the annotator is."""


class Vote(NamedTuple):
    """One person's answer to one field."""

    label_id: int
    value: Any
    sure: float
    """How sure the person said to be, 0 to 1; 0 when they did not say."""
    at: datetime


class Ruling(NamedTuple):
    """A verdict on one field."""

    value: Any
    origin: str
    label_ids: Sequence[int]


@dataclass(frozen=True)
class Settled:
    """What stands for one field of a task."""

    value: Any = None
    """None: nobody answered, or it is open."""
    origin: str | None = None
    """single, unanimous, majority, median, most_sure; of a verdict its own; None: not settled."""
    label_ids: tuple[int, ...] = ()
    """The labels that say so."""
    open: tuple[str, ...] = ()
    """What people are split on: the field, or tags of it as `field:tag`."""


def settled(field: Field, votes: Sequence[Vote], ruling: Ruling | None = None) -> Settled:
    """What stands for a field, out of one vote per person."""
    if ruling is not None:
        return Settled(ruling.value, ruling.origin, tuple(ruling.label_ids))
    if not votes:
        return Settled()
    if isinstance(field, Tags):
        return _tags(field, votes)
    return _turns(field, votes) if isinstance(field, Turns) else _one_value(field, votes)


def _one_value(field: Field, votes: Sequence[Vote]) -> Settled:
    said = {encode_json(vote.value): vote.value for vote in votes}
    most, count = Counter(encode_json(vote.value) for vote in votes).most_common(1)[0]
    if 2 * count > len(votes):
        return _agreed(said[most], votes)
    if isinstance(field, Rating):
        return _rating(field, votes)
    if isinstance(field, Text):
        best = max(votes, key=lambda vote: (vote.sure, vote.at, vote.label_id))
        return Settled(best.value, "most_sure", (best.label_id,))
    return Settled(open=(field.name,))


def _agreed(value: Any, votes: Sequence[Vote]) -> Settled:
    """A value that most votes have, or all, or the only one."""
    with_it = tuple(vote.label_id for vote in votes if vote.value == value)
    if len(with_it) < len(votes):
        return Settled(value, "majority", with_it)
    return Settled(value, "single" if len(votes) == 1 else "unanimous", with_it)


def _rating(field: Rating, votes: Sequence[Vote]) -> Settled:
    """Without a majority: the median (of two, the lower) if everybody is within a step of it."""
    values = sorted(vote.value for vote in votes)
    middle = values[(len(values) - 1) // 2]
    if values[-1] - middle <= 1 and middle - values[0] <= 1:
        return Settled(middle, "median", tuple(vote.label_id for vote in votes))
    return Settled(open=(field.name,))


def _tags(field: Tags, votes: Sequence[Vote]) -> Settled:
    """The tags that more than half gave; one that exactly half gave is open."""
    given = Counter(tag for vote in votes for tag in set(vote.value))
    chosen = [tag for tag in field.categories if 2 * given[tag] > len(votes)]
    ids = tuple(vote.label_id for vote in votes)
    if all(given[tag] in (0, len(votes)) for tag in given):
        return Settled(chosen, "single" if len(votes) == 1 else "unanimous", ids)
    tied = tuple(f"{field.name}:{tag}" for tag in field.categories if 2 * given[tag] == len(votes))
    return Settled(chosen, "majority", ids, tied)


def _turns(field: Turns, votes: Sequence[Vote]) -> Settled:
    """Each turn by itself; what is open names the turn as `field:place`."""
    places = sorted({int(place) for vote in votes for place in vote.value})
    stands, origins, tied = {}, set(), []
    for place in map(str, places):
        told = [vote._replace(value=vote.value[place]) for vote in votes if place in vote.value]
        one = settled(field.each, told)
        origins.add(one.origin)
        if one.value is not None:
            stands[place] = one.value
        tied += [open_.replace(field.name, f"{field.name}:{place}", 1) for open_ in one.open]
    ids = tuple(vote.label_id for vote in votes)
    weakest = next((one for one in _WEAKEST_FIRST if one in origins), None)
    return Settled(stands or None, weakest if stands else None, ids, tuple(tied))


_WEAKEST_FIRST = ("median", "majority", "unanimous", "single")


def mean_rating(votes: Sequence[Vote]) -> float | None:
    """The mean of the votes on a rating, whether it is settled or not."""
    return sum(vote.value for vote in votes) / len(votes) if votes else None


def certainty(fields: Sequence[Field]) -> Callable[[Mapping[str, Any]], float | None]:
    """How to read from an answer how sure the person was: 0 the lowest option, 1 the highest."""
    field = next((one for one in fields if one.name == CONFIDENCE), None)
    if not isinstance(field, Choice | Rating) or len(field.categories) < 2:
        return lambda _values: None
    top = len(field.categories) - 1
    place = {value: index / top for index, value in enumerate(field.categories)}
    return lambda values: place.get(values.get(CONFIDENCE))


def comparable(now: Sequence[Field], then: Sequence[Field]) -> frozenset[str]:
    """The fields that asked the same in an earlier version of the form: kind and categories."""
    was = {one.name: _question(one) for one in then}
    return frozenset(one.name for one in now if was.get(one.name) == _question(one))


def _question(field: Field) -> tuple[Any, ...]:
    categories = () if isinstance(field, Boolean) else tuple(field.categories)
    return field.kind, categories, field.asked_when
