"""The figures of every pair of annotators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.coefficients import (
    Coefficient,
    cohen_kappa,
    cohen_kappa_linear,
    cohen_kappa_quadratic,
    percent_agreement,
)
from analysis.figure import Figure
from analysis.intervals import wilson_ends
from analysis.pairs import Block, Ints
from analysis.tally import (
    CONSTANT,
    LEAST_CLUSTERS,
    ONE_CATEGORY,
    SURE,
    is_constant,
    kappa_ends,
    too_few_clusters,
)

Floats = NDArray[np.float64]

AGREEMENT: dict[str, Callable[..., Coefficient]] = {
    "percent_agreement": percent_agreement,
    "cohen_kappa": cohen_kappa,
    "cohen_kappa_linear": cohen_kappa_linear,
    "cohen_kappa_quadratic": cohen_kappa_quadratic,
}
"""The coefficients of two annotators by name: functions of (tables, values)."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two annotators, the tasks both labelled, and how far they agree."""

    a: Any
    b: Any
    n: int
    """Number of tasks both labelled."""
    table: NDArray[np.int64]
    """(K, K) counts of tasks by the label of `a` (rows) and of `b` (columns)."""
    figures: dict[str, Figure]
    """One figure per coefficient."""


class Spread(NamedTuple):
    """How sure the coefficient of each pair is."""

    se: Floats
    """(P,) standard error."""
    units: Ints
    """(P,) tasks, or clusters of them, that it rests on."""
    clustered: bool


def pairs_of(
    block: Block,
    found: dict[str, Coefficient],
    plain: Coefficient,
    annotators: list[Any],
    cluster: Ints | None,
) -> list[Pair]:
    """Every pair of a block with its figures; `cluster` tells which tasks belong together."""
    n = block.tables.sum(axis=(1, 2))
    constant = is_constant(block.tables)
    columns = []
    for name, one in found.items():
        spread = Spread(one.se, n, False) if cluster is None else _clustered(block, one, n, cluster)
        columns.append(_figures(name, one, plain, n, spread, constant))
    return [
        Pair(annotators[a], annotators[b], size, table, dict(zip(found, figures, strict=True)))
        for a, b, size, table, *figures in zip(
            block.first.tolist(),
            block.second.tolist(),
            n.tolist(),
            block.tables,
            *columns,
            strict=True,
        )
    ]


def _clustered(block: Block, found: Coefficient, n: Ints, cluster: Ints) -> Spread:
    """Standard error over clusters of tasks, and how many clusters each pair shares."""
    cells = block.tables[0].size
    said = found.influence.reshape(-1)[block.pair * cells + block.cell]
    many = int(cluster.max(initial=0)) + 1
    keys, code = np.unique(block.pair * many + cluster[block.task], return_inverse=True)
    squares = np.bincount(code, weights=said) ** 2
    pair = keys // many
    units = np.bincount(pair, minlength=len(n))
    stretch = units / np.maximum(units - 1, 1)
    variance = np.bincount(pair, weights=squares, minlength=len(n)) * stretch
    return Spread(np.sqrt(variance) / n, units, True)


def _figures(
    name: str,
    found: Coefficient,
    plain: Coefficient,
    n: Ints,
    spread: Spread,
    constant: NDArray[np.bool_],
) -> list[Figure]:
    """One figure per pair of a block for one coefficient."""
    se, units, _ = spread
    if name == "percent_agreement":
        return _shares(found, n, spread)
    low, high = kappa_ends(found.value, se, plain.observed, plain.chance, units)
    low[constant] = high[constant] = np.nan
    method = "standard error of Fleiss, Cohen and Everitt, z scale"
    figures = []
    for value, a, b, size in zip(
        found.value.tolist(), low.tolist(), high.tolist(), n.tolist(), strict=True
    ):
        if value != value:
            figures.append(Figure.undefined(ONE_CATEGORY, n=size))
        elif a != a:
            figures.append(Figure.without_interval(value, size, method, CONSTANT))
        else:
            figures.append(Figure(value, a, b, size, method))
    return figures


def _shares(found: Coefficient, n: Ints, spread: Spread) -> list[Figure]:
    """Percent agreement of each pair of a block."""
    share, (se, units, clustered) = found.observed, spread
    varied = se > SURE
    size = np.where(varied, share * (1 - share) / np.where(varied, se, 1.0) ** 2, units)
    df = np.maximum(units - 1, 1) if clustered else np.full(len(n), np.inf)
    low, high = wilson_ends(share, size, special.stdtrit(df, 0.975))
    method = "share of shared tasks; Wilson"
    return [
        Figure.without_interval(value, tasks, method, too_few_clusters(many))
        if clustered and many < LEAST_CLUSTERS
        else Figure(value, a, b, tasks, method)
        for value, a, b, tasks, many in zip(
            found.value.tolist(), low.tolist(), high.tolist(), n.tolist(), units.tolist(),
            strict=True,
        )
    ]  # fmt: skip
