"""Tests made many at a time: exact chances of counts, and how many finds among them are false."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

FAR = 12
"""Standard deviations of a count beyond which its chances no longer matter (below 1e-31)."""


def q_value(p_values: ArrayLike, leaves: ArrayLike | None = None) -> Floats:
    """False discovery rate at which each test would still count as a find.

    Parameters
    ----------
    p_values : array (m,)
        p-values of all tests that were made, in any order.
    leaves : array (m,), optional
        Threshold of the p-values from which a find is left out again, because another find says
        the same; infinite for those that stay. What is left out thins the finds, so the q-values
        of the others rise.

    Returns
    -------
    array (m,)
        In [0, 1], in the same order; empty for no tests.

    References
    ----------
    Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x. With finds left out:
    Katsevich, Sabatti and Bogomolov (2023), doi:10.1080/01621459.2021.1920958.

    Examples
    --------
    >>> q_value([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    >>> q_value([0.01, 0.04, 0.03], [np.inf, np.inf, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    ordered = np.sort(p)
    finds = np.searchsorted(ordered, ordered, side="right")
    if leaves is not None:
        gone = np.sort(np.asarray(leaves, dtype=float))
        finds = finds - np.searchsorted(gone, ordered, side="right")
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.where(finds > 0, ordered * len(p) / finds, 1.0)
    lowest = np.minimum.accumulate(np.minimum(raw, 1.0)[::-1])[::-1]
    q: Floats = lowest[np.searchsorted(ordered, p)] if len(p) else raw
    return q


def fisher_greater(hits: int, tasks: int, other_hits: int, others: int) -> float:
    """One-sided exact probability of at least so many hits, given all margins.

    Parameters
    ----------
    hits, tasks : int
        Hits among the tasks of the segment.
    other_hits, others : int
        Hits among the rest.

    Returns
    -------
    float
        In [0, 1]; 1 when there are no hits at all.

    References
    ----------
    Fisher (1922), doi:10.2307/2340521.

    Examples
    --------
    >>> round(fisher_greater(3, 4, 1, 4), 4)
    0.2429
    """
    all_hits, all_tasks = hits + other_hits, tasks + others
    if hits <= max(0, all_hits - others):
        return 1.0
    share = all_hits / all_tasks
    spread = (tasks * share * (1 - share) * others / max(all_tasks - 1, 1)) ** 0.5
    reach = FAR * spread + 50
    first = max(hits, int(tasks * share - reach))
    last = min(all_hits, tasks, int(max(hits, tasks * share) + reach))
    counts = np.arange(first, last + 1)
    logs = _log_choose(tasks, counts) + _log_choose(others, all_hits - counts)
    logs -= _log_choose(all_tasks, np.array(all_hits))
    return float(min(np.exp(logs).sum(), 1.0))


def _log_choose(n: int, k: NDArray[Any]) -> Floats:
    logs = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.where((k >= 0) & (k <= n), logs, -np.inf)
