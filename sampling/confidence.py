"""The less sure the system was, the rather a person looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from sampling.base import (
    Floats,
    Strategy,
    Weighed,
    check_choice,
    check_number,
    column,
    one_stratum,
)

Mode = Literal["weighted", "lowest"]


@dataclass(frozen=True)
class Confidence(Strategy):
    """Weight (1 - confidence)^gamma + floor.

    Parameters
    ----------
    gamma : float
        How steeply doubt counts; 0 ignores it.
    floor : float
        Least weight; keeps confident answers in the population.
    missing : float
        1 - confidence where there is none, 0 to 1.
    mode : {"weighted", "lowest"}
        `lowest` takes the least confident ones and nothing else, so that nothing can be said
        of the whole population.
    """

    slug: ClassVar[str] = "confidence"
    gamma: float = 1.0
    floor: float = 0.05
    missing: float = 1.0
    mode: Mode = "weighted"

    def __post_init__(self) -> None:
        check_number(self, "gamma", 0, inf)
        check_number(self, "floor", 0, inf)
        check_number(self, "missing", 0, 1)
        check_choice(self, "mode", Mode)

    @property
    def columns(self) -> frozenset[str]:
        """Needs the confidence."""
        return frozenset({"confidence"})

    @property
    def least_weight(self) -> float:
        """The floor."""
        return self.floor

    @property
    def by_weight_alone(self) -> bool:
        """With `lowest` there is no chance in it."""
        return self.mode == "lowest"

    @property
    def refusal(self) -> str | None:
        """With `lowest` the rest of the population cannot come in."""
        if self.mode == "lowest":
            return "only the least confident interactions could be drawn"
        return None

    def _doubt(self, frame: pd.DataFrame) -> Floats:
        return np.clip(1.0 - column(frame, "confidence", 1.0 - self.missing), 0.0, 1.0)

    def weigh(self, frame: pd.DataFrame, totals: Mapping[str, float]) -> Weighed:
        """Doubt to the power of gamma, plus the floor."""
        del totals
        doubt = self._doubt(frame)
        weight = doubt + 1e-9 if self.mode == "lowest" else doubt**self.gamma + self.floor
        return Weighed(weight, one_stratum(frame))

    def reasons(self, frame: pd.DataFrame) -> list[str]:
        """The confidence."""
        return [
            "no confidence given" if np.isnan(value) else f"confidence {value:.2f}"
            for value in frame["confidence"].to_numpy(dtype=float, na_value=np.nan)
        ]
