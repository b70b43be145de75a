"""One draw: stream the candidates, keep the largest priorities, know every probability."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from sampling.base import CERTAIN, Strategy
from sampling.error_triggered import ErrorTriggered
from sampling.hashing import priority_of
from sampling.mixture import LEAST_RANDOM, Mixture
from sampling.record import DrawRecord, StratumDraw
from sampling.sketch import Sketch
from sampling.stratified import Stratified

Chunks = Callable[[], Iterable[pd.DataFrame]]
PICKED = [
    "interaction",
    "sample_key",
    "stratum",
    "weight",
    "priority",
    "certain",
    "position",
    "pi",
    "reason",
]


@dataclass(frozen=True)
class Plan:
    """A strategy, how much of it, and the seed.

    Parameters
    ----------
    strategy : Strategy
        Which interactions deserve a look.
    size : int, optional
        How many to take; all when there are fewer.
    rate : float, optional
        Or which share of the eligible ones, in (0, 1].
    seed : int
        0 to 2^63 - 1; the same seed gives the same draw everywhere.

    Raises
    ------
    ValueError
        If not exactly one of size and rate is given where one is needed, or given where the
        strategy itself says how many.
    """

    strategy: Strategy
    size: int | None = None
    rate: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.strategy.certain_strata:
            if self.size is not None or self.rate is not None:
                raise ValueError(
                    "error_triggered takes all that is flagged: give floor_size instead of size "
                    "or rate, or mode capped"
                )
            return
        if (self.size is None) == (self.rate is None):
            raise ValueError(f"give either size or rate, got {self.size} and {self.rate}")
        if self.size is not None and (isinstance(self.size, bool) or self.size < 1):
            raise ValueError(f"size must be 1 or more, got {self.size}")
        if self.rate is not None and not 0 < self.rate <= 1:
            raise ValueError(f"rate must be above 0 and at most 1, got {self.rate}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must be from 0 to 2^63 - 1, got {self.seed}")


@dataclass(frozen=True)
class Drawn:
    """What a draw took, and what it knows of the rest."""

    plan: Plan
    population: int
    """Candidates seen."""
    eligible: int
    """Those that could have been taken."""
    totals: Mapping[str, float]
    strata: tuple[StratumDraw, ...]
    picked: pd.DataFrame
    """interaction, sample_key, stratum, weight and priority (NaN when certain), certain,
    position (serving order), pi, reason."""
    mean_weight: float
    warnings: tuple[str, ...]

    @property
    def certain(self) -> int:
        """How many were taken for certain."""
        return sum(one.size for one in self.strata if one.certain)

    def record(self) -> DrawRecord:
        """The draw without its data."""
        return DrawRecord(
            self.plan.strategy, self.plan.seed, self.totals, self.strata, self.mean_weight
        )

    @property
    def expected_half_width(self) -> dict[str, Any]:
        """Half the width of the interval of a rate once everything drawn is labelled once."""
        return _half_width(self)


@dataclass
class _Count:
    """What has to be known before the sketches begin."""

    population: int = 0
    totals: dict[str, float] = field(default_factory=dict)
    weight: float = 0.0
    seen: dict[str, int] = field(default_factory=dict)
    eligible: dict[str, int] = field(default_factory=dict)

    def add(self, strategy: Strategy, frame: pd.DataFrame) -> None:
        """Count the strata and eligible ones of a chunk."""
        weight, stratum = strategy.weigh(frame, self.totals)
        self.population += len(frame)
        self.weight += float(weight.sum())
        for into, rows in ((self.seen, stratum), (self.eligible, stratum[weight > 0])):
            if strategy.certain_strata or isinstance(strategy, Stratified):
                for one, count in zip(
                    *np.unique(rows.astype(str), return_counts=True), strict=True
                ):
                    into[str(one)] = into.get(str(one), 0) + int(count)
            elif len(rows):
                into[""] = into.get("", 0) + len(rows)


def draw(plan: Plan, chunks: Chunks) -> Drawn:
    """Draw from a stream of candidates.

    Parameters
    ----------
    plan : Plan
        Strategy, size or rate, seed.
    chunks : callable
        Gives the chunks of candidates anew at each call: DataFrames with `interaction`,
        `sample_key` (int64) and the columns and scores that the strategy needs.

    Returns
    -------
    Drawn
        The same for the same candidates and seed, whatever the order and size of the chunks.

    Raises
    ------
    ValueError
        If a column is missing, or the size does not fit the strata.

    References
    ----------
    Duffield, Lund and Thorup (2007), doi:10.1145/1314690.1314696.

    Examples
    --------
    >>> from sampling import Plan, draw, strategy_from
    >>> frame = pd.DataFrame({"interaction": range(100), "sample_key": range(100)})
    >>> drawn = draw(Plan(strategy_from("random"), size=10, seed=1), lambda: [frame])
    >>> len(drawn.picked), round(float(drawn.picked["pi"].iloc[0]), 3)
    (10, 0.168)
    """
    strategy = plan.strategy
    totals = _totals(strategy, chunks)
    counted: _Count | None = None
    if plan.rate is not None or isinstance(strategy, Stratified):
        counted = _Count(totals=totals)
        for frame in chunks():
            counted.add(strategy, frame)
    sizes = _sizes(plan, counted)
    sketches: dict[str, Sketch] = {}
    count = _Count(totals=totals)
    for frame in chunks():
        if frame.empty:
            continue
        count.add(strategy, frame)
        _sketch(plan, frame, totals, sizes, sketches)
    strata, picked = _cut(plan, count, sizes, sketches)
    eligible = sum(count.eligible.values())
    mean = count.weight / eligible if eligible else 0.0
    return Drawn(
        plan=plan,
        population=count.population,
        eligible=eligible,
        totals=totals,
        strata=strata,
        picked=picked,
        mean_weight=mean,
        warnings=tuple(_warnings(plan, totals, mean)),
    )


def _totals(strategy: Strategy, chunks: Chunks) -> dict[str, float]:
    totals: dict[str, float] = {}
    if strategy.needs_totals:
        for frame in chunks():
            for name, value in strategy.totals(frame).items():
                totals[name] = totals.get(name, 0.0) + value
    return totals


def _sizes(plan: Plan, counted: _Count | None) -> dict[str, int | None]:
    """How many to keep by stratum; None: all; the key "" serves strata not named."""
    strategy = plan.strategy
    if isinstance(strategy, ErrorTriggered) and strategy.mode == "certain":
        return {CERTAIN: None, "": strategy.floor_size}
    size = plan.size or 0
    if counted is not None and plan.rate is not None:
        size = ceil(plan.rate * sum(counted.eligible.values()))
    if counted is not None and isinstance(strategy, Stratified):
        return dict(strategy.sizes(counted.eligible, size))
    return {"": size}


def _sketch(
    plan: Plan,
    frame: pd.DataFrame,
    totals: Mapping[str, float],
    sizes: Mapping[str, int | None],
    sketches: dict[str, Sketch],
) -> None:
    """Put the candidates of a chunk into the sketch of their stratum."""
    weight, stratum = plan.strategy.weigh(frame, totals)
    priority = weight
    if not plan.strategy.by_weight_alone:
        priority = priority_of(weight, frame["sample_key"].to_numpy(), plan.seed)
    rows = frame.assign(stratum=stratum, weight=weight, priority=priority)
    rows = rows[weight > 0] if (weight <= 0).any() else rows
    several = plan.strategy.certain_strata or isinstance(plan.strategy, Stratified)
    groups = rows.groupby("stratum", sort=False) if several else [("", rows)]
    for key, group in groups:
        name = str(key)
        size = sizes.get(name, sizes.get("", 0))
        keep = np.iinfo(np.int64).max // 8 if size is None else size + 1
        sketches.setdefault(name, Sketch(keep)).update(group)


def _cut(
    plan: Plan, count: _Count, sizes: Mapping[str, int | None], sketches: Mapping[str, Sketch]
) -> tuple[tuple[StratumDraw, ...], pd.DataFrame]:
    """Take the largest of each stratum and note its thresholds."""
    strata, parts = [], []
    for name in sorted(count.seen):
        top = sketches[name].top() if name in sketches else pd.DataFrame()
        size = sizes.get(name, sizes.get("", 0))
        certain = name in plan.strategy.certain_strata
        taken = top if size is None else top.iloc[:size]
        everything = len(taken) == count.eligible.get(name, 0)
        line = None if everything or not len(taken) else float(taken["priority"].iloc[-1])
        beyond = None if everything else float(top["priority"].iloc[len(taken)])
        strata.append(
            StratumDraw(
                stratum=name,
                population=count.seen[name],
                eligible=count.eligible.get(name, 0),
                size=len(taken),
                tau_in=beyond,
                tau_out=line,
                certain=certain,
            )
        )
        if len(taken):
            weight = taken["weight"].to_numpy()
            pi = np.ones(len(taken)) if beyond is None else np.minimum(1.0, weight / beyond)
            if plan.strategy.by_weight_alone:
                pi = np.full(len(taken), np.nan)
            rank = (np.arange(len(taken)) + 0.5) / len(taken)
            parts.append(taken.assign(certain=certain, pi=pi, rank=rank))
    return tuple(strata), _served(plan, parts)


def _served(plan: Plan, parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the strata into one serving order, interleaved in proportion to their numbers."""
    if not parts:
        return pd.DataFrame({name: [] for name in PICKED})
    rows = pd.concat(parts, ignore_index=True).sort_values(
        ["rank", "stratum"], kind="stable", ignore_index=True
    )
    rows["position"] = np.arange(len(rows))
    rows["reason"] = plan.strategy.reasons(rows)
    rows.loc[rows["certain"], ["weight", "priority"]] = np.nan
    return rows[PICKED]


