"""Issues that come together more often than by chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd

from analysis import slices
from analysis.contrasts import against, lift_ends
from analysis.discovery import q_value
from analysis.figure import Figure
from analysis.joined import no_comparison
from analysis.moments import Survey, moments, sampled
from analysis.pairs import check_columns
from analysis.patterns import SUPPORT, Support

METHOD = "weighted; Katz with effective sizes"


@dataclass(frozen=True, slots=True)
class Together:
    """Two issues, and how much more often the second is there when the first is."""

    tags: tuple[str, str]
    tasks: int
    """Labelled tasks that have both."""
    lift: Figure
    """Rate of the second where the first is, over its rate everywhere; 1 is by chance."""
    p_value: float
    q_value: float
    """Corrected for all pairs tested; NaN where the survey refuses intervals."""

    def to_json(self) -> dict[str, Any]:
        """Return the public JSON shape."""
        return {
            "tags": list(self.tags),
            "tasks": self.tasks,
            "lift": self.lift.to_json(),
            "q_value": self.q_value if isfinite(self.q_value) else None,
        }


def together(
    frame: pd.DataFrame, column: str, survey: Survey, *, support: Support = SUPPORT
) -> list[Together]:
    """Pairs of values of a list column that come together more often than by chance.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate` without `y`; `column` holds the list of issues of each task.
    column : str
        The column.
    survey : Survey
        How the tasks were drawn.
    support : Support
        Tasks that either issue needs, and tasks that need both, before a pair is tested.

    Returns
    -------
    list of Together
        Every pair tested, by q-value, then by lift; empty where the survey refuses estimates.
        One-sided Fisher test on effective sizes, q-values over all pairs.

    Raises
    ------
    ValueError
        As for `estimate`; also if the column is missing.

    References
    ----------
    As for `failure_slices`.

    Examples
    --------
    >>> tags = [["late", "rude"]] * 10 + [["late"]] * 5 + [["rude"]] * 5 + [[]] * 80
    >>> (pair,) = together(pd.DataFrame({"issues": tags, "pi": 1.0}), "issues", Survey(100))
    >>> pair.tags, pair.tasks, round(pair.lift.value, 2)
    (('late', 'rude'), 10, 4.44)
    """
    check_columns(frame, (column, "pi"))
    if survey.refuse_estimate or not len(frame):
        return []
    tags = slices.attribute(frame[column], support.tasks)
    found: list[Together] = []
    for other, name in enumerate(tags.values):
        y = np.zeros(len(frame))
        y[tags.row[tags.code == other]] = 1.0
        sample = sampled(frame.assign(y=y, within=nan), survey)
        book = slices.ledger(sample, alone=survey.kind == "priority")
        sums = book.sums(tags.row, tags.code, len(tags.values))
        both = np.round(sums[:, :, slices.Y].sum(axis=1)).astype(int)
        tested = np.flatnonzero((both >= support.failures) & (np.arange(len(both)) < other))
        p = against(book, sums[tested], book.whole - sums[tested])
        one, rest = slices.worth(book, sums), slices.worth(book, book.whole - sums)
        whole = moments(sample).mean
        for at, chance in zip(tested, p, strict=True):
            value, n = float(one.rate[at] / whole), round(float(sums[at, :, slices.N].sum()))
            refusal = no_comparison(survey, sample)
            lift = (
                Figure.without_interval(value, n, METHOD, refusal)
                if refusal
                else Figure(value, *lift_ends(one, rest, int(at)), n, METHOD)
            )
            pair = (tags.values[at], name)
            found.append(Together(pair, int(both[at]), lift, float(chance), nan))
    q = q_value([one.p_value for one in found])
    told = [
        Together(one.tags, one.tasks, one.lift, one.p_value, nan if survey.refusal else float(each))
        for one, each in zip(found, q, strict=True)
    ]
    return sorted(told, key=lambda one: (one.q_value, -one.lift.value, one.tags))
