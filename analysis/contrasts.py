"""One part of a sample against another: chance, ratio and difference of their rates."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from analysis.discovery import fisher_greater
from analysis.figure import Figure
from analysis.intervals import Interval, t_quantile, wilson
from analysis.slices import Ledger, Worth, worth

Floats = NDArray[np.float64]

NEWCOMBE = "difference of weighted rates; Newcombe with effective sizes"


def against(book: Ledger, part: Floats, other: Floats) -> Floats:
    """Fisher's test of slices against others, on counts scaled to what labels are worth.

    `part` and `other` are sums of the ledger, (slices, groups, features); one p-value per slice,
    for failing more often than the other.
    """
    return np.array([fisher_greater(*one) for one in _scaled(book, part, other)], dtype=float)


def apart(book: Ledger, part: Floats, other: Floats) -> Floats:
    """The same for failing more or less often: twice the smaller of both chances."""
    found = []
    for hits, tasks, other_hits, others in _scaled(book, part, other):
        more = fisher_greater(hits, tasks, other_hits, others)
        fewer = fisher_greater(tasks - hits, tasks, others - other_hits, others)
        found.append(min(2 * min(more, fewer), 1.0))
    return np.array(found, dtype=float)


def _scaled(book: Ledger, part: Floats, other: Floats) -> list[tuple[int, int, int, int]]:
    """Failures and tasks of both sides, rounded to whole numbers of what they are worth."""
    columns = []
    for sums in (part, other):
        found = worth(book, sums)
        sizes = np.round(found.size)
        columns += [np.round(np.nan_to_num(found.rate) * sizes), sizes]
    rows = np.stack(columns, axis=1).astype(int).tolist()
    return [(a, b, c, d) for a, b, c, d in rows]


def lift_ends(inside: Worth, rest: Worth, at: int) -> Interval:
    """Interval of the lift: that of slice over rest, the share of the slice taken as known.

    Where the rest has no failure, or the slice none, that end is where the lift itself lies: as
    large, or as small, as it can be.
    """
    share = inside.weight[at] / (inside.weight[at] + rest.weight[at])
    size, others = inside.size[at], rest.size[at]
    if not others > 0:
        return Interval(1.0, 1.0)
    p, r = inside.rate[at], rest.rate[at]
    fewest, most = p == 0, r == 0
    if fewest or most:  # half a failure more on both sides
        p, r = (p * size + 0.5) / (size + 1), (r * others + 0.5) / (others + 1)
    reach = t_quantile() * sqrt((1 - p) / (p * size) + (1 - r) / (r * others))
    ratios = p / r * np.exp([-reach, reach])
    low, high = ratios / (share * ratios + 1 - share)
    return Interval(0.0 if fewest else float(low), float(1 / share) if most else float(high))


def difference(found: Worth, before: int, after: int, n: int) -> Figure:
    """Rate of one slice minus that of another, with Newcombe's interval."""
    p, r = float(found.rate[after]), float(found.rate[before])
    one, other = wilson(p, found.size[after]), wilson(r, found.size[before])
    low = p - r - sqrt((p - one.low) ** 2 + (other.high - r) ** 2)
    high = p - r + sqrt((one.high - p) ** 2 + (r - other.low) ** 2)
    return Figure(p - r, low, high, n, NEWCOMBE)
