"""The weighted mean of a sample with known chances, its variance, and what that rests on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf, nan
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.means import aligned
from analysis.pairs import check_columns

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


EQUAL = 1e-12
"""Chances nearer than this are equal: their group is a simple random sample."""


def _no_strata() -> pd.DataFrame:
    return pd.DataFrame(columns=["stratum", "population", "certain"])


@dataclass(frozen=True, eq=False)
class Survey:
    """How the labelled tasks of a queue came to be: what an estimate must know of its draws."""

    population: int
    """Number of distinct interactions that could have been drawn, N."""
    kind: Literal["priority", "strata", "census"] = "priority"
    """priority: weighted draws; strata: one stratified draw; census: a certain set and others."""
    strata: pd.DataFrame = field(default_factory=_no_strata)
    """Columns `stratum`, `population`, `certain`; for strata and census."""
    random_share: float = 0.0
    """Smallest share of the weight that was spread evenly over the population, 0..1."""
    sparse: float = 0.0
    """Share of the population that was hardly drawn, 0..1; column `sparse` tells its rows."""
    sparse_worth: float = inf
    """Most labels that those of that part are worth together, however their weights look."""
    skipped: int = 0
    """Tasks whose turn came and that got no label; taken to be skipped at random."""
    poststrata: tuple[float, ...] = ()
    """Sizes of the classes that `poststratum` numbers, see `poststratified`."""
    refusal: str | None = None
    """Why no interval may be given, if so."""
    refuse_estimate: bool = False
    """Whether not even a value may be given for the population."""

    def __post_init__(self) -> None:
        if self.kind not in ("priority", "strata", "census"):
            raise ValueError(f"kind must be priority, strata or census, got {self.kind!r}")
        if self.refuse_estimate and not self.refusal:
            raise ValueError("refuse_estimate needs a refusal: the reason in words")
        if self.population < 0 or self.skipped < 0:
            raise ValueError(f"population and skipped count from 0, got {self}")


@dataclass(frozen=True, eq=False)
class Sample:
    """Labelled tasks as arrays, each row in a group that was sampled apart from the others."""

    y: Floats
    pi: Floats
    """Chance of being labelled; inside a simple random sample n / N."""
    weight: Floats
    """1 / pi, scaled so that a group of known size adds up to it."""
    group: NDArray[np.int64]
    simple: Mask
    """Rows whose group is a simple random sample."""
    certain: Mask
    sparse: Mask
    """Rows of the part that was hardly drawn."""
    labels: Floats
    """How many labels share their noise in the outcome of the row; inf where it has none."""
    noise: float
    """Variance of a single label around the mean of its task; 0 when nothing is known of it."""
    repeats: int
    """Labels beyond the first of their task: what `noise` rests on."""
    by_cell: bool = False
    """Whether answers stand for what was skipped in their own cell or stratum alone."""

    def rows(self, mask: Mask) -> Sample:
        """The rows of a mask, weights unchanged."""
        return Sample(
            self.y[mask],
            self.pi[mask],
            self.weight[mask],
            self.group[mask],
            self.simple[mask],
            self.certain[mask],
            self.sparse[mask],
            self.labels[mask],
            self.noise,
            self.repeats,
            self.by_cell,
        )

    def valued(self, y: Floats) -> Sample:
        """The same rows with other outcomes, of which no noise of labels is known."""
        return replace(self, y=y, labels=np.ones(len(y)), noise=0.0, repeats=0)


@dataclass(frozen=True)
class Moments:
    """A weighted mean and everything its interval is made of."""

    mean: float
    variance: float
    """Of the mean, from drawing and from the noise of labels."""
    noise: float
    """The part of the variance that comes from the noise of labels."""
    n: int
    by_chance: int
    """Rows with pi below 1: certain rows carry no variance."""
    free: float
    """Effective number of rows by chance, (sum w)^2 / sum w^2."""
    independent: float
    """Effective sample size if the outcome had nothing to do with the weights."""
    terms: float
    """Effective number of terms of the variance, (sum v)^2 / sum v^2."""
    repeats: int


def sampled(frame: pd.DataFrame, survey: Survey) -> Sample:
    """Labelled tasks ready for estimation.

    Parameters
    ----------
    frame : DataFrame
        One row per labelled task: `y`, `pi`; `certain` for a census, `stratum` for strata;
        optionally `labels` (planned labels of the task), `within` (their variance, divisor one
        less than their number; NaN where unknown), `averaged` (how many labels `y` is the mean
        of, where that is not `labels`; inf where it has no noise), and `response` (share of the
        tasks alike that were answered, else the same share for all).
    survey : Survey
        How the tasks were drawn.

    Returns
    -------
    Sample
        With the chances of strata and certain sets counted (n of N), other chances multiplied
        by the share of tasks that were answered.

    Raises
    ------
    ValueError
        If a column is missing, an outcome is missing, a chance lies outside (0, 1], or a
        stratum is unknown or has more labels than members.
    """
    needed = {"priority": (), "strata": ("stratum",), "census": ("certain",)}[survey.kind]
    check_columns(frame, ("y", "pi", *needed))
    y, pi = aligned(frame["y"], frame["pi"])
    everywhere = len(y) / (len(y) + survey.skipped) if len(y) else 1.0
    answered = _column(frame, "response", everywhere)
    labels = _column(frame, "labels", 1.0)
    noise, repeats = _noise(labels, _column(frame, "within", nan))
    averaged = _column(frame, "averaged", nan)
    averaged = np.where(np.isnan(averaged), labels, averaged)
    certain = np.zeros(len(y), dtype=bool)
    if survey.kind == "census":
        certain = frame["certain"].to_numpy(dtype=bool)
    group, sizes, simple = certain.astype(np.int64), [nan], np.zeros(len(y), dtype=bool)
    if survey.kind == "priority":
        pi = pi * answered
        if survey.poststrata:
            group, sizes = frame["poststratum"].to_numpy(dtype=np.int64), list(survey.poststrata)
    elif survey.kind == "strata":
        pi, group, sizes, simple = _by_stratum(frame["stratum"], survey.strata)
    else:
        pi, sizes, simple = _census(pi * answered, certain, survey)
    weight = _calibrated(1 / pi, group, sizes)
    by_cell = survey.kind == "strata" or len(np.unique(answered)) > 1
    sparse = _column(frame, "sparse", 0.0) > 0
    return Sample(y, pi, weight, group, simple, certain, sparse, averaged, noise, repeats, by_cell)


def moments(sample: Sample, inside: Mask | None = None, *, about: float | None = None) -> Moments:
    """Mean of the rows inside a domain, and its variance by linearisation.

    Groups are independent. In each the variance is that of a weighted mean under Poisson or
    priority sampling, which for equal chances is that of simple random sampling. With `about` the
    squares of a single group are taken about that value.
    """
    domain = np.ones(len(sample.y)) if inside is None else inside.astype(float)
    total = float(sample.weight @ domain)
    mean = float((sample.weight * domain) @ sample.y / total)
    mean = min(max(mean, float(sample.y.min())), float(sample.y.max()))  # rounding leaves it
    chance = sample.pi < 1
    correction = _correction(sample, chance)
    squared = (1 - sample.pi) * sample.weight**2 / total**2
    terms = variance_terms(sample, inside, about=mean if about is None else about)
    plain = np.where(sample.simple, 1.0, correction) * squared * domain
    counted = chance & (domain > 0)
    weight = sample.weight[counted]
    noise = sample.noise * float((sample.weight * domain / sample.labels).sum()) / total**2
    return Moments(
        mean=mean,
        variance=float(terms.sum()) + noise,
        noise=noise,
        n=int(domain.sum()),
        by_chance=int(counted.sum()),
        free=float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0,
        independent=1 / float(plain.sum()) if plain.sum() > 0 else inf,
        terms=float(terms.sum() ** 2 / (terms**2).sum()) if terms.any() else nan,
        repeats=sample.repeats,
    )


def variance_terms(sample: Sample, inside: Mask | None = None, *, about: float) -> Floats:
    """What each row adds to the variance of the mean of a domain, the noise of labels apart."""
    domain = np.ones(len(sample.y)) if inside is None else inside.astype(float)
    residual = domain * (sample.y - about)
    if len(sample.group) and sample.group.max() > 0:
        residual = residual - _centre(sample, residual)
    squared = (1 - sample.pi) * (sample.weight / (sample.weight @ domain)) ** 2
    found: Floats = _correction(sample, sample.pi < 1) * squared * residual**2
    return found


def _correction(sample: Sample, chance: Mask) -> Floats:
    """Per row, n / (n - 1) over the rows by chance of its group."""
    count = np.bincount(sample.group, weights=chance)
    found: Floats = np.where(count > 1, count / np.maximum(count - 1, 1), 1.0)[sample.group]
    return found


def _centre(sample: Sample, residual: Floats) -> Floats:
    """Per row, the weighted mean of the residuals of its group."""
    weight = np.bincount(sample.group, weights=sample.weight)
    mass = np.bincount(sample.group, weights=sample.weight * residual)
    found: Floats = (mass / np.where(weight > 0, weight, 1.0))[sample.group]
    return found


def _column(frame: pd.DataFrame, name: str, default: float) -> Floats:
    if name not in frame.columns:
        return np.full(len(frame), default)
    return frame[name].to_numpy(dtype=float)


def _noise(labels: Floats, within: Floats) -> tuple[float, int]:
    """Pooled variance within tasks, and the degrees of freedom behind it."""
    if (labels < 1).any():
        raise ValueError(f"labels must count from 1, got {labels.min()}")
    several = (labels > 1) & np.isfinite(within)
    extra = labels[several] - 1
    if not len(extra):
        return 0.0, 0
    return float(extra @ within[several] / extra.sum()), int(extra.sum())


def _calibrated(weight: Floats, group: NDArray[np.int64], sizes: list[float]) -> Floats:
    """Weights scaled so that each group of known size adds up to it."""
    scaled = weight.copy()
    for index, size in enumerate(sizes):
        rows = group == index
        if np.isfinite(size) and rows.any():
            scaled[rows] *= size / weight[rows].sum()
    return scaled


def _census(pi: Floats, certain: Mask, survey: Survey) -> tuple[Floats, list[float], Mask]:
    """Chances and sizes of the rest (group 0) and of the certain set (group 1)."""
    is_certain = survey.strata["certain"].astype(bool)
    flagged = float(survey.strata.loc[is_certain, "population"].sum())
    sizes = [survey.population - flagged, flagged]
    chances, simple = pi.copy(), np.zeros(len(pi), dtype=bool)
    for rows, size in zip((~certain, certain), sizes, strict=True):
        taken = int(rows.sum())
        if taken > size:
            raise ValueError(
                f"{int(certain.sum())} certain and {int((~certain).sum())} other labels do not "
                f"fit a population of {survey.population} with {flagged:.0f} certain"
            )
        if taken and np.ptp(pi[rows]) < EQUAL:
            chances[rows], simple[rows] = taken / size, True
    return chances, sizes, simple


def _by_stratum(
    stratum: pd.Series[Any], strata: pd.DataFrame
) -> tuple[Floats, NDArray[np.int64], list[float], Mask]:
    """Chances n / N per stratum; strata too thin to show a spread share one group."""
    sizes = strata.set_index("stratum")["population"].astype(float)
    unknown = sorted(set(stratum) - set(sizes.index))
    if unknown:
        raise ValueError(f"strata {unknown[:5]} are unknown; known: {list(sizes.index)[:20]}")
    counts = stratum.value_counts().reindex(sizes.index, fill_value=0)
    if (counts > sizes).any():
        raise ValueError(f"more labels than members in strata {list(sizes.index[counts > sizes])}")
    group, thin = _merged(counts, sizes)
    rows = np.asarray(group.loc[stratum], dtype=np.int64)
    pi = np.asarray((counts / sizes).loc[stratum], dtype=float)
    totals = sizes.groupby(group).sum()
    return pi, rows, totals.sort_index().tolist(), np.asarray(rows != thin)


def _merged(counts: pd.Series[int], sizes: pd.Series[float]) -> tuple[pd.Series[int], int]:
    """Group of each stratum: those with fewer than 2 labels are joined by the next smallest."""
    order = counts.sort_index().sort_values(kind="stable").index
    pool: list[Any] = [name for name in order if counts[name] < 2 and counts[name] < sizes[name]]
    for name in order:
        if not pool or counts[pool].sum() >= 2:
            break
        if name not in pool:
            pool.append(name)
    alone = [name for name in order if name not in pool]
    group = pd.Series(
        {name: index for index, name in enumerate(alone)} | dict.fromkeys(pool, len(alone))
    )
    return group.astype(np.int64), len(alone) if pool else -1
