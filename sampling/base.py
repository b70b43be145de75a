"""What a strategy is: parameters, and from candidates a weight for each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ALL = "all"
"""Name of the only stratum of a draw without strata."""
NO_VALUE = "(none)"
"""Name of the stratum of candidates without a value."""
AT_RANDOM = "taken at random"


class Grouped(NamedTuple):
    """Candidates by stratum: the name of row i is `names[codes[i]]`."""

    codes: Ints
    names: tuple[str, ...]


@dataclass(frozen=True)
class Strategy(ABC):
    """Parameters of a way to draw; the work is in `weights`, the draw engine is shared.

    A new strategy is a frozen dataclass with a `kind`, its parameters as fields of
    `sampling.params`, the `columns` it reads and `weights`. The rest has defaults that are right
    for a draw by weight without strata.
    """

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        for one in fields(self):
            read = one.metadata.get("read")
            if read is not None:
                object.__setattr__(self, one.name, read(one.name, getattr(self, one.name)))

    @property
    def columns(self) -> frozenset[str]:
        """Columns of candidates it reads, beyond `interaction` and `sample_key`."""
        return frozenset()

    @property
    def scores(self) -> frozenset[str]:
        """Names of scores it reads, each as the column `score:<name>`."""
        return frozenset()

    @property
    def is_sized(self) -> bool:
        """Whether a size or a rate says how many are drawn."""
        return True

    @property
    def is_mixable(self) -> bool:
        """Whether it may be part of a mixture: one stratum, drawn by weight."""
        return True

    @property
    def is_ranked(self) -> bool:
        """Whether the largest weights are taken as they are, without chance."""
        return False

    @property
    def certain_strata(self) -> frozenset[str]:
        """Strata all of whose members are taken for certain."""
        return frozenset()

    @property
    def surveys(self) -> bool:
        """Whether the population must be gone through once before it can be drawn from."""
        return False

    @property
    @abstractmethod
    def least(self) -> float:
        """Weight that no candidate falls below."""

    @abstractmethod
    def weights(self, candidates: pd.DataFrame) -> Floats:
        """How much each candidate deserves a look; 0 is never."""

    def strata(self, candidates: pd.DataFrame) -> Grouped:
        """The stratum of each candidate."""
        return Grouped(np.zeros(len(candidates), dtype=np.int64), (ALL,))

    def components(self, _candidates: pd.DataFrame, /) -> dict[str, Floats]:
        """Weights whose sums over the population it must know before it can weigh."""
        return {}

    def settled(self, _totals: Mapping[str, float], /) -> Strategy:
        """The same strategy, knowing the sums of its components."""
        return self

    def sizes(self, size: int | None, _counts: Mapping[str, int], /) -> dict[str, int | None]:
        """How many to take of each stratum, None for all, given the number of members."""
        return {ALL: size}

    def notes(self, _size: int | None, _counts: Mapping[str, int], /) -> list[str]:
        """What whoever asks for this draw should know."""
        return []

    def reasons(self, rows: pd.DataFrame) -> list[str]:
        """Why each row was drawn, in a few words; `rows` have the columns and `stratum`."""
        return [AT_RANDOM] * len(rows)

    def params(self) -> dict[str, Any]:
        """The parameters as JSON, complete with defaults."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.init}


def needed_columns(strategy: Strategy) -> list[str]:
    """Columns that candidates must have for a strategy, in a fixed order."""
    scores = (score_column(name) for name in strategy.scores)
    return ["interaction", "sample_key", *sorted(strategy.columns), *sorted(scores)]


def score_column(name: str) -> str:
    """Column of candidates that holds the score of a name."""
    return f"score:{name}"


def check_columns(frame: pd.DataFrame, needed: Collection[str]) -> None:
    """Raise ValueError if a column is missing, naming it and those that are there."""
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise ValueError(f"frame lacks columns {missing}; it has {list(frame.columns)}")


def floats(frame: pd.DataFrame, column: str) -> Floats:
    """Column as float64, missing values NaN."""
    return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)


def filled(values: Floats, known: Floats, missing: float) -> Floats:
    """Values, `missing` where what they were made of is NaN."""
    return np.where(np.isnan(known), missing, values)


def told(values: Iterable[float], what: str, otherwise: str) -> list[str]:
    """`what` and each value with two decimals, or `otherwise` where it is NaN."""
    return [otherwise if np.isnan(value) else f"{what} {value:.2f}" for value in values]
