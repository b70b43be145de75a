"""The likelier a check or judge makes a failure, the likelier it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sampling.base import Floats, Strategy, filled, floats, score_column, told
from sampling.params import WIDEST, number, refusal, text


@dataclass(frozen=True)
class Score(Strategy):
    """Weight p + floor, where p rises from 0 at `passes_at` to 1 at `fails_at`.

    With floor 0 whatever surely passes is never drawn.

    Examples
    --------
    >>> candidates = pd.DataFrame({"score:judge": [1.0, 2.0, 5.0, float("nan")]})
    >>> Score("judge", fails_at=1, passes_at=5).weights(candidates).tolist()
    [1.0, 0.75, 0.0, 1.0]
    """

    kind = "score"
    name: str = text()
    """Which score."""
    fails_at: float = number(0.0, -WIDEST, WIDEST)
    """The score at which it surely fails; may lie above or below `passes_at`."""
    passes_at: float = number(1.0, -WIDEST, WIDEST)
    missing: float = number(1.0)
    """Stands for p where there is no such score."""
    floor: float = number(0.0)
    """Added to every weight."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fails_at == self.passes_at:
            raise refusal("fails_at", self.fails_at, "another number than passes_at")

    @property
    def scores(self) -> frozenset[str]:
        """Names of scores it reads."""
        return frozenset({self.name})

    @property
    def least(self) -> float:
        """Weight that no candidate falls below."""
        return self.floor

    def weights(self, candidates: pd.DataFrame) -> Floats:
        """Return how much each candidate deserves a look."""
        value = floats(candidates, score_column(self.name))
        failing = (value - self.passes_at) / (self.fails_at - self.passes_at)
        return filled(np.clip(failing, 0.0, 1.0), value, self.missing) + self.floor

    def reasons(self, rows: pd.DataFrame) -> list[str]:
        """Return the score of each row."""
        return told(rows[score_column(self.name)], f"score {self.name}", f"no score {self.name}")
