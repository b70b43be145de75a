"""Who stands out: a person held against the others, corrected for how many are looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.discovery import q_value
from analysis.figure import Figure
from analysis.intervals import t_interval
from analysis.others import Held, Others
from analysis.tally import SURE

INFORMATIVE = 10
"""Tasks that could tell a person from the others, below which nobody stands out."""
FALSE_DISCOVERIES = 0.05
BORROWED = 5
"""Tasks of the whole team that each person's spread is mixed with: no spread seen is not none."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """One measure of one person beside the others."""

    annotator: Any
    measure: str
    value: float
    """Of the person."""
    others: float
    """Of the others; where tasks are shared, on the same tasks."""
    difference: Figure
    """Of the person above the others: the size of what stands out."""
    p_value: float
    """Two-sided; NaN where too little could tell them apart."""
    q_value: float = nan
    """The same, corrected for all people and measures that were looked at."""
    option: Any = None
    """The category whose share is compared, where it is one of several."""
    aside: tuple[Any, ...] = ()
    """Who stands out farther, and is not among the others here."""

    @property
    def clear(self) -> bool:
        """Whether the person stands out: by the corrected test, and by the interval."""
        excludes = self.difference.low > 0 or self.difference.high < 0
        return bool(self.q_value <= FALSE_DISCOVERIES) and excludes


