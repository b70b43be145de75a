"""Intervals by resampling tasks or clusters of them, from sums alone: one product per statistic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.intervals import t_quantile
from analysis.vote_statistics import Statistic

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DRAWS = 1000
SEED = 20_081
CELLS = 4_000_000
"""Largest number of resampled counts held at once."""
SAME = 1e-12
"""Values nearer than this are equal but for rounding."""


def resampled(
    sums: Mapping[str, tuple[Statistic, Floats]],
    times: Ints,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> dict[str, Floats]:
    """(draws,) values of each statistic, all on the same resamples of the units.

    `sums` holds each statistic with its (U, F) sums per kind of unit; `times` says how many units
    of a kind there are. Drawing kinds from a multinomial is drawing units with replacement.
    """
    found: dict[str, list[Floats]] = {name: [] for name in sums}
    for weights in _weights(times, draws, np.random.default_rng(seed)):
        for name, (statistic, each) in sums.items():
            found[name].append(statistic.value(weights @ each))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _weights(times: Ints, draws: int, rng: np.random.Generator) -> Iterator[Floats]:
    """(D, U) how often each kind of unit is drawn, as many resamples at once as memory allows."""
    units = int(times.sum())
    step = max(1, CELLS // max(len(times), 1))
    for start in range(0, draws, step):
        size = min(step, draws - start)
        if len(times) * 2 <= units:
            yield rng.multinomial(units, times / units, size=size).astype(float)
        else:
            kind = np.repeat(np.arange(len(times)), times)
            drawn = kind[rng.integers(0, units, (size, units))]
            drawn += len(times) * np.arange(size)[:, None]
            counts = np.bincount(drawn.reshape(-1), minlength=size * len(times))
            yield counts.reshape(size, len(times)).astype(float)


def standard_error(left_out: Floats, times: Ints) -> float:
    """Jackknife standard error, from (U,) values without one unit of each kind."""
    deviation, weight = _deviation(left_out, times)
    units = weight.sum()
    if units < 2:
        return 0.0
    return float(np.sqrt((units - 1) / units * (weight * deviation**2).sum()))


def bca_ends(
    value: float, draws: Floats, left_out: Floats, times: Ints, units: int
) -> tuple[float, float]:
    """Ends of the bias-corrected and accelerated interval, widened for a small number of units.

    Efron (1987), doi:10.1080/01621459.1987.10478410; the quantile of t with `units` - 1 degrees of
    freedom, expanded by sqrt(n / (n - 1)), as Hesterberg (2015), doi:10.1080/00031305.2015.1089789.
    """
    draws = draws[np.isfinite(draws)]
    below = (draws < value - SAME).mean() + (np.abs(draws - value) <= SAME).mean() / 2
    least = 0.5 / len(draws)
    bias = special.ndtri(np.clip(below, least, 1 - least))
    deviation, weight = _deviation(left_out, times)
    square = (weight * deviation**2).sum()
    skew = (weight * deviation**3).sum() / (6 * square**1.5) if square > 0 else 0.0
    z = t_quantile(max(units - 1, 1)) * np.sqrt(units / max(units - 1, 1))
    # Far out the correction turns back on itself; it is held where it still rises.
    ends = bias + np.array([-z, z])
    tails = special.ndtr(bias + ends / np.maximum(1 - skew * ends, 0.1))
    low, high = np.quantile(draws, tails)
    return float(min(low, value)), float(max(high, value))


def _deviation(left_out: Floats, times: Ints) -> tuple[Floats, Floats]:
    known = np.isfinite(left_out)
    kept, weight = left_out[known], times[known].astype(float)
    if not len(kept):
        return kept, weight
    return (weight * kept).sum() / weight.sum() - kept, weight
