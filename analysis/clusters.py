"""Groups of failing texts that are alike: found on one half of the tasks, tested on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis import slices, texts
from analysis.contrasts import against, lift_ends
from analysis.discovery import q_value
from analysis.figure import Figure
from analysis.intervals import Interval
from analysis.joined import no_comparison
from analysis.mean_figure import check_scale
from analysis.moments import Mask, Sample, Survey, sampled
from analysis.pairs import check_columns
from analysis.patterns import FALSE_FINDS, SUPPORT, UNKNOWN, Support
from analysis.regimes import domain
from analysis.slices import Ledger
from analysis.text_rules import TextRule, learnt_rule, terms_of

Floats = NDArray[np.float64]

MOST_TEXTS = 5_000
PER_CLUSTER = 15
"""Failing texts of the exploring half for each cluster that is looked for."""
MOST_CLUSTERS = 8
FAILED = 0.5
TINY = 1e-9
LEAST_ALIKE = 0.1
"""Share of the failing texts of a cluster that are taken to be too far out to belong."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Texts that are alike, and whether such texts fail more often."""

    words: tuple[str, ...]
    """What they say more often than other texts."""
    found: int
    """Failing tasks that it was found with, in the exploring half."""
    tasks: int
    """Tasks with such texts in the other half, failing or not."""
    failures: int
    rate: Figure
    """Failure rate of such texts, from the other half; to be in it is a chance like any other."""
    lift: float
    """Over the failure rate of the other half."""
    lift_ends: Interval
    p_value: float
    q_value: float
    """Corrected for the clusters tested; NaN without support or where the survey refuses."""
    rule: TextRule | None
    """The words as a rule for texts that nobody has labelled; None without words."""
    rule_tasks: int
    """Tasks of the other half that the rule catches."""
    rule_rate: Figure
    """Their failure rate: what a draw by the rule may expect."""
    members: tuple[int, ...]
    """Tasks with such texts in both halves: the failing ones first, then the nearest first."""

    @property
    def confirmed(self) -> bool:
        """Whether the other half says that such texts fail more often."""
        return self.q_value <= FALSE_FINDS

    def to_json(self) -> dict[str, Any]:
        """Return the public JSON shape."""
        known = isfinite(self.lift) and self.rate.defined
        return {
            "words": list(self.words),
            "confirmed": self.confirmed,
            "found": self.found,
            "tasks": self.tasks,
            "failures": self.failures,
            "rate": self.rate.to_json(),
            "lift": self.lift if known else None,
            "lift_ci": list(self.lift_ends) if isfinite(self.lift_ends.high) else None,
            "q_value": self.q_value if isfinite(self.q_value) else None,
            "rule": self._rule(),
            "task_ids": [str(task) for task in self.members],
        }

    def _rule(self) -> dict[str, Any] | None:
        if self.rule is None:
            return None
        return {
            "words": list(self.rule.words),
            "at_least": self.rule.at_least,
            "tasks": self.rule_tasks,
            "rate": self.rule_rate.to_json(),
        }


