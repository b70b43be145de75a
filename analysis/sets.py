"""Agreement on several tags at once: how much of two sets of tags is the same."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.agreement_of_all import estimated
from analysis.figure import Figure
from analysis.pairs import check_columns, coded
from analysis.vote_statistics import Alpha
from analysis.votes import votes_of


def masi_distance(one: AbstractSet[Any], other: AbstractSet[Any]) -> float:
    """How far two sets lie apart, by overlap and by whether one holds the other.

    Parameters
    ----------
    one, other : set
        Tags, possibly none.

    Returns
    -------
    float
        In [0, 1]: 0 for equal sets (two empty ones too), 1 for sets without a common member. Else
        1 - J M with Jaccard's J, and M of 2/3 when one holds the other, 1/3 otherwise.

    References
    ----------
    Passonneau (2006), Measuring agreement on set-valued items, LREC.

    Examples
    --------
    >>> round(masi_distance({"tone"}, {"tone", "unsafe"}), 4)
    0.6667
    """
    if one == other:
        return 0.0
    shared = len(one & other)
    if not shared:
        return 1.0
    inside = 2 / 3 if one <= other or other <= one else 1 / 3
    return 1 - shared / len(one | other) * inside


def set_agreement(labels: pd.DataFrame, *, cluster: pd.Series[Any] | None = None) -> Figure:
    """Krippendorff's alpha over sets of tags with the distance MASI.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `annotator`, `label`; each label a collection of tags, possibly empty.
    cluster : Series, optional
        By task, the conversation or user it belongs to.

    Returns
    -------
    Figure
        At most 1: 1 the same sets always, 0 as by chance; n is the number of tasks with two labels.
        Interval and refusals as for `agreement_of_all`; undefined when all sets are the same.

    Raises
    ------
    ValueError
        If a column is missing or one annotator has two labels on one task.

    References
    ----------
    Passonneau (2006), Measuring agreement on set-valued items, LREC; Krippendorff (2011),
    https://repository.upenn.edu/asc_papers/43.

    Examples
    --------
    >>> rows = [(t, who, ["tone"] * (t % 2 == 0)) for t in range(30) for who in "ab"]
    >>> rows[0] = (0, "a", ["tone", "unsafe"])
    >>> figure = set_agreement(pd.DataFrame(rows, columns=["task", "annotator", "label"]))
    >>> round(figure.value, 3), figure.n
    (0.957, 30)
    """
    check_columns(labels, ("task", "annotator", "label"))
    given = [frozenset(label) for label in labels["label"]]
    sets = sorted(set(given), key=lambda one: (len(one), sorted(map(str, one))))
    place = {one: number for number, one in enumerate(sets)}
    numbered = labels.assign(label=[place[one] for one in given])
    votes = votes_of(coded(numbered, range(max(len(sets), 1))), cluster)
    return estimated({"masi": Alpha(_distances(sets))}, votes)["masi"]


def _distances(sets: list[frozenset[Any]]) -> NDArray[np.float64]:
    found = np.zeros((max(len(sets), 1),) * 2)
    for i, one in enumerate(sets):
        for j in range(i):
            found[i, j] = found[j, i] = masi_distance(one, sets[j])
    return found
