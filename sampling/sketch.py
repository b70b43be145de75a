"""What a draw remembers of the candidates seen so far: sums, counts, the largest priorities.

Both classes can be filled on different machines and merged: the result is that of one pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from sampling.base import Floats, Ints, Strategy, check_columns, needed_columns
from sampling.hashing import uniform
from sampling.spread import Spread, counted

SLICE = 1 << 16
"""Rows looked at together: memory does not depend on the size of a chunk."""
PENDING = 8_192
"""Rows that may wait before the largest are picked out."""
GRID = 2.0**24
"""Weights are summed on a grid of 2^-48, exactly, so that order and chunks do not matter."""
LEVELS = 2.0**24
"""Steps of weight that a ranked draw tells apart; ties inside a step are broken by chance."""


class Tally:
    """The first pass, for strategies that must know the population before they draw."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.population = 0
        self.counts: Counter[str] = Counter()
        """Members by stratum."""
        self._sums: Counter[str] = Counter()

    def update(self, chunk: pd.DataFrame) -> None:
        """Count a chunk of candidates."""
        for part in _slices(self.strategy, chunk):
            self.population += len(part)
            for name, weight in self.strategy.components(part).items():
                self._sums[name] += _exact_sum(weight)
            codes, names = self.strategy.strata(part)
            for name, count in zip(names, np.bincount(codes, minlength=len(names)), strict=True):
                self.counts[name] += int(count)

    def merge(self, other: Tally) -> None:
        """Add what another tally has counted under the same strategy."""
        if other.strategy != self.strategy:
            raise ValueError(f"cannot merge tallies of {self.strategy} and {other.strategy}")
        self.population += other.population
        self.counts.update(other.counts)
        self._sums.update(other._sums)

    @property
    def totals(self) -> dict[str, float]:
        """Sum of weights by component of the strategy."""
        if not self.strategy.surveys:
            return {}
        names = sorted(self._sums or self.strategy.components(_none(self.strategy)))
        return {name: _as_weight(self._sums[name]) for name in names}


