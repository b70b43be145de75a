"""Which responses people prefer, by who wrote them: shares of wins and mean ranks of all traffic.

A comparison or a ranking is one outcome per task and response: the mean over its planned labels, or
what a person settled. A tie is half a win for each. Figures are weighed by the draws.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from math import nan
from typing import Any

import numpy as np
import pandas as pd

import analysis
from analysis import Figure
from labeling.errors import InvalidLabel
from labeling.fields import Pairwise, Ranking
from labeling.kinds import TIE
from labeling.outcomes import (
    Evidence,
    compared,
    evidence,
    of_field,
    settled_tasks,
    settled_values,
    task_means,
)
from labeling.reports import chosen_field
from labeling.weighing import NOT_SAMPLED, sampled_tasks, survey_of
from storage import Session
from storage.queries import queues
from storage.queries.responses import response_makers

BY = ("model", "variant")
MOST = 12
"""Names that are told, those compared most often first."""
Makers = Mapping[int, Mapping[str, str]]
"""By task: response ids and the name of who wrote each."""


@dataclass(frozen=True)
class _Match:
    """The comparisons of a queue, ready to be counted for anybody."""

    found: Evidence
    field: Pairwise | Ranking
    answers: pd.DataFrame
    """Columns task, annotator, label; of tasks whose responses have names of their own."""
    settled: Mapping[int, Any]
    makers: Makers
    every: pd.DataFrame
    """`sampled_tasks` with an answer."""
    survey: analysis.Survey | None
    """None when nothing was drawn."""


def wins_report(
    session: Session,
    queue_name: str,
    now: datetime,
    *,
    field: str | None = None,
    by: str | None = None,
    said: Evidence | None = None,
) -> dict[str, Any]:
    """How often the responses of each model (or variant) are preferred.

    `by` is `model` or `variant`; None: the one that tells the responses of more tasks apart. Tasks
    with two responses of one name cannot tell, and are `left_out`. `wins` counts a tie as half; of
    a ranking it is the share of the others that a response stands before, with equal ranks as
    half. `first` (rankings) is the share of tasks on which it stands first, shared by equals;
    `mean_rank` 1 for the best. `said` is the evidence where it was read already.

    Raises
    ------
    InvalidLabel
        If the form has no such comparison or ranking, or `by` is neither.
    """
    queue = queues.queue_named(session, queue_name)
    if by is not None and by not in BY:
        raise InvalidLabel("by", f"{by!r:.80} is neither", "model or variant")
    found = said or evidence(session, queue, now)
    asked = chosen_field(found.forms.fields, field, (Pairwise, Ranking))
    if not isinstance(asked, Pairwise | Ranking):
        raise TypeError(asked)
    answers = of_field(compared(found.labels), asked, found.forms)
    settled = settled_values(found, asked)
    tasks = sorted({*answers["task"].tolist(), *settled})
    by, makers = _named(response_makers(session, tasks), by)
    match = _match(found, asked, answers, settled, makers)
    names = _names(makers)
    every = _frame(match, lambda _, value: _tied(asked, value))
    return {
        "queue": queue.name,
        "field": asked.name,
        "kind": asked.kind,
        "by": by,
        "tasks": len(makers),
        "settled": settled_tasks(every),
        "left_out": len(tasks) - len(makers),
        "ties": _figure(match, every).to_json(),
        "names": [_one(match, name) for name in names],
        "pairs": [_pair(match, a, b) for a, b in combinations(names, 2)],
    }


def _match(
    found: Evidence,
    field: Pairwise | Ranking,
    answers: pd.DataFrame,
    settled: Mapping[int, Any],
    makers: Makers,
) -> _Match:
    answers = answers[answers["task"].isin(makers)].reset_index(drop=True)
    settled = {task: value for task, value in settled.items() if task in makers}
    labelled = task_means(answers.assign(y=0.0), dict.fromkeys(settled, 0.0))
    every = sampled_tasks(found, labelled)
    survey = None if found.design is None else survey_of(found, field, every)
    return _Match(found, field, answers, settled, makers, every, survey)


def _named(
    known: Mapping[int, Mapping[str, tuple[str | None, str | None]]], by: str | None
) -> tuple[str, Makers]:
    """What responses are named by, and the tasks whose responses all have another name."""
    told: dict[str, Makers] = {}
    for place, kind in enumerate(BY):
        named = {task: {key: one[place] for key, one in ids.items()} for task, ids in known.items()}
        told[kind] = {
            task: {key: name for key, name in ids.items() if name is not None}
            for task, ids in named.items()
            if len(ids) > 1 and None not in ids.values() and len({*ids.values()}) == len(ids)
        }
    chosen = by or max(BY, key=lambda kind: (len(told[kind]), kind == BY[0]))
    return chosen, told[chosen]


def _names(makers: Makers) -> list[str]:
    counts = pd.Series([name for ids in makers.values() for name in ids.values()], dtype=object)
    return [str(name) for name in counts.value_counts().sort_index().nlargest(MOST).index]


def _frame(match: _Match, number: Callable[[int, Any], float]) -> pd.DataFrame:
    """One number per task, of the answers and of what was settled; those without one left out."""
    answers = match.answers
    told = [
        number(task, value) for task, value in zip(answers["task"], answers["label"], strict=True)
    ]
    counted = answers.assign(y=np.array(told, dtype=float))
    ruled = {task: number(task, value) for task, value in match.settled.items()}
    ruled = {task: y for task, y in ruled.items() if not np.isnan(y)}
    return task_means(counted[counted["y"].notna()], ruled)


def _figure(match: _Match, frame: pd.DataFrame, scale: tuple[float, float] | None = None) -> Figure:
    """The mean over that part of the population in which there is such a comparison."""
    if match.survey is None:
        return Figure.undefined(NOT_SAMPLED, len(frame))
    here = frame.set_index("task")
    inside = match.every["task"].isin(here.index)
    if not inside.any():
        return Figure.undefined("none of these was drawn by chance", len(frame))
    told = here.reindex(match.every["task"])
    every = match.every.assign(
        y=told["y"].fillna(scale[0] if scale else 0.0).to_numpy(),
        within=told["within"].to_numpy(),
        averaged=told["averaged"].fillna(1.0).to_numpy(),
        part=inside.map({True: "here"}),
    )
    return analysis.estimate_by(every, "part", match.survey, scale=scale)["here"]


def _one(match: _Match, name: str) -> dict[str, Any]:
    """How the responses of one name do against all others."""
    frame = _frame(match, lambda task, value: _beats(match, task, value, name))
    told = {"name": name, "tasks": len(frame), "wins": _figure(match, frame).to_json()}
    if isinstance(match.field, Pairwise):
        return told
    most = max((len(ids) for ids in match.makers.values()), default=2)
    rank = _frame(match, lambda task, value: _rank(match, task, value, name))
    first = _frame(match, lambda task, value: _first(match, task, value, name))
    return told | {
        "mean_rank": _figure(match, rank, (1.0, float(most))).to_json(),
        "first": _figure(match, first).to_json(),
    }


def _pair(match: _Match, one: str, other: str) -> dict[str, Any]:
    """One name against another: the share of wins of the first, and how often they tie."""
    frame = _frame(match, lambda task, value: _beats(match, task, value, one, other))
    ties = _frame(match, lambda task, value: _level(match, task, value, one, other))
    return {
        "a": one,
        "b": other,
        "tasks": len(frame),
        "wins": _figure(match, frame).to_json(),
        "ties": _figure(match, ties).to_json(),
    }


def _places(match: _Match, task: int, value: Any) -> dict[str, float]:
    """By name: how far down the response stands, 1 for the best; equals share their places."""
    ids = match.makers[task]
    if isinstance(match.field, Pairwise):
        ranks = [[*ids]] if value == TIE else [[value], [one for one in ids if one != value]]
    else:
        ranks = value
    found, before = {}, 0
    for group in ranks:
        for one in group:
            if one in ids:
                found[ids[one]] = before + (len(group) + 1) / 2
        before += len(group)
    return found


def _beats(match: _Match, task: int, value: Any, name: str, other: str | None = None) -> float:
    """The share of the others (or of one) that stand behind, equals as half; NaN without any."""
    places = _places(match, task, value)
    beside = [at for one, at in places.items() if one != name and other in (None, one)]
    return nan if name not in places else _mean(_half(places[name], at) for at in beside)


def _level(match: _Match, task: int, value: Any, one: str, other: str) -> float:
    places = _places(match, task, value)
    if one not in places or other not in places:
        return nan
    return float(places[one] == places[other])


def _rank(match: _Match, task: int, value: Any, name: str) -> float:
    return _places(match, task, value).get(name, nan)


def _first(match: _Match, task: int, value: Any, name: str) -> float:
    places = _places(match, task, value)
    if name not in places:
        return nan
    best = min(places.values())
    return float(places[name] == best) / sum(one == best for one in places.values())


def _tied(field: Pairwise | Ranking, value: Any) -> float:
    """Whether an answer holds any tie."""
    if isinstance(field, Pairwise):
        return float(value == TIE)
    return float(any(len(group) > 1 for group in value))


def _half(own: float, other: float) -> float:
    return 0.5 if own == other else float(own < other)


def _mean(values: Iterable[float]) -> float:
    told = [*values]
    return sum(told) / len(told) if told else nan
