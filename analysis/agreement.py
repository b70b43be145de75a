"""How far annotators agree, per pair and all together, from the long frame of labels."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.agreement_of_all import figures_of
from analysis.coefficients import cohen_kappa
from analysis.figure import Figure
from analysis.pair_figures import AGREEMENT, Pair, pairs_of
from analysis.pairs import Coded, Ints, Pairing, check_columns, coded, matched
from analysis.tally import Tally, overall_kappa, overall_share
from analysis.vote_statistics import STATISTICS
from analysis.votes import clusters_of, votes_of

NOMINAL = ("percent_agreement", "cohen_kappa", "fleiss_kappa", "krippendorff_alpha", "gwet_ac1")
"""The coefficients that make sense where categories have no order."""


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Agreement on one field: overall figures and every pair of annotators."""

    tasks: int
    """Number of tasks with at least two labels."""
    labels: int
    """Number of labels on those tasks."""
    annotators: int
    """Number of people who gave them."""
    coefficients: dict[str, Figure]
    """One overall figure per coefficient."""
    pairs: list[Pair]
    """Pairs that share at least one task, sorted by annotators."""
    shares: dict[Hashable, float]
    """Share of those labels by category, every declared one; empty without a task of two."""


def agreement(
    labels: pd.DataFrame,
    categories: Sequence[Hashable],
    values: ArrayLike | None = None,
    *,
    names: Iterable[str] | None = None,
    cluster: pd.Series[Any] | None = None,
) -> Agreement:
    """Agreement between annotators, aligned by task.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `annotator`, `label`; one row per label, in any order. Pass the planned
        labels only: extra ones appear where people disagree.
    categories : sequence
        All categories that could be given, in scale order, whether anybody used them or not.
    values : array (K,), optional
        The number each category stands for; 0, 1, 2... when not given.
    names : iterable of str, optional
        Which coefficients, out of `AGREEMENT` (per pair and overall) and `STATISTICS` (over all
        annotators together); all when not given, `NOMINAL` for unordered fields.
    cluster : Series, optional
        By task, the conversation or user it belongs to. Tasks of one cluster are then taken to
        say much the same: every interval is over clusters, with t(clusters - 1). Percent
        agreement has none below 5 clusters, the coefficients of `STATISTICS` none below 10.

    Returns
    -------
    Agreement
        Percent agreement overall is the mean over tasks of the share of agreeing pairs, with a
        Wilson interval whose size follows from the spread between tasks. Every Cohen's kappa
        overall is the mean over the pairs for which it is defined, weighted by shared tasks; its
        interval is linearised over tasks, since one task may serve several pairs. A pair's kappa
        has the large-sample standard error of Fleiss, Cohen and Everitt. Both become intervals on
        Fisher's z scale with t(n - 1): with 20 shared tasks these cover 92 to 96 times in 100,
        the plain normal ones 82 to 92. Where the error is 0 (all agree), the Wilson interval
        of the share of equal labels is carried over. Undefined when no task has two labels or when
        only one category was used; the interval alone is refused when one of two annotators
        used a single category, or when many pairs share so few tasks that the bias of their
        kappas outweighs the error of the mean. The rest: see `agreement_of_all`.

    Raises
    ------
    ValueError
        If a column is missing, a label is missing or not among the categories, one annotator
        has two labels on one task, or a name is unknown.

    References
    ----------
    Fleiss, Cohen and Everitt (1969), doi:10.1037/h0028106.

    Examples
    --------
    >>> rows = [(1, "ann", 4), (1, "ben", 4), (2, "ann", 2), (2, "ben", 3), (3, "ann", 5)]
    >>> frame = pd.DataFrame(rows, columns=["task", "annotator", "label"])
    >>> result = agreement(frame, [1, 2, 3, 4, 5])
    >>> result.coefficients["percent_agreement"].value, result.tasks
    (0.5, 2)
    """
    by_pair, by_all = _chosen(names)
    rows = coded(labels, categories)
    pairing = matched(rows)
    together = None if cluster is None else clusters_of(rows.tasks, cluster)[pairing.origin]
    overall, pairs = _by_pair(pairing, by_pair, values, together)
    if by_all:
        overall |= figures_of(votes_of(rows, cluster), values, by_all)
    people = len(pairing.annotators)
    shares = dict(zip(categories, _shares(rows), strict=False))
    return Agreement(pairing.tasks, pairing.labels, people, overall, pairs, shares)


