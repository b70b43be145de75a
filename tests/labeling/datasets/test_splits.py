"""Splits do not leak and do not move: against brute force, however a dataset grows."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.datasets.items import Bound
from labeling.datasets.splits import placed, shares
from labeling.errors import InvalidLabel

PARTS = shares(None)
WORDS = ("card", "refund", "order", "late", "address", "change")


def near(one: str, other: str) -> bool:
    """Whether two plain lower-case texts share 0.7 of their pieces: nothing of the code here."""
    sets = [{text[at : at + 5] for at in range(max(len(text) - 4, 1))} for text in (one, other)]
    return len(sets[0] & sets[1]) >= 0.7 * len(sets[0] | sets[1])


def leaks(items: dict[str, Bound], splits: dict[str, str]) -> list[tuple[str, str]]:
    """Pairs in different splits that are near-duplicates or share a conversation or user."""
    return [
        (a, b)
        for a, b in combinations(sorted(splits), 2)
        if splits[a] != splits[b]
        and (near(items[a].text, items[b].text) or set(items[a].groups) & set(items[b].groups))
    ]


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join)
bounds = st.builds(
    Bound,
    texts,
    st.lists(st.sampled_from(["user:1", "user:2", "conversation:1"]), max_size=1).map(tuple),
)
batches = st.lists(
    st.dictionaries(st.sampled_from([f"bot:{n}" for n in range(25)]), bounds, max_size=12),
    min_size=1,
    max_size=4,
)


@settings(max_examples=120)
@given(batches)
def test_whatever_comes_nothing_leaks_and_nothing_moves(batches):
    """Batch by batch, with edited texts under old ids and newcomers that tie splits together."""
    items: dict[str, Bound] = {}
    known: dict[str, tuple[str, Bound]] = {}
    for batch in batches:
        wanted = items | batch
        found = placed(wanted, known, PARTS, "salt")
        assert found.splits.keys() | found.left_out.keys() == wanted.keys()
        assert not found.splits.keys() & found.left_out.keys()
        assert (leaks(wanted, found.splits), found.leaking) == ([], 0)
        for key, split in found.splits.items():
            assert known.get(key, (split,))[0] == split
        unchanged = {key for key in items if wanted[key] == items[key]}
        assert unchanged <= found.splits.keys()
        items = {key: wanted[key] for key in found.splits}
        known |= {key: (split, items[key]) for key, split in found.splits.items()}


def test_the_shares_are_those_wanted():
    items = {f"bot:{n}": Bound(f"{n * 7919} {n * n} {WORDS[n % 6]} {n**3}", ()) for n in range(600)}
    found = placed(items, {}, shares({"dev": 3, "test": 1}), "salt")
    counts = {one: list(found.splits.values()).count(one) for one in ("dev", "validation", "test")}
    assert counts["validation"] == 0
    assert 0.7 < counts["dev"] / 600 < 0.8  # four standard deviations are 0.07


def test_a_newcomer_between_dev_and_test_stays_out_and_is_told():
    one, two = Bound("first words of one", ("user:1",)), Bound("quite another text", ("user:2",))
    known = {"bot:1": ("dev", one), "bot:2": ("test", two)}
    bridge = Bound("something else again", ("user:1", "user:2"))
    found = placed({"bot:1": one, "bot:2": two, "bot:3": bridge}, known, PARTS, "salt")
    assert found.splits == {"bot:1": "dev", "bot:2": "test"}
    assert found.left_out == {"bot:3": "it ties together items of dev and test"}


def test_an_item_that_left_still_decides_where_its_copies_go():
    gone = Bound("where is the money that I sent", ())
    copy = Bound("Where is the money, that I sent", ())
    for split in PARTS:
        found = placed({"bot:2": copy}, {"bot:1": (split, gone)}, PARTS, "salt")
        assert found.splits == {"bot:2": split}


def test_a_pair_that_was_missed_once_is_parted_when_it_is_found():
    """As MinHash may do with more than 10,000: the one in the test split stays."""
    one, two = Bound("where is the money I sent", ()), Bound("where is the money I sent you", ())
    known = {"bot:1": ("dev", one), "bot:2": ("test", two)}
    found = placed({"bot:1": one, "bot:2": two}, known, PARTS, "salt")
    assert (found.splits, found.leaking) == ({"bot:2": "test"}, 0)
    assert found.left_out == {"bot:1": "it is too close to items of test"}


@pytest.mark.parametrize("given", [{"train": 1.0}, {"dev": 0.0}, {"dev": -1.0, "test": 3.0}])
def test_splits_that_cannot_be_are_refused(given):
    with pytest.raises(InvalidLabel):
        shares(given)
