"""How the weights of all that could be drawn are spread.

A draw by weight may leave a large part of the traffic with a handful of labels, or none. The labels
that came do not tell: their weights are alike. What tells is how many there are of each weight, so
that is counted while drawing.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from sampling.base import Floats, Ints

STEPS = 8
"""Classes in which weights are counted, per octave."""
Spread = tuple[tuple[int, int], ...]
"""Class of weight and how many are in it, rising."""


def steps(weight: Floats) -> Ints:
    """Class of each weight above 0."""
    found: Ints = np.floor(np.log2(weight) * STEPS).astype(np.int64)
    return found


def counted(weight: Floats) -> Counter[int]:
    """How many weights there are of each class."""
    step = steps(weight)
    if not len(step):
        return Counter()
    least = int(step.min())
    often = np.bincount(step - least)
    return Counter({least + place: int(often[place]) for place in np.flatnonzero(often).tolist()})


def octaves(step: Ints, threshold: float) -> Ints:
    """Octave of the chance min(1, weight / threshold) of classes of weight; -1 from a half on."""
    if not threshold:
        return np.full(len(step), -1)
    level = (step + 0.5) / STEPS - np.log2(threshold)
    found: Ints = np.floor(np.minimum(level, -0.5)).astype(np.int64)
    return found
