"""Clusters of near-duplicates with no pair missed: what splits rest on.

Pieces are ordered by how rare they are. If two texts share at least c pieces, then among the first
(size - c + l) pieces of each there are l that both have: only pairs that share so many rare pieces
are counted out in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis.duplicates import NEAR, near_duplicates, together
from analysis.shingles import normalised, pieces

Ints = NDArray[np.int64]

EXACT_UP_TO = 10_000
"""Of more texts than this pairs are found by MinHash, which misses about one in a hundred."""
_TEXTS, _ROWS, _PAIRS, _DEEPER = 512, 250, 20_000, 4


class _Sets(NamedTuple):
    """Texts as sets: which text, and which piece by its place among all."""

    text: Ints
    piece: Ints
    size: Ints
    frequency: Ints
    """In how many texts each piece is."""


def near_clusters(texts: Sequence[str], *, threshold: float = NEAR) -> Ints:
    """Which texts are the same or nearly so, directly or through others; exact up to 10,000.

    Parameters
    ----------
    texts : sequence of str (n,)
        As they are; they are normalised here.
    threshold : float
        The share of pieces from which two texts are near-duplicates: above 0, at most 1; from 0.6
        for more than 10,000 texts.

    Returns
    -------
    array of int (n,)
        By text, the first of those it is linked to. Up to 10,000 texts every two that share so
        much have the same; beyond, pairs are those of `near_duplicates`.

    Raises
    ------
    ValueError
        If the threshold is out of range.

    References
    ----------
    Xiao, Wang, Lin, Yu and Wang (2011), doi:10.1145/2000824.2000825; Wang, Li and Feng (2012),
    doi:10.1145/2213836.2213847.

    Examples
    --------
    >>> asked = ["Where is my new card today?", "Close it, please.", "where is my new card today"]
    >>> near_clusters(asked).tolist()
    [0, 1, 0]
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be above 0 and at most 1, got {threshold!r}")
    if len(texts) > EXACT_UP_TO:
        found = near_duplicates(texts, threshold=threshold)
        return together(len(texts), found["a"].to_numpy(), found["b"].to_numpy())
    places: dict[str, int] = {}
    where = np.array([places.setdefault(normalised(one), len(places)) for one in texts], dtype=int)
    if not len(where):
        return where
    _, first = np.unique(where, return_index=True)
    labels = _linked(_sets(list(places)), threshold)
    linked: Ints = first[labels[where]]
    return linked


def _sets(texts: Sequence[str]) -> _Sets:
    which, hashes = [], []
    for start in range(0, len(texts), _TEXTS):
        part = pieces(texts[start : start + _TEXTS])
        count = np.diff(np.append(part.starts, len(part.hashes)))
        text = np.repeat(np.arange(start, start + len(count)), count)
        order = np.lexsort((part.hashes, text))
        text, hashed = text[order], part.hashes[order]
        once = np.append(True, (hashed[1:] != hashed[:-1]) | (text[1:] != text[:-1]))
        which.append(text[once])
        hashes.append(hashed[once])
    text = np.concatenate(which)
    _, piece, frequency = np.unique(np.concatenate(hashes), return_inverse=True, return_counts=True)
    return _Sets(text, piece, np.bincount(text, minlength=len(texts)), frequency)


def _linked(sets: _Sets, threshold: float) -> Ints:
    """By text, the smallest it is linked to; what is linked already is not counted out again."""
    needed = np.ceil(threshold * sets.size - 1e-9).astype(int)
    deeper = np.maximum(needed // _DEEPER, 1)
    rare = _matrix(sets, _rarest(sets, sets.size - needed + deeper))
    whole = _matrix(sets, np.arange(len(sets.text)))
    turned = rare.T.tocsr()
    labels: Ints = np.arange(len(sets.size))
    for start in range(0, len(labels), _ROWS):
        met = (rare[start : start + _ROWS] @ turned).tocoo()
        a, b = met.coords[0] + start, met.coords[1]
        small, large = (
            np.minimum(sets.size[a], sets.size[b]),
            np.maximum(sets.size[a], sets.size[b]),
        )
        kept = (a < b) & (small >= threshold * large - 1e-9)
        kept &= met.data >= np.minimum(deeper[a], deeper[b])
        a, b = a[kept], b[kept]
        while len(a):
            held = _holds(whole, sets.size, a[:_PAIRS], b[:_PAIRS], threshold)
            one, other = labels[a[:_PAIRS][held]], labels[b[:_PAIRS][held]]
            labels = together(len(labels), one, other)[labels]
            open_ = labels[a[_PAIRS:]] != labels[b[_PAIRS:]]
            a, b = a[_PAIRS:][open_], b[_PAIRS:][open_]
    return labels


def _rarest(sets: _Sets, wanted: Ints) -> Ints:
    """The places of the rarest pieces of each text, as many as wanted."""
    frequency = sets.frequency[sets.piece]
    order = np.lexsort((sets.piece, frequency, sets.text))
    starts = np.cumsum(sets.size) - sets.size
    rank = np.arange(len(order)) - np.repeat(starts, sets.size)
    kept: Ints = order[(rank < wanted[sets.text[order]]) & (frequency[order] > 1)]
    return kept


def _matrix(sets: _Sets, places: Ints) -> csr_array:
    at = (sets.text[places], sets.piece[places])
    shape = (len(sets.size), len(sets.frequency))
    return csr_array((np.ones(len(places), dtype=np.int32), at), shape=shape)


def _holds(whole: csr_array, size: Ints, a: Ints, b: Ints, threshold: float) -> NDArray[np.bool_]:
    """Which pairs share enough, by their whole sets."""
    both = whole[a].multiply(whole[b]).sum(axis=1)
    held: NDArray[np.bool_] = both >= threshold * (size[a] + size[b] - both) - 1e-9
    return held
