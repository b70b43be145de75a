"""Which texts say nearly the same: candidates by MinHash, verified by their exact overlap.

128 numbers stand for a text; two texts that share a share J of their pieces agree in about J of
them. Texts that agree in six numbers of one of 21 bands are looked at: at J = 0.7 one in ten
thousand pairs is missed by that. What remains after an estimate is verified exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from analysis.shingles import Hashes, jaccard, normalised, piece_set, pieces

Signatures = NDArray[np.uint32]
Pairs = NDArray[np.int64]

NUMBERS, BANDS, ROWS = 128, 21, 6
NEAR = 0.7
"""Texts that share at least this much of their pieces are near-duplicates."""
ESTIMATE = 0.6
"""Pairs that are estimated to share less are not verified."""
CROWD = 40
"""Of more texts in one bucket each is compared with the next one only, not with all."""
_TEXTS, _PIECES, _PAIRS = 256, 1 << 15, 1 << 15


class Found(NamedTuple):
    """Texts of two lists that are nearly the same."""

    a: int
    b: int
    jaccard: float


def signatures(texts: Sequence[str]) -> Signatures:
    """128 numbers for each normalised text, uint32 (n, 128).

    References
    ----------
    Broder (1997), doi:10.1109/SEQUEN.1997.666900.
    """
    rng = np.random.default_rng(20_261_101)
    times = rng.integers(0, 2**32, NUMBERS, dtype=np.uint32) | np.uint32(1)
    plus = rng.integers(0, 2**32, NUMBERS, dtype=np.uint32)
    found = np.empty((len(texts), NUMBERS), dtype=np.uint32)
    for start, part in _parts(texts):
        hashes, starts = pieces(part)
        small = (hashes >> np.uint64(32)).astype(np.uint32)
        work = np.empty_like(small)
        rows = found[start : start + len(part)]
        for number in range(NUMBERS):
            np.multiply(small, times[number], out=work)
            np.add(work, plus[number], out=work)
            rows[:, number] = np.minimum.reduceat(work, starts)
    return found


def _parts(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Texts in parts whose pieces stay in the processor's cache."""
    start = size = 0
    for at, text in enumerate(texts):
        if at > start and (size + len(text) > _PIECES or at - start >= _TEXTS):
            yield start, texts[start:at]
            start, size = at, 0
        size += len(text)
    if start < len(texts):
        yield start, texts[start:]


def near_duplicates(texts: Sequence[str], *, threshold: float = NEAR) -> pd.DataFrame:
    """Pairs of texts that share at least `threshold` of their pieces.

    Parameters
    ----------
    texts : sequence of str (n,)
        As they are; they are normalised here.
    threshold : float
        From 0.6 to 1.

    Returns
    -------
    DataFrame with columns a, b (int64: places in `texts`, a < b) and jaccard (float64). Texts that
    are the same once normalised stand as a chain: each with the first of them, at 1.0; of their
    other pairs only those of the first are told. In a bucket of more than 40 texts each is
    compared with the next. Recall of pairs above 0.7 is about 0.99.

    Raises
    ------
    ValueError
        If the threshold is out of range.

    References
    ----------
    Leskovec, Rajaraman and Ullman (2014), chapter 3, doi:10.1017/CBO9781139924801.

    Examples
    --------
    >>> asked = ["Where is my new card today?", "where is my new card today", "Close it, please."]
    >>> near_duplicates(asked).round(2).to_dict("records")
    [{'a': 0, 'b': 1, 'jaccard': 0.96}]
    """
    _check(threshold)
    plain, first, where = _distinct(texts)
    signed = signatures(plain)
    pairs = _verified(plain, signed, _candidates(signed), threshold)
    copies = np.flatnonzero(first[where] != np.arange(len(where)))
    found = pd.DataFrame(
        {
            "a": np.concatenate([first[pairs["a"]], first[where[copies]]]).astype(np.int64),
            "b": np.concatenate([first[pairs["b"]], copies]).astype(np.int64),
            "jaccard": np.concatenate([pairs["jaccard"], np.ones(len(copies))]),
        }
    )
    low, high = found[["a", "b"]].min(axis=1), found[["a", "b"]].max(axis=1)
    return found.assign(a=low, b=high).sort_values(["a", "b"], ignore_index=True)


def _check(threshold: float) -> None:
    if not ESTIMATE <= threshold <= 1:
        raise ValueError(f"threshold must be from {ESTIMATE} to 1, got {threshold!r}")