def failure_clusters(
    frame: pd.DataFrame,
    said: Sequence[str],
    survey: Survey,
    *,
    vectors: ArrayLike | None = None,
    support: Support = SUPPORT,
    seed: int = 0,
) -> list[Cluster]:
    """Clusters of failing texts, each named by its words and tested on tasks not used to find it.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`, `y` being 1 for a failure and 0 otherwise, with `task` (int), by whose
        hash the tasks are halved. Of more than 5,000 tasks the first by hash are taken.
    said : sequence of str
        One text per row; what comes after 2,000 characters is not read.
    survey : Survey
        How the tasks were drawn.
    vectors : array (rows, d), optional
        Embeddings of the same rows to cluster by; without them words and pairs of words
        (TF-IDF, reduced to 50 dimensions) are.
    support : Support
        Tasks and failures that a cluster needs in the other half to be tested.
    seed : int
        Of k-means.

    Returns
    -------
    list of Cluster
        Those tested first, by q-value. Failing texts of one half are grouped by k-means on the
        unit sphere; what lies as near to a centre as nine tenths of its failing texts belongs
        to it. One-sided Fisher test on effective sizes in the other half, against its other
        tasks; q-values over the clusters tested. Empty with too few failing texts in the
        exploring half, or where the survey refuses estimates.

    Raises
    ------
    ValueError
        As for `estimate`; also if texts or vectors do not fit the rows.

    References
    ----------
    As for `failure_slices`. Splitting: Cox (1975), doi:10.1093/biomet/62.2.441.

    Examples
    --------
    >>> asked = ["where is my refund money", "reset the password please", "opening hours sunday"]
    >>> frame = pd.DataFrame({"task": range(300), "y": [1.0, 0.0, 0.0] * 100, "pi": 1.0})
    >>> frame.loc[1::30, "y"] = 1.0
    >>> cluster = failure_clusters(frame, asked * 100, Survey(300))[0]
    >>> "refund" in " ".join(cluster.words), cluster.confirmed, round(cluster.lift, 1) > 2
    (True, True, True)
    """
    check_columns(frame, ("task", "y"))
    given = None if vectors is None else np.asarray(vectors, dtype=float)
    _check_rows(len(frame), said, given)
    order = np.argsort(frame["task"].to_numpy(), kind="stable")
    frame, said = frame.iloc[order], [said[place] for place in order.tolist()]
    given = None if given is None else given[order]
    sample = sampled(frame, survey)
    check_scale(sample.y, None)
    if survey.refuse_estimate or not len(frame):
        return []
    task = frame["task"].to_numpy(dtype=np.int64)
    read, explores = _halves(task)
    failing = sample.y >= FAILED
    wanted = min(int((explores & failing).sum()) // PER_CLUSTER, MOST_CLUSTERS)
    found = texts.words([said[row] for row in np.flatnonzero(read).tolist()], explores[read])
    if wanted < 2 or (given is None and not len(found.terms)):
        return []
    points = given[read] if given is not None else texts.placed(found, explores[read], seed)
    if given is not None:
        points = points - points[explores[read]].mean(axis=0)
    nearest, alike = _grouped(points, (explores & failing)[read], wanted, seed)
    book = slices.ledger(sample, alone=survey.kind == "priority")
    half = Half(book, survey, read & ~explores, support)
    terms = [terms_of(text) if known else set() for text, known in zip(said, read, strict=True)]
    clusters = []
    for one in range(wanted):
        rows, near = np.zeros(len(frame), dtype=bool), np.zeros(len(frame))
        rows[read], near[read] = nearest == one, alike
        seen = rows & explores & failing
        if not seen.any():
            continue
        listed = np.lexsort((-near, ~failing))
        named = texts.names(found, seen[read], explores[read])
        members = tuple(int(task[row]) for row in listed if rows[row])
        ruled = half.ruled(named, terms, rows, read & explores)
        known = {"words": named, "found": int(seen.sum()), "members": members}
        clusters.append(half.tested(rows, **known, **ruled))
    return _corrected(clusters, survey)


@dataclass(frozen=True, eq=False)
class Half:
    """The tasks that were not used to find anything."""

    book: Ledger
    survey: Survey
    rows: Mask
    support: Support

    @property
    def _sample(self) -> Sample:
        """The rows of this half, drawn once more: they stand for those that were not in it."""
        rows = self.book.sample.rows(self.rows)
        share = min(1.0, MOST_TEXTS / len(self.rows)) / 2
        return replace(rows, pi=rows.pi * share, weight=rows.weight / share)

    def rate(self, like: Mask) -> Figure:
        """Failure rate of the tasks of a mask in this half, as a part of all traffic."""
        return domain(self._sample, (self.rows & like)[self.rows], self.survey, None)

    def ruled(
        self, words: Sequence[str], terms: Sequence[set[str]], like: Mask, learn: Mask
    ) -> dict[str, Any]:
        """The rule by some words, learnt on other rows, and how the tasks it catches here fail."""
        known = [one for one, there in zip(terms, learn, strict=True) if there]
        rule = learnt_rule(words, known, like[learn])
        caught = np.array([rule is not None and rule.fits(one) for one in terms])
        tasks = int((caught & self.rows).sum())
        return {"rule": rule, "rule_tasks": tasks, "rule_rate": self.rate(caught)}

    def tested(self, like: Mask, **known: Any) -> Cluster:
        """Whether the tasks of a mask fail more often than the others of this half."""
        inside, y = self.rows & like, self.book.sample.y
        ours, every = _sums(self.book, inside), _sums(self.book, self.rows)
        tasks, hits = int(inside.sum()), round(float(y[inside].sum()))
        rate = self.rate(like)
        cluster = Cluster(
            tasks=tasks, failures=hits, rate=rate, lift=nan, lift_ends=UNKNOWN,
            p_value=nan, q_value=nan, **known,
        )  # fmt: skip
        if tasks < self.support.tasks or hits < max(self.support.failures, 1):
            return cluster
        part, rest = slices.worth(self.book, ours), slices.worth(self.book, every - ours)
        return replace(
            cluster,
            lift=float(part.rate[0] / slices.worth(self.book, every).rate[0]),
            lift_ends=UNKNOWN
            if no_comparison(self.survey, self.book.sample)
            else lift_ends(part, rest, 0),
            p_value=float(against(self.book, ours, every - ours)[0]),
        )


def _check_rows(rows: int, said: Sequence[str], vectors: Floats | None) -> None:
    if len(said) != rows:
        raise ValueError(f"texts must be one per row: got {len(said)} for {rows} rows")
    if vectors is not None and (vectors.ndim != 2 or len(vectors) != rows):
        raise ValueError(f"vectors must be (rows, d) with {rows} rows, got {vectors.shape}")
    if vectors is not None and not np.isfinite(vectors).all():
        raise ValueError("vectors hold NaN or infinity: leave those rows out")


def _halves(task: NDArray[np.int64]) -> tuple[Mask, Mask]:
    """Which tasks are read, and which of them explore; by hash, so that later ones change none."""
    mixed = task.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    read = np.ones(len(task), dtype=bool)
    if len(task) > MOST_TEXTS:
        read[np.argsort(mixed, kind="stable")[MOST_TEXTS:]] = False
    return read, read & (mixed & np.uint64(1) == 0)


def _grouped(
    points: Floats, learn: Mask, wanted: int, seed: int
) -> tuple[NDArray[np.int64], Floats]:
    """Cluster of each point, -1 for none, and how alike it is to the centre."""
    from sklearn.cluster import KMeans

    points = texts.unit(points)
    wanted = min(wanted, len(np.unique(points[learn].round(6), axis=0)))
    grouping = KMeans(wanted, n_init=5, random_state=seed).fit(points[learn])
    alike = points @ texts.unit(grouping.cluster_centers_).T
    nearest = alike.argmax(axis=1)
    best = alike.max(axis=1)
    for one in range(wanted):
        own = best[learn & (nearest == one)]
        bar = np.quantile(own, LEAST_ALIKE) if len(own) else np.inf
        nearest[(nearest == one) & (best < bar - TINY)] = -1
    return nearest, best


def _sums(book: Ledger, mask: Mask) -> Floats:
    rows = np.flatnonzero(mask)
    return book.sums(rows, np.zeros(len(rows), dtype=np.int64), 1)


def _corrected(found: list[Cluster], survey: Survey) -> list[Cluster]:
    """The same with q-values, those tested first."""
    tested = [one for one in found if isfinite(one.p_value)]
    q = q_value([one.p_value for one in tested])
    told = [
        replace(one, q_value=nan if survey.refusal else float(each))
        for one, each in zip(tested, q, strict=True)
    ]
    others = [one for one in found if not isfinite(one.p_value)]
    return sorted(told, key=lambda one: (one.q_value, one.words)) + others
