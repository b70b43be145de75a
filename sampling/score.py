"""What a check or a judge thinks is bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import ClassVar

import numpy as np
import pandas as pd

from sampling.base import Strategy, Weighed, check_number, column, one_stratum


@dataclass(frozen=True)
class Score(Strategy):
    """Weight p + floor, with p from 0 where the score passes to 1 where it fails.

    Parameters
    ----------
    name : str
        Name of the score.
    fails_at, passes_at : float
        Values at which p is 1 and 0; in between p is linear. Either may be the larger.
    missing : float
        p where there is no score, 0 to 1.
    floor : float
        Least weight.
    """

    slug: ClassVar[str] = "score"
    name: str = ""
    fails_at: float = 0.0
    passes_at: float = 1.0
    missing: float = 1.0
    floor: float = 0.0

    def __post_init__(self) -> None:
        if not self.name or not isinstance(self.name, str):
            raise ValueError(f"score: name must name a score, got {self.name!r}")
        check_number(self, "fails_at", -inf, inf)
        check_number(self, "passes_at", -inf, inf)
        check_number(self, "missing", 0, 1)
        check_number(self, "floor", 0, inf)
        if self.fails_at == self.passes_at:
            raise ValueError(f"score: fails_at and passes_at must differ, both are {self.fails_at}")

    @property
    def scores(self) -> frozenset[str]:
        """Needs the named score."""
        return frozenset({self.name})

    @property
    def least_weight(self) -> float:
        """The floor."""
        return self.floor

    def weigh(self, frame: pd.DataFrame, totals: Mapping[str, float]) -> Weighed:
        """Probability of failure by the score, plus the floor."""
        del totals
        values = column(frame, f"score:{self.name}", np.nan)
        p = np.clip((values - self.passes_at) / (self.fails_at - self.passes_at), 0.0, 1.0)
        return Weighed(np.where(np.isnan(p), self.missing, p) + self.floor, one_stratum(frame))

    def reasons(self, frame: pd.DataFrame) -> list[str]:
        """The score."""
        return [
            f"no {self.name} score" if np.isnan(value) else f"{self.name} {value:.3g}"
            for value in frame[f"score:{self.name}"].to_numpy(dtype=float, na_value=np.nan)
        ]
