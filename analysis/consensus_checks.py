"""How far a model's certainty can be believed, where the right answer is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.figure import Figure
from analysis.intervals import wilson

EDGES = (0.0, 0.8, 0.9, 0.95, 0.99, 1.0)
NOTHING_KNOWN = "no task with a known answer has labels"


@dataclass(frozen=True)
class Level:
    """Tasks of about the same certainty."""

    low: float
    high: float
    said: float
    """Mean certainty of these tasks; NaN without any."""
    right: Figure
    """How often the model was right there."""


@dataclass(frozen=True)
class Reliability:
    """What a model said of its certainty, beside how often it was right."""

    right: Figure
    """How often the likeliest category was the known one; a tie is not right."""
    said: float
    """Mean certainty; NaN without tasks."""
    levels: tuple[Level, ...]
    honest: bool | None
    """Whether the mean certainty lies in the interval of being right; None without tasks."""


def reliability(
    certainty: ArrayLike, right: ArrayLike, edges: Sequence[float] = EDGES
) -> Reliability:
    """Compare what a model says of its certainty with how often it is right.

    Parameters
    ----------
    certainty : array (N,)
        Posterior of the likeliest category of each task with a known answer, 0..1.
    right : array (N,)
        Whether that category is the known answer.
    edges : sequence
        Ends of the levels, ascending; each level holds its lower end, the last one both.

    Returns
    -------
    Reliability
        Shares with Wilson intervals; levels without tasks are undefined.

    Raises
    ------
    ValueError
        If the two differ in length, a certainty is outside 0..1, or edges do not ascend.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), arXiv:1706.04599, section 2.

    Examples
    --------
    >>> found = reliability([0.99, 0.98, 0.7, 0.6], [True, True, True, False])
    >>> round(found.right.value, 2), round(found.said, 4), found.levels[0].right.n
    (0.75, 0.8175, 2)
    """
    sure, hit = np.asarray(certainty, dtype=float), np.asarray(right, dtype=bool)
    if sure.shape != hit.shape or sure.ndim != 1:
        raise ValueError(f"certainty and right must be equally long, got {sure.shape}, {hit.shape}")
    if len(sure) and not ((sure >= 0) & (sure <= 1 + 1e-9)).all():
        raise ValueError("certainty must lie between 0 and 1")
    if list(edges) != sorted(set(edges)) or len(edges) < 2:
        raise ValueError(f"edges must ascend, got {list(edges)}")
    level = np.clip(np.searchsorted(edges, sure, side="right") - 1, 0, len(edges) - 2)
    levels = tuple(
        Level(
            edges[at], edges[at + 1],
            float(sure[level == at].mean()) if (level == at).any() else float("nan"),
            _share(hit[level == at]),
        )
        for at in range(len(edges) - 1)
    )  # fmt: skip
    overall = _share(hit)
    said = float(sure.mean()) if len(sure) else float("nan")
    honest = overall.low <= said <= overall.high if overall.defined else None
    return Reliability(overall, said, levels, honest)


def _share(hit: np.ndarray) -> Figure:
    n = len(hit)
    if not n:
        return Figure.undefined(NOTHING_KNOWN)
    share = float(hit.mean())
    low, high = wilson(share, n)
    return Figure(share, low, high, n, "share of tasks with a known answer; Wilson")
