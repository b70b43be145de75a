"""Coefficients of agreement as functions of sums over tasks: resampling tasks is one product."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["identity", "linear", "quadratic"]
ROUNDING = 1e-12
"""Room for disagreement by chance below which there is none: sums of counts come no nearer."""


class Statistic(Protocol):
    """A number that depends on tasks only through sums over them."""

    def features(self, counts: Floats) -> Floats:
        """(P, F) what each row of (P, K) counts adds to the sums."""

    def value(self, sums: Floats) -> Floats:
        """(...) the number, of (..., F) sums; NaN where it is undefined."""

    def observed(self, sums: Floats) -> Floats:
        """(...) the share of pairs of labels that are equal, or nearly so under weights."""

    def room(self, sums: Floats) -> Floats:
        """(...) how often two labels would differ by chance: what the number is scaled by."""


@dataclass(frozen=True, eq=False)
class Share:
    """Mean over tasks of the share of equal pairs, or of what `weights` make of them."""

    weights: Floats

    def features(self, counts: Floats) -> Floats:
        """Whether the task has a pair, and the share of its pairs that agree."""
        r = counts.sum(axis=1)
        pairs = np.where(r >= 2, r * (r - 1), np.nan)
        nearly = (counts * (counts @ self.weights - 1)).sum(axis=1) / pairs
        return np.column_stack([r >= 2, np.nan_to_num(nearly)])

    def value(self, sums: Floats) -> Floats:
        """In [0, 1]; NaN without a task that has two labels."""
        tasks = sums[..., 0]
        return np.asarray(sums[..., 1] / np.where(tasks > 0, tasks, np.nan))

    def observed(self, sums: Floats) -> Floats:
        """The value itself."""
        return self.value(sums)

    def room(self, sums: Floats) -> Floats:
        """All of it: nothing is taken off for chance."""
        return np.ones(sums.shape[:-1])


@dataclass(frozen=True, eq=False)
class Corrected:
    """(observed - chance) / (1 - chance) with the chance of Fleiss or of Gwet."""

    weights: Floats
    gwet: bool

    def features(self, counts: Floats) -> Floats:
        """Those of `Share`, whether there is any label, and the shares of the categories."""
        r = counts.sum(axis=1, keepdims=True)
        shares = counts / np.where(r > 0, r, np.nan)
        return np.hstack([Share(self.weights).features(counts), r > 0, np.nan_to_num(shares)])

    def value(self, sums: Floats) -> Floats:
        """Up to 1; NaN when chance alone agrees always."""
        chance = self._chance(sums, self.weights)
        left = np.where(1 - chance > ROUNDING, 1 - chance, np.nan)
        return np.asarray((self.observed(sums) - chance) / left)

    def observed(self, sums: Floats) -> Floats:
        """Mean over tasks of the share of agreeing pairs."""
        return Share(self.weights).value(sums)

    def room(self, sums: Floats) -> Floats:
        """One less the chance of equal labels."""
        return 1 - self._chance(sums, np.eye(len(self.weights)))

    def _chance(self, sums: Floats, weights: Floats) -> Floats:
        tasks, size = sums[..., 2:3], len(weights)
        pi = sums[..., 3:] / np.where(tasks > 0, tasks, np.nan)
        if not self.gwet:
            return np.asarray(((pi @ weights) * pi).sum(axis=-1))
        if size < 2:
            return np.ones(sums.shape[:-1])
        return np.asarray(weights.sum() / (size * (size - 1)) * (pi * (1 - pi)).sum(axis=-1))


@dataclass(frozen=True, eq=False)
class Alpha:
    """Krippendorff's alpha for a fixed difference between categories."""

    difference: Floats

    def features(self, counts: Floats) -> Floats:
        """The disagreement within a task, equal pairs, and its labels that have a partner."""
        r = counts.sum(axis=1)
        partners = np.where(r >= 2, r - 1, np.nan)
        differ = ((counts @ self.difference) * counts).sum(axis=1) / partners
        equal = (counts * (counts - 1)).sum(axis=1) / partners
        paired = counts * (r >= 2)[:, None]
        return np.column_stack([np.nan_to_num(differ), np.nan_to_num(equal), paired])

    def value(self, sums: Floats) -> Floats:
        """Up to 1; NaN when all labels that have a partner are the same."""
        each = sums[..., 2:]
        n = each.sum(axis=-1)
        expected = ((each @ self.difference) * each).sum(axis=-1)
        expected = np.where(expected > ROUNDING * n**2 * self.difference.max(), expected, np.nan)
        return np.asarray(1 - (n - 1) * sums[..., 0] / expected)

    def observed(self, sums: Floats) -> Floats:
        """The share of equal pairs."""
        n = sums[..., 2:].sum(axis=-1)
        return np.asarray(sums[..., 1] / np.where(n > 0, n, np.nan))

    def room(self, sums: Floats) -> Floats:
        """How often two labels differ that are drawn from all of them."""
        each = sums[..., 2:]
        n = each.sum(axis=-1)
        equal = (each * (each - 1)).sum(axis=-1)
        return np.asarray(1 - equal / np.where(n > 1, n * (n - 1), np.nan))


