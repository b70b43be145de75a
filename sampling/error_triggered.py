"""What a check flagged, and some of the rest to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sampling.base import ALL, Floats, Grouped, Strategy, floats, score_column
from sampling.params import WIDEST, choice, number, whole

CERTAIN = "certain"
CAPPED = "capped"
FLAGGED = "flagged"
REST = "rest"
FLOOR = "random floor"
JUDGE = "judge"
"""The score that `judge_below` looks at."""


@dataclass(frozen=True)
class ErrorTriggered(Strategy):
    """All flagged interactions and a random floor; or, capped, flagged ones with more weight.

    Flagged is what carries a flag, has a judge's score below `judge_below`, or a response outside
    `min_chars` to `max_chars` characters. Without a floor nothing else has a chance, and such a
    draw says nothing about the whole.

    Examples
    --------
    >>> candidates = pd.DataFrame({"flagged": [True, False]})
    >>> ErrorTriggered(mode="capped").weights(candidates).tolist()
    [1.0, 0.05]
    """

    kind = "error_triggered"
    mode: str = choice(CERTAIN, CAPPED)
    floor_size: int = whole(0)
    """How many of the rest are drawn at random; for mode certain."""
    floor: float = number(0.05, 0, 1)
    """Weight of the rest beside 1 for the flagged; for mode capped."""
    judge_below: float | None = number(None, -WIDEST, WIDEST)
    """Flags what the score named judge puts below this."""
    min_chars: int | None = whole(None)
    """Flags shorter responses."""
    max_chars: int | None = whole(None)
    """Flags longer responses."""

    @property
    def columns(self) -> frozenset[str]:
        """Columns of candidates it reads."""
        by_length = self.min_chars is not None or self.max_chars is not None
        return frozenset({"flagged", "chars"} if by_length else {"flagged"})

    @property
    def scores(self) -> frozenset[str]:
        """Names of scores it reads."""
        return frozenset({JUDGE} if self.judge_below is not None else ())

    @property
    def is_sized(self) -> bool:
        """Whether a size or a rate says how many are drawn."""
        return self.mode == CAPPED

    @property
    def is_mixable(self) -> bool:
        """Whether it may be part of a mixture."""
        return self.mode == CAPPED

    @property
    def certain_strata(self) -> frozenset[str]:
        """Strata all of whose members are taken for certain."""
        return frozenset({FLAGGED} if self.mode == CERTAIN else ())

    @property
    def least(self) -> float:
        """Weight that no candidate falls below."""
        return self.floor if self.mode == CAPPED else 1.0

    def weights(self, candidates: pd.DataFrame) -> Floats:
        """Return how much each candidate deserves a look."""
        rest = self.floor if self.mode == CAPPED else float(self.floor_size > 0)
        return np.where(self._flagged(candidates), 1.0, rest)

    def strata(self, candidates: pd.DataFrame) -> Grouped:
        """Return flagged and the rest, or one stratum when capped."""
        if self.mode == CAPPED:
            return super().strata(candidates)
        return Grouped((~self._flagged(candidates)).astype(np.int64), (FLAGGED, REST))

    def sizes(self, size: int | None, _counts: Mapping[str, int], /) -> dict[str, int | None]:
        """Return how many to take: all flagged and the floor."""
        if self.mode == CAPPED:
            return {ALL: size}
        return {FLAGGED: None} | ({REST: self.floor_size} if self.floor_size else {})

    def reasons(self, rows: pd.DataFrame) -> list[str]:
        """Return what flagged each row."""
        found = np.full(len(rows), FLOOR, dtype=object)
        for why, hit in reversed(self._tests(rows).items()):
            found[hit] = why
        return [str(why) for why in found]

    def _flagged(self, candidates: pd.DataFrame) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = np.logical_or.reduce(list(self._tests(candidates).values()))
        return found

    def _tests(self, candidates: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
        """What flags, in words, and the candidates it hits."""
        tests = {FLAGGED: candidates["flagged"].to_numpy(dtype=bool)}
        if self.judge_below is not None:
            below = floats(candidates, score_column(JUDGE)) < self.judge_below
            tests[f"judge below {self.judge_below:g}"] = below
        if self.min_chars is not None:
            tests[f"shorter than {self.min_chars}"] = floats(candidates, "chars") < self.min_chars
        if self.max_chars is not None:
            tests[f"longer than {self.max_chars}"] = floats(candidates, "chars") > self.max_chars
        return tests
