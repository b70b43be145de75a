"""What can be said of each annotator beside the others, and from how many tasks on."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.concordance import concordance, kappa_with_others
from analysis.figure import Figure
from analysis.intervals import wilson
from analysis.minima import MIN_SHARED, too_few
from analysis.others import Floats, Held, Ints, Others, with_others
from analysis.pairs import category_codes, check_columns
from analysis.shrinkage import FEWEST, shrunken
from analysis.standouts import (
    Contrast,
    mean_and_error,
    mean_figure,
    stepwise_contrasts,
    task_contrasts,
)
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
    contrasts = _alike_contrasts(beside, codes)
    rows = pd.DataFrame({"row": beside.row, "alike": held.value, "apart": np.nan})
    if values is None:
        kappa = kappa_with_others(beside, code, tables)
        lean: dict[str, Mapping[Any, Figure]] = {}
        chosen = {of: (codes == place).astype(float) for place, of in enumerate(categories)}
        if len(chosen) == 2:  # each is what the other is not
            del chosen[categories[0]]
        options = _options(beside, chosen)
        contrasts += _option_contrasts(beside, chosen)
    else:
        options = []
        number = np.asarray(values, dtype=float)[code]
        apart = beside.apart(number)
        rows["apart"] = apart.value
        kappa = concordance(beside, number)
        lean = {"leniency": leniency(beside, apart), "plain_leniency": plain(beside, apart)}
        contrasts += _apart_contrasts("leniency", beside, np.asarray(values, dtype=float)[codes])
    return BesideOthers(
        beside=beside,
        agreement=_shares(beside, held),
        kappa=kappa,
        confusion=dict(zip(beside.annotators, tables, strict=True)),
        options=tuple(options),
        contrasts=tuple(contrasts),
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
    codes, _ = pd.factorize(pd.Series(sets, dtype=object))
    held = beside.alike(codes[beside.row])
    chosen = {tag: np.array([tag in one for one in sets], dtype=float) for tag in tags}
    return BesideOthers(
        beside=beside,
        agreement=_shares(beside, held),
        kappa={},
        confusion={},
        options=tuple(_options(beside, chosen)),
        contrasts=(*_alike_contrasts(beside, codes), *_option_contrasts(beside, chosen)),
        rows=pd.DataFrame({"row": beside.row, "alike": held.value, "apart": np.nan}),
    )


def _alike_contrasts(beside: Others, codes: Ints) -> list[Contrast]:
    def hold(left: Others) -> tuple[Held, Floats]:
        held = left.alike(codes[left.row])
        return held, held.value

    return stepwise_contrasts("agreement", beside, hold, least=MIN_SHARED)


def _apart_contrasts(
    measure: str, beside: Others, number: Floats, option: Any = None
) -> list[Contrast]:
    def hold(left: Others) -> tuple[Held, Floats]:
        return left.apart(number[left.row]), number[left.row]

    return stepwise_contrasts(measure, beside, hold, least=MIN_SHARED, option=option)


def _option_contrasts(beside: Others, chosen: Mapping[Any, Floats]) -> list[Contrast]:
    found = [_apart_contrasts("option", beside, has, option) for option, has in chosen.items()]
    return [one for listed in found for one in listed]


def _options(beside: Others, chosen: Mapping[Any, Floats]) -> list[Contrast]:
    """How often each person chose each option, beside all others on the same tasks."""
    found = []
    for option, has in chosen.items():
        own = has[beside.row]
        held = beside.apart(own)
        found += task_contrasts("option", beside, held, own, least=MIN_SHARED, option=option)
    return found


def leniency(beside: Others, apart: Held) -> dict[Any, Figure]:
    """How far each person lies above the others, drawn towards 0 as far as chance explains it."""
    n, found = beside.tasks, plain(beside, apart)
    enough = np.flatnonzero(n >= MIN_SHARED)
    mean, se = mean_and_error(beside, apart.value)
    seen = enough[se[enough] > SURE]
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
        if n < MIN_SHARED:
            found[name] = too_few(n, MIN_SHARED)
        else:
            found[name] = mean_figure(float(mean[place]), float(se[place]), n)
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
