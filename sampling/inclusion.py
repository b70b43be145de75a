"""Chances of inclusion of the tasks of a queue: prefixes of its draws, and their union."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sampling.base import Bools, Floats
from sampling.record import DrawRecord
from sampling.stratified import Stratified

Kind = Literal["priority", "strata", "census"]

ROWS = ("draw", "task", "stratum", "weight", "priority", "certain", "picked", "position")
STATE = ("task", "labelled", "claimed", "open_lease")


@dataclass(frozen=True)
class Design:
    """How the labelled tasks of a queue came to be there."""

    tasks: pd.DataFrame
    """task (int64), pi (float64, chance of being in a prefix), certain (bool), stratum (str),
    counted (bool: labelled and inside the prefix of a draw that took it)."""
    kind: Kind
    """`strata` when everything comes from stratified draws of disjoint populations, `census` when
    some interactions were certain, else `priority`."""
    strata: pd.DataFrame
    """stratum (str), population (int64), certain (bool)."""
    population: int
    """Interactions that were eligible in at least one draw."""
    random_share: float
    """Smallest share of a draw that is as good as random, 0 to 1."""
    skipped: int
    """Tasks inside prefixes that have no label."""
    refusal: str | None
    """Why no interval can be given."""
    refuse_estimate: bool
    """Whether not even a value can be given."""


class _Prefix(NamedTuple):
    """What counts of one draw so far."""

    rows: pd.DataFrame
    inside: Bools
    pi: Floats


def design(
    draws: Sequence[tuple[int, DrawRecord]],
    rows: pd.DataFrame,
    state: pd.DataFrame,
    *,
    population: int,
) -> Design:
    """Chances of inclusion as the labeling stands.

    While a task of a draw is open at somebody, the draw counts up to the first task that has no
    label and is open or was never claimed; when none is open, up to the last one ever claimed.
    Any such prefix is itself a draw with its own thresholds.

    Parameters
    ----------
    draws : sequence of (id, DrawRecord)
        The draws of the queue.
    rows : DataFrame
        What each draw said of each task eligible in it: draw, task, stratum, weight, priority
        (NaN when certain), certain, picked, position (NaN when not picked).
    state : DataFrame
        task, labelled (has a planned label), claimed (was ever held), open_lease (is held).
    population : int
        Interactions eligible in at least one draw.

    Returns
    -------
    Design

    Raises
    ------
    ValueError
        If a column is missing.

    References
    ----------
    Duffield, Lund and Thorup (2007), doi:10.1145/1314690.1314696.
    """
    for frame, columns in ((rows, ROWS), (state, STATE)):
        missing = [name for name in columns if name not in frame.columns]
        if missing:
            raise ValueError(f"frame lacks {missing}; it has {list(frame.columns)}")
    known = rows.merge(state[list(STATE)], on="task", how="left")
    prefixes = [
        _prefix(record, known[known["draw"] == draw_id].reset_index(drop=True))
        for draw_id, record in draws
    ]
    records = [record for _, record in draws]
    kind = _kind(records, rows)
    tasks = _union(prefixes)
    if kind == "strata":
        tasks = _named_by_draw(draws, tasks, rows)
    refusal = next((one.strategy.refusal for one in records if one.strategy.refusal), None)
    covered_elsewhere = any(one.strategy.refusal is None for one in records)
    return Design(
        tasks=tasks,
        kind=kind,
        strata=_strata(draws, kind),
        population=population,
        random_share=min((one.random_share for one in records), default=1.0),
        skipped=_skipped(prefixes),
        refusal=refusal,
        refuse_estimate=refusal is not None and not covered_elsewhere,
    )


def _prefix(record: DrawRecord, rows: pd.DataFrame) -> _Prefix:
    """Cut a draw where the labeling stands; chances of its tasks by what was cut off."""
    picked = rows["picked"].to_numpy(dtype=bool)
    order = rows.loc[picked].sort_values("position")
    length = _length(order)
    inside = np.zeros(len(rows), dtype=bool)
    inside[order.index[:length]] = True
    pi = np.zeros(len(rows))
    strata = {one.stratum: one for one in record.strata}
    for name, group in rows.groupby("stratum", sort=True):
        at = group.index.to_numpy()
        stratum = strata.get(str(name))
        if stratum is not None and stratum.certain:
            pi[at] = inside[at].sum() / max(stratum.size, 1)
            continue
        ranked = order[order["stratum"] == name]["priority"].to_numpy()
        taken = int(inside[at].sum())
        tau_in = ranked[taken] if taken < len(ranked) else (stratum.tau_in if stratum else None)
        whole = taken == len(ranked) and stratum is not None and stratum.tau_in is None
        tau_out = ranked[taken - 1] if taken else np.inf
        weight = rows["weight"].to_numpy()[at]
        line = np.where(inside[at], np.inf if tau_in is None else tau_in, tau_out)
        pi[at] = 1.0 if whole else np.minimum(1.0, weight / line)
    return _Prefix(rows, inside, pi)


def _length(order: pd.DataFrame) -> int:
    """How many tasks of a draw, in serving order, count."""
    labelled = order["labelled"].to_numpy(dtype=bool)
    claimed = order["claimed"].to_numpy(dtype=bool)
    open_lease = order["open_lease"].to_numpy(dtype=bool)
    if open_lease.any():
        stops = ~labelled & (open_lease | ~claimed)
        return int(np.argmax(stops)) if stops.any() else len(order)
    at = np.flatnonzero(claimed | labelled)
    return int(at[-1]) + 1 if len(at) else 0


def _union(prefixes: Sequence[_Prefix]) -> pd.DataFrame:
    """One row per task: 1 - prod(1 - pi) over every draw in which it was eligible."""
    parts = [
        one.rows[["task", "stratum", "certain", "labelled"]].assign(
            inside=one.inside, out=1 - one.pi
        )
        for one in prefixes
    ]
    if not parts:
        empty = pd.DataFrame(columns=["task", "pi", "certain", "stratum", "counted"])
        return empty.astype({"task": "int64", "pi": float, "certain": bool, "counted": bool})
    rows = pd.concat(parts, ignore_index=True)
    grouped = rows.groupby("task", sort=True)
    tasks = pd.DataFrame(
        {
            "pi": 1.0 - grouped["out"].prod(),
            "certain": grouped["certain"].any(),
            "stratum": grouped["stratum"].first(),
            "counted": grouped["inside"].any() & grouped["labelled"].any(),
        }
    ).reset_index()
    tasks["pi"] = np.where(tasks["pi"] > 1 - 1e-12, 1.0, tasks["pi"])
    return tasks


def _kind(records: Sequence[DrawRecord], rows: pd.DataFrame) -> Kind:
    if any(one.certain for record in records for one in record.strata):
        return "census"
    disjoint = not rows["task"].duplicated().any()
    if records and disjoint and all(isinstance(one.strategy, Stratified) for one in records):
        return "strata"
    return "priority"


def _named_by_draw(
    draws: Sequence[tuple[int, DrawRecord]], tasks: pd.DataFrame, rows: pd.DataFrame
) -> pd.DataFrame:
    """Tasks with strata told apart by draw, since the same segment recurs in later windows."""
    if len(draws) == 1:
        return tasks
    named = rows["draw"].astype(str) + "/" + rows["stratum"].astype(str)
    of_task = dict(zip(rows["task"], named, strict=True))
    return tasks.assign(stratum=tasks["task"].map(of_task))


def _strata(draws: Sequence[tuple[int, DrawRecord]], kind: Kind) -> pd.DataFrame:
    """Sizes of the strata: of every draw apart, or of the certain set and the rest."""
    found = [
        (f"{draw_id}/{one.stratum}" if kind == "strata" and len(draws) > 1 else one.stratum, one)
        for draw_id, record in draws
        for one in record.strata
    ]
    frame = pd.DataFrame(
        {
            "stratum": pd.Series([name for name, _ in found], dtype=object),
            "population": pd.Series([one.eligible for _, one in found], dtype="int64"),
            "certain": pd.Series([one.certain for _, one in found], dtype=bool),
        }
    )
    summed = frame.groupby(["stratum", "certain"], sort=True)["population"].sum().reset_index()
    return pd.DataFrame(summed, columns=["stratum", "population", "certain"])


def _skipped(prefixes: Sequence[_Prefix]) -> int:
    """Tasks inside some prefix without a label."""
    tasks: set[int] = set()
    for one in prefixes:
        left: NDArray[np.bool_] = one.inside & ~one.rows["labelled"].to_numpy(dtype=bool)
        tasks.update(int(task) for task in one.rows["task"].to_numpy()[left])
    return len(tasks)