class Sketch:
    """The drawing pass: of each stratum the k+1 largest priorities, or all where k is None."""

    def __init__(self, strategy: Strategy, sizes: Mapping[str, int | None], seed: int) -> None:
        self.strategy = strategy
        self.sizes = dict(sizes)
        self.seed = seed
        self.population = 0
        self._names = list(self.sizes)
        self._limits = np.array(
            [np.inf if size is None else min(size, 2**52) + 1 for size in self.sizes.values()]
        )
        self._counts = np.zeros(len(self._names), dtype=np.int64)
        self._sum = 0
        self._spread: list[Counter[int]] = [Counter() for _ in self._names]
        self._bars = np.zeros(len(self._names))
        self._columns = needed_columns(strategy)
        self._kept: list[pd.DataFrame] = []
        self._settled = self._pending = 0

    @property
    def counts(self) -> dict[str, int]:
        """Eligible candidates by stratum."""
        return dict(zip(self._names, self._counts.tolist(), strict=True))

    @property
    def eligible(self) -> int:
        """Candidates that can be drawn."""
        return int(self._counts.sum())

    @property
    def weight(self) -> float:
        """Sum of the weights of candidates that can be drawn."""
        return _as_weight(self._sum)

    def spread(self, stratum: str) -> Spread:
        """How many candidates of a stratum there are of each class of weight."""
        return tuple(sorted(self._spread[self._names.index(stratum)].items()))

    def update(self, chunk: pd.DataFrame) -> None:
        """Look at a chunk of candidates.

        Raises
        ------
        ValueError
            If a column that the strategy reads is missing.
        """
        for part in _slices(self.strategy, chunk):
            self.population += len(part)
            weight, stratum = self._weighed(part)
            able = np.flatnonzero((weight > 0) & (stratum >= 0))
            if not len(able):
                continue
            self._counts += np.bincount(stratum[able], minlength=len(self._names))
            self._sum += _exact_sum(weight[able])
            seen = counted(weight[able], stratum[able], len(self._names))
            for kept, more in zip(self._spread, seen, strict=True):
                kept.update(more)
            priority = priorities(self.strategy, weight[able], part, able, self.seed)
            over = np.flatnonzero(priority >= self._bars[stratum[able]])
            rows = part[self._columns].iloc[able[over]]
            self._keep(
                rows.assign(
                    weight=weight[able[over]], priority=priority[over], code=stratum[able[over]]
                )
            )

    def merge(self, other: Sketch) -> None:
        """Add what another sketch has seen under the same strategy, sizes and seed."""
        ours = (self.strategy, self.sizes, self.seed)
        theirs = (other.strategy, other.sizes, other.seed)
        if ours != theirs:
            raise ValueError(f"cannot merge sketches of {ours} and {theirs}")
        self.population += other.population
        self._counts += other._counts
        self._sum += other._sum
        for mine, more in zip(self._spread, other._spread, strict=True):
            mine.update(more)
        for rows in other._kept:
            self._keep(rows)

    def ranked(self) -> pd.DataFrame:
        """The rows kept, by stratum and falling priority.

        Columns: those of the candidates, `weight`, `priority`, `stratum`, `place` (0 for the
        largest of its stratum).
        """
        self._settle()
        if not self._kept:
            rows = _none(self.strategy).assign(weight=0.0, priority=0.0, code=0)
            return rows.assign(stratum=pd.Series(dtype=object), place=0)
        rows = self._kept[0]
        names = np.array([*self._names], dtype=object)[rows["code"].to_numpy()]
        return rows.assign(stratum=names).drop(columns="code").reset_index(drop=True)

    def _weighed(self, part: pd.DataFrame) -> tuple[Floats, Ints]:
        """Weight and number of the stratum of each row; -1 for a stratum that is not drawn."""
        codes, names = self.strategy.strata(part)
        known = {name: index for index, name in enumerate(self._names)}
        places = np.array([known.get(name, -1) for name in names], dtype=np.int64)
        return self.strategy.weights(part), places[codes]

    def _keep(self, rows: pd.DataFrame) -> None:
        if not len(rows):
            return
        self._kept.append(rows)
        self._pending += len(rows)
        if self._pending > max(PENDING, self._settled):
            self._settle()

    def _settle(self) -> None:
        """Throw away what cannot be drawn any more, and raise the bars accordingly."""
        if not self._pending:
            return
        rows = self._kept[0] if len(self._kept) == 1 else pd.concat(self._kept, ignore_index=True)
        code = rows["code"].to_numpy()
        ties = (rows["interaction"].to_numpy(), rows["sample_key"].to_numpy())
        order = np.lexsort((*ties, -rows["priority"].to_numpy(), code))
        starts = np.searchsorted(code[order], np.arange(len(self._names)))
        place = np.arange(len(order)) - starts[code[order]]
        kept = place < self._limits[code[order]]
        rows = rows.iloc[order[kept]].assign(place=place[kept])
        last = rows[rows["place"] + 1 == self._limits[rows["code"].to_numpy()]]
        self._bars[last["code"].to_numpy()] = last["priority"].to_numpy()
        self._kept, self._settled, self._pending = [rows], len(rows), 0


def priorities(
    strategy: Strategy, weight: Floats, candidates: pd.DataFrame, rows: Ints, seed: int
) -> Floats:
    """Priority of some rows; of a ranked draw, the weight in fine steps and chance inside them."""
    chance = uniform(candidates["sample_key"].to_numpy()[rows], seed)
    return np.floor(weight * LEVELS) + chance if strategy.is_ranked else weight / chance


def _slices(strategy: Strategy, chunk: pd.DataFrame) -> Iterator[pd.DataFrame]:
    check_columns(chunk, needed_columns(strategy))
    for start in range(0, len(chunk), SLICE):
        yield chunk.iloc[start : start + SLICE]


def _none(strategy: Strategy) -> pd.DataFrame:
    """No candidates, with the columns that a strategy reads."""
    none = pd.DataFrame(columns=needed_columns(strategy))
    return none.astype({"interaction": "int64", "sample_key": "int64"})


def _exact_sum(weight: Floats) -> int:
    """Sum on the grid, as a whole number of its steps."""
    scaled = weight * GRID
    whole = np.floor(scaled)
    rest = np.rint((scaled - whole) * GRID)
    return (int(whole.astype(np.int64).sum()) << 24) + int(rest.astype(np.int64).sum())


def _as_weight(steps: int) -> float:
    return steps / (1 << 48)