def _distinct(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Each normalised text once, where it is met first, and which of them each text is."""
    places: dict[str, int] = {}
    where = [places.setdefault(normalised(text), len(places)) for text in texts]
    _, first = np.unique(where, return_index=True)
    return list(places), first.astype(np.int64), np.array(where, dtype=np.int64)


def _band(signed: Signatures, band: int) -> Hashes:
    """One number for six of each text's."""
    part = signed[:, band * ROWS : (band + 1) * ROWS].astype(np.uint64)
    key = part[:, 0].copy()
    for column in range(1, ROWS):
        key *= np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
        key += part[:, column]
    return key


def _candidates(signed: Signatures) -> Iterator[Pairs]:
    """Pairs (m, 2) that share a bucket, band by band."""
    for band in range(BANDS):
        key = _band(signed, band)
        order = np.argsort(key, kind="stable")
        run = key[order]
        _, which, size = np.unique(run, return_inverse=True, return_counts=True)
        crowded = size[which] > CROWD
        for step in range(1, min(CROWD, len(run) - 1) + 1):
            same = np.flatnonzero((run[:-step] == run[step:]) & ((step == 1) | ~crowded[step:]))
            if not len(same):
                break
            yield np.sort(np.column_stack([order[same], order[same + step]]), axis=1)


def _verified(
    texts: Sequence[str], signed: Signatures, candidates: Iterator[Pairs], threshold: float
) -> pd.DataFrame:
    """The candidates that hold, each once."""
    size, kept = len(texts), np.empty(0, dtype=np.int64)
    for pairs in candidates:
        fresh = np.setdiff1d(pairs[:, 0] * size + pairs[:, 1], kept)
        alike = _alike(signed, signed, fresh // size, fresh % size)
        kept = np.union1d(kept, fresh[alike >= ESTIMATE])
    found = [Found(a, b, _exact(texts[a], texts[b])) for a, b in _split(kept, size)]
    told = pd.DataFrame(found, columns=["a", "b", "jaccard"])
    told = told.astype({"a": np.int64, "b": np.int64, "jaccard": np.float64})
    return told[told["jaccard"] >= threshold]


def _split(kept: NDArray[np.int64], size: int) -> Iterator[tuple[int, int]]:
    return ((int(one) // size, int(one) % size) for one in kept)


def _exact(one: str, other: str) -> float:
    return jaccard(piece_set(one), piece_set(other))


def _alike(
    one: Signatures, other: Signatures, a: NDArray[np.int64], b: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The share of numbers in which pairs agree, some ten thousand pairs at a time."""
    found = np.empty(len(a))
    for start in range(0, len(a), _PAIRS):
        part = slice(start, start + _PAIRS)
        found[part] = (one[a[part]] == other[b[part]]).mean(axis=1)
    return found


class Index:
    """Texts that others are looked up in, batch by batch."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = [normalised(text) for text in texts]
        self._signed = signatures(self._texts)
        keys = [_band(self._signed, band) for band in range(BANDS)]
        self._orders = [np.argsort(key, kind="stable") for key in keys]
        self._runs = [key[order] for key, order in zip(keys, self._orders, strict=True)]

    def near(self, texts: Sequence[str], *, threshold: float = NEAR) -> list[Found]:
        """Pairs of an own text (`a`) and one of these (`b`), exact copies at 1.0; by a, then b."""
        _check(threshold)
        if not self._texts or not texts:
            return []
        plain = [normalised(text) for text in texts]
        signed = signatures(plain)
        size, kept = len(plain), np.empty(0, dtype=np.int64)
        for band in range(BANDS):
            fresh = np.setdiff1d(self._meeting(_band(signed, band), band, size), kept)
            alike = _alike(self._signed, signed, fresh // size, fresh % size)
            kept = np.union1d(kept, fresh[alike >= ESTIMATE])
        found = (Found(a, b, _exact(self._texts[a], plain[b])) for a, b in _split(kept, size))
        return [one for one in found if one.jaccard >= threshold]

    def _meeting(self, keys: Hashes, band: int, size: int) -> NDArray[np.int64]:
        run, order = self._runs[band], self._orders[band]
        low, high = np.searchsorted(run, keys, "left"), np.searchsorted(run, keys, "right")
        count = high - low
        theirs = np.repeat(np.arange(len(keys)), count)
        step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        found: NDArray[np.int64] = np.unique(order[np.repeat(low, count) + step] * size + theirs)
        return found


def together(
    count: int, a: Sequence[int] | NDArray[np.int64], b: Sequence[int] | NDArray[np.int64]
) -> NDArray[np.int64]:
    """By place, the smallest place that it is linked to, directly or through others.

    Examples
    --------
    >>> together(5, [0, 3], [2, 2]).tolist()
    [0, 1, 0, 0, 4]
    """
    links = coo_array((np.ones(len(a)), (a, b)), shape=(count, count))
    _, labels = connected_components(links, directed=False)
    _, first = np.unique(labels, return_index=True)
    found: NDArray[np.int64] = first[labels].astype(np.int64)
    return found
