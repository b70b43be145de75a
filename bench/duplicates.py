"""Near-duplicates among 100,000 texts with planted copies, beside what exact hashes find.

Each process measures its own memory: the texts alone, then the search.
"""

from __future__ import annotations

import resource
import sys
import time
from hashlib import sha256

import numpy as np

from analysis.duplicates import NEAR, near_duplicates
from analysis.shingles import jaccard, normalised, piece_set

TEXTS, COPIES, WORDS = 100_000, 5_000, 20_000
MUST_SECONDS, MUST_MEGABYTES, MUST_RECALL = 20.0, 500.0, 0.97
LETTERS = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))


def texts(rng: np.random.Generator) -> tuple[list[str], list[tuple[int, int]]]:
    """Texts of some 240 characters with a skewed vocabulary, and (original, copy) of each copy."""
    rate = 1 / np.arange(1, len(LETTERS) + 1)
    lengths = rng.integers(2, 11, WORDS)
    drawn = rng.choice(LETTERS, lengths.sum(), p=rate / rate.sum())
    words = ["".join(one) for one in np.split(drawn, np.cumsum(lengths)[:-1])]
    chance = 1 / np.arange(1, WORDS + 1) ** 0.9
    chance /= chance.sum()
    plain = TEXTS - COPIES
    counts = rng.integers(20, 50, plain)
    picked = rng.choice(WORDS, counts.sum(), p=chance)
    told = [part.tolist() for part in np.split(picked, np.cumsum(counts)[:-1])]
    planted = []
    for copy, original in enumerate(rng.integers(0, plain, COPIES), start=plain):
        changed = np.array(told[original])
        replaced = rng.random(len(changed)) < rng.uniform(0, 0.15)
        changed[replaced] = rng.choice(WORDS, replaced.sum(), p=chance)
        told.append(changed.tolist())
        planted.append((int(original), copy))
    return [" ".join(words[one] for one in part) for part in told], planted


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    given, planted = texts(np.random.default_rng(7))
    plain = [normalised(one) for one in given]
    near = {
        pair
        for pair in planted
        if jaccard(piece_set(plain[pair[0]]), piece_set(plain[pair[1]])) >= NEAR
    }
    before, many = megabytes(), len(near)
    start = time.process_time()
    seen: dict[bytes, int] = {}
    firsts = [seen.setdefault(sha256(normalised(one).encode()).digest(), at)
              for at, one in enumerate(given)]  # fmt: skip
    exact = {(first, at) for at, first in enumerate(firsts) if first != at}
    baseline = time.process_time() - start
    start = time.process_time()
    found = near_duplicates(given)
    seconds, most = time.process_time() - start, megabytes()
    pairs = set(zip(found["a"].tolist(), found["b"].tolist(), strict=True))
    recall, wrong = len(near & pairs) / len(near), int((found["jaccard"] < NEAR).sum())
    good = seconds < MUST_SECONDS and most < MUST_MEGABYTES and recall >= MUST_RECALL and not wrong
    print(f"{TEXTS} texts, mean {np.mean([len(one) for one in given]):.0f} characters; "
          f"{len(near)} of {COPIES} planted copies share {NEAR} of their pieces")  # fmt: skip
    print(f"  exact hashes    {baseline:6.1f} CPU seconds   recall {len(near & exact) / many:.2f}")
    print(f"  goldloop        {seconds:6.1f} CPU seconds   recall {recall:.4f}   "
          f"{len(found)} pairs, {most:.0f} MB at most ({before:.0f} before)")  # fmt: skip
    print(f"  must be below {MUST_SECONDS} s and {MUST_MEGABYTES} MB, recall from {MUST_RECALL}: "
          f"{'yes' if good else 'NO'}")  # fmt: skip
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
