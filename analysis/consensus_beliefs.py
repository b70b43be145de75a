"""What is believed of categories and annotators, kept to judge labels that come later."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.consensus_em import Floats, coins, expect
from analysis.consensus_found import Consensus
from analysis.consensus_votes import coded

if TYPE_CHECKING:
    import pandas as pd

FIRST_ACCURACY = 0.8
"""How often somebody is taken to be right before there are labels to learn it from."""


@dataclass(frozen=True)
class Beliefs:
    """Shares of the categories and confusion matrices; somebody unknown counts as the average."""

    categories: tuple[Any, ...]
    marginals: Floats
    """(K,) share of each category."""
    pooled: Floats
    """(K, K) of somebody who is not known: row the category, column the label given."""
    confusion: Mapping[Hashable, Floats]
    """(K, K) by annotator."""

    @classmethod
    def first(cls, categories: Sequence[Hashable], accuracy: float = FIRST_ACCURACY) -> Beliefs:
        """Before there are labels: even shares, everybody right with one probability.

        Examples
        --------
        >>> beliefs = Beliefs.first(["x", "y"])
        >>> beliefs.posterior([("ann", "x"), ("bob", "x")]).round(3).tolist()
        [0.941, 0.059]
        """
        classes = len(categories)
        pooled = coins(np.array([accuracy]), classes)[0]
        return cls(tuple(categories), np.full(classes, 1 / classes), pooled, {})

    @classmethod
    def of(cls, found: Consensus) -> Beliefs:
        """What a model has learnt; ValueError for a majority, which learns nothing."""
        if found.method == "majority":
            raise ValueError("a majority learns nothing of annotators: take dawid_skene")
        known = dict(zip(found.annotators, found.confusion, strict=True))
        return cls(found.categories, found.marginals, found.pooled, known)

    def posterior(self, said: Iterable[tuple[Hashable, Any]]) -> Floats:
        """(K,) how likely each category is for one task, given who gave which label.

        Labels that are none of the categories say nothing.
        """
        place = {category: at for at, category in enumerate(self.categories)}
        joint = np.log(np.maximum(self.marginals, 1e-12))
        for annotator, label in said:
            if label in place:
                matrix = self.confusion.get(annotator, self.pooled)
                joint = joint + np.log(np.maximum(matrix[:, place[label]], 1e-12))
        likely = np.exp(joint - joint.max())
        return np.asarray(likely / likely.sum())

    def posteriors(self, labels: pd.DataFrame) -> tuple[tuple[Any, ...], Floats]:
        """Tasks of a frame (task, annotator, label) and the posterior (N, K) of each."""
        votes = coded(labels, self.categories)
        if not len(votes.task):
            return (), np.zeros((0, len(self.categories)))
        confusion = np.stack([self.confusion.get(who, self.pooled) for who in votes.annotators])
        problem = votes.problem(np.zeros_like(confusion))
        marginals = np.maximum(self.marginals, 1e-12)
        return votes.tasks, expect(problem.votes, marginals, np.maximum(confusion, 1e-12))[0]

    def to_json(self) -> dict[str, Any]:
        """For the store; annotators as texts."""
        return {
            "categories": list(self.categories),
            "marginals": self.marginals.tolist(),
            "pooled": self.pooled.tolist(),
            "confusion": {str(who): matrix.tolist() for who, matrix in self.confusion.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Beliefs:
        """As `to_json` wrote them."""
        known = {who: np.array(matrix) for who, matrix in kept["confusion"].items()}
        return cls(
            tuple(kept["categories"]), np.array(kept["marginals"]), np.array(kept["pooled"]), known
        )
