"""Slices of a sample by the values that its tasks share, and what each is worth, many at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.moments import Sample

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

LISTS = (list, tuple, set, frozenset)
TINY = 1e-12
FEATURES = ("n", "y", "chance", "w", "wy", "v", "vy", "vyy", "plain", "noise", "mark")
N, Y, CHANCE, W, WY, V, VY, VYY, PLAIN, NOISE, MARK = range(len(FEATURES))


@dataclass(frozen=True, eq=False)
class Attribute:
    """Which rows have which value of one column; a row may have several, or none."""

    name: str
    row: Whole
    """Ascending."""
    code: Whole
    """Places in `values`."""
    values: tuple[str, ...]


def attribute(column: pd.Series[Any], fewest: int) -> Attribute:
    """The values of a column that at least so many rows have; lists are several values."""
    entries = pd.Series(column.to_numpy(dtype=object), dtype=object)
    if any(isinstance(value, LISTS) for value in entries):
        once = [_once(value) if isinstance(value, LISTS) else value for value in entries]
        entries = pd.Series(once, dtype=object).explode()
    entries = entries.dropna()
    codes, values = pd.factorize(
        np.array([str(value) for value in entries], dtype=object), sort=True
    )
    enough = np.bincount(codes, minlength=len(values)) >= fewest
    kept = enough[codes]
    renumbered = np.cumsum(enough) - 1
    return Attribute(
        str(column.name),
        entries.index.to_numpy(dtype=np.int64)[kept],
        renumbered[codes[kept]].astype(np.int64),
        tuple(str(value) for value in np.asarray(values)[enough]),
    )


def _once(value: Any) -> list[str]:
    return sorted({str(one) for one in value})


def crossed(one: Attribute, other: Attribute, rows: int) -> tuple[Whole, Whole]:
    """Row and code of every pair of values that a row has; code is `a * values of other + b`."""
    counts = np.bincount(other.row, minlength=rows)
    starts = np.cumsum(counts) - counts
    many = counts[one.row]
    within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    there = other.code[np.repeat(starts[one.row], many) + within]
    return np.repeat(one.row, many), np.repeat(one.code, many) * len(other.values) + there


@dataclass(frozen=True, eq=False)
class Slices:
    """Slices with enough support: their names and the sums that all their figures are made of."""

    where: list[dict[str, str]]
    sums: Floats
    """(slices, groups, features); those of two disjoint slices add up."""
    parents: Whole
    """(slices, 2): places of the slices that a pair is cut from; -1 for none."""


@dataclass(frozen=True, eq=False)
class Ledger:
    """A sample as rows of features that add up over any slice of it."""

    sample: Sample
    alone: bool
    """Whether a part of the sample is taken as a sample of its own (weighted draws)."""
    rows: Floats
    """(rows, features)."""
    group: Whole
    groups: int

    def sums(self, row: Whole, code: Whole, slices: int) -> Floats:
        """Sums per slice and group, (slices, groups, features)."""
        place = code * self.groups + self.group[row]
        size = slices * self.groups
        columns = [np.bincount(place, self.rows[row, one], size) for one in range(len(FEATURES))]
        stacked: Floats = np.stack(columns, axis=1).astype(float)
        return stacked.reshape(slices, self.groups, len(FEATURES))

    @property
    def whole(self) -> Floats:
        """Sums of everything, (groups, features)."""
        everything = np.arange(len(self.rows))
        (whole,) = self.sums(everything, np.zeros(len(self.rows), dtype=np.int64), 1)
        return np.asarray(whole)


def ledger(sample: Sample, *, alone: bool) -> Ledger:
    """A sample ready to be added up; `alone` as `analysis.regimes` treats weighted draws."""
    y, w, chance = sample.y, sample.weight, (sample.pi < 1).astype(float)
    group = np.zeros(len(y), dtype=np.int64) if alone else sample.group
    groups = int(group.max()) + 1 if len(y) else 1
    spread = (1 - sample.pi) * w**2 * chance
    plain = spread
    if not alone:
        count = np.bincount(group, weights=chance, minlength=groups)[group]
        correction = np.where(count > 1, count / np.maximum(count - 1, 1), 1.0)
        spread = spread * correction
        plain = np.where(sample.simple, plain, spread)
    noise = w / sample.labels * sample.noise
    mark = np.random.default_rng(0).random(len(y))
    columns = (
        np.ones(len(y)), y, chance, w, w * y, spread, spread * y, spread * y**2, plain, noise, mark
    )  # fmt: skip
    return Ledger(sample, alone, np.stack(columns, axis=1), group, groups)


def supported(
    book: Ledger,
    attributes: list[Attribute],
    *,
    depth: int,
    fewest: int,
    fewest_hits: float,
) -> Slices:
    """Slices by one attribute, and by two, that hold enough tasks and failures to be tested.

    Slices that hold the same tasks are one slice: the one named first and by fewer attributes.
    """
    where: list[dict[str, str]] = []
    sums, parents = [], []
    seen: set[float] = set()
    place: dict[tuple[int, int], int] = {}
    for names, part, keys in _parts(book, attributes, depth):
        counts = part[:, :, (N, Y)].sum(axis=1)
        enough = (counts[:, 0] >= max(fewest, 1)) & (counts[:, 1] >= fewest_hits - TINY)
        for at in np.flatnonzero(enough):
            mark = float(part[at, :, MARK].sum())
            if mark in seen:
                continue
            seen.add(mark)
            key = keys(int(at))
            if len(key) == 1:
                place[key[0]] = len(where)
            above = [place.get(one, -1) for one in key] if len(key) > 1 else []
            where.append(
                {name: attributes[a].values[v] for name, (a, v) in zip(names, key, strict=True)}
            )
            sums.append(part[at])
            parents.append((*above, -1, -1)[:2])
    stacked = np.stack(sums) if sums else np.zeros((0, book.groups, len(FEATURES)))
    return Slices(where, stacked, np.array(parents, dtype=np.int64).reshape(-1, 2))


def _parts(
    book: Ledger, attributes: list[Attribute], depth: int
) -> Iterator[tuple[tuple[str, ...], Floats, Any]]:
    """Sums by attribute, then by pair, with what tells the values of a slice by its place."""
    for a, one in enumerate(attributes):
        part = book.sums(one.row, one.code, len(one.values))
        yield (one.name,), part, lambda at, a=a: ((a, at),)
    if depth < 2:
        return
    for a, one in enumerate(attributes):
        for b in range(a + 1, len(attributes)):
            other = attributes[b]
            width = len(other.values)
            row, code = crossed(one, other, len(book.rows))
            present, dense = np.unique(code, return_inverse=True)
            part = book.sums(row, dense, len(present))

            def keys(at: int, a: int = a, b: int = b, w: int = width, p: Whole = present) -> Any:
                first, second = divmod(int(p[at]), w)
                return (a, first), (b, second)

            yield (one.name, other.name), part, keys


@dataclass(frozen=True, eq=False)
class Worth:
    """What slices are worth: rates of the population, and effective sizes."""

    weight: Floats
    rate: Floats
    """Weighted; NaN for an empty slice."""
    size: Floats
    """Size of the simple random sample that would leave the rate equally uncertain, never more
    than were labelled, nor than if failing had nothing to do with the weights."""


def worth(book: Ledger, sums: Floats) -> Worth:
    """Rates and effective sizes of slices (slices, groups, features) of a ledger."""
    over = sums.sum(axis=1)
    count, weight = np.round(over[:, N]), over[:, W]
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(count > 0, np.clip(over[:, WY] / weight, 0.0, 1.0), nan)
        rate = np.where(rate < TINY, 0.0, np.where(rate > 1 - TINY, 1.0, rate))
        variance, plain = _variance(book, sums, rate), over[:, PLAIN]
        if book.alone:
            chance = np.round(over[:, CHANCE])
            correction = np.where(chance > 1, chance / np.maximum(chance - 1, 1), 1.0)
            variance, plain = correction * variance, correction * plain
        noise = np.maximum(over[:, NOISE], 0) / weight**2
        variance = np.maximum(variance, 0) / weight**2 + noise
        spread = rate * (1 - rate)
        plain = np.maximum(plain, 0)
        free = np.where(plain > TINY * weight, weight**2 / plain, np.inf)
        noisy = np.where(noise > 0, spread / (spread / free + noise), free)
        seen = (spread >= TINY) & (variance >= TINY**2)
        size = np.where(seen, np.minimum(spread / variance, noisy), free)
    return Worth(weight, rate, np.where(count > 0, np.minimum(size, count), 0.0))


def _variance(book: Ledger, sums: Floats, rate: Floats) -> Floats:
    """Squared total weight times the variance of the rate, as `analysis.moments` has it."""
    m = rate[:, None]
    own = sums[:, :, VYY] - 2 * m * sums[:, :, VY] + m**2 * sums[:, :, V]
    if book.alone:
        return np.asarray(own.sum(axis=1))
    whole = book.whole
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = (sums[:, :, WY] - m * sums[:, :, W]) / whole[None, :, W]
    centre = np.where(whole[None, :, W] > 0, centre, 0.0)
    pulled = own - 2 * centre * (sums[:, :, VY] - m * sums[:, :, V]) + centre**2 * whole[:, V]
    return np.asarray(pulled.sum(axis=1))
