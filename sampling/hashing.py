"""The hash that turns an interaction's key and a draw's seed into a number in (0, 1]."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

HASH_VERSION = 1
_STEP = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(0xBF58476D1CE4E5B9)
_TWO = np.uint64(0x94D049BB133111EB)
_SALT = 0x5851F42D4C957F2D

Floats = NDArray[np.float64]


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finaliser of splitmix64, wrapping in 64 bits."""
    with np.errstate(over="ignore"):
        x = x + _STEP
        x = (x ^ (x >> np.uint64(30))) * _ONE
        x = (x ^ (x >> np.uint64(27))) * _TWO
        return x ^ (x >> np.uint64(31))


def uniform(sample_key: ArrayLike, seed: int) -> Floats:
    """Numbers in (0, 1], one per key, independent between seeds.

    Parameters
    ----------
    sample_key : array (n,) of int
        Fixed keys of interactions, 0 to 2^63 - 1.
    seed : int
        Seed of the draw, 0 to 2^63 - 1.

    Returns
    -------
    array (n,) of float64
        Multiples of 2^-53 in (0, 1]; the same for the same key and seed, everywhere.

    Raises
    ------
    ValueError
        If the seed is out of range.

    References
    ----------
    Steele, Lea and Flood (2014), doi:10.1145/2660193.2660195 (splitmix64).

    Examples
    --------
    >>> float(uniform([1], 42)[0])
    0.6927390979038496
    """
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed must be from 0 to 2^63 - 1, got {seed}")
    keys = np.asarray(sample_key, dtype=np.int64).astype(np.uint64)
    salted = _mix(np.asarray([seed ^ _SALT], dtype=np.uint64))
    mixed = _mix(_mix(keys) ^ salted)
    return ((mixed >> np.uint64(11)).astype(np.float64) + 1.0) * 2.0**-53


def priority_of(weight: ArrayLike, sample_key: ArrayLike, seed: int) -> Floats:
    """Priorities w / u; the largest are taken.

    Parameters
    ----------
    weight : array (n,) of float
        Weights, 0 or more; 0 is never taken.
    sample_key : array (n,) of int
        Keys of the interactions.
    seed : int
        Seed of the draw.

    Returns
    -------
    array (n,) of float64
        Priorities, 0 or more.

    References
    ----------
    Duffield, Lund and Thorup (2007), doi:10.1145/1314690.1314696.

    Examples
    --------
    >>> round(float(priority_of([2.0], [1], 42)[0]), 4)
    2.8871
    """
    return np.asarray(weight, dtype=np.float64) / uniform(sample_key, seed)
