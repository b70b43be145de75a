"""A number between 0 and 1 for every key and seed, and the priorities made of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sampling.base import Floats

HASH_VERSION = 1
"""Stored with every draw; a draw of another version cannot be repeated."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_SEED_SALT = 0x5851F42D4C957F2D


def uniform(sample_key: ArrayLike, seed: int) -> Floats:
    """Number in (0, 1] for each key: two rounds of the splitmix64 finaliser.

    Parameters
    ----------
    sample_key : array of int (n,)
        Keys from 0 to 2^63 - 1.
    seed : int
        From 0 to 2^64 - 1; different seeds give independent numbers.

    Returns
    -------
    array of float (n,)
        Multiples of 2^-53, uniform, the same on every machine; empty for no keys.

    Raises
    ------
    ValueError
        If keys are not whole numbers from 0, or the seed is out of range.

    References
    ----------
    Steele, Lea and Flood (2014), doi:10.1145/2714064.2660195.

    Examples
    --------
    >>> uniform([1], 42).tolist()
    [0.6927390979038496]
    """
    keys = np.atleast_1d(np.asarray(sample_key))
    if not keys.size:
        return np.empty(0)
    if keys.dtype.kind not in "iu" or (keys.dtype.kind == "i" and keys.min() < 0):
        raise ValueError(f"sample_key must be whole numbers from 0, got {keys[:3]!r}")
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed must be from 0 to 2^64 - 1, got {seed}")
    salt = _mixed(np.array([seed ^ _SEED_SALT], dtype=np.uint64))
    mixed = _mixed(_mixed(keys.astype(np.uint64)) ^ salt)
    found: Floats = ((mixed >> np.uint64(11)) + np.uint64(1)).astype(np.float64) * 2.0**-53
    return found


def priority_of(weight: ArrayLike, sample_key: ArrayLike, seed: int) -> Floats:
    """Priority of each candidate: weight over its number; a draw takes the largest.

    Parameters
    ----------
    weight : array of float (n,)
        Weights, at least 0.
    sample_key : array of int (n,)
        Keys from 0 to 2^63 - 1.
    seed : int
        Seed of the draw.

    Returns
    -------
    array of float (n,)
        At least the weight; 0 where the weight is 0.

    Raises
    ------
    ValueError
        As for `uniform`.

    References
    ----------
    Duffield, Lund and Thorup (2007), doi:10.1145/1314690.1314696.

    Examples
    --------
    >>> priority_of([0.5], [1], 42).round(4).tolist()
    [0.7218]
    """
    found: Floats = np.asarray(weight, dtype=float) / uniform(sample_key, seed)
    return found


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    bits = bits + _GOLDEN
    bits ^= bits >> np.uint64(30)
    bits *= _FIRST
    bits ^= bits >> np.uint64(27)
    bits *= _SECOND
    bits ^= bits >> np.uint64(31)
    return bits
