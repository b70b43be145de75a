"""How much hangs on a disagreement: how far one verdict can move what is reported.

Pure: frames in, frames out.
"""

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Any

import pandas as pd

from labeling.fields import Field, Rating, Spans, Tags
from storage.types import encode_json

NEARLY = 0.2
"""Passages that differ by no more than this are the same: where one ends is a matter of taste."""


def apart(said: pd.DataFrame, field: Field, planned: pd.DataFrame | None = None) -> pd.DataFrame:
    """The tasks on which people answered a field differently.

    Parameters
    ----------
    said : DataFrame
        Columns `task`, `label`: one row per person and task, as `outcomes.of_field` gives them.
    field : Field
        Any but texts; what has no scale of its own is the same or is not, passages are apart when
        more than a fifth of the characters that either of two people marked differ.
    planned : DataFrame, optional
        The part of it that outcomes are made of; all of it when not given.

    Returns
    -------
    DataFrame
        Indexed by task: `spread` (steps of a rating between the ends; tags that not all gave;
        different choices less one; pairs of people whose passages are apart) and `reach` (0 to 1:
        how far a verdict that somebody's answer is can move the outcome of the task, as a share
        of the scale; 1 when a failure hangs on it).
    """
    counted = said if planned is None else planned
    if isinstance(field, Rating):
        return _ratings(said, counted, field)
    if isinstance(field, Tags):
        return _tags(said, counted, field)
    if isinstance(field, Spans):
        return _passages(said)
    return _choices(said, counted)


def worth(
    reach: "pd.Series[float]", pi: Mapping[int, float], labelled: Collection[int]
) -> pd.DataFrame:
    """What settling a task can do to the estimate over the population.

    Parameters
    ----------
    reach : Series
        0 to 1 by task.
    pi : mapping
        Chance of inclusion of the tasks that count.
    labelled : collection of int
        Every task with an answer: together they stand for the population.

    Returns
    -------
    DataFrame
        Indexed by task, most worth first: `worth` (0 to 1: the largest shift of a rate, or of a
        mean as a share of its scale; 0 for a task that no estimate counts) and `reach`.
    """
    weight = pd.Series({task: 1 / pi[task] for task in labelled if task in pi}, dtype=float)
    share = (weight / weight.sum()).reindex(reach.index).fillna(0.0)
    found = pd.DataFrame({"worth": share * reach, "reach": reach}).rename_axis(None)
    found = found.assign(task=found.index)
    ranked = found.sort_values(["worth", "reach", "task"], ascending=[False, False, True])
    return ranked[["worth", "reach"]]


def _split(spread: "pd.Series[float]", reach: "pd.Series[float]") -> pd.DataFrame:
    found = pd.DataFrame({"spread": spread, "reach": reach}, dtype=float)
    return found[found["spread"] > 0]


def _ratings(said: pd.DataFrame, planned: pd.DataFrame, field: Rating) -> pd.DataFrame:
    grouped = said["label"].astype(float).groupby(said["task"])
    low, high = grouped.min(), grouped.max()
    outcome = planned["label"].astype(float).groupby(planned["task"]).mean()
    mean = outcome.reindex(low.index).fillna(grouped.mean())
    up, down = high - mean, mean - low
    reach = up.where(up >= down, down) / (field.max - field.min)
    if field.failure_below is not None:
        hangs = (low < field.failure_below) & (high >= field.failure_below)
        reach = reach.mask(hangs, 1.0)
    return _split(high - low, reach)


def _tags(said: pd.DataFrame, planned: pd.DataFrame, field: Tags) -> pd.DataFrame:
    share = _given(said, field)
    split = (share > 0) & (share < 1)
    outcome = _given(planned, field).reindex(share.index).fillna(share)
    furthest = outcome.where(outcome >= 0.5, 1 - outcome).where(split, 0.0)
    return _split(split.sum(axis=1), furthest.max(axis=1))


def _given(answers: pd.DataFrame, field: Tags) -> pd.DataFrame:
    """By task, the share of people who gave each tag."""
    given = [frozenset(label) for label in answers["label"]]
    tags = pd.DataFrame({tag: [tag in one for one in given] for tag in field.categories})
    return tags.astype(float).groupby(answers["task"].to_numpy()).mean()


def _passages(said: pd.DataFrame) -> pd.DataFrame:
    """How far the two people lie apart who differ most: the share of characters not in common."""
    spread, reach = {}, {}
    for task, labels in said.groupby("task", sort=False)["label"]:
        marked = [_marked(one) for one in labels]
        far = [_distance(one, other) for one, other in combinations(marked, 2)]
        furthest = max(far, default=0.0)
        reach[task] = furthest
        spread[task] = float(sum(one > NEARLY for one in far))
    return _split(pd.Series(spread, dtype=float), pd.Series(reach, dtype=float))


def _marked(passages: Any) -> set[tuple[str, str, int]]:
    """Every character that was marked: where, as what, at which place."""
    return {
        (str(one["in"]), str(one["tag"]), place)
        for one in passages
        for place in range(one["start"], one["end"])
    }


def _distance(one: set[tuple[str, str, int]], other: set[tuple[str, str, int]]) -> float:
    every = len(one | other)
    return len(one ^ other) / every if every else 0.0


def _choices(said: pd.DataFrame, planned: pd.DataFrame) -> pd.DataFrame:
    counts, counted = _counted(said), _counted(planned)
    share = (counted / counted.groupby(level="task").transform("sum")).reindex(counts.index)
    rarest = share.fillna(0.0).groupby(level="task").min()
    return _split(counts.groupby(level="task").size() - 1.0, 1 - rarest)


def _counted(answers: pd.DataFrame) -> "pd.Series[int]":
    """How many people gave each answer to each task."""
    told = [encode_json(label) for label in answers["label"]]
    return pd.DataFrame({"task": answers["task"].to_numpy(), "label": told}).value_counts(
        ["task", "label"], sort=False
    )