def _warnings(plan: Plan, totals: Mapping[str, float], mean: float) -> list[str]:
    strategy = plan.strategy
    found = [strategy.refusal] if strategy.refusal else []
    if isinstance(strategy, Mixture):
        return found + strategy.warnings(totals)
    if isinstance(strategy, Stratified) and strategy.allocation == "neyman" and not strategy.sd:
        found.append("no pilot standard deviations were given: allocated in proportion instead")
    if isinstance(strategy, ErrorTriggered) and 0 < strategy.floor_size < 10:
        found.append("fewer than 10 random ones beside the flagged: no overall rate will be given")
    share = strategy.random_share(mean)
    if not strategy.refusal and not strategy.certain_strata and share < LEAST_RANDOM:
        found.append(f"as good as {share:.0%} random: below {LEAST_RANDOM:.0%} intervals get long")
    return found


def _half_width(drawn: Drawn) -> dict[str, Any]:
    strategy, picked = drawn.plan.strategy, drawn.picked
    n = len(picked)
    if strategy.refusal or not n:
        reason = strategy.refusal or "nothing would be drawn"
        return {"value": None, "ci": None, "n": n, "reason": reason}
    pi = picked["pi"].to_numpy(dtype=float)
    chance = pi < 1
    free_n = int(chance.sum())
    method = "Wilson at a rate of 0.5, everything drawn labelled once"
    if not free_n and n >= drawn.population:
        return {"value": 0.0, "ci": None, "n": n, "method": method, "reason": "a plan"}
    if free_n < 2:
        reason = f"{free_n} drawn by chance: too few"
        return {"value": None, "ci": None, "n": n, "reason": reason}
    weight = 1 / pi
    free = weight[chance].sum() ** 2 / (weight[chance] ** 2).sum()
    lost = ((1 - pi) * weight**2).sum()
    size = (free_n - 1) / free_n * weight.sum() ** 2 / lost
    t = float(special.stdtrit(max(free - 1, 1), 0.975))
    value = t * sqrt(0.25 / size + t**2 / (4 * size**2)) / (1 + t**2 / size)
    return {"value": float(value), "ci": None, "n": n, "method": method, "reason": "a plan"}
