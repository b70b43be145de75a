import numpy as np
import pytest

from sampling.hashing import priority_of, uniform


@pytest.mark.parametrize(
    ("key", "seed", "expected"),
    [
        (0, 0, 0.551945036743035),
        (1, 42, 0.6927390979038496),
        (123456789, 0, 0.22349716780542894),
        (2**63 - 1, 0, 0.5820857894252995),
    ],
)
def test_the_hash_never_changes(key, seed, expected):
    assert uniform([key], seed).tolist() == [expected]


def test_numbers_are_uniform_for_dense_and_strided_keys():
    for keys in (np.arange(200_000), np.arange(200_000) * 4096):
        found = uniform(keys, 3)
        counts, _ = np.histogram(found, bins=256, range=(0, 1))
        expected = len(keys) / 256
        # chi-squared with 255 degrees of freedom: below 330.5 with probability .999
        assert ((counts - expected) ** 2 / expected).sum() < 330.5
        assert 0 < found.min() < found.max() <= 1


def test_one_round_would_give_all_seeds_the_same_numbers_two_do_not():
    dense = np.arange(4096)
    one, other = uniform(dense, 0), uniform(dense, 1)
    assert set(one) != set(other)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.06


def test_neighbouring_keys_are_unrelated():
    found = uniform(np.arange(100_000), 7)
    assert abs(np.corrcoef(found[1:], found[:-1])[0, 1]) < 0.015


def test_a_key_is_worth_the_same_alone_and_among_others():
    keys = np.array([5, 2**62, 17], dtype=np.int64)
    assert uniform(keys, 9).tolist() == [uniform([int(key)], 9)[0] for key in keys]
    assert uniform(keys.astype(np.uint64), 9).tolist() == uniform(keys, 9).tolist()


def test_no_keys_have_no_numbers():
    assert uniform([], 1).tolist() == []


def test_priority_is_weight_over_the_number():
    assert priority_of([2.0, 0.0], [1, 1], 42) == pytest.approx([2 / 0.6927390979038496, 0])


@pytest.mark.parametrize("keys", [[-1], [0.5], ["a"]])
def test_keys_that_are_none_are_refused(keys):
    with pytest.raises(ValueError, match="sample_key must be whole numbers from 0"):
        uniform(keys, 1)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match=r"seed must be from 0 to 2\^64 - 1"):
        uniform([1], seed)
