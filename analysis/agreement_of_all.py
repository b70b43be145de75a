"""Coefficients over all annotators together, labels missing or not, each with its interval."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.figure import Figure
from analysis.intervals import t_quantile, wilson_ends
from analysis.pairs import coded
from analysis.resampling import DRAWS, bca_ends, resampled, standard_error
from analysis.tally import NO_PAIR, ONE_CATEGORY, SURE, too_few_clusters
from analysis.vote_statistics import STATISTICS, Alpha, OrdinalAlpha, Statistic
from analysis.votes import Votes, votes_of

LEAST_UNITS = 5
"""Tasks below which no resampling says anything."""
LEAST_CLUSTERS = 10
"""Clusters below which resampling them covers too seldom: 88 to 93 times in 100 with 5 to 8."""
LEAST_RARE = 6
"""Tasks with another label than the commonest that alpha and Fleiss' kappa need for an interval.

With 6 and more it covers 88 to 100 times in 100, mostly 95 to 99 (bench/agreement.py); with 3 to 5
of them down to 87. Without what `_allowing_for_unseen` adds it was 52 to 90 with 2 to 4.
"""
MATCHED, DIFFERING = 3, 6
"""Tasks with two equal rare labels, and with different ones, from which on resampling is enough."""
HIDDEN = 3.69
"""How many are expected at most of what was not seen once: exp(-3.69) is 0.025."""
ONE_DECLARED = "only one category is declared"


def agreement_of_all(
    labels: pd.DataFrame,
    categories: Sequence[Hashable],
    values: ArrayLike | None = None,
    *,
    names: Iterable[str] | None = None,
    cluster: pd.Series[Any] | None = None,
    draws: int = DRAWS,
) -> dict[str, Figure]:
    """Agreement beyond chance of all annotators together.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `annotator`, `label`; one row per label, in any order. Pass the planned
        labels only: extra ones appear where people disagree. Tasks may have any number of labels;
        those with one tell Fleiss' kappa and Gwet's coefficients how common categories are.
    categories : sequence
        All categories that could be given, in scale order, whether anybody used them or not.
    values : array (K,), optional
        The number each category stands for; 0, 1, 2... when not given.
    names : iterable of str, optional
        Which of `STATISTICS`; all when not given.
    cluster : Series, optional
        By task, the conversation or user it belongs to: whole clusters are resampled then.
    draws : int
        Number of bootstrap resamples; they start from a fixed seed.

    Returns
    -------
    dict
        One Figure per name; n is the number of tasks with at least two labels. 1 is perfect, 0
        is chance; with weights the least is below -1. The interval is the accelerated bootstrap
        over tasks (or clusters), widened by Student's t; that of alpha and Fleiss' kappa reaches
        further where fewer than three tasks hold two equal rare labels, or six two different ones.
        Without any disagreement it is the Wilson interval of the share of equal labels, carried
        over. Undefined when no task has two labels, or when only one category was used; Gwet's
        coefficients are 1 then, unless only one is declared. The interval alone is refused with
        fewer than 5 tasks or 10 clusters, and that of alpha and Fleiss' kappa when fewer than 6
        tasks have a label other than the commonest.

    Raises
    ------
    ValueError
        If a column is missing, a label is missing or not among the categories, one annotator
        has two labels on one task, or a name is unknown.

    References
    ----------
    Fleiss (1971), doi:10.1037/h0031619; Gwet (2008), doi:10.1348/000711006X126600;
    Krippendorff (2011), https://repository.upenn.edu/asc_papers/43; Efron (1987),
    doi:10.1080/01621459.1987.10478410.

    Examples
    --------
    >>> rows = [(t, who, t % 3 + (t % 8 == 0)) for t in range(40) for who in "ab"]
    >>> rows += [(t, "c", t % 3) for t in range(0, 40, 2)]
    >>> frame = pd.DataFrame(rows, columns=["task", "annotator", "label"])
    >>> found = agreement_of_all(frame, [0, 1, 2, 3], names=["krippendorff_alpha"])
    >>> alpha = found["krippendorff_alpha"]
    >>> round(alpha.value, 3), round(alpha.low, 2), round(alpha.high, 2), alpha.n
    (0.857, 0.67, 0.97, 40)
    """
    return figures_of(votes_of(coded(labels, categories), cluster), values, names, draws)


def figures_of(
    votes: Votes,
    values: ArrayLike | None = None,
    names: Iterable[str] | None = None,
    draws: int = DRAWS,
) -> dict[str, Figure]:
    """The figures of tasks that are counted already."""
    size = votes.counts.shape[1]
    wanted = list(STATISTICS if names is None else names)
    unknown = [name for name in wanted if name not in STATISTICS]
    if unknown:
        raise ValueError(f"unknown coefficients {unknown}; known: {sorted(STATISTICS)}")
    return estimated({name: STATISTICS[name](size, values) for name in wanted}, votes, draws)


def estimated(
    statistics: dict[str, Statistic], votes: Votes, draws: int = DRAWS
) -> dict[str, Figure]:
    """Value and interval of statistics of the same tasks, on the same resamples."""
    if not votes.tasks:
        return dict.fromkeys(statistics, Figure.undefined(NO_PAIR))
    sums, times = {}, votes.times
    for name, statistic in statistics.items():
        each, times = votes.sums(statistic.features(votes.counts))
        sums[name] = (statistic, each)
    drawn = resampled(sums, times, draws=draws)
    rare = _rare(votes)
    return {
        name: _figure(statistic, each, times, drawn[name], votes, rare)
        for name, (statistic, each) in sums.items()
    }


def _figure(
    statistic: Statistic,
    each: NDArray[np.float64],
    times: NDArray[np.int64],
    drawn: NDArray[np.float64],
    votes: Votes,
    rare: int,
) -> Figure:
    total = times @ each
    value, tasks, units = float(statistic.value(total)), votes.tasks, votes.units
    by_size = getattr(statistic, "gwet", False)
    if np.isnan(value):
        alone = by_size and votes.counts.shape[1] < 2
        return Figure.undefined(ONE_DECLARED if alone else ONE_CATEGORY, n=tasks)
    over = "tasks" if votes.cluster is None else f"{units} clusters"
    if not by_size and rare < LEAST_RARE:
        rule = f"({rare}; an interval needs {LEAST_RARE})"
        reason = f"too few tasks have a label other than the commonest {rule}"
        return Figure.without_interval(value, tasks, _counted(statistic), reason)
    if votes.cluster is not None and units < LEAST_CLUSTERS:
        reason = too_few_clusters(units, LEAST_CLUSTERS)
        return Figure.without_interval(value, tasks, _counted(statistic), reason)
    left_out = statistic.value(total - each)
    if standard_error(left_out, times) <= SURE:
        low, high = _unvaried(statistic, total, value, units)
        return Figure(value, low, high, tasks, f"{_counted(statistic)}; Wilson")
    if units < LEAST_UNITS:
        reason = f"too few tasks ({units}; an interval needs {LEAST_UNITS})"
        return Figure.without_interval(value, tasks, _counted(statistic), reason)
    low, high = bca_ends(value, drawn, left_out, times, units)
    if not by_size:
        low, high = _allowing_for_unseen(statistic, votes, total, low, high)
    method = f"{_counted(statistic)}; bootstrap over {over}, bias-corrected"
    return Figure(value, low, min(high, 1.0), tasks, method)


def _unvaried(
    statistic: Statistic, total: NDArray[np.float64], value: float, units: int
) -> tuple[float, float]:
    """Where every task says the same: Wilson of the observed agreement, scaled as the value is."""
    observed = np.clip(statistic.observed(total), 0, 1)
    low, high = wilson_ends(observed, units, t_quantile())
    room = float(statistic.room(total))
    ends = [1 - (1 - float(end)) / room if room > 0 else value for end in (low, high)]
    return min(ends[0], value), min(max(ends[1], value), 1.0)


def _allowing_for_unseen(
    statistic: Statistic, votes: Votes, total: NDArray[np.float64], low: float, high: float
) -> tuple[float, float]:
    """Ends that reach further where tasks of a kind were hardly seen: no resample holds them.

    Tasks on which two people give the same rare label carry alpha; if fewer than three were seen,
    as many more are allowed for as can hide behind none. If people differ on fewer than six, the
    low end is at most that of Wilson's interval of the share of equal labels, carried over: it
    takes differences that are still to come to be as far apart as labels at random.
    """
    size = votes.counts.sum(axis=1)
    shared = np.where(size >= 2, votes.times, 0)
    used = shared @ votes.counts
    first, second = np.argsort(-used, kind="stable")[:2]
    matched = ((np.delete(votes.counts, first, axis=1) >= 2).any(axis=1) * shared).sum()
    differing = ((votes.counts.max(axis=1) < size) * shared).sum()
    if matched < MATCHED:
        like = np.zeros((1, len(used)))
        like[0, second] = 2
        high = max(high, float(statistic.value(total + HIDDEN * statistic.features(like)[0])))
    if differing < DIFFERING:
        value = float(statistic.value(total))
        low = min(low, _unvaried(statistic, total, value, votes.units)[0])
    return low, high


def _rare(votes: Votes) -> int:
    """How many of the tasks with two labels have one that is not of the commonest category."""
    size = votes.counts.sum(axis=1)
    shared = np.where(size >= 2, votes.times, 0)
    commonest = int((shared @ votes.counts).argmax())
    return int(shared[votes.counts[:, commonest] < size].sum())


def _counted(statistic: Statistic) -> str:
    if isinstance(statistic, Alpha | OrdinalAlpha):
        return "all labels that have a partner"
    return "mean over tasks against chance"
