"""What the labels of a task say together: by majority, or by a model of people who err."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from analysis.consensus_em import Floats, Problem, climb
from analysis.consensus_found import Consensus, told
from analysis.consensus_votes import Coded, coded
from analysis.figure import Figure

if TYPE_CHECKING:
    import pandas as pd

SHRINK = 4.0
"""Labels of each class that everybody is taken to have given as all annotators together do."""
RESTARTS = 2
ROUNDS = 500
NO_MODEL = "a majority says nothing of annotators"


def majority(labels: pd.DataFrame, categories: Sequence[Hashable]) -> Consensus:
    """The category that most labels of a task name; equal numbers are a tie, never broken.

    Parameters
    ----------
    labels : DataFrame with columns task, annotator, label
        One row per label; several of one person on one task all count: drop them before.
    categories : sequence
        Every category that could have been given.

    Returns
    -------
    Consensus
        `posterior` holds shares of votes (0..1); figures of annotators are undefined.

    Raises
    ------
    ValueError
        If a column is missing or a label is none of the categories.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame(
    ...     {"task": [1, 1, 2, 2], "annotator": list("abab"), "label": list("xxxy")}
    ... )
    >>> majority(said, ["x", "y"]).answers()
    ['x', None]
    """
    votes = coded(labels, categories)
    counts, classes = votes.counts(), len(categories)
    shares = counts / counts.sum(axis=1, keepdims=True)
    people = len(votes.annotators)
    return Consensus(
        "majority", votes.categories, votes.tasks, votes.annotators, counts, shares,
        shares.mean(axis=0) if len(shares) else np.full(classes, nan),
        np.full((people, classes, classes), nan), np.full((classes, classes), nan),
        tuple(Figure.undefined(NO_MODEL) for _ in range(people)), (), nan, True,
    )  # fmt: skip


def dawid_skene(  # noqa: PLR0913 - what is believed beforehand, and how long to search
    labels: pd.DataFrame,
    categories: Sequence[Hashable],
    *,
    shrink: float = SHRINK,
    smoothing: float = 0.01,
    restarts: int = RESTARTS,
    seed: int = 0,
    tolerance: float = 1e-7,
    rounds: int = ROUNDS,
) -> Consensus:
    """Categories and each annotator's confusion matrix at once, by expectation maximisation.

    Annotators with few labels are drawn towards the confusion matrix of all annotators together
    by `shrink` labels per class, so that one label counts as one of an average annotator.

    Parameters
    ----------
    labels : DataFrame with columns task, annotator, label
        One row per label; several of one person on one task all count, as in the paper.
    categories : sequence
        Every category that could have been given.
    shrink : float
        Labels per class that everybody is believed to have given as all together do; 0: none.
    smoothing : float
        Labels added to every cell of every confusion matrix (Dirichlet); 0: none.
    restarts : int
        Starts beside the shares of votes: these shares mixed with noise. Every start gets 8
        rounds, the best goes on.
    seed : int
        Of the noise.
    tolerance : float
        Stops when a round raises the objective by less than this share of it.
    rounds : int
        Stops after so many; `converged` tells.

    Returns
    -------
    Consensus
        Unchanged by the order of rows and the names of annotators and tasks (to rounding).
        Classes carry the names under which most votes are right: no label switching.

    Raises
    ------
    ValueError
        If a column is missing, a label is none of the categories, or there is no label.

    References
    ----------
    Dawid and Skene (1979), doi:10.2307/2346806. Annotators drawn together: Paun et al. (2018),
    doi:10.1162/tacl_a_00040.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame(
    ...     [(t, who, "xy"[t % 2 if who < "c" else t % 3 == 0]) for t in range(9) for who in "abc"],
    ...     columns=["task", "annotator", "label"],
    ... )
    >>> found = dawid_skene(said, ["x", "y"])
    >>> found.answers()[:4], found.converged
    (['x', 'y', 'x', 'y'], True)
    """
    votes = _some(coded(labels, categories))
    pooled = _pooled(votes, smoothing, tolerance, rounds)
    people, classes = len(votes.annotators), len(categories)
    prior = np.broadcast_to(shrink * pooled + smoothing, (people, classes, classes))
    problem = votes.problem(prior)
    fit = climb(problem, _starts(problem, restarts, seed), tolerance=tolerance, rounds=rounds)
    return told("dawid_skene", votes, fit, pooled)


def one_coin(
    labels: pd.DataFrame,
    categories: Sequence[Hashable],
    *,
    smoothing: float = 0.01,
    tolerance: float = 1e-7,
    rounds: int = ROUNDS,
) -> Consensus:
    """Categories and one accuracy per annotator, whose errors fall evenly on the other categories.

    Parameters
    ----------
    labels : DataFrame with columns task, annotator, label
        One row per label.
    categories : sequence
        Every category that could have been given.
    smoothing : float
        Labels added to every cell (Dirichlet); 0: none.
    tolerance, rounds
        As for `dawid_skene`.

    Returns
    -------
    Consensus
        Unchanged by the order of rows and the names of annotators and tasks (to rounding).

    Raises
    ------
    ValueError
        If a column is missing, a label is none of the categories, or there is no label.

    References
    ----------
    Zhang, Chen, Zhou and Jordan (2016), section 2, arXiv:1406.3824.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame(
    ...     [(t, who, "xy"[t % 2]) for t in range(9) for who in "abc"],
    ...     columns=["task", "annotator", "label"],
    ... )
    >>> one_coin(said, ["x", "y"]).answers()[:2]
    ['x', 'y']
    """
    votes = _some(coded(labels, categories))
    classes = len(categories)
    pooled = _pooled(votes, smoothing, tolerance, rounds)
    prior = np.full((len(votes.annotators), classes, classes), smoothing)
    problem = votes.problem(prior, coin=True)
    fit = climb(problem, [problem.shares()], tolerance=tolerance, rounds=rounds)
    return told("one_coin", votes, fit, pooled)


METHODS = {"majority": majority, "dawid_skene": dawid_skene, "one_coin": one_coin}
"""By the name that reports and the command line use."""


def _some(votes: Coded) -> Coded:
    if not len(votes.task):
        raise ValueError("labels hold no row: there is nothing to agree on")
    return votes


def _pooled(votes: Coded, smoothing: float, tolerance: float, rounds: int) -> Floats:
    """The confusion matrix of all annotators as if they were one."""
    classes = len(votes.categories)
    everybody = Coded(
        votes.tasks, ("all",), votes.categories,
        votes.task, np.zeros_like(votes.annotator), votes.label,
    )  # fmt: skip
    # One label of each kind, and a second right one, keep rare classes from meaning nothing.
    problem = everybody.problem((np.eye(classes) + 1 / classes + smoothing)[None])
    fit = climb(problem, [problem.shares()], tolerance=max(tolerance, 1e-7), rounds=rounds)
    return np.asarray(fit.confusion[0])


def _starts(problem: Problem, restarts: int, seed: int) -> list[Floats]:
    shares, starts = problem.shares(), []
    rng = np.random.default_rng(seed)
    # Noise by class, not by task: the same for tasks that are voted on alike, in any order.
    for _ in range(restarts):
        mixing = rng.dirichlet(np.full(problem.classes, 0.5), size=problem.classes)
        starts.append(0.6 * shares + 0.4 * shares @ mixing)
    return [shares, *starts]
