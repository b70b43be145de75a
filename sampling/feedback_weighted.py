"""The worse end users rated it, the likelier it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sampling.base import Floats, Strategy, filled, floats, told
from sampling.params import number


@dataclass(frozen=True)
class FeedbackWeighted(Strategy):
    """Weight 1 - feedback + floor, with feedback from 0 (bad) to 1 (good).

    Examples
    --------
    >>> candidates = pd.DataFrame({"feedback": [0.0, 1.0, float("nan")]})
    >>> FeedbackWeighted().weights(candidates).round(2).tolist()
    [1.05, 0.05, 0.55]
    """

    kind = "feedback_weighted"
    floor: float = number(0.05)
    """Added to every weight, so that nothing is out of reach."""
    missing: float = number(0.5)
    """Stands for 1 - feedback where there is none."""

    @property
    def columns(self) -> frozenset[str]:
        """Columns of candidates it reads."""
        return frozenset({"feedback"})

    @property
    def least(self) -> float:
        """Weight that no candidate falls below."""
        return self.floor

    def weights(self, candidates: pd.DataFrame) -> Floats:
        """Return how much each candidate deserves a look."""
        complaint = np.clip(1 - floats(candidates, "feedback"), 0.0, 1.0)
        return filled(complaint, complaint, self.missing) + self.floor

    def reasons(self, rows: pd.DataFrame) -> list[str]:
        """Return the feedback of each row."""
        return told(rows["feedback"], "feedback", "no feedback given")
