"""What a failure is, and how often the population fails."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pandas as pd

from analysis.estimates import estimate
from analysis.figure import Figure
from analysis.moments import Survey
from analysis.pairs import check_columns


def failing(frame: pd.DataFrame, failure_below: float) -> pd.DataFrame:
    """Return the frame with `y` turned into 1 where the outcome lies below a threshold, else 0.

    Parameters
    ----------
    frame : DataFrame
        As for `estimate`, `y` on a rating scale; optionally `failing`, the variance inside the
        task of 1 for each label below the threshold and 0 for the others, NaN where unknown.
    failure_below : float
        Outcomes below this count as failures.

    Returns
    -------
    DataFrame
        A copy, `within` the column `failing` (NaN without it: the noise of a threshold is not
        known from that of a mean). `averaged` is 1, inf where it was: whether a mean fails is
        about as noisy as whether a single label does.

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
    settled = np.isinf(frame["averaged"]) if "averaged" in frame.columns else False
    return frame.drop(columns="failing", errors="ignore").assign(
        y=(frame["y"] < failure_below).astype(float),
        within=frame.get("failing", nan),
        averaged=np.where(settled, inf, 1.0),
    )


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
