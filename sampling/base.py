"""What a strategy is: parameters, the columns it needs, and candidates in, weights out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any, ClassVar, Literal, NamedTuple, get_args, get_type_hints

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ONE = ""
"""The stratum of draws without strata."""
CERTAIN, REST = "flagged", "rest"
"""The strata of a draw with a certain set."""


class Weighed(NamedTuple):
    """What a strategy says of candidates, row by row."""

    weight: Floats
    """0 or more; 0 is never taken. Inside a certain stratum 1."""
    stratum: NDArray[np.object_]
    """Name of the stratum each candidate is drawn in."""


@dataclass(frozen=True)
class Strategy:
    """How much each interaction deserves a look: frozen parameters and one method.

    Subclasses are frozen dataclasses whose fields are the parameters of the public contract.
    """

    slug: ClassVar[str]

    @property
    def certain_strata(self) -> frozenset[str]:
        """Strata that are taken whole."""
        return frozenset()

    @property
    def columns(self) -> frozenset[str]:
        """Candidate columns needed beyond `interaction` and `sample_key`."""
        return frozenset()

    @property
    def scores(self) -> frozenset[str]:
        """Names of the scores needed, in columns `score:<name>`."""
        return frozenset()

    @property
    def needs_totals(self) -> bool:
        """Whether weights depend on sums over the whole population."""
        return False

    @property
    def refusal(self) -> str | None:
        """Why no interval can speak of the whole population; None when one can."""
        return None

    @property
    def by_weight_alone(self) -> bool:
        """Whether the largest weights are taken without chance."""
        return False

    @property
    def least_weight(self) -> float:
        """A weight that no eligible candidate falls below; 0 when there is no such bound."""
        return 0.0

    def totals(self, frame: pd.DataFrame) -> dict[str, float]:
        """Sums over a chunk that `weigh` needs over the population, by component."""
        del frame
        return {}

    def weigh(self, frame: pd.DataFrame, totals: Mapping[str, float]) -> Weighed:
        """Weights of candidates, given the totals of the population."""
        raise NotImplementedError(f"{type(self).__name__}.weigh")

    def reasons(self, frame: pd.DataFrame) -> list[str]:
        """Why each of these candidates was taken, in a few words."""
        return ["taken at random"] * len(frame)

    def params(self) -> dict[str, Any]:
        """Parameters as JSON, defaults included."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def random_share(self, mean_weight: float) -> float:
        """Share of the draw that is as good as random: smallest weight over the mean weight."""
        return min(1.0, self.least_weight / mean_weight) if mean_weight > 0 else 1.0


def one_stratum(frame: pd.DataFrame) -> NDArray[np.object_]:
    """The only stratum, for each row."""
    return np.full(len(frame), ONE, dtype=object)


def column(frame: pd.DataFrame, name: str, missing: float) -> Floats:
    """A numeric column with `missing` where there is no value.

    Raises
    ------
    ValueError
        If the column is not there; names those that are.
    """
    if name not in frame.columns:
        raise ValueError(f"candidates lack column {name!r}; they have {list(frame.columns)}")
    values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(values), missing, values)


def check_number(
    strategy: Strategy, name: str, low: float, high: float, *, above: bool = False
) -> None:
    """Raise ValueError unless a parameter is a number from low (or above it) to high."""
    value = getattr(strategy, name)
    fits = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if not fits or not low <= value <= high or (above and value == low):
        bounds = f"above {low}" if above else f"from {low}"
        upto = f" to {high}" if isfinite(high) else ""
        raise ValueError(f"{strategy.slug}: {name} must be a number {bounds}{upto}, got {value!r}")


def check_choice(strategy: Strategy, name: str, allowed: object) -> None:
    """Raise ValueError unless a parameter is one of the values of a Literal."""
    value = getattr(strategy, name)
    options = get_args(allowed)
    if value not in options:
        raise ValueError(f"{strategy.slug}: {name} must be one of {options}, got {value!r}")


def parsed(kind: type[Strategy], params: Mapping[str, Any]) -> Strategy:
    """A strategy from JSON or command-line parameters; texts become numbers where asked.

    Raises
    ------
    ValueError
        On an unknown parameter or a value that does not fit; names both and what would.
    """
    known = {field.name for field in fields(kind)}
    hints = get_type_hints(kind)
    given: dict[str, Any] = {}
    for key, value in params.items():
        if key not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise ValueError(f"{kind.slug}: unknown parameter {key!r}; possible: {listed}")
        given[key] = _coerced(kind, key, value, hints[key])
    return kind(**given)


def _coerced(kind: type[Strategy], key: str, value: Any, hint: object) -> Any:
    if not isinstance(value, str) or hint is str or getattr(hint, "__origin__", None) is Literal:
        return value
    numbers: tuple[type[Any], ...] = (int,) if hint in (int, int | None) else (float,)
    for number in numbers:
        try:
            return number(value)
        except ValueError:
            continue
    raise ValueError(f"{kind.slug}: {key} must be a number, got {value!r}")
