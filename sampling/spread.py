"""How the weights of all that could be drawn are spread.

A draw by weight may leave a large part of the traffic with a handful of labels, or none. The labels
that came do not tell: their weights are alike. What tells is how many there are of each weight, so
that is counted while drawing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from sampling.base import Floats, Ints

BITS = 3
"""Binary digits of a weight, beyond the first, that its class tells: eight classes an octave."""
REST, BIAS = 52 - BITS, 1023 << BITS
Spread = tuple[tuple[int, int], ...]
"""Class of weight and how many are in it, rising."""


def steps(weight: Floats) -> Ints:
    """Class of each weight above 0: its exponent and first digits, so the same on any machine."""
    found: Ints = (np.ascontiguousarray(weight, dtype=np.float64).view(np.int64) >> REST) - BIAS
    return found


def middle(step: Ints | Sequence[int]) -> Floats:
    """The weight in the middle of a class."""
    exponent, digits = np.divmod(np.asarray(step, dtype=np.int64), 1 << BITS)
    found: Floats = np.ldexp(1 + (digits + 0.5) / (1 << BITS), exponent.astype(np.int32))
    return found


def counted(weight: Floats, group: Ints, groups: int) -> list[Counter[int]]:
    """How many weights there are of each class, in each of so many groups."""
    step = steps(weight)
    least = int(step.min(initial=0))
    span = int(step.max(initial=0)) - least + 1
    often = np.bincount(group * span + (step - least), minlength=groups * span)
    table = often.reshape(groups, span)
    return [
        Counter({least + place: int(row[place]) for place in np.flatnonzero(row).tolist()})
        for row in table
    ]


def octaves(step: Ints, threshold: float) -> Ints:
    """Octave of the chance min(1, weight / threshold) of classes of weight; -1 from a half on."""
    if not threshold:
        return np.full(len(step), -1)
    level = np.log2(middle(step)) - np.log2(threshold)
    found: Ints = np.floor(np.minimum(level, -0.5)).astype(np.int64)
    return found
