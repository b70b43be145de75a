"""Texts as sets of short pieces: what near-duplicates are told by.

A text is normalised (NFKC, small letters, single spaces); its pieces are the five characters that
start at each place. A piece is kept as a 64-bit hash: two pieces of one comparison share one with a
probability below 1e-12.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

WIDTH = 5
_SPACES = re.compile(r"\s+")
_BASE = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_END = "\x03"


class Pieces(NamedTuple):
    """The pieces of several texts one after the other: those of text i begin at `starts[i]`."""

    hashes: Hashes
    starts: NDArray[np.int64]


def normalised(text: str) -> str:
    """The text as duplicates are told by: NFKC, small letters, every run of spaces one space.

    Examples
    --------
    >>> normalised("  Where is   my CARD? ")
    'where is my card?'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _SPACES.sub(" ", text.lower()).strip()


def pieces(texts: Sequence[str]) -> Pieces:
    """The hashed pieces of texts that are `normalised`, in order and with repeats.

    Every text has at least one: a short one is filled up at its end.
    """
    padded = [text if len(text) >= WIDTH else text.ljust(WIDTH, _END) for text in texts]
    lengths = np.array([len(text) for text in padded], dtype=np.int64)
    if not len(lengths):
        return Pieces(np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64))
    joined = "".join(padded).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, dtype=np.uint32).astype(np.uint64)
    rolled = codes[: -(WIDTH - 1)].copy()
    for place in range(1, WIDTH):
        rolled *= _BASE
        rolled += codes[place : len(codes) - (WIDTH - 1) + place]
    ends = np.cumsum(lengths)
    inside = np.ones(len(rolled), dtype=bool)
    for back in range(1, WIDTH):  # windows that reach into the next text
        inside[ends[:-1] - back] = False
    counts = lengths - (WIDTH - 1)
    return Pieces(_mixed(rolled[inside]), np.cumsum(counts) - counts)


def piece_set(text: str) -> Hashes:
    """The pieces of one normalised text, sorted, each once."""
    return np.unique(pieces([text]).hashes)


def jaccard(one: Hashes, other: Hashes) -> float:
    """The share of the pieces of two texts that both have, from sorted sets without repeats.

    References
    ----------
    Broder (1997), doi:10.1109/SEQUEN.1997.666900.

    Examples
    --------
    >>> round(jaccard(piece_set("where is my card?"), piece_set("where is my car?")), 3)
    0.786
    """
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)


def _mixed(bits: Hashes) -> Hashes:
    bits ^= bits >> np.uint64(30)
    bits *= _FIRST
    bits ^= bits >> np.uint64(27)
    bits *= _SECOND
    bits ^= bits >> np.uint64(31)
    return bits
