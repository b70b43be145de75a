"""Texts as counts of words and as points, and the words that set some of them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.moments import Mask

Floats = NDArray[np.float64]

MOST_CHARACTERS = 2_000
MOST_WORDS = 5_000
DIMENSIONS = 50
NAMED_BY = 4
COMMON = 0.5
"""Words in more than this share of all texts name nothing."""


@dataclass(frozen=True, eq=False)
class Words:
    """Which words and pairs of words some texts hold, and how often."""

    terms: NDArray[Any]
    counts: Any
    """Sparse, (texts, terms)."""


def words(texts: Sequence[str], learn: Mask) -> Words:
    """Words of texts; which of them count is learnt from the rows of a mask."""
    from sklearn.feature_extraction.text import CountVectorizer

    read = [text[:MOST_CHARACTERS] for text in texts]
    counter = CountVectorizer(
        stop_words="english",
        ngram_range=(1, 2),
        min_df=2,
        max_df=COMMON,
        max_features=MOST_WORDS,
        dtype=np.float64,
    )
    try:
        counter.fit([text for text, known in zip(read, learn, strict=True) if known])
    except ValueError:  # no word is left
        return Words(np.array([], dtype=str), None)
    return Words(counter.get_feature_names_out(), counter.transform(read))


def placed(found: Words, learn: Mask, seed: int) -> Floats:
    """Texts as points: TF-IDF, reduced to few dimensions, learnt from the rows of a mask."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer

    weigh = TfidfTransformer(sublinear_tf=True).fit(found.counts[learn])
    weighted = weigh.transform(found.counts)
    dimensions = min(DIMENSIONS, weighted.shape[1] - 1, int(learn.sum()) - 1)
    if dimensions < 2:
        return np.asarray(weighted.toarray())
    reduce = TruncatedSVD(dimensions, random_state=seed).fit(weighted[learn])
    return np.asarray(reduce.transform(weighted))


def unit(points: Floats) -> Floats:
    """Points on the unit sphere; a point without any direction stays where it is."""
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return points / np.where(length > 0, length, 1.0)


def names(found: Words, these: Mask, among: Mask) -> tuple[str, ...]:
    """The words that some texts use most beyond what the others do (TF-IDF of the class)."""
    if not len(found.terms) or not these.any():
        return ()
    ours = np.asarray(found.counts[these].sum(axis=0)).ravel()
    theirs = np.asarray(found.counts[among].sum(axis=0)).ravel()
    share = ours / max(ours.sum(), 1)
    score = share * np.log((share + 1e-9) / ((theirs + 1) / (theirs.sum() + len(theirs))))
    chosen: list[str] = []
    for place in np.argsort(-score, kind="stable"):
        term = str(found.terms[place])
        if score[place] <= 0 or len(chosen) == NAMED_BY:
            break
        if not any(set(term.split()) & set(one.split()) for one in chosen):
            chosen.append(term)
    return tuple(chosen)
