"""What is stored of a draw, and what that draw would have said of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sampling.base import Ints, Strategy, check_columns, needed_columns
from sampling.hashing import HASH_VERSION
from sampling.sketch import priorities
from sampling.spread import Spread, steps
from sampling.strategies import strategy_from


@dataclass(frozen=True)
class StratumDraw:
    """One stratum of a draw."""

    stratum: str
    population: int
    """Eligible candidates in it."""
    size: int
    """How many of them were taken."""
    tau_in: float | None
    """Largest priority that was not taken; None: all were taken, or all are certain."""
    tau_out: float | None
    """Smallest priority that was taken; None as for `tau_in`. Ranked draws have it alone."""
    certain: bool
    spread: Spread = ()
    """How many of the eligible there are of each class of weight; empty: not known, or not needed
    since all are certain."""
    fresh: Spread | None = None
    """How many of these were eligible in no earlier draw of the queue; None: not known, and where
    all were new not needed."""


@dataclass(frozen=True)
class DrawRecord:
    """Everything that repeats or replays a draw, as it is stored."""

    strategy: Strategy
    """Settled: it weighs by the totals of that draw."""
    seed: int
    population: int
    """All candidates seen."""
    eligible: int
    """Those of them that could have been drawn."""
    totals: Mapping[str, float]
    """Sum of weights by part of a mixture."""
    strata: tuple[StratumDraw, ...]
    random_share: float
    """Share of the weight that is spread evenly over the eligible, 0..1."""
    hash_version: int = HASH_VERSION

    @property
    def is_blind(self) -> bool:
        """Whether some candidates had no chance and all others were certain."""
        return all(one.certain for one in self.strata) and self.eligible < self.population

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "strategy": self.strategy.kind,
            "params": self.strategy.params(),
            "seed": self.seed,
            "population": self.population,
            "eligible": self.eligible,
            "totals": dict(self.totals),
            "strata": [asdict(one) for one in self.strata],
            "random_share": self.random_share,
            "hash_version": self.hash_version,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> DrawRecord:
        """Return the record that was stored.

        Raises
        ------
        ValueError
            If it was made with another hash, or is no record.
        """
        try:
            found = dict(stored)
            version = found["hash_version"]
            strategy = strategy_from(found.pop("strategy"), found.pop("params"))
            strategy = strategy.settled(found["totals"])
            strata = tuple(_stratum(one) for one in found.pop("strata"))
            record = cls(strategy=strategy, strata=strata, **found)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the record of a draw: {error}") from error
        if version != HASH_VERSION:
            raise ValueError(f"hash_version must be {HASH_VERSION}, got {version}")
        return record


def classes(told: pd.DataFrame) -> Counter[tuple[str, int]]:
    """How many rows of `replay` there are by stratum and class of weight; the certain left out."""
    told = told[told["weight"] > 0]
    step = steps(told["weight"].to_numpy(dtype=float))
    return Counter(zip(told["stratum"], step.tolist(), strict=True))


def knowing(record: DrawRecord, fresh: Mapping[tuple[str, int], int]) -> DrawRecord:
    """The record of a draw that knows the weights of those that no earlier draw could have taken.

    Parameters
    ----------
    record : DrawRecord
        The draw.
    fresh : mapping
        How many of them there are, by stratum and class of weight, see `classes`.

    Returns
    -------
    DrawRecord
        The same, with `fresh` of every stratum whose weights were counted.
    """
    by: dict[str, list[tuple[int, int]]] = {one.stratum: [] for one in record.strata}
    for (stratum, step), count in sorted(fresh.items()):
        by[stratum].append((step, count))
    strata = (
        replace(one, fresh=tuple(by[one.stratum])) if one.spread else one for one in record.strata
    )
    return replace(record, strata=tuple(strata))


def replay(record: DrawRecord, candidates: pd.DataFrame) -> pd.DataFrame:
    """What a draw says of candidates that it did not pick, from what was stored of it.

    Parameters
    ----------
    record : DrawRecord
        The draw.
    candidates : DataFrame
        Candidates as of that draw: `interaction`, `sample_key` and the columns of its strategy.

    Returns
    -------
    DataFrame
        A row per candidate, in the same order: `interaction`, `eligible` (bool), `stratum`,
        `weight` and `priority` (NaN when certain, 0 when not eligible), `certain` (bool),
        `pi_not_picked`: chance of a candidate that was not picked, 0..1.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> stratum = StratumDraw("all", 100, 10, 10.0, 12.5, False)
    >>> record = DrawRecord(strategy_from("random"), 42, 100, 100, {}, (stratum,), 1.0)
    >>> frame = pd.DataFrame({"interaction": [7], "sample_key": [1]})
    >>> replay(record, frame)["pi_not_picked"].tolist()
    [0.08]
    """
    strategy = record.strategy
    check_columns(candidates, needed_columns(strategy))
    codes, names = strategy.strata(candidates)
    stratum = np.array([*names, ""], dtype=object)[codes]
    table = {one.stratum: one for one in record.strata}
    drawn = [table.get(name) for name in names]
    certain = _each([one is not None and one.certain for one in drawn], codes)
    bar = _each([_bar(one) for one in drawn], codes)
    weight = strategy.weights(candidates)
    rows = np.arange(len(candidates))
    priority = priorities(strategy, weight, candidates, rows, record.seed)
    eligible = (weight > 0) & _each([one is not None for one in drawn], codes)
    if strategy.is_ranked:
        eligible &= priority >= bar
    chance = np.where(certain, 1.0, np.minimum(1.0, weight / np.maximum(bar, 1e-300)))
    hidden = np.where(certain, np.nan, 1.0)
    return pd.DataFrame(
        {
            "interaction": candidates["interaction"].to_numpy(),
            "eligible": eligible,
            "stratum": stratum,
            "weight": np.where(eligible, weight * hidden, 0.0),
            "priority": np.where(eligible, priority * hidden, 0.0),
            "certain": certain & eligible,
            "pi_not_picked": np.where(eligible, chance, 0.0),
        }
    )


def _stratum(stored: Mapping[str, Any]) -> StratumDraw:
    spread, fresh = _spread(stored.get("spread", ())), stored.get("fresh")
    told = {"spread": spread, "fresh": None if fresh is None else _spread(fresh)}
    return StratumDraw(**{**stored, **told})


def _spread(stored: Iterable[tuple[int, int]]) -> Spread:
    return tuple((int(step), int(count)) for step, count in stored)


def _bar(one: StratumDraw | None) -> float:
    return 0.0 if one is None or one.tau_out is None else one.tau_out


def _each(values: list[Any], codes: Ints) -> NDArray[Any]:
    """A value of each row from one per stratum; no rows need no strata."""
    found: NDArray[Any] = np.array(values or [False])[codes]
    return found
