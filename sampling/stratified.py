"""So many from each segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from sampling.base import Strategy, Weighed, check_choice, check_number

Allocation = Literal["equal", "proportional", "neyman"]
By = Literal["category", "model", "variant", "source"]
MISSING = "(none)"
LEAST_SD = 0.1
"""Floor of a standard deviation: a pilot without failures does not make a stratum worthless."""


@dataclass(frozen=True)
class Stratified(Strategy):
    """Simple random samples inside the strata of a segment.

    Parameters
    ----------
    by : {"category", "model", "variant", "source"}
        The segment; interactions without a value form the stratum `(none)`.
    allocation : {"equal", "proportional", "neyman"}
        How the size is shared: evenly, by numbers, or by numbers times `sd`.
    minimum : int
        At least so many from each stratum, as far as there are any.
    sd : mapping, optional
        Standard deviation of the outcome by stratum, from a pilot, for `neyman`; floored at 0.1.
        A stratum without one gets the mean of the others.
    """

    slug: ClassVar[str] = "stratified"
    by: By = "category"
    allocation: Allocation = "equal"
    minimum: int = 1
    sd: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_choice(self, "by", By)
        check_choice(self, "allocation", Allocation)
        check_number(self, "minimum", 0, inf)
        if not isinstance(self.minimum, int):
            raise ValueError(f"stratified: minimum must be whole, got {self.minimum!r}")
        for stratum, value in self.sd.items():
            if not isinstance(value, int | float) or not 0 <= value < inf:
                raise ValueError(f"stratified: sd of {stratum!r} must be 0 or more, got {value!r}")
        object.__setattr__(self, "sd", dict(self.sd))

    @property
    def columns(self) -> frozenset[str]:
        """Needs the segment."""
        return frozenset({self.by})

    @property
    def least_weight(self) -> float:
        """Inside a stratum every weight is 1."""
        return 1.0

    def params(self) -> dict[str, Any]:
        """Parameters as JSON, defaults included."""
        return {**super().params(), "sd": dict(self.sd)}

    def weigh(self, frame: pd.DataFrame, totals: Mapping[str, float]) -> Weighed:
        """1 for every candidate, in the stratum of its segment."""
        del totals
        segment = frame[self.by].astype(object)
        strata = segment.where(segment.notna(), MISSING).to_numpy(dtype=object)
        return Weighed(np.ones(len(frame)), strata)

    def reasons(self, frame: pd.DataFrame) -> list[str]:
        """The stratum."""
        return [f"{self.by} {stratum}" for stratum in self.weigh(frame, {}).stratum]

    def sizes(self, counts: Mapping[str, int], size: int) -> dict[str, int]:
        """How many to take from each stratum; together `size`, or all there are.

        Parameters
        ----------
        counts : mapping
            Eligible interactions by stratum.
        size : int
            How many to take altogether.
        """
        size = min(size, sum(counts.values()))
        taken = {one: min(self.minimum, counts[one]) for one in sorted(counts)}
        if sum(taken.values()) > size:
            raise ValueError(
                f"stratified: minimum {self.minimum} in {len(counts)} strata needs "
                f"{sum(taken.values())}, size is {size}"
            )
        shares = self._shares(counts)
        while (left := size - sum(taken.values())) > 0:
            room = [one for one in taken if taken[one] < counts[one]]
            total = sum(shares[one] for one in room)
            goal = {one: size * shares[one] / total for one in room}
            ranked = sorted(room, key=lambda one: (taken[one] - goal[one], one))
            if left > len(room) and total:
                for one in room:
                    more = int(left * shares[one] / total)
                    taken[one] = min(counts[one], taken[one] + more)
            if size - sum(taken.values()) == left:
                taken[ranked[0]] += 1
        return taken

    def _shares(self, counts: Mapping[str, int]) -> dict[str, float]:
        if self.allocation == "equal":
            return dict.fromkeys(counts, 1.0)
        if self.allocation == "proportional" or not self.sd:
            return {one: float(count) for one, count in counts.items()}
        known = {one: max(float(value), LEAST_SD) for one, value in self.sd.items()}
        usual = sum(known.values()) / len(known)
        return {one: count * known.get(one, usual) for one, count in counts.items()}