def _by_pair(
    pairing: Pairing, names: list[str], values: ArrayLike | None, cluster: Ints | None
) -> tuple[dict[str, Figure], list[Pair]]:
    """The coefficients of two annotators: overall, and of every pair."""
    if cluster is not None:
        _, cluster = np.unique(cluster, return_inverse=True)
    tallies = {name: Tally(pairing.tasks, cluster) for name in names}
    pairs: list[Pair] = []
    for block in pairing.blocks():
        plain = cohen_kappa(block.tables)
        found = {name: AGREEMENT[name](block.tables, values) for name in names}
        for name, coefficient in found.items():
            tallies[name].add(block, coefficient, plain)
        pairs += pairs_of(block, found, plain, pairing.annotators, cluster)
    overall = {
        name: overall_share(tally) if name == "percent_agreement" else overall_kappa(tally)
        for name, tally in tallies.items()
    }
    return overall, pairs


def _shares(rows: Coded) -> list[float]:
    """Share of each category among the labels of tasks with two or more; none without such."""
    shared = np.bincount(rows.task, minlength=1)[rows.task] >= 2
    used = np.bincount(rows.label[shared], minlength=rows.size)
    return [float(one) for one in used / used.sum()] if used.sum() else []


def tag_agreement(
    labels: pd.DataFrame, tags: Sequence[str], *, cluster: pd.Series[Any] | None = None
) -> dict[str, Agreement]:
    """Agreement on each tag of a tags field: was it given or not.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `annotator`, `label`; each label a list of tags, possibly empty.
    tags : sequence of str
        All tags that could be given.
    cluster : Series, optional
        By task, the conversation or user it belongs to.

    Returns
    -------
    dict
        One Agreement per tag, in the order of `tags`, over the categories False and True.

    Raises
    ------
    ValueError
        As for `agreement`; also if a label holds a tag that is not declared.

    Examples
    --------
    >>> rows = [(1, "ann", ["tone"]), (1, "ben", []), (2, "ann", []), (2, "ben", [])]
    >>> frame = pd.DataFrame(rows, columns=["task", "annotator", "label"])
    >>> tag_agreement(frame, ["tone"])["tone"].coefficients["percent_agreement"].value
    0.5
    """
    check_columns(labels, ("task", "annotator", "label"))
    given = [frozenset(value) for value in labels["label"]]
    strangers = sorted(frozenset().union(*given) - frozenset(tags))
    if strangers:
        raise ValueError(f"tags {strangers[:5]} are not among the declared {list(tags)}")
    return {
        tag: agreement(
            labels.assign(label=[tag in value for value in given]),
            (False, True),
            names=NOMINAL,
            cluster=cluster,
        )
        for tag in tags
    }


def _chosen(names: Iterable[str] | None) -> tuple[list[str], list[str]]:
    """Names of coefficients of two annotators, and of those over all."""
    wanted = [*AGREEMENT, *STATISTICS] if names is None else list(names)
    unknown = [name for name in wanted if name not in AGREEMENT and name not in STATISTICS]
    if unknown:
        known = sorted([*AGREEMENT, *STATISTICS])
        raise ValueError(f"unknown coefficients {unknown}; known: {known}")
    by_pair = [name for name in wanted if name in AGREEMENT]
    return by_pair, [name for name in wanted if name in STATISTICS]
