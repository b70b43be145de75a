"""Near-duplicates: by hand, against brute force on small sets, and whatever texts hold."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.duplicates import Index, near_duplicates, together
from analysis.overlaps import near_clusters
from analysis.shingles import normalised, pieces

WORDS = "card refund order late address change please account login where cancel fee".split()  # noqa: SIM905


def brute(one: str, other: str) -> float:
    """Jaccard of the sets of five characters, with nothing of the code under test."""
    sets = []
    for text in (one, other):
        plain = normalised(text).ljust(5, "\x03")
        sets.append({plain[at : at + 5] for at in range(len(plain) - 4)})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def sentences(seed: int, count: int) -> list[str]:
    rng = np.random.default_rng(seed)
    found = [" ".join(rng.choice(WORDS, rng.integers(1, 14))) for _ in range(count)]
    for at in rng.integers(0, count, count // 2):
        said = found[at].split()
        said[rng.integers(0, len(said))] = str(rng.choice(WORDS))
        found.append(" ".join(said))
    return found


def test_by_hand():
    # "abcdefgh" has 4 pieces, "abcdefghi" 5, of which 4 are shared: 0.8
    found = near_duplicates(["abcdefgh", "other text", "ABCDEFGHI", "abcdefgh "])
    assert found.to_dict("list") == {"a": [0, 0], "b": [2, 3], "jaccard": [0.8, 1.0]}


@pytest.mark.parametrize("seed", range(4))
def test_clusters_are_those_of_brute_force(seed):
    texts = sentences(seed, 120)
    pairs = [(a, b) for a, b in combinations(range(len(texts)), 2)
             if brute(texts[a], texts[b]) >= 0.7]  # fmt: skip
    assert len(pairs) > 20
    expected = together(len(texts), *map(list, zip(*pairs, strict=True)))
    assert near_clusters(texts).tolist() == expected.tolist()


def test_pairs_hold_and_few_are_missed():
    texts = sentences(9, 150)
    found = near_duplicates(texts)
    pairs = {(row.a, row.b) for row in found.itertuples()}
    for row in found.itertuples():
        assert row.jaccard == pytest.approx(brute(texts[row.a], texts[row.b]))
    linked = together(len(texts), found["a"].tolist(), found["b"].tolist())
    near = [(a, b) for a, b in combinations(range(len(texts)), 2)
            if brute(texts[a], texts[b]) >= 0.7]  # fmt: skip
    missed = [pair for pair in near if linked[pair[0]] != linked[pair[1]]]
    assert pairs
    assert len(missed) <= 0.03 * len(near)


def test_others_are_looked_up():
    own = sentences(3, 60)
    index = Index(own)
    asked = [own[5].upper(), "nothing of the kind was ever said here", own[7] + " fee"]
    found = index.near(asked)
    assert {(5, 0, 1.0)} <= {tuple(one) for one in found}
    assert all(one.jaccard == pytest.approx(brute(own[one.a], asked[one.b])) for one in found)
    assert 1 not in {one.b for one in found}
    assert Index([]).near(asked) == index.near([]) == []


def test_texts_of_one_template_are_one_cluster():
    texts = [f"My order number {n} has not arrived, what can I do about it now?" for n in range(99)]
    assert set(near_clusters(texts)) == {0}
    found = near_duplicates(texts)
    assert set(together(99, found["a"].tolist(), found["b"].tolist())) == {0}


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_text_is_taken(texts):
    """Also empty ones, signs outside the plane and half characters: the same text, one cluster."""
    odd = [*texts, "", "\ud800", "\U0001f600"]
    labels = near_clusters([*odd, *odd])
    assert labels[: len(odd)].tolist() == labels[len(odd) :].tolist()
    pairs = near_duplicates([*odd, *odd])
    linked = together(2 * len(odd), pairs["a"].tolist(), pairs["b"].tolist())
    assert linked[: len(odd)].tolist() == linked[len(odd) :].tolist()


def test_more_than_ten_thousand_texts_are_searched_by_minhash():
    texts = [f"{n * 7919} {WORDS[n % 12]} {n**3} {WORDS[n % 7]} {n * n}" for n in range(10_000)]
    copies = [f"{texts[n]} ".upper() for n in range(0, 10_000, 100)]
    labels = near_clusters([*texts, *copies])
    assert labels[10_000:].tolist() == labels[:10_000:100].tolist()
    assert len(set(labels.tolist())) > 9_900


def test_nothing_and_one_text_are_no_pairs():
    assert len(near_clusters([])) == len(near_duplicates([])) == len(near_duplicates(["a"])) == 0
    assert near_clusters(["a"]).tolist() == [0]
    assert len(pieces([]).hashes) == 0


def test_pieces_do_not_reach_into_the_next_text():
    apart = np.concatenate([pieces(["abcdefg"]).hashes, pieces(["hij"]).hashes])
    assert pieces(["abcdefg", "hij"]).hashes.tolist() == apart.tolist()


@pytest.mark.parametrize("threshold", [0.0, 0.59, 1.1])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(ValueError, match="threshold must be"):
        near_duplicates(["a"], threshold=threshold)
    if not 0 < threshold <= 1:
        with pytest.raises(ValueError, match="threshold must be"):
            near_clusters(["a"], threshold=threshold)
