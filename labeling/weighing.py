"""Labelled tasks made ready for estimates: their chances, skips, segments and known totals."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

import analysis
from analysis import Figure, Survey
from labeling.attributes import weeks
from labeling.errors import InvalidLabel
from labeling.fields import Field, Tags
from labeling.outcomes import Evidence, asked_alike, compared, outcomes
from labeling.population import UNKNOWN, confidence_class
from sampling import Design

SPLIT_BY = ("category", "model", "variant", "source", "week", "tags", "flags")
"""What figures can be split by; an interaction with several tags counts under each."""
ALONE = ("category", "model", "variant")
"""Segments that are told even when all interactions share one value."""
MANY_VALUES = 30
FEWEST_ANSWERS = 5
"""Fewest answers in a cell with a response rate of its own."""
MANY_SKIPPED = 0.1
NOT_SAMPLED = "not sampled"
Scale = tuple[float, float]


def sampled_tasks(found: Evidence, frame: pd.DataFrame) -> pd.DataFrame:
    """The labelled tasks that stand for the population: pi, response, stratum, segments."""
    about = found.tasks.assign(week=weeks(found.tasks["created_at"]))
    about = about[["task", *SPLIT_BY, "confidence", "sample_key", "interaction", "received_at"]]
    if found.design is None:
        empty = frame.head(0).assign(pi=1.0, certain=False, stratum="")
        return empty.merge(about, on="task")
    drawn = found.design.tasks
    counted = drawn.loc[drawn["counted"], ["task", "pi", "certain", "stratum"]]
    told = frame.merge(counted, on="task").merge(about, on="task")
    told["sparse"] = told["task"].isin(found.design.classes.hardly_drawn(told["task"]).tasks)
    cells, rates = _cells(found, told)
    told["response"] = [rates[cells[task]] for task in told["task"]]
    return told if rates and min(rates.values()) < 1 else told.drop(columns="response")


def _served(found: Evidence, frame: pd.DataFrame) -> pd.DataFrame:
    """The tasks whose turn came: pi, confidence, whether they answered."""
    if found.design is None:
        return pd.DataFrame({"task": [], "pi": [], "confidence": [], "answered": []})
    drawn = found.design.tasks
    served = drawn[(drawn["counted"] | drawn["skipped"]) & (drawn["pi"] > 0)]
    served = served.merge(found.tasks[["task", "confidence"]], on="task")
    return served.assign(answered=served["task"].isin(frame["task"]).to_numpy())


def _cells(found: Evidence, frame: pd.DataFrame) -> tuple[dict[int, str], dict[str, float]]:
    """Quarter of confidence by task served, and the weighted response rate of each."""
    served = _served(found, frame)
    cell = pd.Series("all", index=served.index, dtype=object)
    known = served["confidence"].notna()
    if not served["answered"].all() and known.any():
        cuts = np.unique(served.loc[known, "confidence"].quantile([0.25, 0.5, 0.75]))
        cell = pd.Series(confidence_class(served["confidence"], tuple(cuts)), index=served.index)
        answers = served["answered"].groupby(cell).sum()
        if (answers < FEWEST_ANSWERS).any():
            cell = pd.Series("all", index=served.index, dtype=object)
    rates = analysis.response_rates(list(cell), served["pi"], served["answered"])
    return dict(zip(served["task"].tolist(), cell, strict=True)), rates


def response(found: Evidence, frame: pd.DataFrame) -> dict[str, Any]:
    """How many of the tasks whose turn came were answered, and how that is weighted."""
    served = _served(found, frame)
    answered = served["answered"].to_numpy(dtype=float)
    rate = analysis.plain_mean(answered)
    _, rates = _cells(found, frame)
    skipped = 1 - rate.value if rate.defined else 0.0
    warning = None
    if skipped > MANY_SKIPPED:
        warning = (
            f"{100 * skipped:.0f} % of the tasks whose turn came have no answer. If people skip "
            "what is hard or bad, the estimate is too good: look at their reasons, offer the "
            "tasks to others."
        )
    order = sorted(rates, key=lambda cell: (cell == UNKNOWN, cell.startswith("above"), cell))
    by = {} if len(rates) < 2 else {cell: rates[cell] for cell in order}
    told = replace(rate, method="answered of those whose turn came; Wilson")
    return {"rate": told.to_json(), "by_confidence": by, "warning": warning}


def estimate_of(found: Evidence, field: Field, frame: pd.DataFrame, scale: Scale | None) -> Figure:
    """The mean over the population, of `sampled_tasks`."""
    if found.design is None:
        return Figure.undefined(NOT_SAMPLED)
    return analysis.estimate(*surveyed(found, field, frame), scale=scale)


def surveyed(found: Evidence, field: Field, frame: pd.DataFrame) -> tuple[pd.DataFrame, Survey]:
    """Tasks and survey, met to known totals where that is asked for."""
    survey = survey_of(found, field, frame)
    if found.classes is None or not len(frame):
        return frame, survey
    frame = frame.assign(**{"class": found.classes.of(frame[found.classes.by])})
    return analysis.poststratified(frame, survey, found.classes.totals)


def survey_of(found: Evidence, field: Field, frame: pd.DataFrame) -> Survey:
    """How the tasks came to be drawn; tasks that left this field open count as skipped.

    Tasks that answered another question are no such chance: they were served first, and what is
    left of a targeted draw does not stand for the population. So there is no estimate beside them.
    """
    drawn = found.design
    if drawn is None:
        raise ValueError("nothing was drawn")
    unanswered = int(drawn.tasks["counted"].sum()) - len(frame)
    when = None if isinstance(field, Tags) else field.asked_when
    earlier = _asked_otherwise(found, field, drawn, frame)
    refusal = (
        f"{earlier} of the tasks served were asked another version of this question: "
        "draw into a new queue"
        if earlier
        else f"asked only when {when}: the answers do not stand for all"
        if when
        else drawn.refusal
    )
    hardly = drawn.classes.hardly_drawn(frame["task"])
    return Survey(
        population=drawn.population,
        kind=drawn.kind,
        strata=drawn.strata,
        random_share=drawn.random_share,
        sparse=hardly.share,
        sparse_worth=hardly.worth,
        skipped=drawn.skipped + unanswered,
        refusal=refusal,
        refuse_estimate=drawn.refuse_estimate or bool(earlier or when),
    )


def _asked_otherwise(found: Evidence, field: Field, drawn: Design, frame: pd.DataFrame) -> int:
    """How many tasks that count have answers to another question alone, and no verdict on this."""
    labels = compared(found.labels)
    alike = asked_alike(labels, field, found.forms)
    other = set(labels["task"]) - set(alike["task"]) - set(frame["task"])
    return len(other & set(drawn.tasks.loc[drawn.tasks["counted"], "task"]))


def rate_of(found: Evidence, field: Field, option: str | None) -> Figure:
    """The rate of one option over the population."""
    frame = sampled_tasks(found, outcomes(found, field, of=option))
    return estimate_of(found, field, frame, None)


def by_segment(
    found: Evidence,
    field: Field,
    frame: pd.DataFrame,
    scale: Scale | None,
    by: Sequence[str] = SPLIT_BY,
) -> dict[str, Any]:
    """The estimate for each value of each segment that has any; those most labelled."""
    if found.design is None:
        return {}
    tasks, survey = surveyed(found, field, frame)
    told: dict[str, Any] = {}
    for segment in by:
        counts = tasks[segment].explode().dropna().value_counts()
        if len(counts) > 1 or (len(counts) and segment in ALONE):
            kept = set(counts.index[:MANY_VALUES])
            column = tasks[segment].map(lambda one, kept=kept: _within(one, kept))
            figures = analysis.estimate_by(
                tasks.assign(**{segment: column}), segment, survey, scale=scale
            )
            told[segment] = {value: figure.to_json() for value, figure in figures.items()}
    return told


def _within(value: Any, kept: set[Any]) -> Any:
    """A value, or those of a list, that are kept."""
    if isinstance(value, list):
        return [one for one in value if one in kept]
    return value if value in kept else None


def check_segments(by: Sequence[str]) -> None:
    """Raise InvalidLabel for something that figures cannot be split by."""
    wrong = [one for one in by if one not in SPLIT_BY]
    if wrong:
        hint = "possible: " + ", ".join(SPLIT_BY)
        raise InvalidLabel("by", f"figures cannot be split by {wrong[0]!r}", hint)
