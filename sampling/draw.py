"""Priority sampling: candidates in chunks, a plan, and out comes a draw with known chances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from sampling.base import Floats, Strategy
from sampling.hashing import HASH_VERSION
from sampling.outlook import blindness, expected_half_width, starvation
from sampling.params import refusal
from sampling.random import Random
from sampling.record import DrawRecord, StratumDraw
from sampling.sketch import Sketch, Tally

Chunks = Callable[[], Iterable[pd.DataFrame]]
PICKED = (
    "interaction", "sample_key", "stratum", "weight", "priority", "certain", "position", "pi",
    "reason",
)  # fmt: skip


SAME = (
    "everything that can be drawn has the same weight, so this is a draw at random: is what it "
    "looks at there, and named right?"
)


@dataclass(frozen=True)
class Plan:
    """What is to be drawn.

    Raises
    ------
    ValueError
        If size and rate are both given, missing, out of range, or not wanted by the strategy.
    """

    strategy: Strategy
    size: int | None = None
    """How many; when fewer are eligible, all of them."""
    rate: float | None = None
    """Or which share of the eligible, above 0 up to 1, rounded up."""
    seed: int = 0
    assumed_rate: float = 0.5
    """Rate for which the expected half width is told."""

    def __post_init__(self) -> None:
        given = [one for one in (self.size, self.rate) if one is not None]
        kind = self.strategy.kind
        if not self.strategy.is_sized and given:
            raise ValueError(f"{kind} takes all flagged: neither size nor rate, but floor_size")
        if self.strategy.is_sized and len(given) != 1:
            asks = "takes a size or a rate, not both" if given else "needs a size or a rate"
            raise ValueError(f"{kind} {asks}, such as size 100 or rate 0.05")
        if self.size is not None and (self.size != int(self.size) or self.size < 1):
            raise refusal("size", self.size, "a whole number from 1")
        if self.rate is not None and not 0 < self.rate <= 1:
            raise refusal("rate", self.rate, "above 0 and at most 1")
        if not 0 <= self.seed < 2**64:
            raise refusal("seed", self.seed, "from 0 to 2^64 - 1")
        if not 0 < self.assumed_rate < 1:
            raise refusal("assumed_rate", self.assumed_rate, "between 0 and 1")


@dataclass(frozen=True, eq=False)
class Drawn:
    """A draw: who was taken, with which chance, and all that repeats it."""

    strategy: Strategy
    """Settled: it knows the totals of this population."""
    seed: int
    hash_version: int
    population: int
    """All candidates seen."""
    eligible: int
    """Those of them that could be drawn. A ranked draw leaves no chance: those that it took."""
    certain: int
    """Interactions taken for certain."""
    totals: Mapping[str, float]
    """Sum of weights by part of a mixture."""
    strata: tuple[StratumDraw, ...]
    random_share: float
    """Share of the weight that is spread evenly over the eligible, 0..1."""
    picked: pd.DataFrame
    """In serving order: `interaction`, `sample_key`, `stratum`, `weight` and `priority` (NaN when
    certain), `certain`, `position`, `pi`, `reason`."""
    warnings: tuple[str, ...]
    expected_half_width: Mapping[str, Any]
    """A figure as JSON."""

    def record(self) -> DrawRecord:
        """Return what is to be stored, so that the draw can be repeated and replayed."""
        return DrawRecord(
            self.strategy,
            self.seed,
            self.population,
            self.eligible,
            self.totals,
            self.strata,
            self.random_share,
            self.hash_version,
        )


def draw(plan: Plan, chunks: Chunks) -> Drawn:
    """Draw from candidates that come in chunks, of any size and in any order.

    Parameters
    ----------
    plan : Plan
        What is to be drawn.
    chunks : callable
        Gives the same candidates each time it is called, as frames with `interaction`,
        `sample_key` (int64) and the columns of the strategy. Called once; twice for a rate, a
        mixture or strata, which must know the population first.

    Returns
    -------
    Drawn
        The same for the same candidates and plan, whatever the chunks. Empty for no candidates.

    Raises
    ------
    ValueError
        If a column is missing, or the candidates changed between the two passes.

    References
    ----------
    Duffield, Lund and Thorup (2007), doi:10.1145/1314690.1314696.

    Examples
    --------
    >>> from sampling.random import Random
    >>> frame = pd.DataFrame({"interaction": range(100), "sample_key": range(100)})
    >>> drawn = draw(Plan(Random(), size=2, seed=42), lambda: [frame])
    >>> drawn.picked["interaction"].tolist(), drawn.picked["pi"].round(3).tolist()
    ([80, 94], [0.029, 0.029])
    """
    tally = Tally(plan.strategy)
    if plan.rate is not None or plan.strategy.surveys:
        for chunk in chunks():
            tally.update(chunk)
    sketch = sketch_for(plan, tally)
    for chunk in chunks():
        sketch.update(chunk)
    return finished(plan, tally, sketch)


def sketch_for(plan: Plan, tally: Tally) -> Sketch:
    """Return the empty sketch of a plan; one for each shard, under the same merged tally."""
    size = plan.size if plan.rate is None else _ceil(plan.rate * tally.population)
    strategy = plan.strategy.settled(tally.totals) if plan.strategy.surveys else plan.strategy
    return Sketch(strategy, strategy.sizes(size, tally.counts), plan.seed)


def finished(plan: Plan, tally: Tally, sketch: Sketch) -> Drawn:
    """Return the draw of a sketch that has seen everything.

    Raises
    ------
    ValueError
        If tally and sketch have seen different populations.
    """
    if tally.population and tally.population != sketch.population:
        raise ValueError(
            f"the candidates changed: {tally.population} in the first pass, "
            f"{sketch.population} in the second"
        )
    rows = sketch.ranked()
    sizes = _sizes(plan, sketch)
    strata = tuple(
        _stratum(sketch, name, rows, size) for name, size in sizes.items() if sketch.counts[name]
    )
    picked = _picked(sketch.strategy, rows, strata)
    eligible = len(picked) if sketch.strategy.is_ranked else sketch.eligible
    drawn = Drawn(
        strategy=sketch.strategy,
        seed=plan.seed,
        hash_version=HASH_VERSION,
        population=sketch.population,
        eligible=eligible,
        certain=int(picked["certain"].sum()),
        totals=tally.totals,
        strata=strata,
        random_share=_random_share(sketch, strata),
        picked=picked,
        warnings=(),
        expected_half_width={},
    )
    return _told(drawn, plan, tally if tally.population else sketch)


def _ceil(value: float) -> int:
    """Round up, but for noise in the last digits."""
    return ceil(value - 1e-9)


def _sizes(plan: Plan, sketch: Sketch) -> dict[str, int]:
    """How many to take of each stratum, now that the eligible have been counted."""
    counts = sketch.counts
    if plan.rate is not None and len(sketch.sizes) == 1:
        return {name: _ceil(plan.rate * counts[name]) for name in counts}
    return {
        name: counts[name] if size is None else min(size, counts[name])
        for name, size in sketch.sizes.items()
    }


def _stratum(sketch: Sketch, name: str, rows: pd.DataFrame, size: int) -> StratumDraw:
    certain = name in sketch.strategy.certain_strata
    priority = rows.loc[rows["stratum"] == name, "priority"].to_numpy()
    members = sketch.counts[name]
    if members <= size:
        spread = () if certain else sketch.spread(name)  # it may be served in part only
        return StratumDraw(name, members, members, None, None, certain, spread)
    tau_in, tau_out = float(priority[size]), float(priority[size - 1])
    if certain:
        return StratumDraw(name, size, size, None, tau_out, certain)
    return StratumDraw(name, members, size, tau_in, tau_out, certain, sketch.spread(name))


def _picked(
    strategy: Strategy, rows: pd.DataFrame, strata: tuple[StratumDraw, ...]
) -> pd.DataFrame:
    """The rows taken, in serving order, with their chances."""
    table = {one.stratum: one for one in strata}
    drawn = [table[name] for name in rows["stratum"]]
    size = np.array([one.size for one in drawn], dtype=float)
    turn = (rows["place"].to_numpy(dtype=float) + 0.5) / np.maximum(size, 1)
    taken = np.flatnonzero(rows["place"].to_numpy(dtype=float) < size)
    order = taken[np.argsort(turn[taken], kind="stable")]
    certain = np.array([one.certain for one in drawn], dtype=bool)[order]
    bar = np.array([one.tau_in or 0.0 for one in drawn], dtype=float)[order]
    found = rows.iloc[order]
    reasons = strategy.reasons(found) if len(found) else []
    weight, priority = (found[name].to_numpy(dtype=float) for name in ("weight", "priority"))
    picked = found.assign(
        weight=np.where(certain, np.nan, weight),
        priority=np.where(certain, np.nan, priority),
        certain=certain,
        position=np.arange(len(order)),
        pi=np.where(certain, 1.0, chances(weight, bar)),
        reason=pd.Series(reasons, index=found.index, dtype=object),
    )
    return picked[list(PICKED)].reset_index(drop=True)


def chances(weight: Floats, threshold: Floats) -> Floats:
    """Return min(1, weight / threshold); 1 where there is no threshold (0)."""
    found = np.ones(len(weight))
    np.divide(weight, threshold, out=found, where=threshold > weight)
    return found


def _random_share(sketch: Sketch, strata: tuple[StratumDraw, ...]) -> float:
    """Smallest weight over the mean weight; over strata, the smallest sampling fraction too."""
    chance = [one for one in strata if not one.certain]
    if not chance or not sketch.weight:
        return 0.0
    even = sum(one.size for one in chance) / sum(one.population for one in chance)
    thinnest = min(one.size / one.population for one in chance) / even
    share = sketch.strategy.least * sketch.eligible / sketch.weight * thinnest
    return round(min(share, 1.0), 6)


def _weighs_all_the_same(drawn: Drawn) -> bool:
    """Whether a draw by weight found nothing to tell interactions apart by."""
    if drawn.strategy.kind == Random.kind or drawn.strategy.certain_strata:
        return False
    alike = len(drawn.strata) == 1 and len(drawn.strata[0].spread) == 1
    return alike and drawn.eligible == drawn.population


def _told(drawn: Drawn, plan: Plan, seen: Tally | Sketch) -> Drawn:
    """The draw with what whoever asked for it should know."""
    record = drawn.record()
    size = plan.size if plan.rate is None else _ceil(plan.rate * seen.population)
    notes = drawn.strategy.notes(size, seen.counts)
    if not drawn.population:
        notes = ["no interaction can be drawn: the population is empty"]
    elif record.is_blind:
        notes.append(f"no estimate of the whole: {blindness(record)}")
    elif drawn.eligible < drawn.population and not notes:
        out = drawn.population - drawn.eligible
        notes.append(f"{out} of {drawn.population} have no weight and cannot come in")
    if _weighs_all_the_same(drawn):
        notes = [*notes, SAME]
    if starved := starvation(record, len(drawn.picked)):
        notes = [*notes, starved]
    half = expected_half_width(record, drawn.picked, plan.assumed_rate)
    return Drawn(**(vars(drawn) | {"warnings": tuple(notes), "expected_half_width": half}))
