"""Every interaction alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from sampling.base import Strategy, Weighed, one_stratum


@dataclass(frozen=True)
class Random(Strategy):
    """Simple random sampling: weight 1 for everything."""

    slug: ClassVar[str] = "random"

    @property
    def least_weight(self) -> float:
        """Every weight is 1."""
        return 1.0

    def weigh(self, frame: pd.DataFrame, totals: Mapping[str, float]) -> Weighed:
        """1 for every candidate."""
        del totals
        return Weighed(np.ones(len(frame)), one_stratum(frame))
