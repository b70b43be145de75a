"""How many more tasks with two labels an interval needs to become as narrow as wished."""

from __future__ import annotations

from math import ceil, isfinite
from typing import NamedTuple

from analysis.figure import Figure


class Narrowing(NamedTuple):
    """What it takes to narrow an interval."""

    half_width: float | None
    """Half of the interval now; None where there is none."""
    more: int | None
    """Tasks with two labels to add; 0 when it is narrow enough; None where nothing can be said."""
    reason: str | None = None
    """Why nothing can be said."""


def tasks_to_narrow(figure: Figure, half_width: float = 0.1) -> Narrowing:
    """How many more double-labelled tasks would narrow an interval to a wished half-width.

    Parameters
    ----------
    figure : Figure
        An agreement, n of it being tasks with at least two labels.
    half_width : float
        Half of the width that is wished for, above 0.

    Returns
    -------
    Narrowing
        From the interval as it is: tasks grow with one over the square of the width, if the ones
        to come resemble those so far. Nothing can be said without an interval.

    Raises
    ------
    ValueError
        If `half_width` is not above 0.

    References
    ----------
    Donner and Eliasziw (1992), doi:10.1002/sim.4780111109.

    Examples
    --------
    >>> tasks_to_narrow(Figure(0.6, 0.4, 0.8, 50, "bootstrap"), 0.1).more
    150
    """
    if not half_width > 0:
        raise ValueError(f"half_width must be above 0, got {half_width}")
    if not (isfinite(figure.low) and isfinite(figure.high)):
        return Narrowing(None, None, figure.reason)
    now = (figure.high - figure.low) / 2
    needed = figure.n * (now / half_width) ** 2
    return Narrowing(now, max(0, ceil(round(needed, 6)) - figure.n))
