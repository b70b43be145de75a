"""The less confident the system was, the likelier it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sampling.base import ALL, Floats, Grouped, Strategy, filled, floats, told
from sampling.params import choice, number

LOWEST = "lowest"


@dataclass(frozen=True)
class Confidence(Strategy):
    """Weight (1 - confidence)^gamma + floor, or simply the lowest confidences.

    In mode `lowest` the interactions with the lowest confidence are taken, ties by chance; gamma
    is not used. All others have no chance, so such a draw says nothing about them.

    Examples
    --------
    >>> candidates = pd.DataFrame({"confidence": [0.9, 0.2, float("nan")]})
    >>> Confidence(gamma=2).weights(candidates).round(2).tolist()
    [0.06, 0.69, 1.05]
    """

    kind = "confidence"
    gamma: float = number(1.0, 0, 10)
    """0 is random, 1 proportional to doubt, 2 looks harder at the least confident."""
    floor: float = number(0.05)
    """Added to every weight, so that nothing is out of reach."""
    missing: float = number(1.0)
    """Stands for (1 - confidence)^gamma where there is no confidence."""
    mode: str = choice("weighted", LOWEST)

    @property
    def columns(self) -> frozenset[str]:
        """Columns of candidates it reads."""
        return frozenset({"confidence"})

    @property
    def is_mixable(self) -> bool:
        """Whether it may be part of a mixture."""
        return not self.is_ranked

    @property
    def is_ranked(self) -> bool:
        """Whether the largest weights are taken without chance."""
        return self.mode == LOWEST

    @property
    def certain_strata(self) -> frozenset[str]:
        """Strata all of whose members are taken for certain."""
        return frozenset({LOWEST}) if self.is_ranked else frozenset()

    @property
    def least(self) -> float:
        """Weight that no candidate falls below."""
        return self.floor

    def weights(self, candidates: pd.DataFrame) -> Floats:
        """Return how much each candidate deserves a look."""
        doubt = np.clip(1 - floats(candidates, "confidence"), 0.0, 1.0)
        gamma = 1.0 if self.is_ranked else self.gamma
        return filled(doubt**gamma, doubt, self.missing) + self.floor

    def strata(self, candidates: pd.DataFrame) -> Grouped:
        """Return the one stratum, named for the mode."""
        found = super().strata(candidates)
        return Grouped(found.codes, (LOWEST,)) if self.is_ranked else found

    def sizes(self, size: int | None, _counts: Mapping[str, int], /) -> dict[str, int | None]:
        """Return how many to take."""
        return {LOWEST if self.is_ranked else ALL: size}

    def reasons(self, rows: pd.DataFrame) -> list[str]:
        """Return the confidence of each row."""
        return told(rows["confidence"], "confidence", "no confidence given")
