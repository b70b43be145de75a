"""How alike people rank the same responses."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from analysis.figure import Figure
from analysis.mean_over_tasks import mean_over_tasks
from analysis.pairs import check_columns

Ranking = Sequence[Sequence[Hashable]]


def kendall_tau(one: Ranking, other: Ranking) -> float:
    """Kendall's tau-b of two rankings of the same things, ties allowed.

    Parameters
    ----------
    one, other : sequence of sequences
        Ranks from best to worst, each with the things that share it.

    Returns
    -------
    float
        In [-1, 1]: 1 the same order, -1 the reverse. NaN when one ranking ties everything.

    Raises
    ------
    ValueError
        If the two do not rank the same things, each once.

    References
    ----------
    Kendall (1945), doi:10.1093/biomet/33.3.239.

    Examples
    --------
    >>> round(kendall_tau([["a"], ["b"], ["c"]], [["a"], ["b", "c"]]), 4)
    0.8165
    """
    first, second = _places(one), _places(other)
    if first.keys() != second.keys():
        raise ValueError(f"rankings of {sorted(map(str, first))} and {sorted(map(str, second))}")
    x = np.array([first[thing] for thing in first])
    y = np.array([second[thing] for thing in first])
    above = np.triu_indices(len(x), 1)
    dx, dy = np.sign(np.subtract.outer(x, x))[above], np.sign(np.subtract.outer(y, y))[above]
    untied = float((dx**2).sum()) * float((dy**2).sum())
    return float((dx * dy).sum()) / untied**0.5 if untied else nan


def ranking_agreement(labels: pd.DataFrame, *, cluster: pd.Series[Any] | None = None) -> Figure:
    """Mean over tasks of Kendall's tau-b between the people who ranked it.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `annotator`, `label`; each label ranks from best to worst, each a list of
        the ids that share it. All rankings of a task hold the same ids.
    cluster : Series, optional
        By task, the conversation or user it belongs to.

    Returns
    -------
    Figure
        In [-1, 1]; n is the number of tasks with a defined pair. Rankings that tie everything say
        nothing of an order and are left out. Interval: bootstrap over tasks; refused with fewer
        than 5 of them, or 10 clusters. Undefined when no task has two rankings.

    Raises
    ------
    ValueError
        If a column is missing, or two rankings of a task are not of the same ids.

    References
    ----------
    Kendall (1945), doi:10.1093/biomet/33.3.239.

    Examples
    --------
    >>> rows = [(1, "ann", [["a"], ["b"]]), (1, "ben", [["a"], ["b"]])]
    >>> ranking_agreement(pd.DataFrame(rows, columns=["task", "annotator", "label"])).value
    1.0
    """
    check_columns(labels, ("task", "annotator", "label"))
    found: dict[Any, float] = {}
    for task, group in labels.groupby("task", sort=True)["label"]:
        taus = [kendall_tau(one, other) for one, other in combinations(group, 2)]
        known = [tau for tau in taus if tau == tau]
        if known:
            found[task] = float(np.mean(known))
    return mean_over_tasks(
        found,
        "mean over tasks of Kendall's tau-b",
        cluster=cluster,
        lowest=-1.0,
        missing="no task has two rankings that put anything above anything",
    )


def _places(ranking: Ranking) -> dict[Hashable, int]:
    places = {thing: place for place, rank in enumerate(ranking) for thing in rank}
    if len(places) < sum(map(len, ranking)):
        raise ValueError(f"a ranking holds something twice: {ranking!r:.80}")
    return places
