"""How a dataset is taken from queues: what is asked, checked, and kept with the version."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from operator import eq, ge, le
from typing import Any

import msgspec

from labeling.attributes import parse_pattern
from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Choice, Field, Rating, Tags

OUTCOMES = ("all", "failures", "passes")
PURPOSES = ("sample", "import")
_CONDITION = re.compile(r"([a-z][a-z0-9_]{0,63})(>=|<=|=)(.+)", re.S)


@dataclass(frozen=True)
class Recipe:
    """Which labelled tasks come in.

    Raises
    ------
    InvalidLabel
        Naming what cannot be asked.
    """

    queues: tuple[str, ...]
    where: Mapping[str, str] = field(default_factory=dict)
    """A pattern, as `labeling.attributes` reads one."""
    purposes: tuple[str, ...] = PURPOSES
    tags: tuple[str, ...] = ()
    """Tags of the interaction, all of them."""
    outcome: str = "all"
    """By the first rating with `failure_below`: all, failures or passes."""
    values: tuple[str, ...] = ()
    """Conditions on settled answers: NAME=VALUE, NAME>=N, NAME<=N; all of them."""
    min_agreement: float | None = None
    """Least share of pairs of people on the task who said the same to `agreement_on`."""
    agreement_on: str | None = None
    """Default: the first rating, else the first field that can be compared."""
    verdicts_only: bool = False
    needs_expected: bool = False
    expected: str = "corrected"
    strategy: str = "random"
    params: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None
    """How many; None: all that match."""
    seed: int | None = None

    def __post_init__(self) -> None:
        if not self.queues:
            raise InvalidLabel("queues", "none is named", "name one or several")
        object.__setattr__(self, "where", parse_pattern(self.where))
        if self.outcome not in OUTCOMES:
            raise InvalidLabel("outcome", f"{self.outcome!r:.80}", ", ".join(OUTCOMES))
        if not self.purposes or set(self.purposes) - set(PURPOSES):
            raise InvalidLabel("purposes", f"{list(self.purposes)!r:.80}", "sample, import or both")
        if self.min_agreement is not None and not 0 <= self.min_agreement <= 1:
            raise InvalidLabel("min_agreement", f"{self.min_agreement}", "a share from 0 to 1")
        if self.size is not None and self.size < 1:
            raise InvalidLabel("size", f"{self.size}", "a whole number from 1")

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Recipe":
        """From what `to_json` gave, or a client sent.

        Raises
        ------
        InvalidLabel
            Naming what does not fit.
        """
        if strange := sorted(set(told) - set(cls.__dataclass_fields__)):
            hint = f"possible: {', '.join(cls.__dataclass_fields__)}"
            raise InvalidLabel(strange[0][:80], "there is no such key", hint)
        try:
            return msgspec.convert(dict(told), cls)
        except msgspec.ValidationError as error:
            raise InvalidLabel("recipe", str(error)[:200], "see docs/datasets.md") from error


Test = Callable[[Mapping[str, Any]], bool]


def conditions(values: Sequence[str], fields: Sequence[Field]) -> list[Test]:
    """Each condition on settled answers as a test of `values`.

    Raises
    ------
    InvalidLabel
        If a condition cannot be read, or the form has no such field.
    """
    return [_condition(one, {field.name: field for field in fields}) for one in values]


def _condition(text: str, fields: Mapping[str, Field]) -> Test:
    found = _CONDITION.fullmatch(text)
    if found is None:
        hint = "such as issues=hallucination or quality>=4"
        raise InvalidLabel("values", f"{text!r:.80} is no condition", hint)
    name, sign, wanted = found.groups()
    if name not in fields:
        hint = f"fields: {', '.join(fields)}"
        raise InvalidLabel("values", f"there is no field {name!r:.80}", hint)
    one = fields[name]
    if isinstance(one, Rating):
        if re.fullmatch(r"-?\d{1,3}", wanted) is None:
            raise InvalidLabel("values", f"{wanted!r:.80} is no point of {name}", "a whole number")
        point, compare = int(wanted), {"=": eq, ">=": ge, "<=": le}[sign]
        return lambda values: values.get(name) is not None and compare(values[name], point)
    if sign != "=":
        raise InvalidLabel("values", f"{name} is not a rating", f"say {name}=VALUE")
    if isinstance(one, Tags):
        return lambda values: wanted in (values.get(name) or ())
    if isinstance(one, Boolean):
        return lambda values: values.get(name) is {"true": True, "false": False}.get(wanted, 0)
    return lambda values: values.get(name) == wanted


def failing(fields: Sequence[Field]) -> Rating:
    """The rating that says what a failure is.

    Raises
    ------
    InvalidLabel
        If none does.
    """
    ratings = [one for one in fields if isinstance(one, Rating)]
    found = next((one for one in ratings if one.failure_below is not None), None)
    if found is None:
        raise InvalidLabel("outcome", "no rating of the form has failure_below", "take all")
    return found


COMPARED = (Rating, Tags, Choice, Boolean)
