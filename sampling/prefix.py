"""Chances of a few tasks at a time: what `inclusion.design` says of all of them, to the last bit.

A table of all tasks grows with the queue. All that a chance needs of the others is how far each
draw has been served and two thresholds for each of its strata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import NamedTuple

from sampling.record import DrawRecord, StratumDraw


class Told(NamedTuple):
    """What one draw said of one task that was eligible in it."""

    task: int
    draw: int
    stratum: str
    weight: float | None
    """None when certain."""
    position: int | None
    """None when not picked."""
    labelled: bool
    """Whether a planned label of round 0 is there."""


@dataclass(frozen=True)
class Chance:
    """The chance of tasks on one side of the end of a prefix."""

    share: float
    bar: float | None = None
    """The threshold that a priority has to beat; None: the chance is `share`."""

    def of(self, weight: float | None) -> float:
        """Return min(1, weight / bar), 0..1; 1 where there is no threshold (0)."""
        if self.bar is None:
            return self.share
        return weight / self.bar if weight is not None and self.bar > weight else 1.0


@dataclass(frozen=True)
class Standing:
    """How far the draws that count have been served."""

    ends: Mapping[int, int | None]
    """Where the prefix of each draw ends: the position of its first task that waits, or None."""
    chances: Mapping[tuple[int, str], tuple[Chance, Chance]]
    """By draw and stratum: inside its prefix, and outside."""

    def of(self, told: Iterable[Told]) -> dict[int, float]:
        """Return pi of the tasks that count: labelled, inside a prefix of a draw that took them.

        `told` holds, of every task that it speaks of, all that was said by the draws of `ends`, in
        the order in which they were made.

        Raises
        ------
        ValueError
            If a draw has no such stratum.
        """
        found: dict[int, tuple[float, float]] = {}
        counted = set()
        for one in told:
            inside = self._inside(one)
            pi = self._pair(one)[0 if inside else 1].of(one.weight)
            missed, _ = found.get(one.task, (1.0, 0.0))
            # 1 - (1 - pi) would lose digits where one draw alone speaks of a task
            joint = 1 - missed * (1 - pi) if one.task in found else pi
            found[one.task] = missed * (1 - pi), joint
            if inside and one.labelled:
                counted.add(one.task)
        return {task: joint for task, (_, joint) in found.items() if task in counted}

    def _inside(self, one: Told) -> bool:
        end = self.ends[one.draw]
        return one.position is not None and (end is None or one.position < end)

    def _pair(self, one: Told) -> tuple[Chance, Chance]:
        try:
            return self.chances[one.draw, one.stratum]
        except KeyError as error:
            raise ValueError(f"draw {one.draw} has no stratum {one.stratum!r}") from error


def counting(took: Sequence[int], begun: Callable[[int], bool]) -> list[int]:
    """Return the draws being served, in order, as far as their joint population is known.

    Those are the draws up to the first that waits, or the first that does not wait alone.

    Parameters
    ----------
    took : sequence of int
        The draws that took something, in the order in which they were made.
    begun : callable
        Whether a draw is served to its end, or has a task inside its prefix that no earlier draw
        took.
    """
    following = dropwhile(lambda key: not begun(key), took)
    run = list(takewhile(begun, following))
    return run if run[:1] == list(took[:1]) else run[:1]


def sides(
    record: DrawRecord,
    one: StratumDraw,
    inside: int,
    ranked: Callable[[int], tuple[float, float]],
) -> tuple[Chance, Chance]:
    """Return the chances of tasks inside the prefix of a stratum, and outside of it.

    Given the others, a task gets in if it beats the m-th largest of them: the (m+1)-th of all if
    it is in, the m-th of all if it is not.

    Parameters
    ----------
    record, one : DrawRecord, StratumDraw
        The draw and its stratum.
    inside : int
        m: how many of those that the draw took are inside its prefix.
    ranked : callable
        The m-th and the (m+1)-th largest priority of those that were taken, for an m from 1 to one
        less than were taken; asked only where they decide.
    """
    if one.certain and record.strategy.is_ranked:
        return Chance(1.0), Chance(0.0)
    if one.certain:
        return (Chance(inside / one.population),) * 2
    if not inside:
        return (Chance(0.0),) * 2
    if inside == one.size:
        above, below = one.tau_in, one.tau_out
    else:
        below, above = ranked(inside)
    return Chance(1.0, above or 0.0), Chance(1.0, below or 0.0)
