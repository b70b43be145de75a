"""What a draw leaves behind: all that is needed to say what it would have done with anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from sampling.base import Strategy, parsed
from sampling.hashing import HASH_VERSION, priority_of
from sampling.mixture import PARTS, Mixture
from sampling.stratified import Stratified

STRATEGIES: dict[str, type[Strategy]] = dict(
    sorted((PARTS | {Mixture.slug: Mixture, Stratified.slug: Stratified}).items())
)
"""Every strategy by its name in the public contract."""


def strategy_from(name: str, params: Mapping[str, Any] | None = None) -> Strategy:
    """A strategy by name and parameters.

    Parameters
    ----------
    name : str
        One of `STRATEGIES`.
    params : mapping, optional
        Parameters as JSON or as texts of a command line.

    Raises
    ------
    ValueError
        Naming the strategy, parameter and value that do not fit, and what would.

    Examples
    --------
    >>> strategy_from("confidence", {"gamma": "2"}).params()["gamma"]
    2.0
    """
    kind = STRATEGIES.get(name)
    if kind is None:
        raise ValueError(f"unknown strategy {name!r}; possible: {', '.join(STRATEGIES)}")
    return parsed(kind, params or {})


@dataclass(frozen=True)
class StratumDraw:
    """What was taken from one stratum, and where the line was drawn."""

    stratum: str
    population: int
    """Candidates in it."""
    eligible: int
    """Those with a weight above 0."""
    size: int
    """Those taken."""
    tau_in: float | None
    """Largest priority not taken: threshold for those taken; None when all were."""
    tau_out: float | None
    """Smallest priority taken: threshold for those not taken; None when all were."""
    certain: bool
    """Whether it was taken whole by design."""


@dataclass(frozen=True)
class DrawRecord:
    """A draw without its data."""

    strategy: Strategy
    seed: int
    totals: Mapping[str, float]
    """Sums over the population that the weights depend on."""
    strata: tuple[StratumDraw, ...]
    mean_weight: float
    """Mean weight of the eligible candidates."""
    hash_version: int = HASH_VERSION

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON."""
        return {
            "strategy": self.strategy.slug,
            "params": self.strategy.params(),
            "seed": self.seed,
            "hash_version": self.hash_version,
            "totals": dict(self.totals),
            "mean_weight": self.mean_weight,
            "strata": [asdict(one) for one in self.strata],
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> DrawRecord:
        """Read a record that `to_json` gave.

        Raises
        ------
        ValueError
            If it was made with another hash.
        """
        if found["hash_version"] != HASH_VERSION:
            raise ValueError(f"hash version must be {HASH_VERSION}, got {found['hash_version']}")
        return cls(
            strategy=strategy_from(found["strategy"], found["params"]),
            seed=int(found["seed"]),
            totals=dict(found["totals"]),
            strata=tuple(StratumDraw(**one) for one in found["strata"]),
            mean_weight=float(found["mean_weight"]),
        )

    @property
    def random_share(self) -> float:
        """Share of the draw that is as good as random, 0 to 1."""
        if isinstance(self.strategy, Mixture):
            return self.strategy.random_part(self.totals)
        return self.strategy.random_share(self.mean_weight)


def replay(record: DrawRecord, frame: pd.DataFrame) -> pd.DataFrame:
    """What a draw says of candidates as they were then, by its own totals and thresholds.

    Parameters
    ----------
    record : DrawRecord
        The draw.
    frame : DataFrame
        Candidates as of that draw: `interaction`, `sample_key` and what its strategy needs.

    Returns
    -------
    DataFrame with columns interaction, eligible (bool), stratum (str), weight and priority
    (float64, NaN when certain), certain (bool), pi (float64: chance of inclusion of a candidate
    the draw did not take; 1 when certain, 0 when not eligible).

    Raises
    ------
    ValueError
        If a column is missing.
    """
    weight, stratum = record.strategy.weigh(frame, record.totals)
    priority = weight
    if not record.strategy.by_weight_alone:
        priority = priority_of(weight, frame["sample_key"].to_numpy(), record.seed)
    certain = np.isin(stratum.astype(str), list(record.strategy.certain_strata))
    lines = {one.stratum: one.tau_out for one in record.strata}
    tau = np.array([lines.get(one) or 0.0 for one in stratum], dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        pi = np.where(tau > 0, np.minimum(1.0, weight / tau), 1.0)
    return pd.DataFrame(
        {
            "interaction": frame["interaction"].to_numpy(),
            "eligible": weight > 0,
            "stratum": stratum,
            "weight": np.where(certain, np.nan, weight),
            "priority": np.where(certain, np.nan, priority),
            "certain": certain,
            "pi": np.where(certain, 1.0, np.where(weight > 0, pi, 0.0)),
        }
    )
