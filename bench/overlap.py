"""Further labels while a task is unsure, beside fixed numbers: labels, quality, agreement.

People label a queue in the order of its tasks. The product's rule decides who is asked further,
with what it has learnt so far; it learns anew as often as the product does. Exits 1 when a bound of
issue 4 is missed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis import Beliefs, agreement, dawid_skene

CLASSES = (0, 1, 2)
FIXED = 5
FEWER, APART = 0.35, 0.03
"""Labels saved against five fixed ones, and how far agreement may be off."""


@dataclass(frozen=True)
class Crowd:
    """People who are right with a probability of their own and err evenly."""

    accuracy: np.ndarray
    truth: np.ndarray
    order: np.ndarray
    """(tasks, people) in which order people come to each task."""
    said: np.ndarray
    """(tasks, people) what each would say."""

    @classmethod
    def of(cls, seed: int, tasks: int, people: int = 40) -> Crowd:
        rng = np.random.default_rng(seed)
        accuracy, truth = rng.uniform(0.57, 0.95, people), rng.integers(0, len(CLASSES), tasks)
        order = rng.random((tasks, people)).argsort(axis=1)
        wrong = (truth[:, None] + rng.integers(1, len(CLASSES), order.shape)) % len(CLASSES)
        said = np.where(rng.random(order.shape) < accuracy, truth[:, None], wrong)
        return cls(accuracy, truth, order, said)

    def labels(self, counts: np.ndarray) -> pd.DataFrame:
        """The labels when every task has so many."""
        task = np.repeat(np.arange(len(counts)), counts)
        place = np.arange(len(task)) - np.repeat(np.cumsum(counts) - counts, counts)
        who = self.order[task, place]
        return pd.DataFrame({"task": task, "annotator": who, "label": self.said[task, who]})

    @property
    def chance_corrected(self) -> float:
        """Agreement of two people taken at random, beyond what chance gives with even classes."""
        a, k = self.accuracy, len(CLASSES)
        both = np.outer(a, a) + np.outer(1 - a, 1 - a) / (k - 1)
        people = len(a)
        equal = (both.sum() - np.trace(both)) / (people * (people - 1))
        return float((equal - 1 / k) / (1 - 1 / k))


class Outcome(NamedTuple):
    """What a way of asking comes to."""

    labels: float
    """Per task."""
    right: float
    agreement: float
    """Scott's pi of the labels that agreement reads."""
    pooled: float
    """The same had it read all labels."""


def fixed(crowd: Crowd, labels: int) -> Outcome:
    """As many labels on every task."""
    counts = np.full(len(crowd.truth), labels)
    frame = crowd.labels(counts)
    return Outcome(labels, _right(crowd, frame), scott(frame), scott(frame))


def adaptive(crowd: Crowd, posterior: float, at_most: int, planned: int = 2) -> Outcome:
    """One more label while the likeliest answer is less likely than `posterior`."""
    tasks = len(crowd.truth)
    counts, beliefs, learnt = np.zeros(tasks, dtype=int), Beliefs.first(CLASSES), 0
    for task in range(tasks):
        counts[task] = planned
        _ask(crowd, counts, task, beliefs, posterior, at_most)
        if counts.sum() - learnt >= max(50, 0.02 * learnt):
            learnt = int(counts.sum())
            beliefs = Beliefs.of(dawid_skene(crowd.labels(counts), CLASSES))
            # Tasks that were complete are looked at again, as the product does.
            known, said = beliefs.posteriors(crowd.labels(counts))
            unsure = np.array(known)[said.max(axis=1) < posterior]
            for again in unsure[counts[unsure] < at_most]:
                _ask(crowd, counts, int(again), beliefs, posterior, at_most)
    frame = crowd.labels(counts)
    first = crowd.labels(np.full(tasks, planned))
    return Outcome(counts.mean(), _right(crowd, frame), scott(first), scott(frame))


def _ask(
    crowd: Crowd, counts: np.ndarray, task: int, beliefs: Beliefs, posterior: float, at_most: int
) -> None:
    while counts[task] < at_most:
        who = crowd.order[task, : counts[task]]
        said = zip(who.tolist(), crowd.said[task, who].tolist(), strict=True)
        if beliefs.posterior(said).max() >= posterior:
            return
        counts[task] += 1


def _right(crowd: Crowd, frame: pd.DataFrame) -> float:
    found = dawid_skene(frame, CLASSES)
    return float((found.choice == crowd.truth[list(found.tasks)]).mean())


def scott(frame: pd.DataFrame) -> float:
    """Percent agreement of the product, beyond what the shares of the labels give by chance."""
    equal = agreement(frame, CLASSES).coefficients["percent_agreement"].value
    chance = float((frame["label"].value_counts(normalize=True) ** 2).sum())
    return (equal - chance) / (1 - chance)


RULES = ((0.9, 7), (0.95, 5), (0.95, 7), (0.99, 7))


def main(repetitions: int = 20, tasks: int = 2000) -> int:
    crowds = [Crowd.of(seed, tasks) for seed in range(repetitions)]
    truth = np.mean([crowd.chance_corrected for crowd in crowds])
    print(
        f"{repetitions} crowds of 40 people, {tasks} tasks, 3 classes; true agreement {truth:.3f}"
    )
    print("| way | labels a task | right | agreement | all labels |\n|---|---|---|---|---|")
    five = _row(f"{FIXED} fixed", [fixed(crowd, FIXED) for crowd in crowds])
    _row("3 fixed", [fixed(crowd, 3) for crowd in crowds])
    good = False
    for posterior, at_most in RULES:
        found = [adaptive(crowd, posterior, at_most) for crowd in crowds]
        mean = _row(f"until {posterior:g}, at most {at_most}", found)
        good |= (
            mean.right >= five.right
            and mean.labels <= (1 - FEWER) * FIXED
            and abs(mean.agreement - truth) <= APART
        )
    print(f"as right as {FIXED} fixed with {FEWER:.0%} fewer labels: {'yes' if good else 'NO'}")
    return 0 if good else 1


def _row(name: str, found: list[Outcome]) -> Outcome:
    mean = Outcome(*np.mean(found, axis=0))
    told = (f"{mean.labels:.2f}", *(f"{one:.3f}" for one in mean[1:]))
    print(f"| {name} | {' | '.join(told)} |")
    return mean


if __name__ == "__main__":
    sys.exit(main())
