"""Where the system fails more often than elsewhere, tested and corrected for looking around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.estimates import estimate
from analysis.figure import Figure
from analysis.moments import Mask, Sample, Survey, moments, sampled
from analysis.pairs import check_columns
from analysis.regimes import check_scale, domain, domain_moments, effective_size

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One segment and how much more often it fails than the whole."""

    where: dict[str, str]
    """Column and value of the segment."""
    tasks: int
    """Number of labelled tasks in it."""
    failures: int
    """How many of them failed."""
    rate: Figure
    """Failure rate of the segment in the population."""
    lift: float
    """Failure rate of the segment over that of the population; 1 is as everywhere."""
    p_value: float
    """One-sided: how surprising so many failures would be if the segment were like the rest."""
    q_value: float
    """The same, corrected for the number of segments tested (false discovery rate)."""

    def to_json(self) -> dict[str, Any]:
        """Return the public JSON shape; what may not be known is null: no lift without a rate."""
        return {
            "where": self.where,
            "lift": self.lift if isfinite(self.lift) and self.rate.defined else None,
            "rate": self.rate.to_json(),
            "q_value": self.q_value if isfinite(self.q_value) else None,
            "tasks": self.tasks,
            "failures": self.failures,
        }


def failing(frame: pd.DataFrame, failure_below: float) -> pd.DataFrame:
    """Return the frame with `y` turned into 1 where the outcome lies below a threshold, else 0.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`, `y` on a rating scale.
    failure_below : float
        Outcomes below this count as failures.

    Returns
    -------
    DataFrame
        A copy; `within` is NaN, since the noise of a threshold is not known from its mean.

    Raises
    ------
    ValueError
        If `y` is missing as a column or in a row.

    Examples
    --------
    >>> failing(pd.DataFrame({"y": [1.5, 3.0, 4.0]}), 3)["y"].tolist()
    [1.0, 0.0, 0.0]
    """
    check_columns(frame, ("y",))
    if frame["y"].isna().any():
        raise ValueError(f"y is missing in {int(frame['y'].isna().sum())} rows: drop them first")
    return frame.assign(y=(frame["y"] < failure_below).astype(float), within=nan)


def failure_rate(frame: pd.DataFrame, survey: Survey, *, failure_below: float) -> Figure:
    """Share of the population whose outcome lies below a threshold.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`, `y` on a rating scale.
    survey : Survey
        How the tasks were drawn.
    failure_below : float
        Outcomes below this count as failures.

    Returns
    -------
    Figure
        A rate in [0, 1]; undefined or without interval as for `estimate`.

    Raises
    ------
    ValueError
        As for `estimate`.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1, 2, 3, 4, 5] * 10, "pi": 0.1})
    >>> failure_rate(frame, Survey(500, random_share=1.0), failure_below=3).value
    0.4
    """
    return estimate(failing(frame, failure_below), survey)


