"""Every interaction has the same chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sampling.base import Floats, Strategy


@dataclass(frozen=True)
class Random(Strategy):
    """Weight 1 for everybody: a simple random sample.

    Examples
    --------
    >>> Random().weights(pd.DataFrame({"interaction": [7, 8]})).tolist()
    [1.0, 1.0]
    """

    kind = "random"

    @property
    def least(self) -> float:
        """Weight that no candidate falls below."""
        return 1.0

    def weights(self, candidates: pd.DataFrame) -> Floats:
        """Return 1 for each candidate."""
        return np.ones(len(candidates))
