"""Reading a judge's reply: strictly, each fault by its kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from labeling.errors import InvalidLabel, JudgeError
from labeling.fields import Choice, Field, Pairwise, Rating, Tags
from labeling.judge.prompt import LETTERS, REASON
from labeling.kinds import TIE
from storage.values import MAX_NAME

FAULTS = ("not_json", "wrong_schema", "out_of_scale", "truncated", "declined")
"""What can be wrong with what a model said; the first three are told to it once."""
CORRECTABLE = FAULTS[:3]
_TIED = 0.5


class Unusable(JudgeError):
    """A reply that cannot be used: the kind of its fault, and the fault in words."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


@dataclass(frozen=True)
class Reading:
    """What a model said of one case in one order."""

    values: Mapping[str, Any]
    """By field; pairwise as the id of a response, or tie."""
    reason: str


def read_reply(text: str, fields: Sequence[Field], order: Sequence[str]) -> Reading:
    """The values of a reply; `order` has the ids of the responses as they were shown.

    Raises
    ------
    Unusable
        For anything around the JSON object, another form, or a value that is not on the scale.
    """
    said = _object(text)
    names = [REASON, *(one.name for one in fields)]
    for key in said:
        if key not in names:
            raise Unusable("wrong_schema", f"there is no key {key[:80]!r}")
    for name in names:
        if name not in said:
            raise Unusable("wrong_schema", f"the key {name!r} is missing")
    reason = said[REASON]
    if not isinstance(reason, str):
        raise Unusable("wrong_schema", f"{REASON!r} is no text")
    values: dict[str, Any] = {}
    for one in fields:
        if one.is_asked(values):
            values[one.name] = _value(one, said[one.name], order)
    return Reading(values, reason)


def _object(text: str) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        raise Unusable("not_json", "it is not one JSON object alone") from None
    if not isinstance(said, dict):
        raise Unusable("wrong_schema", "it is JSON but no object")
    return said


def _value(field: Field, said: Any, order: Sequence[str]) -> Any:
    if said is None:
        raise Unusable("wrong_schema", f"{field.name!r} is null")
    if isinstance(field, Pairwise) and said in LETTERS and len(order) == len(LETTERS):
        return order[LETTERS.index(said)]
    if isinstance(field, Pairwise) and said != TIE:
        raise Unusable("out_of_scale", f"{field.name!r} is none of A, B, tie")
    try:
        return field.validate(said)
    except (InvalidLabel, TypeError) as error:
        raise Unusable("out_of_scale", str(error)[:300]) from None


def agreed(
    one: Reading, other: Reading, fields: Sequence[Field]
) -> tuple[dict[str, Any], list[str]]:
    """The values that two readings of the same case in both orders share.

    Returns
    -------
    values, undecided
        A pairwise field on which they differ is a tie; any other is left out. Both are named.
    """
    values: dict[str, Any] = {}
    undecided = []
    for field in fields:
        first, second = one.values.get(field.name), other.values.get(field.name)
        if first == second:
            if first is not None:
                values[field.name] = first
            continue
        undecided.append(field.name)
        if isinstance(field, Pairwise):
            values[field.name] = TIE
    return values, undecided


def check_score_names(fields: Sequence[Field], prefix: str | None) -> None:
    """Raise InvalidLabel where the name of a score would be longer than one may be."""
    for one in fields:
        ends = [f".{name}" for name in one.categories] if isinstance(one, Tags | Choice) else [""]
        longest = max(len(one.name) + len(end) for end in ends)
        if longest + len(f"{prefix}." if prefix else "") > MAX_NAME:
            message = f"a score of {one.name!r:.80} would have a name of over {MAX_NAME} characters"
            raise InvalidLabel("field", message, "a shorter name, or leave it out with --field")


def score_values(
    values: Mapping[str, Any], fields: Sequence[Field], responses: Sequence[str]
) -> dict[str, float]:
    """Numbers by name of score: a rating as it is, yes 1, a tag or option 1 where it was chosen.

    Pairwise: 1 for the response that is stored first, 0 for the second, 0.5 for a tie.
    """
    found: dict[str, float] = {}
    for one in fields:
        value = values.get(one.name)
        if value is None:
            continue
        if isinstance(one, Tags | Choice):
            chosen = value if isinstance(value, list) else [value]
            found |= {f"{one.name}.{name}": float(name in chosen) for name in one.categories}
        elif isinstance(one, Pairwise):
            found[one.name] = _TIED if value == TIE else float(value == responses[0])
        else:
            found[one.name] = float(value) if isinstance(one, Rating) else float(bool(value))
    return found
