"""What end users disliked, rather than what they liked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import ClassVar

import numpy as np
import pandas as pd

from sampling.base import Strategy, Weighed, check_number, column, one_stratum


@dataclass(frozen=True)
class FeedbackWeighted(Strategy):
    """Weight 1 - feedback + floor.

    Parameters
    ----------
    floor : float
        Least weight; above 0, so that liked answers stay in the population.
    missing : float
        Feedback where there is none, 0 to 1.
    """

    slug: ClassVar[str] = "feedback_weighted"
    floor: float = 0.05
    missing: float = 0.5

    def __post_init__(self) -> None:
        check_number(self, "floor", 0, inf)
        check_number(self, "missing", 0, 1)

    @property
    def columns(self) -> frozenset[str]:
        """Needs the mean feedback."""
        return frozenset({"feedback"})

    @property
    def least_weight(self) -> float:
        """The floor."""
        return self.floor

    def weigh(self, frame: pd.DataFrame, totals: Mapping[str, float]) -> Weighed:
        """One less the feedback, plus the floor."""
        del totals
        liked = np.clip(column(frame, "feedback", self.missing), 0.0, 1.0)
        return Weighed(1.0 - liked + self.floor, one_stratum(frame))

    def reasons(self, frame: pd.DataFrame) -> list[str]:
        """The feedback."""
        return [
            "no feedback" if np.isnan(value) else f"feedback {value:.2f}"
            for value in frame["feedback"].to_numpy(dtype=float, na_value=np.nan)
        ]