@dataclass(frozen=True, eq=False)
class OrdinalAlpha:
    """Krippendorff's alpha whose differences follow from how often categories were used."""

    size: int

    def features(self, counts: Floats) -> Floats:
        """Those of nominal alpha, then the coincidences of every two categories."""
        r = counts.sum(axis=1)
        partners = np.where(r >= 2, r - 1, np.nan)
        both = counts[:, :, None] * counts[:, None, :]
        both -= counts[:, :, None] * np.eye(self.size)
        both = np.nan_to_num(both / partners[:, None, None]).reshape(len(counts), self.size**2)
        return np.hstack([self._nominal().features(counts), both])

    def value(self, sums: Floats) -> Floats:
        """Up to 1; NaN when all labels that have a partner are the same."""
        each = sums[..., 2 : 2 + self.size]
        n = each.sum(axis=-1)
        share = each / np.where(n > 0, n, np.nan)[..., None]
        rank = np.cumsum(share, axis=-1) - share / 2
        square = (each * rank**2).sum(axis=-1)
        both = sums[..., 2 + self.size :].reshape(*sums.shape[:-1], self.size, self.size)
        within = 2 * (square - ((both @ rank[..., None])[..., 0] * rank).sum(axis=-1))
        expected = 2 * (n * square - (each * rank).sum(axis=-1) ** 2)
        expected = np.where(expected > ROUNDING * n**2, expected, np.nan)
        return np.asarray(1 - (n - 1) * within / expected)

    def observed(self, sums: Floats) -> Floats:
        """The share of equal pairs."""
        return self._nominal().observed(sums[..., : 2 + self.size])

    def room(self, sums: Floats) -> Floats:
        """How often two labels differ that are drawn from all of them."""
        return self._nominal().room(sums[..., : 2 + self.size])

    def _nominal(self) -> Alpha:
        return Alpha(differences("nominal", self.size))


def weights_of(kind: Weights, size: int, values: ArrayLike | None = None) -> Floats:
    """(K, K) weights of agreement: 1 on the diagonal, 0 for the ends of the scale."""
    if kind == "identity":
        return np.eye(size)
    if kind not in ("linear", "quadratic"):
        raise ValueError(f"weights must be identity, linear or quadratic, got {kind!r}")
    points = points_of(size, values)
    gaps = np.abs(points[:, None] - points[None, :]) / (np.ptp(points) or 1.0)
    return np.asarray(1 - (gaps if kind == "linear" else gaps**2))


def differences(level: Level, size: int, values: ArrayLike | None = None) -> Floats:
    """(K, K) differences between categories for alpha; ordinal ones depend on the labels."""
    if level == "nominal":
        return 1 - np.eye(size)
    points = points_of(size, values)
    gaps = points[:, None] - points[None, :]
    if level == "interval":
        return np.asarray((gaps / (np.ptp(points) or 1.0)) ** 2)
    if level != "ratio":
        raise ValueError(f"level must be nominal, ordinal, interval or ratio, got {level!r}")
    if (points < 0).any():
        raise ValueError(f"values of a ratio scale must be at least 0, got {points.tolist()}")
    sums = points[:, None] + points[None, :]
    return np.asarray((gaps / np.where(sums > 0, sums, 1.0)) ** 2)


def points_of(size: int, values: ArrayLike | None) -> Floats:
    """(K,) the number each category stands for."""
    points = np.arange(size, dtype=float) if values is None else np.asarray(values, dtype=float)
    if points.shape != (size,) or not np.isfinite(points).all():
        raise ValueError(f"values must be {size} finite numbers, one per category, got {values!r}")
    if len(np.unique(points)) < size:
        raise ValueError(f"values must differ between categories, got {points.tolist()}")
    return points


def alpha_of(level: Level, size: int, values: ArrayLike | None = None) -> Statistic:
    """Alpha for a level of measurement."""
    if level == "ordinal":
        return OrdinalAlpha(size)
    return Alpha(differences(level, size, values))


STATISTICS: dict[str, Callable[[int, ArrayLike | None], Statistic]] = {
    "fleiss_kappa": lambda size, _values: Corrected(np.eye(size), gwet=False),
    "krippendorff_alpha": lambda size, _values: alpha_of("nominal", size),
    "krippendorff_alpha_ordinal": lambda size, _values: alpha_of("ordinal", size),
    "krippendorff_alpha_interval": lambda size, values: alpha_of("interval", size, values),
    "gwet_ac1": lambda size, _values: Corrected(np.eye(size), gwet=True),
    "gwet_ac2_linear": lambda size, values: Corrected(
        weights_of("linear", size, values), gwet=True
    ),
    "gwet_ac2_quadratic": lambda size, values: Corrected(
        weights_of("quadratic", size, values), gwet=True
    ),
}
"""Every coefficient over all annotators by name, for K categories with their values."""