def standing_out(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Those contrasts that chance does not explain, over everything that was looked at.

    Parameters
    ----------
    contrasts : sequence of Contrast
        Every measure of every person, remarkable or not: what is left out here is not corrected
        for. Those without p-value are no tests and count for nothing.

    Returns
    -------
    list of Contrast
        With their q-value, in the order given: nobody is ranked. Among people who label alike,
        anybody is named in about one of twenty such reports.

    References
    ----------
    Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.

    Examples
    --------
    >>> from analysis.shares import share_contrasts
    >>> found = share_contrasts("gold", ["ann", "ben", "eve"], [46, 48, 20], [50, 50, 50])
    >>> min(standing_out(found), key=lambda one: one.value).annotator
    'eve'
    >>> found = share_contrasts("gold", ["ann", "ben", "eve"], [46, 48, 45], [50, 50, 50])
    >>> standing_out(found)
    []
    """
    tested = [one for one in contrasts if np.isfinite(one.p_value)]
    q_values = q_value([one.p_value for one in tested])
    marked = [replace(one, q_value=float(q)) for one, q in zip(tested, q_values, strict=True)]
    return [one for one in marked if one.clear]


def task_contrasts(
    measure: str,
    beside: Others,
    held: Held,
    value: ArrayLike,
    *,
    least: int = 20,
    option: Any = None,
) -> list[Contrast]:
    """Hold each person against those who labelled the same tasks.

    Parameters
    ----------
    measure : str
        What is compared.
    beside : Others
        The labels, N of them.
    held : Held
        The measure of each label.
    value : array (N,)
        What the person's own value is the mean of.
    least : int
        People with fewer shared tasks are not compared.
    option : optional
        The category that it is the share of.

    Returns
    -------
    list of Contrast
        The p-value answers: could the labels of each task have changed hands? It is exact but for
        the normal approximation of a sum over at least 10 tasks on which hands matter; with fewer
        it is NaN. Hard and easy tasks make no difference to it: a task whose variance is 0 is in
        the difference alone, and where that has the other sign than the test, p is 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.others import with_others
    >>> names = ["ann", "ben", "eve"]
    >>> frame = pd.DataFrame({"task": sorted([*range(20)] * 3), "annotator": names * 20})
    >>> beside = with_others(frame)
    >>> points = [3.0, 3.0, 4.0] * 20
    >>> found = task_contrasts("leniency", beside, beside.apart(points), points)
    >>> [(one.annotator, one.value, one.others) for one in standing_out(found)][-1]
    ('eve', 4.0, 3.0)
    """
    n, own = beside.tasks, np.asarray(value, dtype=float)
    excess = held.value - held.expected
    mean, se = mean_and_error(beside, excess)
    spread = beside.sums(held.variance)
    telling = beside.sums((held.variance > 0).astype(float))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = beside.sums(np.where(held.variance > 0, excess, 0.0)) / np.sqrt(spread)
        values = beside.sums(own) / n
    chance = np.where(z * mean < 0, 1.0, 2 * special.ndtr(-np.abs(z)))
    p_values = np.where(telling >= INFORMATIVE, chance, nan)
    found = []
    for place in np.flatnonzero(n >= least):
        found.append(
            Contrast(
                annotator=beside.annotators[place],
                measure=measure,
                value=float(values[place]),
                others=float(values[place] - mean[place]),
                difference=mean_figure(float(mean[place]), float(se[place]), int(n[place])),
                p_value=float(p_values[place]),
                option=option,
            )
        )
    return found


def stepwise_contrasts(
    measure: str,
    beside: Others,
    hold: Callable[[Others], tuple[Held, ArrayLike]],
    *,
    least: int = 20,
    option: Any = None,
) -> list[Contrast]:
    """Hold each person against the others, those who stand out farther left aside.

    One strict person makes everybody who shares tasks with them look lenient. So whoever stands
    out farthest, and who does on the same side at least half as far, is set aside before the
    others are compared among themselves; as long as half of the people are left.

    Parameters
    ----------
    measure, beside, least, option
        As for `task_contrasts`.
    hold : callable
        What to compare, of the labels that are left: as `held` and `value` of `task_contrasts`.

    Returns
    -------
    list of Contrast
        One for each person with enough shared tasks, at the step at which they were told.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.others import with_others
    >>> frame = pd.DataFrame({"task": sorted([*range(40)] * 3), "annotator": ["a", "b", "c"] * 40})
    >>> beside, said = with_others(frame), np.array([3.0, 3, 1, 3, 4, 2, 4, 3, 1, 4, 4, 2] * 10)
    >>> found = stepwise_contrasts("leniency", beside, lambda left: (left.apart(said[left.row]),
    ...                                                              said[left.row]))
    >>> [(one.annotator, one.difference.value) for one in found]
    [('c', -2.0), ('a', 0.0), ('b', 0.0)]
    """
    left, aside, gone = beside, list[Contrast](), tuple[Any, ...]()
    while True:
        held, value = hold(left)
        found = task_contrasts(measure, left, held, value, least=least, option=option)
        found = [replace(one, aside=gone) for one in found]
        clear = standing_out(found)
        gaps = [one.difference.value for one in clear]
        most = max(gaps, key=abs, default=0.0)
        names = {
            one.annotator
            for one, gap in zip(clear, gaps, strict=True)
            if gap * most > 0 and abs(gap) >= abs(most) / 2
        }
        keep = len(left.annotators) - len(names)
        if not names or keep < max(2, len(beside.annotators) / 2):
            return [*aside, *found]
        aside += [one for one in found if one.annotator in names]
        gone = (*gone, *sorted(names))
        left = left.without(names)


def mean_figure(mean: float, se: float, n: int) -> Figure:
    """Mean difference to the others with its t interval; none where nobody ever differed."""
    how = "mean difference to the others on the same tasks; t"
    if se <= SURE:
        return Figure.without_interval(mean, n, how, "nobody ever differed")
    if n < 2:
        return Figure.without_interval(mean, n, how, "one task has no spread")
    return Figure(mean, *t_interval(mean, se**2, df=n - 1), n, how)


def mean_and_error(beside: Others, numbers: ArrayLike) -> tuple[Any, Any]:
    """Mean of a number of each label by person, and its standard error: two arrays (J,).

    The spread of each person is mixed with that of five labels of the whole team, and is at least
    that of one task in which they did not differ, so that twenty equal numbers do not pass for
    certainty.
    """
    number = np.asarray(numbers, dtype=float)
    n = beside.tasks
    mean = beside.sums(number) / np.maximum(n, 1)
    squares = beside.sums((number - mean[beside.person]) ** 2)
    team = squares.sum() / max(len(number) - len(n), 1)
    variance = (squares + BORROWED * team) / np.maximum(n - 1 + BORROWED, 1)
    variance = np.maximum(variance, mean**2 / np.maximum(n, 1))
    return mean, np.sqrt(variance / np.maximum(n, 1))
