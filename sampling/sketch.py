"""The k+1 largest priorities of a stream, kept in chunks that can be merged."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PRIORITY = "priority"


@dataclass
class Sketch:
    """The `keep` candidates of largest priority seen so far, ties by smaller key.

    Chunks, shards and machines may be sketched apart and merged: the result is the same.
    """

    keep: int
    _held: list[pd.DataFrame] = field(default_factory=list, repr=False)
    _count: int = 0
    _bar: float = -np.inf

    def update(self, frame: pd.DataFrame) -> None:
        """Take in candidates: columns `priority`, `sample_key` and whatever is to be kept."""
        if self.keep <= 0:
            return
        above = frame[PRIORITY].to_numpy() >= self._bar
        if not above.all():
            frame = frame[above]
        if frame.empty:
            return
        self._held.append(frame)
        self._count += len(frame)
        if self._count > 2 * self.keep + 1_000:
            self._trim()

    def merge(self, other: Sketch) -> None:
        """Take in what another sketch of the same draw has kept."""
        for frame in other._held:
            self.update(frame)

    def top(self) -> pd.DataFrame:
        """What is kept, the largest priority first."""
        self._trim()
        return self._held[0] if self._held else pd.DataFrame()

    def _trim(self) -> None:
        if not self._held:
            return
        frame = pd.concat(self._held, ignore_index=True) if len(self._held) > 1 else self._held[0]
        priority = frame[PRIORITY].to_numpy()
        if len(frame) > 4 * self.keep:
            cut = np.partition(priority, len(frame) - self.keep)[len(frame) - self.keep]
            frame = frame[priority >= cut]
        frame = frame.iloc[_order(frame)[: self.keep]].reset_index(drop=True)
        self._held, self._count = [frame], len(frame)
        if len(frame) == self.keep:
            self._bar = float(frame[PRIORITY].iloc[-1])


def _order(frame: pd.DataFrame) -> NDArray[np.intp]:
    return np.lexsort((frame["sample_key"].to_numpy(), -frame[PRIORITY].to_numpy()))
