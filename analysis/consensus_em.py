"""Expectation maximisation for labels of people who err: the engine under `analysis.consensus`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
TINY = 1e-300
"""Stands for zero inside a logarithm."""
TRIAL_ROUNDS = 8
"""Rounds that every start gets before the best of them goes on."""


@dataclass(frozen=True)
class Fit:
    """Where the rounds ended."""

    posterior: Floats
    """(N, K) how likely each class is for each task."""
    marginals: Floats
    """(K,) share of each class."""
    confusion: Floats
    """(J, K, K) of each annotator: row the class, column the label given."""
    path: tuple[float, ...]
    """What the rounds maximise, round by round; never falls."""
    log_likelihood: float
    converged: bool


@dataclass(frozen=True)
class Problem:
    """Labels as counts, and what is believed of annotators before any was seen."""

    votes: csr_array
    """(N, J * K) how often each annotator gave each label to each task."""
    prior: Floats
    """(J, K, K) labels that each annotator is taken to have given already; 0: none."""
    coin: bool = False
    """Whether an annotator has one accuracy and errs evenly."""

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.prior.shape[-1])

    def shares(self) -> Floats:
        """(N, K) the share of each label among those of a task."""
        annotators = self.prior.shape[0]
        counts = self.votes @ np.tile(np.eye(self.classes), (annotators, 1))
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))

    def maximise(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Shares of the classes and confusion of the annotators, the posterior being true."""
        seen = np.asarray(self.votes.T @ posterior).reshape(-1, self.classes, self.classes)
        counts = seen.transpose(0, 2, 1) + self.prior
        if self.coin:
            right = np.trace(counts, axis1=1, axis2=2) / np.maximum(counts.sum(axis=(1, 2)), TINY)
            return posterior.mean(axis=0), coins(right, self.classes)
        sums = counts.sum(axis=2, keepdims=True)
        confusion = np.where(sums > 0, counts / np.maximum(sums, TINY), 1 / self.classes)
        return posterior.mean(axis=0), confusion

    def expect(self, marginals: Floats, confusion: Floats) -> tuple[Floats, float]:
        """Posterior of every task, and the log-likelihood of all labels."""
        return expect(self.votes, marginals, confusion)

    def objective(self, confusion: Floats, log_likelihood: float) -> float:
        """What the rounds raise: the log-likelihood, and how well the prior is met."""
        return log_likelihood + float((self.prior * _log(confusion)).sum())


def expect(votes: csr_array, marginals: Floats, confusion: Floats) -> tuple[Floats, float]:
    """Posterior (N, K) under given confusion matrices, and the log-likelihood of the labels."""
    classes = len(marginals)
    said = _log(confusion).transpose(0, 2, 1).reshape(-1, classes)
    joint = np.asarray(votes @ said) + _log(marginals)
    top = joint.max(axis=1, keepdims=True)
    likely = np.exp(joint - top)
    sums = likely.sum(axis=1, keepdims=True)
    return likely / sums, float((top + np.log(sums)).sum())


def coins(right: Floats, classes: int) -> Floats:
    """(J, K, K) confusion of annotators who are right with one probability and err evenly."""
    wrong = (1 - right) / max(classes - 1, 1)
    confusion = np.repeat(wrong[:, None, None], classes, axis=1).repeat(classes, axis=2)
    confusion[:, np.arange(classes), np.arange(classes)] = right[:, None]
    return confusion


def climb(problem: Problem, starts: Sequence[Floats], *, tolerance: float, rounds: int) -> Fit:
    """Try every start for some rounds and go on with the best, classes named as people voted."""
    shares = problem.shares()
    trials = [
        _rounds(problem, _named(start, shares), tolerance, min(TRIAL_ROUNDS, rounds))
        for start in starts
    ]
    best = max(trials, key=lambda one: one.path[-1])
    if not best.converged and len(best.path) < rounds:
        more = _rounds(problem, best.posterior, tolerance, rounds - len(best.path))
        path = best.path + more.path
        best = Fit(more.posterior, more.marginals, more.confusion, path,
                   more.log_likelihood, more.converged)  # fmt: skip
    return _switched_back(best, shares)


def _rounds(problem: Problem, posterior: Floats, tolerance: float, rounds: int) -> Fit:
    path: list[float] = []
    converged = False
    while len(path) < rounds and not converged:
        marginals, confusion = problem.maximise(posterior)
        posterior, log_likelihood = problem.expect(marginals, confusion)
        path.append(problem.objective(confusion, log_likelihood))
        if len(path) > 1:
            converged = path[-1] - path[-2] <= tolerance * max(1.0, abs(path[-1]))
    return Fit(posterior, marginals, confusion, tuple(path), log_likelihood, converged)


def _named(posterior: Floats, shares: Floats) -> Floats:
    return np.asarray(posterior[:, _order(posterior, shares)])


def _order(posterior: Floats, shares: Floats) -> NDArray[np.intp]:
    """Which class of the posterior each label stands for, so that most votes are right."""
    from scipy.optimize import linear_sum_assignment

    _, order = linear_sum_assignment(-(shares.T @ posterior))
    return np.asarray(order)


def _switched_back(fit: Fit, shares: Floats) -> Fit:
    """The same likelihood with the classes under the names that people gave them."""
    order = _order(fit.posterior, shares)
    return Fit(
        fit.posterior[:, order], fit.marginals[order], fit.confusion[:, order, :],
        fit.path, fit.log_likelihood, fit.converged,
    )  # fmt: skip


def _log(values: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(values, TINY)))
