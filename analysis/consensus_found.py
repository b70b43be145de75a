"""What a method made of the labels: categories of tasks, and what it thinks of annotators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.consensus_em import Fit, Floats
from analysis.consensus_votes import Coded
from analysis.figure import Figure
from analysis.intervals import wilson

ENOUGH = 20
"""Labels below which nothing is said of an annotator."""
TIE = 1e-6
"""Classes whose posteriors differ by less are tied."""
FEW = f"fewer than {ENOUGH} labels"


@dataclass(frozen=True)
class Consensus:
    """What a method makes of the labels; tasks and annotators in the order of first mention."""

    method: str
    """majority, dawid_skene, one_coin."""
    categories: tuple[Any, ...]
    tasks: tuple[Any, ...]
    annotators: tuple[Any, ...]
    votes: NDArray[np.int64]
    """(N, K) how many labels of each category a task has."""
    posterior: Floats
    """(N, K) how likely each category is under the model; of a majority, its share of votes."""
    marginals: Floats
    """(K,) share of each category among the tasks."""
    confusion: Floats
    """(J, K, K) row the category, column the label given; NaN for a majority."""
    pooled: Floats
    """(K, K) the same of all annotators together."""
    accuracy: tuple[Figure, ...]
    """(J,) how often each annotator gave the likely category, 0..1; undefined under 20 labels."""
    path: tuple[float, ...]
    """What the rounds maximise; the log-likelihood where nothing is smoothed or shrunk."""
    log_likelihood: float
    """Natural logarithm; NaN for a majority."""
    converged: bool

    @property
    def certainty(self) -> Floats:
        """(N,) posterior of the likeliest category: no probability of being right by itself."""
        return np.asarray(self.posterior.max(axis=1))

    @property
    def tied(self) -> NDArray[np.bool_]:
        """(N,) whether no single category is likeliest."""
        near = self.posterior >= self.certainty[:, None] - TIE
        return np.asarray(near.sum(axis=1) > 1)

    @property
    def choice(self) -> NDArray[np.int64]:
        """(N,) place of the likeliest category; -1 where there is a tie."""
        return np.where(self.tied, -1, self.posterior.argmax(axis=1))

    def answers(self) -> list[Any]:
        """Of every task, the likeliest category; None where there is a tie."""
        return [None if place < 0 else self.categories[place] for place in self.choice]


def told(method: str, votes: Coded, fit: Fit, pooled: Floats) -> Consensus:
    """The end of the rounds in the words of reports."""
    said = fit.posterior[votes.task, votes.label]
    order = np.argsort(votes.annotator, kind="stable")
    ends = np.cumsum(np.bincount(votes.annotator, minlength=len(votes.annotators)))[:-1]
    accuracy = tuple(_accuracy(one) for one in np.split(said[order], ends))
    return Consensus(
        method, votes.categories, votes.tasks, votes.annotators, votes.counts(), fit.posterior,
        fit.marginals, fit.confusion, pooled, accuracy,
        fit.path, fit.log_likelihood, fit.converged,
    )  # fmt: skip


def _accuracy(right: Floats) -> Figure:
    """How often somebody is right, from how likely each label of theirs is.

    The size is what the squared scores of the labels are worth, so labels on tasks nobody can tell
    widen the interval.
    """
    n = len(right)
    if n < ENOUGH:
        return Figure.undefined(FEW, n)
    value = float(right.mean())
    spread = value * (1 - value)
    if spread < 1e-9:
        size = float(n)
    else:
        score = right / value - (1 - right) / (1 - value)
        size = spread * float(score @ score)
    low, high = wilson(value, size)
    if size < 1:
        reason = "the model cannot tell right from wrong here"
        return Figure.without_interval(value, n, "mean posterior of the labels given", reason)
    method = "mean posterior of the labels given; Wilson at the size the scores are worth"
    return Figure(value, low, high, n, method)
