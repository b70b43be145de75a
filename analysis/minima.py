"""From how many tasks on something is said of a person, and what is said below."""

from __future__ import annotations

from analysis.figure import Figure

MIN_SHARED = 20
"""Tasks shared with others below which nothing is said of a person beside them."""
MIN_CHECKS = 10
"""Checks, verdicts or repeats below which nothing is said of them."""


def too_few(n: int, least: int, what: str = "") -> Figure:
    """Figure that says how many more would be needed.

    Examples
    --------
    >>> too_few(7, 20).reason
    'too few: 7 of 20'
    """
    return Figure.undefined(f"too few: {n} of {least}{what}", n=n)
