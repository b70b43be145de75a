"""A rule on what a text says, so that texts nobody has labelled can be told apart by it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import numpy as np

from analysis.moments import Mask
from analysis.texts import MOST_CHARACTERS

WORD = re.compile(r"\w\w+")


@cache
def _left_out() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


def terms_of(text: str) -> set[str]:
    """The words of a text and its pairs of neighbouring words, without English words of no matter.

    Examples
    --------
    >>> sorted(terms_of("Where is my money? My MONEY!"))
    ['money', 'money money']
    """
    left_out = _left_out()
    said = [one for one in WORD.findall(text[:MOST_CHARACTERS].lower()) if one not in left_out]
    return {*said, *map(" ".join, pairwise(said))}


@dataclass(frozen=True, slots=True)
class TextRule:
    """Some words, and how many of them a text has to hold.

    Parameters
    ----------
    words : tuple of str
        Words, or pairs of neighbouring words, as `terms_of` gives them.
    at_least : int
        How many of them.

    Examples
    --------
    >>> TextRule(("refund", "money transfer"), 1).holds("My MONEY transfer failed")
    True
    """

    words: tuple[str, ...]
    at_least: int = 1
    _wanted: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_wanted", frozenset(self.words))

    def holds(self, text: str) -> bool:
        """Whether a text holds enough of the words in its first 2,000 characters."""
        return self.fits(terms_of(text))

    def fits(self, terms: AbstractSet[str]) -> bool:
        """The same of a text whose terms are known."""
        return len(self._wanted & terms) >= self.at_least


def learnt_rule(
    words: Sequence[str], terms: Sequence[AbstractSet[str]], inside: Mask
) -> TextRule | None:
    """The rule by some words that comes nearest to a group of texts.

    Parameters
    ----------
    words : sequence of str
        The words to choose by.
    terms : sequence of set of str
        `terms_of` the texts to learn from.
    inside : array of bool
        Which of them belong to the group.

    Returns
    -------
    TextRule or None
        How many of the words it takes is chosen by the harmonic mean of precision and recall
        (F1), the stricter rule of equals; None without words.
    """
    if not words:
        return None
    wanted = frozenset(words)
    counts = np.array([len(wanted & one) for one in terms])
    best, rule = -1.0, None
    for least in range(len(words), 0, -1):
        caught = counts >= least
        hit = int((caught & inside).sum())
        score = 2 * hit / max(int(caught.sum()) + int(inside.sum()), 1)
        if score > best:
            best, rule = score, TextRule(tuple(words), least)
    return rule
