"""Several strategies in one draw, each with its share: one threshold, an exact size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from sampling.base import Floats, Strategy
from sampling.confidence import Confidence
from sampling.params import number, refusal
from sampling.random import Random

FEWEST_RANDOM = 0.2
"""Below this share of random, rare failures among the unsuspicious weigh too much."""


@dataclass(frozen=True)
class Part:
    """A strategy and its share of a mixture."""

    strategy: Strategy
    share: float = number(1.0, 0, 1)

    def __post_init__(self) -> None:
        read = self.__dataclass_fields__["share"].metadata["read"]
        object.__setattr__(self, "share", read("share", self.share))
        if not self.share:
            raise refusal("share", self.share, "above 0: leave the part out")
        if not self.strategy.is_mixable:
            name = self.strategy.kind
            allowed = "a strategy that draws by weight (no mixture, no strata, nothing certain)"
            raise refusal("parts", name, allowed)


def _half_random() -> tuple[Part, ...]:
    return Part(Random(), 0.5), Part(Confidence(gamma=2, floor=0), 0.5)


@dataclass(frozen=True)
class Mixture(Strategy):
    """Weight sum of share * w / (sum of w over the population), over its parts.

    A part in which nobody has weight gives its share to random. It must be told the sums
    (`settled`) before it can weigh.

    Examples
    --------
    >>> candidates = pd.DataFrame({"confidence": [1.0, 0.5]})
    >>> mixture = Mixture().settled({"random": 2.0, "confidence": 0.25})
    >>> mixture.weights(candidates).tolist()
    [0.25, 0.75]
    """

    kind = "mixture"
    parts: tuple[Part, ...] = field(default_factory=_half_random)
    totals: Mapping[str, float] | None = field(default=None, init=False, hash=False)
    """Sums over the population, by part; `random` is always there."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.parts))
        shares = [part.share for part in self.parts]
        if abs(sum(shares) - 1) > 1e-6:
            raise refusal("parts", shares, "parts whose shares add up to 1")

    @property
    def columns(self) -> frozenset[str]:
        """Columns of candidates it reads."""
        return frozenset().union(*(part.strategy.columns for part in self.parts))

    @property
    def scores(self) -> frozenset[str]:
        """Names of scores it reads."""
        return frozenset().union(*(part.strategy.scores for part in self.parts))

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
        return sum(self._factor(name) * one.least for name, one in self._named().items())

    def components(self, candidates: pd.DataFrame, /) -> dict[str, Floats]:
        """Return the weights of each part by name, and those of random."""
        return {name: one.weights(candidates) for name, one in self._named().items()}

    def settled(self, totals: Mapping[str, float], /) -> Mixture:
        """Return the same mixture, knowing the sums of its parts."""
        missing = self._named().keys() - totals.keys()
        if missing:
            raise ValueError(f"totals lack {sorted(missing)}; they have {sorted(totals)}")
        known = replace(self)
        object.__setattr__(known, "totals", dict(totals))
        return known

    def weights(self, candidates: pd.DataFrame) -> Floats:
        """Return how much each candidate deserves a look."""
        weight = np.zeros(len(candidates))
        for part in self._weighted(candidates).values():
            weight += part
        return weight

    def notes(self, _size: int | None, _counts: Mapping[str, int], /) -> list[str]:
        """Return which parts found nothing, and whether too little is random."""
        shares = self.shares()
        empty = [name for name in self._own() if name not in shares]
        found = [f"nothing has weight for {name}: its share goes to random" for name in empty]
        randomly = sum(
            share for name, share in shares.items() if isinstance(self._named()[name], Random)
        )
        if shares and randomly < FEWEST_RANDOM:
            found.append(
                f"only {randomly:.0%} at random: estimates of rare failures get unreliable; "
                f"at least {FEWEST_RANDOM:.0%} is better"
            )
        return found

    def reasons(self, rows: pd.DataFrame) -> list[str]:
        """Return for each row the reason of the part that gave it the most weight."""
        weighted = self._weighted(rows)
        names = list(weighted)
        top = np.argmax(np.array([weighted[name] for name in names]), axis=0)
        found = np.empty(len(rows), dtype=object)
        for index, name in enumerate(names):
            mine = top == index
            found[mine] = self._named()[name].reasons(rows[mine])
        return [str(why) for why in found]

    def params(self) -> dict[str, Any]:
        """Return the parts as JSON."""
        return {
            "parts": [
                {
                    "strategy": part.strategy.kind,
                    "share": part.share,
                    "params": part.strategy.params(),
                }
                for part in self.parts
            ]
        }

    def shares(self) -> dict[str, float]:
        """Share of each part that has weight, after empty ones gave theirs to random."""
        if self.totals is None:
            raise ValueError("a mixture weighs only after settled(totals)")
        if not self.totals[Random.kind]:
            return {}
        found = {name: part.share for name, part in self._own().items() if self.totals[name] > 0}
        lost = 1 - sum(found.values())
        if len(found) < len(self.parts):
            found[Random.kind] = found.get(Random.kind, 0.0) + lost
        return found

    def _factor(self, name: str) -> float:
        share = self.shares().get(name)
        return share / (self.totals or {})[name] if share else 0.0

    def _weighted(self, rows: pd.DataFrame) -> dict[str, Floats]:
        named = self._named()
        return {name: self._factor(name) * named[name].weights(rows) for name in self.shares()}

    def _own(self) -> dict[str, Part]:
        """Parts by name: that of their strategy, numbered when it comes again."""
        found: dict[str, Part] = {}
        for part in self.parts:
            kind = part.strategy.kind
            before = sum(name.split(" ")[0] == kind for name in found)
            found[f"{kind} {before + 1}" if before else kind] = part
        return found

    def _named(self) -> dict[str, Strategy]:
        return {Random.kind: Random()} | {name: p.strategy for name, p in self._own().items()}
