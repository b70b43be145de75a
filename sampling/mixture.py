"""Several strategies in one draw, each with its share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from sampling.base import Strategy, Weighed, one_stratum, parsed
from sampling.confidence import Confidence
from sampling.error_triggered import ErrorTriggered
from sampling.feedback_weighted import FeedbackWeighted
from sampling.random import Random
from sampling.score import Score

PARTS: dict[str, type[Strategy]] = {
    kind.slug: kind for kind in (Confidence, ErrorTriggered, FeedbackWeighted, Random, Score)
}
DEFAULT = (
    {"strategy": "random", "share": 0.5, "params": {}},
    {"strategy": "confidence", "share": 0.5, "params": {"gamma": 2.0, "floor": 0.0}},
)
LEAST_RANDOM = 0.2


@dataclass(frozen=True)
class Part:
    """One strategy and its share of the draw."""

    strategy: Strategy
    share: float


@dataclass(frozen=True)
class Mixture(Strategy):
    """Weight: the sum over the parts of share times weight over the part's total weight.

    Parameters
    ----------
    parts : sequence of {"strategy", "share", "params"}
        Strategies with weights (not stratified, not certain, not lowest); shares above 0 that
        add up to 1. A part whose total weight is 0 gives its share to random.
    """

    slug: ClassVar[str] = "mixture"
    parts: Sequence[Mapping[str, Any]] = DEFAULT
    resolved: tuple[Part, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.parts, str) or not isinstance(self.parts, Sequence) or not self.parts:
            raise ValueError(f"mixture: parts must be a list of strategies, got {self.parts!r}")
        found = tuple(_part(one) for one in self.parts)
        total = sum(part.share for part in found)
        if abs(total - 1) > 1e-6:
            raise ValueError(f"mixture: the shares of parts must add up to 1, got {total:.6g}")
        object.__setattr__(self, "resolved", found)

    @property
    def columns(self) -> frozenset[str]:
        """What the parts need."""
        return frozenset().union(*(part.strategy.columns for part in self.resolved))

    @property
    def scores(self) -> frozenset[str]:
        """What the parts need."""
        return frozenset().union(*(part.strategy.scores for part in self.resolved))

    @property
    def needs_totals(self) -> bool:
        """Each part's weights are scaled by their total."""
        return True

    def params(self) -> dict[str, Any]:
        """Parameters as JSON, the parts' defaults included."""
        return {
            "parts": [
                {
                    "strategy": part.strategy.slug,
                    "share": part.share,
                    "params": part.strategy.params(),
                }
                for part in self.resolved
            ]
        }

    def totals(self, frame: pd.DataFrame) -> dict[str, float]:
        """Sum of weights by part, and the number of candidates."""
        found = {"candidates": float(len(frame))}
        for place, part in enumerate(self.resolved):
            found[f"part {place}"] = float(part.strategy.weigh(frame, {}).weight.sum())
        return found

    def random_part(self, totals: Mapping[str, float]) -> float:
        """Share that is random, with what empty parts gave away."""
        return sum(
            part.share
            for place, part in enumerate(self.resolved)
            if isinstance(part.strategy, Random) or not totals.get(f"part {place}", 0.0)
        )

    def warnings(self, totals: Mapping[str, float]) -> list[str]:
        """What a lead should know about this mixture on this population."""
        found = [
            f"part {part.strategy.slug} has weight 0 everywhere; its share is drawn at random"
            for place, part in enumerate(self.resolved)
            if not totals.get(f"part {place}", 0.0)
        ]
        random = self.random_part(totals)
        if random < LEAST_RANDOM:
            found.append(
                f"only {random:.0%} is random: below {LEAST_RANDOM:.0%} a rare failure among "
                "unsuspected interactions makes intervals long"
            )
        return found

    def weigh(self, frame: pd.DataFrame, totals: Mapping[str, float]) -> Weighed:
        """Mixed weights; they add up to 1 over the population."""
        count = totals.get("candidates", 0.0)
        if not count:
            return Weighed(np.zeros(len(frame)), one_stratum(frame))
        weight = np.full(len(frame), self.random_part(totals) / count)
        for place, part in enumerate(self.resolved):
            total = totals[f"part {place}"]
            if total and not isinstance(part.strategy, Random):
                weight += part.share * part.strategy.weigh(frame, {}).weight / total
        return Weighed(weight, one_stratum(frame))

    def reasons(self, frame: pd.DataFrame) -> list[str]:
        """The part that asked loudest for each candidate: its weight beside its own mean."""
        loud = np.zeros(len(frame))
        said = np.full(len(frame), "taken at random", dtype=object)
        for part in self.resolved:
            weight = part.strategy.weigh(frame, {}).weight * part.share
            if isinstance(part.strategy, Random):
                loud = np.maximum(loud, weight / 2)
                continue
            louder = weight > loud
            said[louder] = np.array(part.strategy.reasons(frame), dtype=object)[louder]
            loud = np.maximum(loud, weight)
        return list(said)


def _part(given: Mapping[str, Any]) -> Part:
    if not isinstance(given, Mapping) or "strategy" not in given or "share" not in given:
        raise ValueError(f"mixture: a part needs strategy and share, got {given!r}")
    unknown = set(given) - {"strategy", "share", "params"}
    if unknown:
        raise ValueError(f"mixture: unknown key {sorted(unknown)[0]!r} in a part")
    kind = PARTS.get(given["strategy"])
    if kind is None:
        listed = ", ".join(PARTS)
        raise ValueError(f"mixture: {given['strategy']!r} cannot be a part; possible: {listed}")
    share = given["share"]
    if isinstance(share, bool) or not isinstance(share, int | float) or not isfinite(share):
        raise ValueError(f"mixture: share must be a number above 0, got {share!r}")
    if share <= 0:
        raise ValueError(f"mixture: share must be a number above 0, got {share!r}")
    strategy = parsed(kind, given.get("params") or {})
    if strategy.certain_strata or (strategy.by_weight_alone):
        raise ValueError(
            f"mixture: {kind.slug} with mode {strategy.params()['mode']!r} cannot be a part"
        )
    return Part(strategy, float(share))
