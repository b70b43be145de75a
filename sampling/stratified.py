"""At random inside each segment, so that small ones are not forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sampling.base import NO_VALUE, Floats, Grouped, Strategy
from sampling.params import choice, number, refusal, whole

NEYMAN = "neyman"
PROPORTIONAL = "proportional"
FLOOR_OF_SD = 0.25
"""A stratum counts with at least this part of the mean spread: pilots see too little of it."""


@dataclass(frozen=True)
class Stratified(Strategy):
    """Weight 1 inside each stratum; `allocation` says how many are drawn from each.

    equal: the same number; proportional: in proportion to the members; neyman: in proportion to
    members times `sd`, the standard deviation of the outcome (strata that `sd` does not name get
    the mean of the others). Small strata are taken whole and the rest is spread.

    Examples
    --------
    >>> Stratified(allocation="proportional").sizes(10, {"billing": 900, "returns": 100})
    {'billing': 9, 'returns': 1}
    """

    kind = "stratified"
    by: str = choice("category", "model", "variant", "source")
    allocation: str = choice("equal", PROPORTIONAL, NEYMAN)
    minimum: int = whole(1, 1)
    """At least so many from each stratum."""
    sd: Mapping[str, float] | None = field(default=None, hash=False)
    """Standard deviation of the outcome by stratum; for neyman."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sd is None:
            return
        if not isinstance(self.sd, Mapping):
            raise refusal("sd", self.sd, "an object of numbers by stratum")
        read = number(0.0).metadata["read"]
        known = {str(name): read(f"sd of {name}", value) for name, value in self.sd.items()}
        object.__setattr__(self, "sd", known)

    @property
    def columns(self) -> frozenset[str]:
        """Columns of candidates it reads."""
        return frozenset({self.by})

    @property
    def is_mixable(self) -> bool:
        """Whether it may be part of a mixture."""
        return False

    @property
    def surveys(self) -> bool:
        """Whether the population must be gone through once before."""
        return True

    @property
    def least(self) -> float:
        """Weight that no candidate falls below."""
        return 1.0

    def weights(self, candidates: pd.DataFrame) -> Floats:
        """Return 1 for each candidate."""
        return np.ones(len(candidates))

    def strata(self, candidates: pd.DataFrame) -> Grouped:
        """Return the stratum of each candidate; those without a value share one."""
        codes, values = pd.factorize(candidates[self.by])
        names = (*(str(value) for value in values), NO_VALUE)
        return Grouped(np.where(codes < 0, len(values), codes).astype(np.int64), names)

    def sizes(self, size: int | None, counts: Mapping[str, int], /) -> dict[str, int | None]:
        """Return how many to take of each stratum.

        Together exactly `size`, or all there are. With fewer places than strata the largest
        strata get one each and the others are left out of the draw.
        """
        names = sorted((name for name in counts if counts[name]), key=lambda n: (-counts[n], n))
        wanted = min(size or 0, sum(counts.values()))
        names = sorted(names[:wanted])
        if not names:
            return {}
        members = np.array([counts[name] for name in names], dtype=float)
        wanted = min(wanted, int(members.sum()))
        least = np.minimum(members, min(self.minimum, wanted // len(names)))
        found = _shared(wanted, self._pull(names, members), least, members)
        return dict(zip(names, found, strict=True))

    def notes(self, size: int | None, counts: Mapping[str, int], /) -> list[str]:
        """Return what the allocation could not do."""
        found = []
        if self.allocation == NEYMAN and not self.sd:
            found.append("neyman without sd: strata are drawn in proportion to their members")
        strata, places = sum(map(bool, counts.values())), size or 0
        if strata > places:
            drawn = self.sizes(size, counts)
            left = sorted(name for name in counts if counts[name] and name not in drawn)
            found.append(
                f"{places} places for {strata} strata: {len(left)} cannot come in "
                f"({', '.join(left[:5])}{', ...' if len(left) > 5 else ''})"
            )
        elif strata * self.minimum > places and sum(counts.values()) > places:
            found.append(
                f"{places} places are too few for {self.minimum} from each of {strata} strata"
            )
        return found

    def reasons(self, rows: pd.DataFrame) -> list[str]:
        """Return the stratum of each row."""
        return [f"stratum {name}" for name in rows["stratum"]]

    def params(self) -> dict[str, Any]:
        """Return the parameters as JSON."""
        return super().params() | {"sd": None if self.sd is None else dict(self.sd)}

    def _pull(self, names: list[str], members: Floats) -> Floats:
        """What the sizes are proportional to."""
        if self.allocation == PROPORTIONAL:
            return members
        if self.allocation != NEYMAN:
            return np.ones(len(names))
        spread = np.array([(self.sd or {}).get(name, np.nan) for name in names])
        known = spread[~np.isnan(spread)]
        if not known.any():
            return members
        spread = np.where(np.isnan(spread), known.mean(), spread)
        floor = FLOOR_OF_SD * float(np.average(spread, weights=members))
        pull: Floats = members * np.maximum(spread, floor)
        return pull


def _shared(wanted: int, pull: Floats, least: Floats, most: Floats) -> list[int]:
    """Whole numbers between `least` and `most` that add up to `wanted`, close to the pull.

    Entries that hit a bound are fixed there, and what is left goes to the others in proportion.
    """
    share = np.zeros(len(pull))
    free = np.ones(len(pull), dtype=bool)
    while free.any():
        rest = wanted - share[~free].sum()
        tried = rest * pull / pull[free].sum()
        below, above = free & (tried < least), free & (tried > most)
        over = (tried - most)[above].sum() - (least - tried)[below].sum()
        fixed = above if over > 0 else below if over < 0 else above | below
        if not fixed.any():
            share[free] = tried[free]
            break
        share[fixed] = np.clip(tried, least, most)[fixed]
        free &= ~fixed
    found = np.floor(share + 1e-9)
    order = np.lexsort((np.arange(len(pull)), -(share - found)))
    for index in order[: wanted - int(found.sum())]:
        found[index] += 1
    return [int(one) for one in found]
