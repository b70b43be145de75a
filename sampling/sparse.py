"""Which part of the traffic the draws of a queue hardly look at."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from sampling.base import Ints
from sampling.record import DrawRecord
from sampling.spread import STEPS, octaves, steps

FEW = 5
"""Labels below which a class of chances is hardly drawn."""
HALF = 0.5
"""What no label is taken for, so that an octave with hardly a member hides no other."""


class HardlyDrawn(NamedTuple):
    """A part of the population with so few labels that they cannot stand for it."""

    share: float
    """Of the population, 0..1."""
    tasks: Ints
    """Those tasks of the queue that belong to it."""


NOTHING = HardlyDrawn(0.0, np.empty(0, dtype=np.int64))


def hardly_drawn(
    records: Mapping[int, DrawRecord],
    news: Mapping[int, int],
    said: pd.DataFrame,
    tasks: pd.DataFrame,
) -> HardlyDrawn:
    """The part of the population in classes of chance that got fewer than 5 labels.

    The labels that came do not tell of it: their weights are alike. A class is an octave of the
    chance that an interaction had in the first draw in which it was eligible; how large each is,
    draws count. Classes above the average chance are never in it: few of them are few members.

    Parameters
    ----------
    records : mapping
        The draws, in the order in which they were made.
    news : mapping
        By draw, how many interactions were eligible in it and in none before.
    said : DataFrame
        A row per draw and task eligible in it, in the same order: `draw`, `task`, `stratum`,
        `weight`, `bar` (threshold of its prefix, 0 for none).
    tasks : DataFrame
        `task`, `counted` (labelled).
    """
    said = said[np.isfinite(said["bar"])]
    first = said.drop_duplicates(["draw", "stratum"])
    bars = dict(zip(zip(first["draw"], first["stratum"], strict=True), first["bar"], strict=True))
    size = _members(records, news, bars)
    octave = _octaves(said)
    labels = Counter(octave[octave.index.isin(tasks.loc[tasks["counted"], "task"])].tolist())
    few = _few(size, labels)
    share = sum(size[one] for one in few) / max(sum(news.values()), 1)
    return HardlyDrawn(share, octave.index[octave.isin(few)].to_numpy(dtype=np.int64))


class Outlook(NamedTuple):
    """What a draw will hardly look at, before anything is labelled."""

    share: float
    """Of the population, 0..1."""
    labels: float
    """How many can be expected of it."""
    octaves: tuple[int, ...]
    """Of the chances of its members."""


def outlook(record: DrawRecord) -> Outlook:
    """What part of the population a draw by weight alone will hardly look at."""
    if len(record.strata) != 1 or not record.strata[0].tau_in:
        return Outlook(0.0, 0.0, ())
    one, threshold = record.strata[0], record.strata[0].tau_in
    size = _members({0: record}, {0: record.eligible}, {(0, one.stratum): threshold})
    labels: dict[int, float] = defaultdict(float)
    for step, count in one.spread:
        chance = min(1.0, 2.0 ** ((step + 0.5) / STEPS) / threshold)
        labels[int(octaves(np.array([step]), threshold)[0])] += count * chance
    few = _few(size, labels)
    share = sum(size[one] for one in few) / record.eligible
    return Outlook(share, sum(labels[one] for one in few), tuple(few))


def _few(size: Mapping[int, float], labels: Mapping[int, float]) -> list[int]:
    """Octaves below the average chance with so few labels that together they are worth too little.

    Worth is the effective size of strata: labels of small octaves make up for each other, those of
    a large one are made up for by nothing.
    """
    average = sum(count * 2.0**one for one, count in size.items()) / max(sum(size.values()), 1)
    below = [one for one, count in size.items() if count > 0 and 2.0**one < average]
    thin = [one for one in below if labels.get(one, 0) < FEW]
    spread = sum(size[one] ** 2 / (labels.get(one, 0) + HALF) for one in thin)
    return thin if sum(size[one] for one in thin) ** 2 < FEW * spread else []


def _members(
    records: Mapping[int, DrawRecord],
    news: Mapping[int, int],
    bars: Mapping[tuple[int, str], float],
) -> dict[int, float]:
    """How many interactions there are of each octave, each in the draw in which it was new.

    What was new in a draw is taken to be spread like all that was eligible in it.
    """
    found: dict[int, float] = defaultdict(float)
    for key, record in records.items():
        share = news[key] / record.eligible if record.eligible else 0.0
        for one in record.strata:
            if (key, one.stratum) not in bars or not one.spread:
                continue
            step, count = np.array(one.spread, dtype=np.int64).T
            octave = octaves(step, bars[key, one.stratum])
            for at, many in zip(octave.tolist(), count.tolist(), strict=True):
                found[at] += share * many
    return found


def _octaves(said: pd.DataFrame) -> pd.Series[int]:
    """Octave of the chance of each task in the first draw in which it was eligible."""
    first = said.drop_duplicates("task")
    found = np.full(len(first), -1)
    weight = first["weight"].to_numpy(dtype=float)
    for at in first.groupby("bar", sort=False).indices.values():
        if bar := float(first["bar"].iloc[at[0]]):
            found[at] = octaves(steps(weight[at]), bar)
    return pd.Series(found, index=first["task"].to_numpy(dtype=np.int64))
