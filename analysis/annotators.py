"""What can be said of each annotator beside the others, and from how many tasks on."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.concordance import concordance, kappa_with_others
from analysis.contrasts import Contrast, mean_and_error, task_contrasts
from analysis.figure import Figure
from analysis.intervals import t_interval, wilson
from analysis.minima import MIN_CHECKS, MIN_SHARED, too_few
from analysis.others import Held, Others, with_others
from analysis.pairs import category_codes, check_columns
from analysis.shrinkage import FEWEST, shrunken
from analysis.tally import SURE


@dataclass(frozen=True)
class BesideOthers:
    """What the labels of each person say beside those of the others; figures by annotator."""

    beside: Others
    """The labels that could be compared."""
    agreement: Mapping[Any, Figure]
    """Mean share of the others who gave the same label, 0..1."""
    kappa: Mapping[Any, Figure]
    """Agreement beyond chance with the others, -1..1; for ratings with the mean of the others."""
    confusion: Mapping[Any, NDArray[np.float64]]
    """(K, K) tasks by own category (rows) and by that of the others (columns)."""
    leniency: Mapping[Any, Figure] = field(default_factory=dict)
    """For ratings: points above the others on the same tasks, drawn towards 0 by its noise."""
    plain_leniency: Mapping[Any, Figure] = field(default_factory=dict)
    """The same as it was seen, with the interval of each person by themselves."""
    options: tuple[Contrast, ...] = ()
    """Where there is no order: how often each category was chosen, beside the others."""
    contrasts: tuple[Contrast, ...] = ()
    """All that `standing_out` may find somebody by."""
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    """By label compared: row (in the frame given), alike, apart (NaN but for ratings)."""


def beside_others(
    labels: pd.DataFrame, categories: Sequence[Hashable], values: Sequence[float] | None = None
) -> BesideOthers:
    """Hold each person's labels against those of the others on the same tasks.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `annotator`, `label`; one row per label, in any order.
    categories : sequence (K,)
        All categories that could be given, in scale order, used or not.
    values : sequence (K,), optional
        The number each category of a rating stands for. Without it there is no leniency.

    Returns
    -------
    BesideOthers
        Of everybody who shares a task with somebody. Below 20 shared tasks a figure is undefined
        and says how many there are.

    Raises
    ------
    ValueError
        If a column is missing, a label is missing or not among the categories, or one annotator
        has two labels on one task.

    Examples
    --------
    >>> frame = pd.DataFrame({"task": [*range(20)] * 2, "annotator": ["a"] * 20 + ["b"] * 20})
    >>> frame["label"] = [1, 2, 3, 4] * 5 + [2, 2, 3, 4] * 5
    >>> found = beside_others(frame, [1, 2, 3, 4], [1, 2, 3, 4])
    >>> found.agreement["a"].value, found.plain_leniency["a"].value
    (0.75, -0.25)
    """
    check_columns(labels, ("task", "annotator", "label"))
    codes = category_codes(labels["label"], categories)
    beside = with_others(labels)
    code = codes[beside.row]
    held = beside.alike(code)
    tables = beside.confusion(code, len(categories))
    contrasts = task_contrasts("agreement", beside, held, held.value, least=MIN_SHARED)
    rows = pd.DataFrame({"row": beside.row, "alike": held.value, "apart": np.nan})
    if values is None:
        kappa = kappa_with_others(beside, code, tables)
        lean: dict[str, Mapping[Any, Figure]] = {}
        shown = list(enumerate(categories))[len(categories) == 2 :]
        options = [one for place, of in shown for one in _leaning(beside, code == place, of)]
    else:
        options = []
        number = np.asarray(values, dtype=float)[code]
        apart = beside.apart(number)
        rows["apart"] = apart.value
        kappa = concordance(beside, number)
        lean = {"leniency": leniency(beside, apart), "plain_leniency": plain(beside, apart)}
        contrasts += task_contrasts("leniency", beside, apart, number, least=MIN_SHARED)
    return BesideOthers(
        beside=beside,
        agreement=_shares(beside, held),
        kappa=kappa,
        confusion=dict(zip(beside.annotators, tables, strict=True)),
        options=tuple(options),
        contrasts=(*contrasts, *options),
        rows=rows,
        **lean,
    )


def tags_beside_others(labels: pd.DataFrame, tags: Sequence[str]) -> BesideOthers:
    """Hold each person's sets of tags against those of the others on the same tasks.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `annotator`, `label`, a label being a collection of tags.
    tags : sequence of str
        All tags that could be given.

    Returns
    -------
    BesideOthers
        As for `beside_others`; to agree is to give the same set. Kappa and confusion are left
        out: they are told tag by tag.

    Raises
    ------
    ValueError
        As for `beside_others`; also for a tag that is not among `tags`.

    Examples
    --------
    >>> frame = pd.DataFrame({"task": [*range(20)] * 2, "annotator": ["a"] * 20 + ["b"] * 20})
    >>> frame["label"] = [["x"]] * 20 + [["x"], []] * 10
    >>> found = tags_beside_others(frame, ["x", "y"])
    >>> found.agreement["a"].value, [one.difference.value for one in found.options[:2]]
    (0.5, [0.5, -0.5])
    """
    check_columns(labels, ("task", "annotator", "label"))
    strangers = sorted({tag for label in labels["label"] for tag in label} - set(tags))
    if strangers:
        raise ValueError(f"tags {strangers[:5]} are not among the tags {list(tags)}")
    beside = with_others(labels)
    sets = [frozenset(label) for label in labels["label"]]
    given = [sets[row] for row in beside.row]
    code, _ = pd.factorize(pd.Series(given, dtype=object))
    held = beside.alike(code)
    chosen = [(tag, np.array([tag in one for one in given], dtype=bool)) for tag in tags]
    options = [one for tag, has in chosen for one in _leaning(beside, has, tag)]
    alike = task_contrasts("agreement", beside, held, held.value, least=MIN_SHARED)
    return BesideOthers(
        beside=beside,
        agreement=_shares(beside, held),
        kappa={},
        confusion={},
        options=tuple(options),
        contrasts=(*alike, *options),
        rows=pd.DataFrame({"row": beside.row, "alike": held.value, "apart": np.nan}),
    )


def _leaning(beside: Others, chosen: NDArray[np.bool_], option: Any) -> list[Contrast]:
    """How often each person chose an option, beside the others on the same tasks."""
    apart = beside.apart(chosen)
    return task_contrasts("option", beside, apart, chosen, least=MIN_SHARED, option=option)


def accuracy(right: pd.Series[Any], annotators: pd.Series[Any]) -> dict[Any, Figure]:
    """Share of answers that were right, by person, with Wilson's interval.

    Parameters
    ----------
    right : Series of bool
        One per answer: whether it was as agreed.
    annotators : Series
        Whose it was.

    Returns
    -------
    dict of annotator to Figure
        Shares in [0, 1]; undefined below 10 answers.

    Examples
    --------
    >>> found = accuracy(pd.Series([True] * 9 + [False]), pd.Series(["ann"] * 10))
    >>> round(found["ann"].low, 3), round(found["ann"].high, 3)
    (0.596, 0.982)
    """
    found = {}
    for name, marks in right.astype(bool).groupby(annotators.to_numpy(), sort=True):
        n, share = len(marks), float(marks.mean())
        told = Figure(share, *wilson(share, n), n, "share; Wilson")
        found[name] = told if n >= MIN_CHECKS else too_few(n, MIN_CHECKS)
    return found


def leniency(beside: Others, apart: Held) -> dict[Any, Figure]:
    """How far each person lies above the others, drawn towards 0 as far as chance explains it."""
    n, found = beside.tasks, plain(beside, apart)
    enough = np.flatnonzero(n >= MIN_SHARED)
    mean, se = mean_and_error(beside, apart.value)
    seen = enough[se[enough] > 0]
    if len(seen) < FEWEST:
        return found
    drawn = shrunken(mean[seen], se[seen], n[seen] - 1)
    how = f"mean difference to the others, drawn towards 0 by noise ({len(seen)} people); Morris"
    for place, value, low, high in zip(seen, drawn.value, drawn.low, drawn.high, strict=True):
        name = beside.annotators[place]
        found[name] = Figure(float(value), float(low), float(high), int(n[place]), how)
    return found


def plain(beside: Others, apart: Held) -> dict[Any, Figure]:
    """How far each person lies above the others, as it was seen."""
    mean, se = mean_and_error(beside, apart.value)
    found = {}
    for place, (name, n) in enumerate(zip(beside.annotators, beside.tasks.tolist(), strict=True)):
        how = "mean difference to the others on the same tasks; t"
        value = float(mean[place])
        if n < MIN_SHARED:
            found[name] = too_few(n, MIN_SHARED)
        elif se[place] <= SURE:
            found[name] = Figure.without_interval(value, n, how, "nobody ever differed")
        else:
            ends = t_interval(value, float(se[place]) ** 2, df=n - 1)
            found[name] = Figure(value, *ends, n, how)
    return found


def _shares(beside: Others, held: Held) -> dict[Any, Figure]:
    """Mean share of the others who agree; Wilson with the size that its spread is worth."""
    n = beside.tasks
    mean = beside.sums(held.value) / n
    variance = beside.sums((held.value - mean[beside.person]) ** 2) / n**2
    found = {}
    for name, size, share, spread in zip(
        beside.annotators, n.tolist(), np.minimum(mean, 1.0).tolist(), variance, strict=True
    ):
        worth = share * (1 - share) / spread if spread > SURE**2 else size
        ends = wilson(share, worth)
        told = Figure(share, *ends, size, "mean share of the others who said the same; Wilson")
        found[name] = told if size >= MIN_SHARED else too_few(size, MIN_SHARED)
    return found
