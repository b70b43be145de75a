"""Which tasks count for an estimate at present, and with which chance.

Here pi is computed for all tasks at once; `sampling.prefix` does it for a few at a time.

A draw is served in its order, so what has been labelled so far is a prefix of it, and a prefix is
itself a valid draw with thresholds of its own. Several draws are joined task by task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sampling.base import check_columns
from sampling.draw import chances
from sampling.outlook import blindness
from sampling.prefix import counting
from sampling.record import DrawRecord, StratumDraw
from sampling.sparse import Classes, HardlyDrawn, chance_classes
from sampling.stratified import Stratified

ROWS = (
    "draw", "task", "stratum", "weight", "priority", "certain", "picked", "position",
)  # fmt: skip
STATE = ("task", "labelled", "claimed", "open_lease")
CERTAIN = "certain"
REST = "rest"


@dataclass(frozen=True, eq=False)
class Design:
    """How the tasks of a queue came to be labelled: what an estimate must know."""

    tasks: pd.DataFrame
    """A row per task that was eligible in a draw: `task`, `pi` (chance of being in a prefix,
    0..1), `certain`, `stratum`, `counted` (labelled, inside a prefix of a draw that took it),
    `skipped` (inside a prefix without a label)."""
    kind: Literal["priority", "strata", "census"]
    """census: some were certain; strata: stratified draws over disjoint populations; priority:
    everything else."""
    strata: pd.DataFrame
    """`stratum`, `population`, `certain`; for strata and census."""
    population: int
    """Distinct interactions for which the draws that have begun can stand."""
    random_share: float
    """Smallest share of weight spread evenly, over the draws that leave something to chance."""
    classes: Classes
    """Which part of the population was hardly drawn, given the tasks with a label or an answer.
    Strata are classes of their own: nothing is told of them."""
    skipped: int
    """Tasks inside a prefix whose turn has passed without a label."""
    refusal: str | None
    """Why there can be no interval, if so."""
    refuse_estimate: bool
    """Whether there can be no estimate either."""
    draws: tuple[int, ...]
    """The draws that have begun."""

    @property
    def hardly_drawn(self) -> HardlyDrawn:
        """The part of the population that was hardly drawn, by the tasks with a label."""
        return self.classes.hardly_drawn(self.tasks.loc[self.tasks["counted"], "task"])


def design(
    draws: Sequence[tuple[int, DrawRecord]],
    rows: pd.DataFrame,
    state: pd.DataFrame,
    *,
    added: Sequence[int],
) -> Design:
    """Chances of all tasks of a queue, given how far each draw has been served.

    Parameters
    ----------
    draws : sequence of (id, DrawRecord)
        The draws of the queue, in the order in which they were made.
    rows : DataFrame
        A row per draw and task that was eligible in it: `draw`, `task`, `stratum`, `weight`,
        `priority` (NaN when certain), `certain`, `picked`, `position` (NaN when not picked).
    state : DataFrame
        A row per task: `task`, `labelled`, `claimed` (ever), `open_lease` (now).
    added : sequence of int
        Per draw, how many interactions were eligible in it and in no earlier one.

    Returns
    -------
    Design
        A prefix ends before the first task without a label that was never claimed or is being
        worked on. The draws up to the first that has not begun count, whose joint population is
        known; if the first one waits, the next that does not; if all wait, all. A draw without
        chance is refused unless another draw gave a chance to all that it took.

    Raises
    ------
    ValueError
        If a column is missing, a draw of `rows` is unknown, or there are no draws.

    References
    ----------
    Duffield, Lund and Thorup (2007), doi:10.1145/1314690.1314696; Horvitz and Thompson (1952),
    doi:10.1080/01621459.1952.10483446 for the union of draws.
    """
    check_columns(rows, ROWS)
    check_columns(state, STATE)
    records = dict(draws)
    unknown = sorted(set(rows["draw"]) - set(records))
    if unknown or not records:
        raise ValueError(f"rows speak of draws {unknown}, known are {sorted(records)}")
    served = _served(rows, state)
    begun = _begun(list(records), served) or list(records)
    records = {key: records[key] for key in begun}
    news = {key: new for (key, _), new in zip(draws, added, strict=True) if key in begun}
    news[begun[0]] = records[begun[0]].eligible
    disjoint = all(record.eligible == news[key] for key, record in records.items())
    said, bars = _said(records, served[served["draw"].isin(begun)])
    kind = _kind(records, said, disjoint=disjoint)
    tasks = _joined(served, said, kind, several=len(records) > 1)
    classes = chance_classes(records, news, {} if kind == "strata" else bars, said)
    blind = _blind(records, said)
    return Design(
        tasks=tasks,
        kind=kind,
        strata=_strata(records, tasks, kind),
        population=sum(news.values()),
        random_share=_random_share(records),
        classes=classes,
        skipped=int(served.loc[served["skipped"] & served["draw"].isin(begun), "task"].nunique()),
        refusal=blindness(blind) if blind else None,
        refuse_estimate=blind is not None,
        draws=tuple(begun),
    )


def _served(rows: pd.DataFrame, state: pd.DataFrame) -> pd.DataFrame:
    """Rows by draw and position, with `labelled`, `inside` (a prefix) and `skipped`."""
    known = state.drop_duplicates("task").set_index("task")
    found = rows.sort_values(["draw", "picked", "position"], ascending=[True, False, True])
    found = found.reset_index(drop=True)
    marks = {
        name: found["task"].map(known[name]).fillna(False).to_numpy(dtype=bool)
        for name in STATE[1:]
    }
    picked = found["picked"].to_numpy(dtype=bool)
    waiting = ~marks["labelled"] & (marks["open_lease"] | ~marks["claimed"])
    ended = (waiting | ~picked).astype(np.int64)
    passed = pd.Series(ended).groupby(found["draw"].to_numpy()).cumsum().to_numpy()
    inside = picked & (passed == 0)
    return found.assign(
        labelled=marks["labelled"], inside=inside, skipped=inside & ~marks["labelled"]
    )


def _begun(draws: Sequence[int], served: pd.DataFrame) -> list[int]:
    """The draws that count; a task that an earlier draw took does not begin a later one."""
    picked = served[served["picked"]]
    own = picked.drop_duplicates("task")
    finished = picked.groupby("draw")["inside"].all()
    begun = {*own.loc[own["inside"], "draw"], *finished.index[finished]}
    nonempty = set(picked["draw"])
    return counting([key for key in draws if key in nonempty], begun.__contains__)


def _said(
    records: dict[int, DrawRecord], served: pd.DataFrame
) -> tuple[pd.DataFrame, dict[tuple[int, str], float]]:
    """Rows with `pi`, the chance of each in its draw, and `sure`: nothing was left to chance.

    Beside them, by draw and stratum, the thresholds of those inside the prefix, if there are any.
    """
    bars: dict[tuple[int, str], float] = {}
    pi = np.zeros(len(served))
    sure = np.zeros(len(served), dtype=bool)
    alone = len(records) == 1
    for at in served.groupby(["draw", "stratum"], sort=False).indices.values():
        part = served.iloc[at]
        key, name = part["draw"].iloc[0], part["stratum"].iloc[0]
        record = records[key]
        one = next((one for one in record.strata if one.stratum == name), None)
        if one is None:
            raise ValueError(f"draw {key} has no stratum {name!r}")
        if not one.certain:
            above, below = _thresholds(part, one)
            inside = part["inside"].to_numpy(dtype=bool)
            pi[at] = chances(part["weight"].to_numpy(dtype=float), np.where(inside, above, below))
            if np.isfinite(above):
                bars[key, name] = above
        elif record.strategy.is_ranked:
            pi[at] = sure[at] = part["inside"].to_numpy(dtype=bool)
        else:
            share = float(part["inside"].sum()) / one.population
            pi[at] = share
            sure[at] = alone or share == 1.0
    return served.assign(pi=pi, sure=sure), bars


def _thresholds(part: pd.DataFrame, one: StratumDraw) -> tuple[float, float]:
    """Thresholds of a stratum for rows inside its prefix and outside; infinite for an empty one.

    Given the others, a row gets in if it beats the m-th largest of them: the (m+1)-th of all if
    it is in, the m-th of all if it is not.
    """
    count = int(part["inside"].sum())
    if not count:
        return inf, inf
    if count == one.size:
        return one.tau_in or 0.0, one.tau_out or 0.0
    order = np.sort(part.loc[part["picked"], "priority"].to_numpy(dtype=float))[::-1]
    return float(order[count]), float(order[count - 1])


def _joined(served: pd.DataFrame, said: pd.DataFrame, kind: str, *, several: bool) -> pd.DataFrame:
    """One row per task over all draws."""
    every = np.unique(served["task"].to_numpy(dtype=np.int64))
    order = np.argsort(said["task"].to_numpy(dtype=np.int64), kind="stable")
    task, first = np.unique(said["task"].to_numpy(dtype=np.int64)[order], return_index=True)
    place = np.searchsorted(every, task)
    pi, sure, inside, labelled, skipped = (
        said[name].to_numpy()[order] for name in ("pi", "sure", "inside", "labelled", "skipped")
    )
    alone = np.diff(np.append(first, len(order))) == 1

    def spread(values: NDArray[Any]) -> NDArray[Any]:
        """A value for every task, 0 or false where no draw that counts speaks of it."""
        found = np.zeros(len(every), dtype=values.dtype)
        found[place] = values
        return found

    def any_of(marks: NDArray[np.bool_]) -> NDArray[Any]:
        return spread(np.logical_or.reduceat(marks, first) if len(first) else marks)

    # 1 - (1 - pi) would lose digits where one draw alone speaks of a task
    joint = 1 - np.multiply.reduceat(1 - pi, first) if len(first) else pi
    certain = any_of(sure)
    stratum = np.full(len(every), "", dtype=object)
    stratum[place] = said["stratum"].to_numpy(dtype=object)[order][first]
    if kind == "census":
        stratum = np.where(certain, CERTAIN, REST).astype(object)
    elif kind == "strata" and several:
        draw = said["draw"].to_numpy()[order][first]
        named = zip(draw, stratum[place], strict=True)
        stratum[place] = [_stratum_name(*one) for one in named]
    return pd.DataFrame(
        {
            "task": every,
            "pi": spread(np.where(alone, pi[first], joint)),
            "certain": certain,
            "stratum": stratum,
            "counted": any_of(inside & labelled),
            "skipped": any_of(skipped),
        }
    )


def _stratum_name(draw: float, stratum: str) -> str:
    return f"{draw:.0f}: {stratum}"


def _kind(
    records: dict[int, DrawRecord], said: pd.DataFrame, *, disjoint: bool
) -> Literal["priority", "strata", "census"]:
    if said["sure"].any():
        return "census"
    stratified = all(isinstance(one.strategy, Stratified) for one in records.values())
    return "strata" if stratified and (disjoint or len(records) == 1) else "priority"


def _strata(records: dict[int, DrawRecord], tasks: pd.DataFrame, kind: str) -> pd.DataFrame:
    found: list[tuple[str, int, bool]] = []
    if kind == "census":
        found = [(CERTAIN, int(tasks["certain"].sum()), True)]
    elif kind == "strata":
        several = len(records) > 1
        found = [
            (_stratum_name(key, one.stratum) if several else one.stratum, one.population, False)
            for key, record in records.items()
            for one in record.strata
        ]
    frame = pd.DataFrame(found, columns=["stratum", "population", "certain"])
    return frame.astype({"stratum": object, "population": "int64", "certain": bool})


def _random_share(records: dict[int, DrawRecord]) -> float:
    shares = [
        record.random_share
        for record in records.values()
        if not all(one.certain for one in record.strata)
    ]
    return min(shares, default=0.0)


def _blind(records: dict[int, DrawRecord], said: pd.DataFrame) -> DrawRecord | None:
    """A draw without chance that took something that no other draw gave a chance."""
    blind = {
        key
        for key, record in records.items()
        if record.is_blind or (record.strategy.is_ranked and not _finished(said, key))
    }
    seen = said.loc[~said["draw"].isin(blind), "task"]
    for key in blind:
        took = said.loc[(said["draw"] == key) & said["picked"], "task"]
        if not took.isin(seen).all():
            return records[key]
    return None


def _finished(said: pd.DataFrame, key: int) -> bool:
    mine = said[(said["draw"] == key) & said["picked"]]
    return bool(mine["inside"].all())
