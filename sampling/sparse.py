"""Which part of the traffic the draws of a queue hardly look at."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sampling.base import Ints
from sampling.record import DrawRecord
from sampling.spread import middle, octaves, steps

FEW = 5
"""Labels below which a class of chances is hardly drawn."""
FORESEEN = 10
"""Labels expected of a class below which it can easily get fewer than FEW (10: 3 times in 100)."""
QUARTER = -2
"""Octave of chance from which so many of the members come in that few labels are few members."""
HALF = 0.5
"""What no label is taken for, so that an octave with hardly a member hides no other."""


class HardlyDrawn(NamedTuple):
    """A part of the population with so few labels that they cannot stand for it."""

    share: float
    """Of the population, 0..1."""
    worth: float
    """Most labels that those of it are worth: an octave without any cannot be made up for."""
    tasks: Ints
    """Those tasks of the queue that belong to it."""


Bars = Mapping[tuple[int, str], float]
"""By draw and stratum, the threshold of those inside its prefix: 0 where all are. A stratum without
any inside, or without chance, has none."""


@dataclass(frozen=True, eq=False)
class Classes:
    """Classes of chance: how large each is, and of which each task of a queue is.

    A class is an octave of the chance that an interaction had in the first draw in which it was
    eligible.
    """

    population: int
    size: Mapping[int, float]
    """By octave, how many could be drawn; of what was not counted nothing is known."""
    task: Ints
    octave: Ints

    def hardly_drawn(self, labelled: ArrayLike) -> HardlyDrawn:
        """The part of the population in classes that got fewer than 5 labels.

        The labels that came do not tell of it: their weights are alike. Classes above the average
        chance are never in it: few labels are few members.

        Parameters
        ----------
        labelled : array of int
            The tasks with a label that counts, or with an answer to one question.
        """
        labels = Counter(self.octave[np.isin(self.task, labelled)].tolist())
        few = _few(self.size, labels)
        share = sum(self.size[one] for one in few) / max(self.population, 1)
        return HardlyDrawn(
            share, _worth(few, self.size, labels), self.task[np.isin(self.octave, few)]
        )


def chance_classes(
    records: Mapping[int, DrawRecord], news: Mapping[int, int], bars: Bars, said: pd.DataFrame
) -> Classes:
    """Classes of chance in all draws that count.

    Parameters
    ----------
    records : mapping
        The draws, in the order in which they were made.
    news : mapping
        By draw, how many interactions were eligible in it and in none before.
    bars : mapping
        By draw and stratum, the threshold of its prefix, see `Bars`.
    said : DataFrame
        A row per draw and task eligible in it, in the same order: `draw`, `task`, `stratum`,
        `weight`.
    """
    told = {(key, one.stratum) for key, record in records.items() for one in record.strata
            if one.spread}  # fmt: skip
    bars = {key: bar for key, bar in bars.items() if key in told}
    return Classes(sum(news.values()), _members(records, news, bars), *_octaves(said, bars))


class Outlook(NamedTuple):
    """What a draw will hardly look at, before anything is labelled."""

    share: float
    """Of the population, 0..1."""
    labels: float
    """How many can be expected of it."""
    octaves: tuple[int, ...]
    """Of the chances of its members."""


def outlook(record: DrawRecord, enough: int = FEW) -> Outlook:
    """What part of the population a draw by weight alone will hardly look at.

    That is, of which fewer than `enough` labels can be expected.
    """
    if len(record.strata) != 1 or not record.strata[0].tau_in or not record.strata[0].spread:
        return Outlook(0.0, 0.0, ())
    one, threshold = record.strata[0], record.strata[0].tau_in
    size = _members({0: record}, {0: record.eligible}, {(0, one.stratum): threshold})
    labels: dict[int, float] = defaultdict(float)
    step, count = np.array(one.spread, dtype=np.int64).T
    come = count * np.minimum(1.0, middle(step) / threshold)
    for octave, many in zip(octaves(step, threshold).tolist(), come.tolist(), strict=True):
        labels[octave] += many
    few = _few(size, labels, enough)
    share = sum(size[one] for one in few) / record.eligible
    return Outlook(share, sum(labels[one] for one in few), tuple(few))


def _few(size: Mapping[int, float], labels: Mapping[int, float], enough: int = FEW) -> list[int]:
    """Octaves of small chance with so few labels that together they are worth too little.

    Small is below the average and below a quarter. Worth is the effective size of strata: labels
    of small octaves make up for each other, those of a large one are made up for by nothing. So
    too for a sliver below the edge of an octave: the labels of the octave above speak for it.
    """
    average = sum(count * 2.0**one for one, count in size.items()) / max(sum(size.values()), 1)
    small = [one for one in size if size[one] > 0 and one < QUARTER and 2.0**one < average]
    thin = [
        one for one in small
        if labels.get(one, 0) < enough and _worth(_with_next(one, size), size, labels) < enough
    ]  # fmt: skip
    return thin if _worth(thin, size, labels) < enough else []


def _with_next(octave: int, size: Mapping[int, float]) -> list[int]:
    return [one for one in (octave, octave + 1) if size.get(one, 0) > 0]


def _worth(octaves: Sequence[int], size: Mapping[int, float], labels: Mapping[int, float]) -> float:
    """How many labels of one octave those of several are worth."""
    if not octaves:
        return inf
    spread = sum(size[one] ** 2 / (labels.get(one, 0) + HALF) for one in octaves)
    return sum(size[one] for one in octaves) ** 2 / spread


def _members(
    records: Mapping[int, DrawRecord], news: Mapping[int, int], bars: Bars
) -> dict[int, float]:
    """How many interactions there are of each octave, each in the draw in which it was new.

    Where a draw did not count what was new in it, that is taken to be spread like all of it.
    """
    found: dict[int, float] = defaultdict(float)
    for key, record in records.items():
        share = news[key] / record.eligible if record.eligible else 0.0
        for one in record.strata:
            if (key, one.stratum) not in bars:
                continue
            spread, part = one.spread, share
            if share < 1 and one.fresh is not None:
                spread, part = one.fresh, 1.0
            step, count = np.array(spread, dtype=np.int64).reshape(-1, 2).T
            octave = octaves(step, bars[key, one.stratum])
            for at, many in zip(octave.tolist(), count.tolist(), strict=True):
                found[at] += part * many
    return found


def _octaves(said: pd.DataFrame, bars: Bars) -> tuple[Ints, Ints]:
    """Every task, and the octave of its chance in the first draw in which it was eligible."""
    task, first = np.unique(said["task"].to_numpy(dtype=np.int64), return_index=True)
    found = np.full(len(task), -1)
    rows = said.iloc[first]
    weight = rows["weight"].to_numpy(dtype=float)
    for at in rows.groupby(["draw", "stratum"], sort=False).indices.values():
        draw, stratum = rows["draw"].iloc[at[0]], rows["stratum"].iloc[at[0]]
        if bar := bars.get((int(draw), str(stratum)), 0.0):
            found[at] = octaves(steps(weight[at]), bar)
    return task, found
