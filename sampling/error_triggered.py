"""Whatever a check has flagged, with or without a random floor beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from sampling.base import (
    CERTAIN,
    REST,
    Bools,
    Strategy,
    Weighed,
    check_choice,
    check_number,
    column,
    one_stratum,
)

Mode = Literal["certain", "capped"]
JUDGE = "judge"


@dataclass(frozen=True)
class ErrorTriggered(Strategy):
    """All flagged interactions for certain, or weight 1 if flagged and the floor if not.

    Parameters
    ----------
    mode : {"certain", "capped"}
        `certain` takes every flagged one and `floor_size` random others; `capped` takes a
        fixed size or rate.
    floor_size : int
        Random interactions beside the certain ones; without at least 10 of them nothing can be
        said of the whole population.
    floor : float
        Weight of what is not flagged, when capped.
    judge_below : float, optional
        Also flagged: a score named `judge` below this.
    min_chars, max_chars : int, optional
        Also flagged: a response shorter or longer than this.
    """

    slug: ClassVar[str] = "error_triggered"
    mode: Mode = "certain"
    floor_size: int = 0
    floor: float = 0.05
    judge_below: float | None = None
    min_chars: int | None = None
    max_chars: int | None = None

    def __post_init__(self) -> None:
        check_choice(self, "mode", Mode)
        if isinstance(self.floor_size, bool) or not isinstance(self.floor_size, int):
            raise ValueError(f"error_triggered: floor_size must be whole, got {self.floor_size!r}")
        check_number(self, "floor_size", 0, inf)
        check_number(self, "floor", 0, 1)
        for name in ("judge_below", "min_chars", "max_chars"):
            if getattr(self, name) is not None:
                check_number(self, name, -inf, inf)

    @property
    def certain_strata(self) -> frozenset[str]:
        """The flagged ones, unless capped."""
        return frozenset({CERTAIN}) if self.mode == "certain" else frozenset()

    @property
    def columns(self) -> frozenset[str]:
        """Needs the flags, and the length where it counts."""
        sized = self.min_chars is not None or self.max_chars is not None
        return frozenset({"flagged", "chars"} if sized else {"flagged"})

    @property
    def scores(self) -> frozenset[str]:
        """The judge's score where it counts."""
        return frozenset() if self.judge_below is None else frozenset({JUDGE})

    @property
    def least_weight(self) -> float:
        """The floor, when capped."""
        return self.floor if self.mode == "capped" else 0.0

    @property
    def refusal(self) -> str | None:
        """Without a floor nothing else could come in."""
        if self.mode == "certain" and not self.floor_size:
            return "only flagged interactions could be drawn"
        if self.mode == "capped" and not self.floor:
            return "only flagged interactions could be drawn"
        return None

    def flagged(self, frame: pd.DataFrame) -> Bools:
        """Which candidates count as flagged."""
        found = frame["flagged"].to_numpy(dtype=bool).copy()
        if self.judge_below is not None:
            found |= column(frame, f"score:{JUDGE}", np.inf) < self.judge_below
        if self.min_chars is not None:
            found |= frame["chars"].to_numpy() < self.min_chars
        if self.max_chars is not None:
            found |= frame["chars"].to_numpy() > self.max_chars
        return found

    def weigh(self, frame: pd.DataFrame, totals: Mapping[str, float]) -> Weighed:
        """Weights when capped; else the stratum each candidate is in."""
        del totals
        flagged = self.flagged(frame)
        if self.mode == "capped":
            return Weighed(np.where(flagged, 1.0, self.floor), one_stratum(frame))
        strata = np.where(flagged, CERTAIN, REST).astype(object)
        rest = 1.0 if self.floor_size else 0.0
        return Weighed(np.where(flagged, 1.0, rest), strata)

    def reasons(self, frame: pd.DataFrame) -> list[str]:
        """Flagged, or the floor."""
        return ["flagged" if flagged else "random floor" for flagged in self.flagged(frame)]
