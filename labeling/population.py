"""What is known of the whole population of a queue: sizes of its classes, what a judge said.

Read in a stream without texts and kept in this process: what was drawn from never changes, and a
judge's values only when a score arrives.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

import analysis
from analysis import Judged
from labeling.filters import parse_filter
from sampling import Design, DrawRecord, replay
from storage import Session
from storage.queries import draws, pool, scores

Attribute = Literal["confidence", "category", "model"]
ATTRIBUTES: tuple[Attribute, ...] = ("confidence", "category", "model")
KEPT = 32
MANY_CLASSES = 50
"""More classes than this, and the smallest are one."""
UNKNOWN = "unknown"


class Rest(Enum):
    """A class that is no value: equal to no text that a sender can send."""

    UNKNOWN = UNKNOWN
    OTHERS = "others"


@dataclass(frozen=True)
class Classes:
    """Classes of a population and their sizes."""

    by: Attribute
    totals: Mapping[str | Rest, int]
    cuts: tuple[float, ...] = ()
    """Of confidence: upper ends of all quarters but the last."""

    def of(self, values: "pd.Series[Any]") -> "pd.Series[Any]":
        """The class of each value."""
        if self.by == "confidence":
            names: list[str | Rest] = [*confidence_class(values, self.cuts)]
        else:
            said = [Rest.UNKNOWN if pd.isna(value) else str(value) for value in values]
            names = [one if one in self.totals else Rest.OTHERS for one in said]
        return pd.Series(names, index=values.index, dtype=object)

    def named(self) -> dict[str, int]:
        """Sizes by names to be shown; a rest that is called like a value stands in brackets."""
        shown: dict[str, int] = {}
        for one, size in self.totals.items():
            name = one.value if isinstance(one, Rest) else one
            while isinstance(one, Rest) and (name in self.totals or name in shown):
                name = f"({name})"
            shown[name] = size
        return shown


@dataclass(frozen=True)
class JudgedPopulation:
    """What a judge said of a population."""

    judged: Judged | None
    """None when it scored nothing."""
    versions: Mapping[str | None, int]
    """How many values each version gave."""
    unscored: int


def confidence_class(values: "pd.Series[Any]", cuts: tuple[float, ...]) -> list[str]:
    """The quarter of each confidence, by the upper ends of all but the last."""
    known = values.to_numpy(dtype=float)
    place = np.searchsorted(np.array(cuts), known, side="left")
    names = [*(f"up to {cut:.3g}" for cut in cuts), f"above {cuts[-1]:.3g}" if cuts else "any"]
    return [
        UNKNOWN if np.isnan(value) else names[at] for value, at in zip(known, place, strict=True)
    ]


def classes_of(session: Session, queue_id: int, found: Design, by: Attribute) -> Classes:
    """Sizes of the quarters of confidence, or of the categories or models, of a population."""
    key = ("classes", queue_id, found.draws, by)
    kept: Classes = _kept(session, key, lambda: _classes(session, queue_id, found, by))
    return kept


def judged_population(
    session: Session, queue_id: int, found: Design, name: str, now: datetime
) -> JudgedPopulation:
    """What a judge said of the population of a queue, the latest value of each interaction."""
    key = ("judge", queue_id, found.draws, name, scores.last_score(session))
    kept: JudgedPopulation = _kept(
        session, key, lambda: _judged(session, queue_id, found, name, now)
    )
    return kept


def _classes(session: Session, queue_id: int, found: Design, by: Attribute) -> Classes:
    counts: Counter[Any] = Counter()
    for chunk in _members(session, queue_id, found, frozenset({by})):
        counts.update(chunk[by].value_counts(dropna=False).to_dict())
    known = {value: int(count) for value, count in counts.items() if not pd.isna(value)}
    told = _quarters(known) if by == "confidence" else _largest(by, known)
    unknown = sum(int(count) for count in counts.values()) - sum(known.values())
    rest = UNKNOWN if by == "confidence" else Rest.UNKNOWN
    totals = {**told.totals, **({rest: unknown} if unknown else {})}
    if sum(totals.values()) != found.population:
        raise AssertionError(f"classes of {totals} do not make up {found.population}")
    return replace(told, totals=totals)


def _largest(by: Attribute, known: Mapping[Any, int]) -> Classes:
    largest = sorted(known, key=lambda value: (-known[value], str(value)))
    totals: dict[str | Rest, int] = {str(value): known[value] for value in largest[:MANY_CLASSES]}
    if others := sum(known[value] for value in largest[MANY_CLASSES:]):
        totals[Rest.OTHERS] = others
    return Classes(by, totals)


def _quarters(known: Mapping[float, int]) -> Classes:
    values = np.array(sorted(known))
    often = np.array([known[value] for value in values])
    cuts = tuple(float(cut) for cut in analysis.quartile_cuts(values, often))
    quarters = pd.Series(confidence_class(pd.Series(values), cuts), dtype=object)
    sizes = pd.Series(often).groupby(quarters, sort=False).sum()
    return Classes("confidence", {str(name): int(size) for name, size in sizes.items()}, cuts)


def _judged(
    session: Session, queue_id: int, found: Design, name: str, now: datetime
) -> JudgedPopulation:
    values, versions, size = [np.empty(0)], Counter[str | None](), 0
    for chunk in _members(session, queue_id, found, frozenset()):
        ids = chunk["interaction"].to_numpy()
        size += len(ids)
        if not len(ids):
            continue
        said = scores.latest_between(session, name, int(ids.min()), int(ids.max()), now)
        said = said[said["interaction"].isin(ids)]
        values.append(said["value"].to_numpy())
        versions.update(None if pd.isna(one) else str(one) for one in said["version"])
    all_values = np.concatenate(values)
    judged = None
    if len(all_values):
        low, high = float(all_values.min()), float(all_values.max())
        mean = min(max(float(all_values.mean()), low), high)
        judged = Judged(mean, low, high, len(all_values))
    return JudgedPopulation(judged, dict(versions), size - len(all_values))


def _members(
    session: Session, queue_id: int, found: Design, columns: frozenset[str]
) -> Iterator[pd.DataFrame]:
    """The population, each interaction once, in chunks."""
    seen = np.empty(0, dtype=np.int64)
    rows = [row for row in draws.draw_rows(session, queue_id) if row.id in found.draws]
    for row in rows:
        record = DrawRecord.from_json(row.record)
        everybody = record.eligible == record.population
        asked = pool.Pool(
            where=parse_filter(row.where),
            as_of=row.as_of,
            window_from=row.window_from,
            window_to=row.window_to,
            columns=columns if everybody else columns | record.strategy.columns,
            scores=frozenset() if everybody else record.strategy.scores,
        )
        for chunk in pool.chunks(session, asked):
            if not everybody:
                chunk = chunk[replay(record, chunk)["eligible"].to_numpy()]
            ids = chunk["interaction"].to_numpy()
            fresh = ~np.isin(ids, seen)
            if len(rows) > 1:
                seen = np.concatenate([seen, ids[fresh]])
            yield chunk[fresh]


_by_engine: WeakKeyDictionary[Any, OrderedDict[Any, Any]] = WeakKeyDictionary()


def _kept(session: Session, key: Any, make: Any) -> Any:
    """What was found before under the key in the same database, or made now."""
    known = _by_engine.setdefault(session.engine, OrderedDict())
    if key not in known:
        known[key] = make()
        while len(known) > KEPT:
            known.popitem(last=False)
    return known[key]