def failure_patterns(
    frame: pd.DataFrame,
    by: Sequence[str],
    survey: Survey,
    *,
    min_tasks: int = 10,
    min_failures: int = 3,
) -> list[Pattern]:
    """Segments with their lift over the whole, tested against the rest.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`, `y` being 1 for a failure and 0 otherwise, with the columns of `by`.
    by : sequence of str
        Columns that cut the population into segments; rows without a value are in no segment.
    survey : Survey
        How the tasks were drawn.
    min_tasks, min_failures : int
        Support a segment needs before it is tested, so that chance finds are not even looked at.

    Returns
    -------
    list of Pattern
        Every segment tested, by q-value, then by lift. Weighted data enter the one-sided Fisher
        test with their effective sizes; q-values are Benjamini and Hochberg's over all segments
        tested. A q-value is NaN where the survey refuses intervals; the list is empty where it
        refuses estimates.

    Raises
    ------
    ValueError
        As for `estimate`; also if a column of `by` is missing.

    References
    ----------
    Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x. Effective sizes:
    Rao and Scott (1992), doi:10.2307/2532311.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0] * 12 + [0.0] * 68, "pi": 1.0})
    >>> frame["model"] = ["a"] * 20 + ["b"] * 60
    >>> pattern = failure_patterns(frame, ["model"], Survey(80))[0]
    >>> pattern.where, pattern.lift, round(pattern.q_value, 9)
    ({'model': 'a'}, 4.0, 2e-09)
    """
    check_columns(frame, by)
    sample = sampled(frame, survey)
    check_scale(sample.y, None)
    if survey.refuse_estimate or not sample.y.any():
        return []
    segments = [
        (column, value, inside)
        for column in by
        for value, inside in _segments(frame[column])
        if inside.sum() >= min_tasks and sample.y[inside].sum() >= min_failures
    ]
    p_values = [_p_value(sample, inside, survey) for _, _, inside in segments]
    q_values = q_value(p_values) if not survey.refusal else np.full(len(segments), nan)
    whole = moments(sample).mean
    patterns = [
        Pattern(
            where={column: value},
            tasks=int(inside.sum()),
            failures=round(float(sample.y[inside].sum())),
            rate=domain(sample, inside, survey, None),
            lift=domain_moments(sample, inside, survey)[0].mean / whole,
            p_value=p,
            q_value=float(q),
        )
        for (column, value, inside), p, q in zip(segments, p_values, q_values, strict=True)
    ]
    return sorted(patterns, key=lambda found: (found.q_value, -found.lift, str(found.where)))


def q_value(p_values: ArrayLike) -> Floats:
    """False discovery rate at which each test would still count as a find.

    Parameters
    ----------
    p_values : array (m,)
        p-values of all tests that were made, in any order.

    Returns
    -------
    array (m,)
        In [0, 1], in the same order; empty for no tests.

    References
    ----------
    Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.

    Examples
    --------
    >>> q_value([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)[::-1]
    raw = p[order] * len(p) / np.arange(len(p), 0, -1)
    q = np.empty_like(p)
    q[order] = np.minimum.accumulate(np.minimum(raw, 1.0))
    return q


def fisher_greater(hits: int, tasks: int, other_hits: int, others: int) -> float:
    """One-sided exact probability of at least so many hits, given all margins.

    Parameters
    ----------
    hits, tasks : int
        Hits among the tasks of the segment.
    other_hits, others : int
        Hits among the rest.

    Returns
    -------
    float
        In [0, 1]; 1 when there are no hits at all.

    References
    ----------
    Fisher (1922), doi:10.2307/2340521.

    Examples
    --------
    >>> round(fisher_greater(3, 4, 1, 4), 4)
    0.2429
    """
    all_hits, all_tasks = hits + other_hits, tasks + others
    most = np.arange(hits, min(all_hits, tasks) + 1)
    logs = _log_choose(tasks, most) + _log_choose(others, all_hits - most)
    logs -= _log_choose(all_tasks, np.array(all_hits))
    return float(min(np.exp(logs).sum(), 1.0))


def _log_choose(n: int, k: NDArray[Any]) -> Floats:
    logs = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.where((k >= 0) & (k <= n), logs, -np.inf)


def _segments(column: pd.Series[Any]) -> list[tuple[str, Mask]]:
    values = sorted(column.dropna().unique(), key=str)
    return [(str(value), (column == value).to_numpy(dtype=bool)) for value in values]


def _p_value(sample: Sample, inside: Mask, survey: Survey) -> float:
    """Fisher's test on counts scaled to what the labels are worth."""
    hits, tasks = _worth(sample, inside, survey)
    other_hits, others = _worth(sample, ~inside, survey)
    return fisher_greater(hits, tasks, other_hits, others)


def _worth(sample: Sample, inside: Mask, survey: Survey) -> tuple[int, int]:
    """Failures and tasks of a part, never more than were labelled."""
    if not inside.any():
        return 0, 0
    found, _ = domain_moments(sample, inside, survey)
    size = round(min(effective_size(found, bound=1.0), found.n))
    return round(found.mean * size), size
