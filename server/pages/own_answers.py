"""What was put together as an own answer, read into the value that the form takes."""

from typing import Any

import msgspec

from labeling.errors import InvalidLabel
from labeling.fields import Field, Ranking, Rating, Subject, Turns
from server.pages.sections.own_answers import OWN
from server.pages.sections.settling import FIELD
from server.pages.told import Told


def own_value(asked: Told, field: Field, subject: Subject) -> Any:
    """The answer to a ranking, turns or passages as it was put together.

    Raises
    ------
    InvalidLabel
        If a response has no rank, or a turn no rating.
    """
    named = f"{OWN}.{field.name}"
    if isinstance(field, Ranking):
        return _ranks(asked, field, subject)
    if isinstance(field, Turns):
        return _turns(asked, field, subject)
    return [decoded(field.name, one) for one in asked.many(named)]


def decoded(name: str, said: str) -> Any:
    """One of the answers that were given, which the page tells as JSON."""
    try:
        return msgspec.json.decode(said)
    except msgspec.DecodeError:
        raise InvalidLabel(name, "cannot be read", "choose one of the answers") from None


def _ranks(asked: Told, field: Ranking, subject: Subject) -> list[list[str]]:
    ranks: dict[int, list[str]] = {}
    for place, one in enumerate(sorted(subject.responses)):
        rank = asked.whole(f"{OWN}.{field.name}.{place}")
        if rank is None:
            raise InvalidLabel(f"{FIELD}{field.name}", f"response {one} has no rank", "choose one")
        ranks.setdefault(rank, []).append(one)
    return [ranks[rank] for rank in sorted(ranks)]


def _turns(asked: Told, field: Turns, subject: Subject) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for place in subject.turns_of(field.roles):
        named = f"{OWN}.{field.name}.{place}"
        value = asked.whole(named) if isinstance(field.each, Rating) else asked.many(named)
        if value is None:
            raise InvalidLabel(f"{FIELD}{field.name}", f"turn {place} has no rating", "choose one")
        found[str(place)] = value
    return found
